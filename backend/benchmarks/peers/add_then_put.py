"""A limiter of two calls: `ADD n 1` to the day's counter under a condition, then put the log entry."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.peers import program
from benchmarks.peers.counted_client import counted

if TYPE_CHECKING:
    from benchmarks.peers.program import Counts, Task


class AddThenPut:
    """boto3's client; exact while no answer is lost, but a repeated ADD counts twice."""

    def __init__(self, task: Task) -> None:
        import boto3
        from botocore.config import Config

        self._task = task
        pool = Config(max_pool_connections=32)
        self._client: Any = boto3.client(
            "dynamodb", endpoint_url=task.endpoint, region_name=task.region, config=pool
        )

    def admit(self, number: int) -> None:
        if not self.admit_user(self._task.user_of(number)):
            raise SystemExit("the limiter denied what is within the limit")

    def admit_user(self, user_id: int) -> bool:
        pk = f"USR#{user_id}#USE#hint"
        now = datetime.now(UTC)
        try:
            self._client.update_item(
                TableName=self._task.table,
                Key={"PK": {"S": pk}, "SK": {"S": f"COUNT#{now:%Y-%m-%d}"}},
                UpdateExpression="ADD n :one",
                ConditionExpression="attribute_not_exists(n) OR n < :limit",
                ExpressionAttributeValues={":one": {"N": "1"}, ":limit": {"N": str(self._task.limit)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        log_id = secrets.randbits(48)
        self._client.put_item(
            TableName=self._task.table,
            Item={
                "PK": {"S": pk}, "SK": {"S": f"LOG#{now:%Y-%m-%dT%H:%M:%S.%f}#{log_id:016d}"},
                "id": {"N": str(log_id)}, "uid": {"N": str(user_id)}, "acn": {"S": "hint"},
                "pid": {"N": "100"}, "met": {"S": '{"history_id":5000}'},
                "crt": {"N": str(int(now.timestamp() * 1e6))},
                "ttl": {"N": str(int(now.timestamp()) + 90 * 86400)},
            },
        )  # fmt: skip
        return True

    def counted(self) -> AbstractContextManager[Counts]:
        """Calls and units of this client."""
        return counted(self._client)


if __name__ == "__main__":
    program.main(AddThenPut)
