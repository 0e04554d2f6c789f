"""Makes the table and what everyone reads, through the product's repositories; not a peer itself.

Prints the user's item in wire form, its size, and what a right answer holds.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.peers.program import Task


def user_record(user_id: int) -> dict[str, Any]:
    """A user with every field but those that creation sets; about 700 bytes as stored."""
    moment = datetime(2026, 11, 1, 9, 30, 15, 123456, tzinfo=UTC)
    return {
        "user_id": user_id, "email": "jordan.example.of.the.long.name@students.example.org",
        "name": "Jordan Example of the Long Name",
        "picture": "https://pictures.example.org/" + "a1b2c3d4/" * 43 + "photo.jpg?size=96",
        "google_id": "118234567890123456789", "subscription_plan_id": 2, "is_active": True, "is_staff": False,
        "created_at": moment, "last_login": moment + timedelta(days=4),
    }  # fmt: skip


def run_records(user_id: int, number: int) -> list[dict[str, Any]]:
    """Runs of the user, oldest first."""
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    return [
        {
            "history_id": 700_000 + n, "user_id": user_id, "problem_id": 100 + n % 7, "platform": "baekjoon",
            "problem_number": str(1000 + n), "problem_title": f"The shortest path through a maze, part {n}",
            "language": "python", "code": "print(1)\n", "passed_count": n % 10, "failed_count": 10 - n % 10,
            "total_count": 10, "is_code_public": n % 2 == 0, "created_at": moment + timedelta(minutes=n),
        }
        for n in range(number)
    ]  # fmt: skip


def main(task: Task) -> dict[str, Any]:
    """Creates everything; what to expect of it."""
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.codec.item_size import item_size
    from api.dynamodb.repositories import SearchHistoryRepository, UserRepository
    from api.dynamodb.table_schema import create_table

    client = DynamoDBClient.get_client(patient=True)
    create_table(client)
    user = UserRepository().create_user(user_record(task.user_id))
    runs = run_records(task.user_id, task.page)
    history = SearchHistoryRepository()
    for run in runs:
        history.create_history(run)
    key: Any = {"PK": {"S": f"USR#{task.user_id}"}, "SK": {"S": "META"}}
    item: Any = client.get_item(TableName=task.table, Key=key)["Item"]
    return {
        "item": item, "bytes": item_size(item), "get": user["email"],
        "list": [run["history_id"] for run in reversed(runs)],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(Task(json.loads(sys.argv[1])))))
