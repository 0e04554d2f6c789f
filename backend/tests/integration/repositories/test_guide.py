"""The migration guide's examples, executed as they are written there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.client import DynamoDBClient
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

GUIDE = """
### Example: User Repository

```python
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.repositories import UserRepository

# Initialize
table = DynamoDBClient.get_table()
user_repo = UserRepository(table)

# Create user
user = user_repo.create_user({
    'user_id': 12345,
    'email': 'user@example.com',
    'name': 'John Doe',
    'subscription_plan_id': 1,
    'is_active': True,
    'is_staff': False
})

# Get user by email (GSI1 query)
user = user_repo.get_user_by_email('user@example.com')

# Update user
user_repo.update_user(12345, {'name': 'Jane Doe'})
```

### Example: Rate Limiting (Hot Path)

```python
from api.dynamodb.repositories import UsageLogRepository

usage_repo = UsageLogRepository(table)

# Check rate limit (called on EVERY request)
allowed, count, reset_time = usage_repo.check_rate_limit(
    user_id=12345,
    action='hint',
    limit=5
)

if not allowed:
    raise RateLimitExceeded(f"Limit exceeded. Resets at {reset_time}")

# Log usage
usage_repo.log_usage(
    user_id=12345,
    action='hint',
    problem_id=100,
    metadata={'history_id': 5000}
)
```
"""


class RateLimitExceeded(Exception):
    """The guide leaves it to the reader."""


def blocks() -> list[str]:
    return [text.split("```")[0] for text in GUIDE.split("```python\n")[1:]]


@pytest.fixture
def names(table: Table, patient_clients: None, use_engine: Engine) -> dict[str, Any]:
    return {"RateLimitExceeded": RateLimitExceeded}


def test_the_user_example_works_as_written(names: dict[str, Any]) -> None:
    exec(blocks()[0], names)
    assert names["user"]["name"] == "John Doe"
    assert names["user"]["user_id"] == 12345
    assert names["user_repo"].get_user(12345, consistent=True)["name"] == "Jane Doe"


def test_the_rate_limit_example_works_until_the_limit(names: dict[str, Any]) -> None:
    user, limit = blocks()
    exec(user, names)
    for used in range(5):
        exec(limit, names)
        assert (names["allowed"], names["count"]) == (True, used)
        assert isinstance(names["reset_time"], datetime)
    with pytest.raises(RateLimitExceeded, match=r"Limit exceeded\. Resets at 20"):
        exec(limit, names)


def test_the_troubleshooting_example_deletes_the_table(names: dict[str, Any], use_engine: Engine) -> None:
    exec(
        "from api.dynamodb.client import DynamoDBClient\n"
        "from api.dynamodb.table_schema import delete_table\n"
        "client = DynamoDBClient.get_client()\n"
        "delete_table(client)\n",
        names,
    )
    assert DynamoDBClient.get_table().name not in use_engine.client().list_tables()["TableNames"]


def test_the_examples_stand_for_themselves(use_settings: Callable[..., None]) -> None:
    assert len(blocks()) == 2
    assert all("import" in block for block in blocks())
