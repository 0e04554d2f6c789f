"""Every operation of staff: refused to who is not signed in, to Bob and Charlie, and to who is not staff any more."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.records import User
from api.ninja_api import api
from tests.integration.api.conftest import ALICE, BOB, CHARLIE, DORA, bearer
from tests.integration.api.factories import fault_of
from tests.integration.api.staff_requests import ask

OPERATIONS = [
    (
        method.upper(),
        path.removeprefix("/api/staff").format(
            user_id=ALICE, problem_id=100, test_case_id=1, plan_id=1, language="ko"
        ),
    )
    for path, methods in api.get_openapi_schema()["paths"].items()
    if path.startswith("/api/staff/")
    for method in methods
]
each_operation = pytest.mark.parametrize(("method", "address"), OPERATIONS)


def test_there_are_operations_of_every_kind() -> None:
    assert len(OPERATIONS) == 22


@each_operation
def test_it_is_for_staff_alone(site: Client, method: str, address: str) -> None:
    before = repositories().audit.list_audit().items
    for by, fault in (
        (None, (401, "unauthenticated")),
        (ALICE, (403, "forbidden")),
        (BOB, (403, "forbidden")),
        (CHARLIE, (403, "forbidden")),
    ):
        response = ask(site, method, address, {}, by=by, if_match='"1-1"')
        assert fault_of(response) == fault, by
    assert repositories().audit.list_audit().items == before == []


def _asked_by(site: Client, token: dict[str, str]) -> Any:
    return site.get("/api/staff/users/", headers=token)


def test_what_a_token_says_is_not_enough(site: Client) -> None:
    """Charlie lost the right after the token was made, or never had it."""
    assert fault_of(_asked_by(site, bearer(CHARLIE, is_staff=True))) == (403, "forbidden")


def test_a_right_that_was_taken_away_is_gone_at_once(site: Client, cast: dict[int, User]) -> None:
    token = bearer(DORA)
    assert _asked_by(site, token).status_code == 200
    repositories().users.update_user(DORA, {"is_staff": False})
    assert fault_of(_asked_by(site, token)) == (403, "forbidden")


def test_a_right_that_was_given_counts_at_once(site: Client) -> None:
    repositories().users.update_user(BOB, {"is_staff": True})
    assert _asked_by(site, bearer(BOB, is_staff=False)).status_code == 200


def test_a_closed_account_is_not_staff(site: Client) -> None:
    token = bearer(DORA)
    repositories().users.update_user(DORA, {"is_active": False})
    assert fault_of(_asked_by(site, token)) == (401, "unauthenticated")


def test_an_account_that_is_gone_is_not_staff(site: Client) -> None:
    assert fault_of(_asked_by(site, bearer(77, is_staff=True))) == (401, "unauthenticated")
