"""While a live move has taken the writes away, changes get 503 with Retry-After, and reading goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from api import composition
from api.dynamodb.table.write_permit import STATE_KEY
from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem, get, post
from tests.support.engines import Engine

RUN = {"problem_id": 100, "language": "python", "code": "print(1)", "results": []}


@pytest.fixture
def moving(
    site: Client, service_table: str, ministack: Engine, use_settings: Callable[..., None]
) -> Callable[[str], None]:
    """Call it with the phase of a live move: processes of the service that start then are in it."""
    a_problem(100)

    def move(phase: str) -> None:
        ministack.client().put_item(TableName=service_table, Item={**STATE_KEY, "phase": {"S": phase}})
        use_settings(ALGOITNY_LIVE_MOVE="1")
        composition.forget()

    return move


def test_a_change_is_refused_for_a_moment_and_nothing_is_counted(
    site: Client, moving: Callable[[str], None]
) -> None:
    moving("closing back")
    response = post(site, "/api/history/", RUN)
    assert response.status_code == 503 and int(response["Retry-After"]) > 0
    assert get(site, "/api/problems/100/").status_code == 200
    assert composition.repositories().usage.get_usage_count(ALICE, "execution", consistent=True) == 0


def test_a_change_is_made_when_the_service_has_the_writes(
    site: Client, moving: Callable[[str], None]
) -> None:
    moving("reverse")
    assert post(site, "/api/history/", RUN).status_code == 201
