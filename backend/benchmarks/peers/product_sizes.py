"""What the product's admissions cost by the sizes of the items that they write, one user's whole window; not a peer.

No engine's word is taken for it: a write costs one unit for each started KB of the item before
or after it, whichever is larger.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.peers.product import Product
from benchmarks.peers.program import Task


def main(task: Task) -> dict[str, float]:
    """Write units of an admission: the mean of the window, its first and its last."""
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.codec.item_size import item_size, write_units

    client: Any = DynamoDBClient.get_client(patient=True)
    product = Product(task)

    def sizes() -> dict[str, int]:
        response = client.query(
            TableName=task.table,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": f"USR#{task.first_user}#USE#hint"}},
            ConsistentRead=True,
        )
        return {item["SK"]["S"]: item_size(item) for item in response["Items"]}

    units: list[int] = []
    before: dict[str, int] = {}
    for _ in range(task.limit):
        if not product.admit_user(task.first_user):
            raise SystemExit("the product denied what is within the limit")
        after = sizes()
        changed = [max(size, before.get(sk, 0)) for sk, size in after.items() if before.get(sk) != size]
        units.append(sum(write_units(size) for size in changed))
        before = after
    return {
        "mean": sum(units) / len(units), "first": units[0], "last": units[-1], "bytes": sum(before.values()),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(Task(json.loads(sys.argv[1])))))
