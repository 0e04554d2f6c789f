"""Runs: their owner's lists, the public timeline, and who may see and change what."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import ConditionFailed, Corrupt, Duplicate, InvalidInput, NotFound
from api.dynamodb.repositories import SearchHistoryRepository
from api.dynamodb.table.store import Store
from tests.integration.repositories.conftest import ALICE, BOB, CHARLIE, Clock
from tests.integration.repositories.helpers import a_run, noise, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]
# What a run leaves behind: the mark that its user's progress is to be added up anew.
MARK = [("USR#1#PRG", "META")]


def timeline(history: SearchHistoryRepository, **how: Any) -> list[int]:
    return [run["history_id"] for run in history.list_public_timeline(**how)]


def test_it_creates_a_run_with_defaults(history: SearchHistoryRepository, clock: Clock) -> None:
    run = history.create_history(a_run())
    assert run == {
        **a_run(), "history_id": run["history_id"], "passed_count": 0, "failed_count": 0, "total_count": 0,
        "is_code_public": False, "created_at": clock(), "result_summary": None, "test_results": None,
        "verdict_basis": None, "hints": None, "version": 1,
    }  # fmt: skip
    assert history.get_history(run["history_id"], consistent=True) == run
    assert history.get_history(7) is None


def test_a_run_keeps_its_results(history: SearchHistoryRepository) -> None:
    results = [{"case": n, "passed": n % 2 == 0, "ms": 1.5, "output": "정답"} for n in range(300)]
    run = history.create_history(
        a_run(test_results=results, hints=["look"], passed_count=150, total_count=300)
    )
    found = history.get_history(run["history_id"], consistent=True)
    assert found == run
    assert found["test_results"] == results


def test_a_run_needs_no_user(history: SearchHistoryRepository, stored: Stored) -> None:
    run = history.create_history(a_run(user_id=None, is_code_public=True))
    assert len(stored()) == 1
    assert timeline(history) == [run["history_id"]]
    history.delete_history(run["history_id"])
    assert stored() == []


def test_a_run_needs_no_problem(history: SearchHistoryRepository) -> None:
    run = history.create_history(a_run(problem_id=None))
    assert [r["history_id"] for r in history.list_user_history(ALICE)] == [run["history_id"]]


def test_code_of_3_mb_comes_back_whole(history: SearchHistoryRepository, stored: Stored) -> None:
    code = noise(3_000_000)
    run = history.create_history(a_run(code=code))
    found = history.get_history(run["history_id"], consistent=True)
    assert found is not None
    assert found["code"] == code
    history.set_visibility(run["history_id"], True)
    again = history.get_history(run["history_id"], consistent=True)
    assert again is not None
    assert again["code"] == code
    history.delete_history(run["history_id"])
    assert stored() == MARK


def test_it_refuses_a_taken_id(history: SearchHistoryRepository, stored: Stored) -> None:
    history.create_history(a_run(history_id=7, code=noise(50_000)))
    before = stored()
    with pytest.raises(Duplicate) as caught:
        history.create_history(a_run(history_id=7, code=noise(50_000), user_id=CHARLIE))
    assert caught.value.field == "history_id"
    assert stored() == before
    assert history.get_history(7, consistent=True) is not None


@pytest.mark.parametrize(
    "fields",
    [{"code": None}, {"code": 7}, {"user_id": "1"}, {"problem_id": -1}, {"language": None}, {"x": 1},
     {"created_at": datetime(2026, 1, 1)}, {"test_results": float("nan")}, {"is_code_public": 1}],  # noqa: DTZ001
)  # fmt: skip
def test_it_refuses_data_that_cannot_be_stored(
    history: SearchHistoryRepository, stored: Stored, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        history.create_history(a_run(**fields))
    assert stored() == []


def test_a_user_sees_their_own_runs_newest_first_each_once(
    history: SearchHistoryRepository, clock: Clock
) -> None:
    made: dict[int, list[int]] = {ALICE: [], CHARLIE: []}
    for number in range(60):
        clock.advance(seconds=number % 2)
        owner = CHARLIE if number % 4 == 0 else ALICE
        run = history.create_history(a_run(user_id=owner, history_id=number, problem_id=number % 3))
        made[owner].insert(0, run["history_id"])
    for owner, expected in made.items():
        for limit in (1, 11, 100):
            found = whole_list(
                lambda cursor, limit=limit, owner=owner: history.list_user_history(  # type: ignore[misc]
                    owner, limit=limit, cursor=cursor, consistent=True
                )
            )
            assert [run["history_id"] for run in found] == expected
        of_one = whole_list(
            lambda cursor, owner=owner: history.list_user_problem_history(owner, 2, limit=4, cursor=cursor)  # type: ignore[misc]
        )
        assert [run["history_id"] for run in of_one] == [n for n in expected if n % 3 == 2]
    assert "code" not in history.list_user_history(ALICE).items[0]
    assert history.list_user_history(BOB).items == []


def test_charlie_cannot_go_on_with_alices_cursor(history: SearchHistoryRepository) -> None:
    for _ in range(3):
        history.create_history(a_run())
    cursor = history.list_user_history(ALICE, limit=1).cursor
    with pytest.raises(InvalidInput, match="another list"):
        history.list_user_history(CHARLIE, limit=1, cursor=cursor)
    with pytest.raises(InvalidInput, match="another list"):
        history.list_public_timeline(limit=1, cursor=cursor)


def test_a_private_run_is_never_on_the_timeline(history: SearchHistoryRepository) -> None:
    private = history.create_history(a_run())
    public = history.create_history(a_run(user_id=BOB, is_code_public=True))
    assert timeline(history) == [public["history_id"]]
    assert private["history_id"] not in timeline(history)


def test_the_timeline_shows_everyones_public_runs_newest_first_each_once(
    history: SearchHistoryRepository, clock: Clock
) -> None:
    expected: list[int] = []
    for number in random.Random(7).sample(range(1000), 70):
        clock.advance(seconds=1)
        history.create_history(
            a_run(
                history_id=number, user_id=number % 5, is_code_public=number % 3 != 0,
                language=("Python", "Go")[number % 2], platform=("Baekjoon", "AtCoder")[number % 7 == 0],
            )
        )  # fmt: skip
        if number % 3:
            expected.insert(0, number)
    for limit in (1, 8, 100):
        found = whole_list(
            lambda cursor, limit=limit: history.list_public_timeline(limit=limit, cursor=cursor)  # type: ignore[misc]
        )
        assert [run["history_id"] for run in found] == expected
        go = whole_list(
            lambda cursor, limit=limit: history.list_public_timeline(  # type: ignore[misc]
                limit=limit, cursor=cursor, language="go", platform="ATCODER"
            )
        )
        assert [run["history_id"] for run in go] == [n for n in expected if n % 2 and n % 7 == 0]


def test_new_runs_do_not_disturb_somebody_who_pages(history: SearchHistoryRepository, clock: Clock) -> None:
    for number in range(20):
        clock.advance(seconds=1)
        history.create_history(a_run(history_id=number, is_code_public=True))
    first = history.list_public_timeline(limit=10)
    clock.advance(seconds=1)
    history.create_history(a_run(history_id=99, is_code_public=True))
    second = history.list_public_timeline(limit=10, cursor=first.cursor)
    assert [run["history_id"] for run in [*first, *second]] == list(range(19, -1, -1))


def test_visibility_moves_a_run_onto_the_timeline_and_off(history: SearchHistoryRepository) -> None:
    run = history.create_history(a_run())
    history_id = run["history_id"]
    (listed,) = history.list_user_history(ALICE, consistent=True)
    changed = history.set_visibility(history_id, True)
    assert changed == {**listed, "is_code_public": True, "version": 2}
    assert history.get_history(history_id, consistent=True) == {**run, "is_code_public": True, "version": 2}
    assert timeline(history) == [history_id]
    assert history.list_user_history(ALICE, consistent=True).items[0]["is_code_public"] is True
    assert history.list_user_problem_history(ALICE, 100, consistent=True).items[0]["is_code_public"] is True
    assert history.set_visibility(history_id, False)["is_code_public"] is False
    assert timeline(history) == []
    assert history.list_user_history(ALICE, consistent=True).items[0]["is_code_public"] is False


def test_charlie_cannot_change_alices_run(history: SearchHistoryRepository) -> None:
    run = history.create_history(a_run())
    with pytest.raises(NotFound):
        history.set_visibility(run["history_id"], True, owner_id=CHARLIE)
    with pytest.raises(NotFound):
        history.update_history(run["history_id"], {"hints": []}, owner_id=CHARLIE)
    with pytest.raises(NotFound):
        history.delete_history(run["history_id"], owner_id=CHARLIE)
    assert history.get_history(run["history_id"], consistent=True) == run
    assert history.set_visibility(run["history_id"], True, owner_id=ALICE)["is_code_public"] is True
    history.delete_history(run["history_id"], owner_id=ALICE)


def test_hints_and_results_are_added_later(history: SearchHistoryRepository, stored: Stored) -> None:
    run = history.create_history(a_run(code=noise(50_000)))
    changed = history.update_history(
        run["history_id"], {"hints": ["look", noise(30_000)], "result_summary": "ok", "passed_count": 3}
    )
    stored_run = history.get_history(run["history_id"], consistent=True)
    assert stored_run is not None
    assert stored_run["code"] == run["code"]
    assert stored_run["hints"][0] == "look"
    assert (changed["version"], changed["passed_count"]) == (stored_run["version"], 3) == (2, 3)
    assert history.list_user_history(ALICE, consistent=True).items[0]["passed_count"] == 3
    history.update_history(run["history_id"], {"hints": None})
    assert len([key for key in stored() if key[0].startswith("TXT#")]) == 1


def test_it_does_not_change_another_version_or_a_missing_run(history: SearchHistoryRepository) -> None:
    run = history.create_history(a_run())
    history.update_history(run["history_id"], {"result_summary": "a"}, expected_version=1)
    with pytest.raises(ConditionFailed) as caught:
        history.update_history(run["history_id"], {"result_summary": "b"}, expected_version=1)
    assert caught.value.item is not None
    assert caught.value.item["result_summary"] == "a"
    for action in (
        lambda: history.update_history(7, {"result_summary": "b"}),
        lambda: history.set_visibility(7, True),
        lambda: history.delete_history(7),
    ):
        with pytest.raises(NotFound):
            action()


@pytest.mark.parametrize("changes", [{}, {"user_id": 3}, {"code": None}, {"created_at": None}, {"x": 1}])
def test_it_refuses_changes_that_cannot_be(history: SearchHistoryRepository, changes: dict[str, Any]) -> None:
    run = history.create_history(a_run())
    with pytest.raises(InvalidInput):
        history.update_history(run["history_id"], changes)
    with pytest.raises(InvalidInput):
        history.set_visibility(run["history_id"], "yes")  # type: ignore[arg-type]


def test_a_deleted_run_is_gone_from_everywhere(history: SearchHistoryRepository, stored: Stored) -> None:
    run = history.create_history(a_run(code=noise(50_000), is_code_public=True))
    history.delete_history(run["history_id"])
    assert stored() == MARK
    assert timeline(history) == []
    assert history.get_history(run["history_id"]) is None


def test_the_timelines_runs_get_how_their_verdicts_are_known(history: SearchHistoryRepository) -> None:
    history.create_history(a_run(history_id=1, is_code_public=True, total_count=1, verdict_basis="compared"))
    history.create_history(a_run(history_id=2, is_code_public=True, total_count=1))
    history.create_history(
        a_run(history_id=3, user_id=None, is_code_public=True, total_count=1, verdict_basis="reported")
    )
    page = history.list_public_timeline()
    assert [run["verdict_basis"] for run in page] == [None] * 3
    completed = history.add_verdict_bases(page)
    assert {run["history_id"]: run["verdict_basis"] for run in completed} == {
        1: "compared", 2: None, 3: "reported",
    }  # fmt: skip
    history.set_visibility(1, False)
    assert history.list_user_history(ALICE).items[-1]["verdict_basis"] == "compared"


def test_times_of_other_zones_are_put_in_order(history: SearchHistoryRepository) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    history.create_history(a_run(history_id=1, created_at=noon))
    history.create_history(a_run(history_id=2, created_at=noon + timedelta(microseconds=1)))
    history.create_history(a_run(history_id=3, created_at=datetime(1969, 12, 31, tzinfo=UTC)))
    history.create_history(a_run(history_id=4, created_at=datetime(2150, 1, 1, tzinfo=UTC)))
    assert [run["history_id"] for run in history.list_user_history(ALICE)] == [4, 2, 1, 3]


def test_a_text_replaced_while_it_is_read_is_read_again(
    history: SearchHistoryRepository, table: Table, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = history.create_history(a_run(code=noise(50_000)))
    writer = SearchHistoryRepository(table, now=clock)
    whole = Store.batch_get
    replaced: list[bool] = []

    def replace_first(self: Store, *args: Any, **how: Any) -> Any:
        if not replaced:
            replaced.append(True)
            writer.update_history(run["history_id"], {"code": noise(60_000, 8)})
        return whole(self, *args, **how)

    monkeypatch.setattr(Store, "batch_get", replace_first)
    found = history.get_history(run["history_id"])
    assert found is not None
    assert found["code"] == noise(60_000, 8)


def test_a_run_whose_part_was_lost_is_corrupt(
    history: SearchHistoryRepository, table: Table, stored: Stored
) -> None:
    run = history.create_history(a_run(code=noise(50_000)))
    pk, sk = next(key for key in stored() if key[0].startswith("TXT#"))
    table.delete_item(Key={"PK": pk, "SK": sk})
    with pytest.raises(Corrupt):
        history.get_history(run["history_id"])
