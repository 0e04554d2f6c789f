"""Fixtures of the service's tests: the site on a fresh table of MiniStack, its cast, and who asks.

Alice owns things, Bob may see what is public, Charlie must see nothing of it; Dora is staff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from api import composition
from api.accounts import attempt_limits
from api.accounts.tokens import make_access_token
from api.dynamodb.repositories import PlanRepository, UserRepository
from api.dynamodb.schema.ids import new_id
from api.dynamodb.schema.records import User
from api.http import bounded_streams
from api.limits.limiter import forget as forget_limiter
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.tables import TablePool, put_items, scan_items

ALICE, BOB, CHARLIE, DORA = 1, 2, 3, 4
FREE, PRO = 1, 2


def bearer(
    user: User | int, *, session_id: int | None = None, is_staff: bool | None = None
) -> dict[str, str]:
    """The headers of a request with an access token: `site.get(address, headers=bearer(ALICE))`.

    A number stands for the member of the cast, or for a user without a plan who need not exist. `is_staff`
    is what the token says, by default the truth. Without a `session_id` they have just signed in.
    """
    found = _member(user) if isinstance(user, int) else user
    if is_staff is not None:
        found = {**found, "is_staff": is_staff}
    return {
        "Authorization": f"Bearer {make_access_token(found, new_id() if session_id is None else session_id)}"
    }


def _member(user_id: int) -> User:
    name = {ALICE: "Alice", BOB: "Bob", CHARLIE: "Charlie", DORA: "Dora"}.get(user_id, f"User {user_id}")
    return User(
        user_id=user_id, email=f"{name.lower().replace(' ', '.')}@example.org", name=name,
        picture=f"https://lh3.googleusercontent.com/a/{user_id}", google_id=f"g-{user_id}",
        subscription_plan_id=PRO if user_id == BOB else None, is_active=True, is_staff=user_id == DORA,
        created_at=None, updated_at=None, last_login=None, is_profile_public=None,
        version=1,
    )  # fmt: skip


@pytest.fixture
def service_table(
    ministack: Engine,
    table_pool: TablePool,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The name of an empty table that the service is set to; the service keeps nothing of the test before."""
    name = table_pool.take(ministack)
    use_settings(**ministack.settings(name))
    extend_deadlines(monkeypatch)
    _forget()
    yield name
    table_pool.put_back(ministack, name)
    _forget()


def _forget() -> None:
    composition.forget()
    forget_limiter()
    attempt_limits.forget()
    bounded_streams.forget()


# The first cast of this process as it was stored, and as the repository returned it: the next ones are copies.
_stored: list[dict[str, Any]] = []
_users: dict[int, User] = {}


@pytest.fixture
def cast(service_table: str, ministack: Engine) -> dict[int, User]:
    """Alice, Bob (who has the plan Pro), Charlie and Dora (staff) as the table has them, by id, and two plans."""
    if _stored:
        put_items(ministack, service_table, _stored)
    else:
        _users.update(_create_cast())
        _stored.extend(scan_items(ministack, service_table))
    return {user_id: user.copy() for user_id, user in _users.items()}


def _create_cast() -> dict[int, User]:
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
