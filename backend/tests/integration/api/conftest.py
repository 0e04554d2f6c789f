"""Fixtures of the service's tests: the site on a fresh table of MiniStack, its cast, and who asks.

Alice owns things, Bob may see what is public, Charlie must see nothing of it; Dora is staff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.test import Client

from api import composition
from api.accounts.tokens import make_access_token
from api.dynamodb import transports
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.repositories import PlanRepository, UserRepository
from api.dynamodb.repositories.records import User
from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport import SERVICE
from api.http import bounds
from api.limits.limiter import forget as forget_limiter
from tests.support.engines import Engine

ALICE, BOB, CHARLIE, DORA = 1, 2, 3, 4
FREE, PRO = 1, 2
SESSION = 1


def bearer(user: User | int, *, session_id: int = SESSION, is_staff: bool | None = None) -> dict[str, str]:
    """The headers of a request with an access token: `site.get(address, headers=bearer(ALICE))`.

    A number stands for the member of the cast, or for a user without a plan who need not exist. `is_staff`
    is what the token says, by default the truth.
    """
    found = _member(user) if isinstance(user, int) else user
    if is_staff is not None:
        found = {**found, "is_staff": is_staff}
    return {"Authorization": f"Bearer {make_access_token(found, session_id)}"}


def _member(user_id: int) -> User:
    name = {ALICE: "Alice", BOB: "Bob", CHARLIE: "Charlie", DORA: "Dora"}.get(user_id, f"User {user_id}")
    return User(
        user_id=user_id, email=f"{name.lower().replace(' ', '.')}@example.org", name=name,
        picture=f"https://lh3.googleusercontent.com/a/{user_id}", google_id=f"g-{user_id}",
        subscription_plan_id=PRO if user_id == BOB else None, is_active=True, is_staff=user_id == DORA,
        created_at=None, updated_at=None, last_login=None, version=1,
    )  # fmt: skip


@pytest.fixture
def service_table(
    ministack: Engine, table_name: str, use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A fresh table that the service is set to, with patience for a busy machine; nothing is remembered of another."""
    use_settings(**ministack.settings(table_name))
    monkeypatch.setattr(transports, "SERVICE", replace(SERVICE, connect=2.0, answer=30.0, total=60.0))
    for name in ("EVERYBODY", "STAFF"):
        monkeypatch.setattr(bounds, name, getattr(bounds, name)._replace(seconds=60.0))
    _forget()
    client = DynamoDBClient.get_client(patient=True)
    create_table(client)
    yield table_name
    delete_table(client)
    _forget()


def _forget() -> None:
    composition.forget()
    forget_limiter()


@pytest.fixture
def cast(service_table: str) -> dict[int, User]:
    """Alice, Bob (who has the plan Pro), Charlie and Dora (staff) as the table has them, by id, and two plans."""
    plans, users = PlanRepository(), UserRepository()
    plans.create_plan({"plan_id": FREE, "name": "Free", "max_hints_per_day": 5, "max_executions_per_day": 50})
    plans.create_plan(
        {"plan_id": PRO, "name": "Pro", "max_hints_per_day": 30, "max_executions_per_day": 1000}
    )
    return {user_id: users.create_user(_member(user_id)) for user_id in (ALICE, BOB, CHARLIE, DORA)}


@pytest.fixture
def site(cast: dict[int, User]) -> Client:
    """A client of the site, with nobody signed in; JSON goes with `content_type="application/json"`."""
    return Client()
