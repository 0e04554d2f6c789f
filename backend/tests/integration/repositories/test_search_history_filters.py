"""Filtered lists of a user's runs, and several runs at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import run_items
from api.dynamodb.errors import InvalidInput
from api.dynamodb.metering import meter
from api.dynamodb.repositories import SearchHistoryRepository
from api.dynamodb.table.store import Store
from api.dynamodb.transport.factory import transport_for
from tests.integration.repositories.conftest import ALICE, BOB, CHARLIE, Clock
from tests.integration.repositories.helpers import a_run, noise, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """The lean one alone: what is tested here does not depend on the way to the engine."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


FILTERS: list[dict[str, Any]] = [
    {"platform": "baekjoon"}, {"language": " GO "}, {"passed": True}, {"passed": False}, {"public": True},
    {"public": False}, {"platform": "AtCoder", "language": "python", "passed": True, "public": False},
    {"language": "Rust"},
]  # fmt: skip


def matches(run: dict[str, Any], wanted: dict[str, Any]) -> bool:
    own = {
        "platform": run["platform"].casefold(),
        "language": run["language"].casefold(),
        "passed": run["passed_count"] == run["total_count"] > 0,
        "public": run["is_code_public"],
    }
    return all(own[k] == (v.strip().casefold() if isinstance(v, str) else v) for k, v in wanted.items())


def test_lists_show_the_runs_that_match_every_filter(history: SearchHistoryRepository, clock: Clock) -> None:
    made: list[dict[str, Any]] = []
    for number in range(24):
        clock.advance(seconds=1)
        total = number % 4
        run = history.create_history(
            a_run(
                history_id=number, problem_id=number % 2, is_code_public=number % 3 == 0,
                platform=("Baekjoon", "AtCoder")[number % 5 == 0], language=("Python", "Go")[number % 4 == 1],
                passed_count=min(total, 2), total_count=total,
            )
        )  # fmt: skip
        made.insert(0, dict(run))
    history.create_history(a_run(user_id=BOB, history_id=99, platform="AtCoder"))
    for wanted in FILTERS:
        expected = [run["history_id"] for run in made if matches(run, wanted)]
        for limit in (2, 100):
            found = whole_list(
                lambda cursor, limit=limit, wanted=wanted: history.list_user_history(  # type: ignore[misc]
                    ALICE, limit=limit, cursor=cursor, **wanted
                )
            )
            assert [run["history_id"] for run in found] == expected
        of_one = whole_list(
            lambda cursor, wanted=wanted: history.list_user_problem_history(  # type: ignore[misc]
                ALICE, 1, limit=2, cursor=cursor, **wanted
            )
        )
        assert [run["history_id"] for run in of_one] == [number for number in expected if number % 2]


def test_a_cursor_belongs_to_its_filters(history: SearchHistoryRepository) -> None:
    for _ in range(3):
        history.create_history(a_run())
    plain = history.list_user_history(ALICE, limit=1).cursor
    hidden = history.list_user_history(ALICE, limit=1, public=False).cursor
    assert len(history.list_user_history(ALICE, limit=1, public=False, cursor=hidden)) == 1
    others: list[tuple[str | None, dict[str, Any]]] = [
        (plain, {"public": False}), (hidden, {}), (hidden, {"public": True}), (hidden, {"passed": False}),
    ]  # fmt: skip
    for cursor, how in others:
        with pytest.raises(InvalidInput, match="another list"):
            history.list_user_history(ALICE, limit=1, cursor=cursor, **how)
    with pytest.raises(InvalidInput, match="another list"):
        history.list_user_history(CHARLIE, limit=1, public=False, cursor=hidden)
    with pytest.raises(InvalidInput, match="another list"):
        history.list_user_problem_history(ALICE, 100, limit=1, public=False, cursor=hidden)


@pytest.mark.parametrize("how", [{"platform": 7}, {"language": b"go"}, {"passed": 1}, {"public": "yes"}])
def test_it_refuses_filters_that_are_none(history: SearchHistoryRepository, how: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput), meter.recording() as calls:
        history.list_user_history(ALICE, **how)
    assert calls.calls == []


def test_a_filtered_page_looks_at_no_more_than_500_runs(
    history: SearchHistoryRepository, table: Table, clock: Clock
) -> None:
    places: list[WireItem] = []
    for number in range(560):
        clock.advance(seconds=1)
        run = a_run(
            history_id=number, created_at=clock(), passed_count=0, failed_count=0, total_count=0, version=1,
            is_code_public=False, language="Go" if number == 3 else "Python",
        )  # fmt: skip
        places += [entry for entry in run_items(run).entries if entry["PK"]["S"].endswith("#RUN")]
    assert Store(transport_for(table), table.name).batch_write(puts=places, entity="user_run") == []
    with meter.recording() as calls:
        first = history.list_user_history(ALICE, language="go")
    assert (len(first), first.cursor is None) == (0, False)
    assert len(calls.operations) <= 8
    second = history.list_user_history(ALICE, language="go", cursor=first.cursor)
    assert ([run["history_id"] for run in second], second.cursor) == ([3], None)


def test_several_runs_are_read_whole_in_the_order_asked_for(history: SearchHistoryRepository) -> None:
    made = {
        number: history.create_history(
            a_run(history_id=number, code=noise(20 if number % 2 else 9_000, seed=number))
        )
        for number in range(6)
    }
    with meter.recording() as calls:
        found = history.get_histories([4, 1, 77, 0, 1], consistent=True)
    assert found == [made[4], made[1], made[0]]
    assert calls.operations == ["BatchGetItem", "BatchGetItem"]
    assert history.get_histories([]) == []
    with pytest.raises(InvalidInput):
        history.get_histories([-1])
