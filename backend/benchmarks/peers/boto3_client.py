"""boto3's low-level client as its guide shows it; answers stay in wire form, nothing is decoded."""

from __future__ import annotations

from benchmarks.peers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from benchmarks.peers.program import Task


class Boto3Client:
    """One client, shared by all threads."""

    def __init__(self, task: Task) -> None:
        import boto3

        self._task = task
        self._client: Any = boto3.client("dynamodb", endpoint_url=task.endpoint, region_name=task.region)

    def get(self, _: int) -> Any:
        key = {"PK": {"S": f"USR#{self._task.user_id}"}, "SK": {"S": "META"}}
        return self._client.get_item(TableName=self._task.table, Key=key)

    def get_summary(self, answer: Any) -> object:
        return answer["Item"]["em"]["S"]

    def list(self, _: int) -> Any:
        return self._client.query(
            TableName=self._task.table,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": f"USR#{self._task.user_id}#RUN"}},
            ScanIndexForward=False,
            Limit=self._task.page,
        )

    def list_summary(self, answer: Any) -> object:
        return [int(item["id"]["N"]) for item in answer["Items"]]

    def update(self, number: int) -> Any:
        """A counter that stays within a limit: the least that a limiter can do in one call."""
        return self._client.update_item(
            TableName=self._task.table,
            Key={"PK": {"S": f"USR#{self._task.user_of(number)}#USE#hint"}, "SK": {"S": "BENCH"}},
            UpdateExpression="ADD n :one",
            ConditionExpression="attribute_not_exists(n) OR n < :limit",
            ExpressionAttributeValues={":one": {"N": "1"}, ":limit": {"N": str(self._task.limit)}},
        )


if __name__ == "__main__":
    program.main(Boto3Client)
