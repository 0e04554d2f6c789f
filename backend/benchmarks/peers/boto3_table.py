"""boto3's Table resource as its guide shows it; answers are dicts with `Decimal` numbers."""

from __future__ import annotations

from benchmarks.peers import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from benchmarks.peers.program import Task


class Boto3Table:
    """One table resource."""

    def __init__(self, task: Task) -> None:
        import boto3
        from boto3.dynamodb.conditions import Attr, Key

        self._task = task
        resource: Any = boto3.resource("dynamodb", endpoint_url=task.endpoint, region_name=task.region)
        self._table = resource.Table(task.table)
        self._key, self._attr = Key, Attr

    def get(self, _: int) -> Any:
        return self._table.get_item(Key={"PK": f"USR#{self._task.user_id}", "SK": "META"})

    def get_summary(self, answer: Any) -> object:
        return answer["Item"]["em"]

    def list(self, _: int) -> Any:
        return self._table.query(
            KeyConditionExpression=self._key("PK").eq(f"USR#{self._task.user_id}#RUN"),
            ScanIndexForward=False,
            Limit=self._task.page,
        )

    def list_summary(self, answer: Any) -> object:
        return [int(item["id"]) for item in answer["Items"]]

    def update(self, number: int) -> Any:
        return self._table.update_item(
            Key={"PK": f"USR#{self._task.user_of(number)}#USE#hint", "SK": "BENCH"},
            UpdateExpression="ADD n :one",
            ConditionExpression="attribute_not_exists(n) OR n < :limit",
            ExpressionAttributeValues={":one": 1, ":limit": self._task.limit},
        )


if __name__ == "__main__":
    program.main(Boto3Table)
