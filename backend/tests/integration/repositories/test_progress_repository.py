"""Progress: sums of a user's runs that are always what counting the whole list would give."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.errors import NotFound, Unavailable
from api.dynamodb.metering import meter
from api.dynamodb.repositories import (
    ProgressRepository,
    progress_repository,
)
from api.dynamodb.table.store import Store
from tests.integration.repositories.conftest import ALICE, BOB, CHARLIE, Clock
from tests.integration.repositories.expected_progress import recounted
from tests.integration.repositories.progress_setup import PASSED, ProgressSetup
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

GET, QUERY, TRANSACT = "GetItem", "Query", "TransactWriteItems"
STEPS = {"ministack": 80, "dynamodb-local": 30}
CHANGES: list[dict[str, Any]] = [PASSED, {"passed_count": 0}, {"hints": ["x"]}]


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """The lean one alone: what is tested here does not depend on the way to the engine."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


@pytest.fixture
def setup(table: Table, clock: Clock) -> ProgressSetup:
    return ProgressSetup(table, clock)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums are stored for every run, and a call reads six runs at most."""
    monkeypatch.setattr(progress_repository, "WORTH_STORING", 1)
    monkeypatch.setattr(progress_repository, "PAGE_RUNS", 3)
    monkeypatch.setattr(progress_repository, "PAGES", 2)


def test_nobody_without_runs_has_progress(setup: ProgressSetup) -> None:
    assert setup.progress.get_progress(CHARLIE) == recounted([], setup.clock())
    assert setup.progress.solved_problems(CHARLIE).ids == frozenset()
    assert setup.item(CHARLIE) is None


def test_it_adds_up_runs_by_platform_language_and_day(setup: ProgressSetup, clock: Clock) -> None:
    setup.run(ago=86_400 * 3, problem_id=7, **PASSED, platform="baekjoon")
    setup.run(ago=86_400, problem_id=7, **PASSED, language="go")
    setup.run(ago=3600, problem_id=8, passed_count=1, total_count=2, platform="AtCoder")
    setup.run(problem_id=9, passed_count=0, total_count=0)
    setup.run(problem_id=None, **PASSED)
    found = setup.progress.get_progress(ALICE)
    assert found == setup.recounted()
    assert (found["runs"], found["passed_runs"], found["solved_ids"]) == (5, 3, frozenset({7}))
    assert found["by_platform"] == {"Baekjoon": {"runs": 4, "solved": 1}, "AtCoder": {"runs": 1, "solved": 0}}
    assert found["by_language"] == {"Python": 4, "go": 1}
    assert sum(found["by_day"].values()) == 5
    assert setup.progress.get_progress(BOB)["runs"] == 0


def test_days_are_those_of_the_products_time_zone(setup: ProgressSetup, clock: Clock) -> None:
    # 12:00 in Seoul: half a day ago it was midnight there.
    setup.run(ago=12 * 3600)
    setup.run(ago=12 * 3600 + 1)
    setup.run(ago=86_400 * 369)
    setup.run(ago=86_400 * 370)
    days = setup.progress.get_progress(ALICE)["by_day"]
    today = clock().date()
    assert days == {today: 1, today - timedelta(1): 1, today - timedelta(369): 1}
    clock.advance(days=1)
    assert today - timedelta(369) not in setup.progress.get_progress(ALICE)["by_day"]


def test_it_is_the_same_as_counting_everything_whatever_happens(
    setup: ProgressSetup, clock: Clock, engine: Engine, eager: None
) -> None:
    chance = random.Random(20261121)
    alive: list[int] = []
    stored = 0
    for _ in range(STEPS[engine.name]):
        what = chance.random()
        if what < 0.5 or not alive:
            ago = chance.choice([0, 0, 0, 60, 400, 86_400 * 20])
            total = chance.randrange(3)
            alive.append(
                setup.run(
                    ago=ago, problem_id=chance.randrange(8), passed_count=chance.randint(0, total), total_count=total,
                    language=chance.choice(["Python", "python", "Go"]), is_code_public=chance.random() < 0.3,
                    platform=chance.choice(["Baekjoon", "AtCoder"]),
                )
            )  # fmt: skip
        elif what < 0.7:
            setup.history.delete_history(alive.pop(chance.randrange(len(alive))), owner_id=ALICE)
        elif what < 0.85:
            setup.history.update_history(chance.choice(alive), chance.choice(CHANGES))
        else:
            setup.history.set_visibility(chance.choice(alive), chance.random() < 0.5)
        clock.advance(seconds=chance.choice([1, 90, 400]))
        if chance.random() < 0.5:
            assert setup.complete_progress() == setup.recounted()
            assert setup.progress.solved_problems(ALICE).ids == setup.recounted()["solved_ids"]
            stored += setup.stored_runs() is not None
    assert stored > 3
    assert setup.complete_progress() == setup.recounted()


def test_sums_are_stored_when_it_is_worth_it_and_go_on_from_there(setup: ProgressSetup, clock: Clock) -> None:
    setup.places(49)
    assert setup.progress.get_progress(ALICE)["runs"] == 49
    assert setup.stored_runs() is None
    setup.run(ago=900, **PASSED)
    with meter.recording() as calls:
        assert setup.progress.get_progress(ALICE) == setup.recounted()
    assert calls.operations[:3] == [GET, QUERY, TRANSACT]
    assert setup.stored_runs() == 50
    setup.run(**PASSED)
    with meter.recording() as calls:
        found = setup.progress.get_progress(ALICE)
    assert calls.operations == [GET, QUERY]
    assert found == setup.recounted()
    assert setup.progress.solved_problems(ALICE).ids == found["solved_ids"] == frozenset(range(1, 52))


def test_only_runs_that_have_settled_are_stored(setup: ProgressSetup, clock: Clock, eager: None) -> None:
    setup.run(ago=301)
    setup.run(ago=299)
    assert setup.complete_progress()["runs"] == 2
    assert setup.stored_runs() == 1
    # A run of the moment that was slow to be stored is not missed: its place has not been passed.
    setup.run(ago=119)
    assert setup.complete_progress() == setup.recounted()
    assert setup.stored_runs() == 1
    clock.advance(minutes=10)
    assert setup.complete_progress() == setup.recounted()
    assert setup.stored_runs() == 3


def test_a_long_list_is_added_up_by_several_calls(setup: ProgressSetup, clock: Clock, eager: None) -> None:
    setup.places(14)
    first, second, third = (setup.progress.get_progress(ALICE) for _ in range(3))
    assert [(part["runs"], part["complete"]) for part in (first, second)] == [(6, False), (12, False)]
    assert third == setup.recounted()


Change = Callable[[ProgressSetup], object]
LATE: dict[str, Change] = {
    "a deletion": lambda setup: setup.history.delete_history(1),
    "a change of counts": lambda setup: setup.history.update_history(1, {"passed_count": 0}),
    "a change of language": lambda setup: setup.history.update_history(1, {"language": "Go"}),
    "an old run": lambda setup: setup.run(ago=7200),
}


@pytest.mark.parametrize("change", LATE.values(), ids=LATE.keys())
@pytest.mark.parametrize("sums", ["none before", "some before", "only a stamp before"])
def test_sums_made_before_a_change_are_not_stored_after_it(
    setup: ProgressSetup,
    clock: Clock,
    eager: None,
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
    sums: str,
) -> None:
    for _ in range(2):
        setup.run(ago=3600 - setup.number, **PASSED)
    if sums == "some before":
        setup.complete_progress()
        assert setup.stored_runs() == 2
        setup.run(ago=3000)
    if sums == "only a stamp before":
        setup.history.delete_history(setup.run())
        assert setup.item() is not None
    store_totals = ProgressRepository._store_totals
    changed: list[bool] = []

    def change_first(self: ProgressRepository, user_id: int, reading: Any) -> None:
        if not changed:
            changed.append(True)
            change(setup)
        store_totals(self, user_id, reading)

    monkeypatch.setattr(ProgressRepository, "_store_totals", change_first)
    setup.progress.get_progress(ALICE)
    assert changed
    assert setup.stored_runs() is None or setup.is_outdated()
    assert setup.complete_progress() == setup.recounted()


def test_what_is_not_counted_leaves_the_sums_alone(setup: ProgressSetup, eager: None) -> None:
    setup.run(ago=3600, **PASSED)
    setup.complete_progress()
    before = setup.item()
    setup.history.set_visibility(1, True)
    setup.history.update_history(1, {"hints": ["look"], "passed_count": 2, "result_summary": "ok"})
    with pytest.raises(NotFound):
        setup.history.delete_history(1, owner_id=CHARLIE)
    setup.run(ago=119)
    setup.run(user_id=BOB, ago=7200)
    assert setup.item() == before


def test_of_two_readers_one_stores_and_both_are_right(
    setup: ProgressSetup, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.run(ago=3600, **PASSED)
    store_totals = ProgressRepository._store_totals
    others: list[Any] = []

    def after_another(self: ProgressRepository, user_id: int, reading: Any) -> None:
        if not others:
            others.append(None)
            others[0] = ProgressRepository(setup.table, now=setup.clock).get_progress(ALICE)
        store_totals(self, user_id, reading)

    monkeypatch.setattr(ProgressRepository, "_store_totals", after_another)
    assert setup.progress.get_progress(ALICE) == others[0] == setup.recounted()
    assert setup.stored_runs() == 1


def test_readers_and_writers_at_once_end_in_the_right_sums(
    setup: ProgressSetup, clock: Clock, eager: None
) -> None:
    for _ in range(12):
        setup.run(ago=3600 - setup.number, problem_id=setup.number % 5, **PASSED)
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                found = ProgressRepository(setup.table, now=clock).get_progress(ALICE)
                assert 6 <= found["runs"] <= 15 or not found["complete"]
        except BaseException as failure:
            failures.append(failure)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 7):
            setup.history.delete_history(number)
            setup.history.update_history(number + 6, {"passed_count": number % 3})
            if number % 2:
                setup.run(ago=7200)
    finally:
        done.set()
        for reader in readers:
            reader.join(120)
    assert failures == []
    assert setup.complete_progress() == setup.recounted()


def test_sums_of_another_time_zone_are_made_again(
    setup: ProgressSetup, eager: None, use_settings: Callable[..., None]
) -> None:
    setup.run(ago=12 * 3600 + 1)
    (day,) = setup.complete_progress()["by_day"]
    use_settings(ALGOITNY_TIME_ZONE="UTC")
    assert list(setup.complete_progress()["by_day"]) == [day]
    use_settings(ALGOITNY_TIME_ZONE="Pacific/Kiritimati")
    assert list(setup.complete_progress()["by_day"]) == [day + timedelta(1)]


def test_days_are_those_of_the_zone_that_is_asked_for(
    setup: ProgressSetup, clock: Clock, eager: None
) -> None:
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    for number in (7, 7, 8):
        setup.run(ago=12 * 3600 + 10 - number, problem_id=number, **PASSED)
    seoul = setup.complete_progress()
    ahead = setup.progress.get_progress(ALICE, zone=kiritimati)
    assert ahead == recounted(setup.runs(), clock(), kiritimati)
    assert ahead["solved_days"][7].first == seoul["solved_days"][7].first + timedelta(1)
    # Marks on lists are of any zone, and leave the totals as they are.
    stored = setup.item()
    assert setup.progress.solved_problems(ALICE).ids == {7, 8}
    assert setup.item() == stored
    assert setup.progress.get_progress(ALICE, zone=kiritimati, consistent=False) == ahead


def test_days_of_solving_are_dropped_after_two_months(
    setup: ProgressSetup, clock: Clock, eager: None
) -> None:
    setup.run(ago=3600, **PASSED)
    assert len(setup.complete_progress()["solved_days"]) == 1
    clock.advance(days=61)
    progress = setup.complete_progress()
    assert progress == setup.recounted()
    assert (progress["solved_days"], progress["solved_ids"]) == ({}, {1})


def test_sums_are_made_again_after_a_month(setup: ProgressSetup, clock: Clock, eager: None) -> None:
    setup.run(ago=3600)
    setup.run(ago=7200)
    setup.complete_progress()
    # Somebody takes a run out of the table without the repositories.
    setup.table.delete_item(Key={"PK": "RUN#2", "SK": "META"})
    for pk in ("USR#1#RUN", "USR#1#PRB#2"):
        moment = (clock() - timedelta(hours=2)).isoformat(timespec="microseconds")[:26]
        setup.table.delete_item(Key={"PK": pk, "SK": f"{moment}#{2:016}"})
    assert setup.complete_progress()["runs"] == 2
    clock.advance(days=31)
    assert setup.complete_progress() == setup.recounted()
    assert setup.complete_progress()["runs"] == 1


def remove_run_behind_the_repositories(setup: ProgressSetup, number: int) -> None:
    """Takes a run of `places` out of Alice's list; the stored sums do not notice."""
    moment = (setup.clock() - timedelta(seconds=3600 - number)).isoformat(timespec="microseconds")[:26]
    setup.table.delete_item(Key={"PK": "USR#1#RUN", "SK": f"{moment}#{number:016}"})


def test_the_old_sums_of_a_long_list_are_kept_until_the_new_ones_are_complete(
    setup: ProgressSetup, clock: Clock, eager: None
) -> None:
    setup.places(14)
    before = setup.complete_progress()
    remove_run_behind_the_repositories(setup, 3)
    clock.advance(days=31)
    progress = setup.progress.get_progress(ALICE)
    assert (progress["runs"], progress["solved_ids"], progress["complete"]) == (
        14,
        before["solved_ids"],
        True,
    )
    assert setup.progress.solved_problems(ALICE).ids == before["solved_ids"]
    assert setup.progress.get_progress(ALICE) == setup.recounted()
    assert setup.stored_runs() == 13


def test_a_new_run_is_counted_while_the_sums_are_made_again(
    setup: ProgressSetup, clock: Clock, eager: None
) -> None:
    setup.places(14)
    setup.complete_progress()
    clock.advance(days=31)
    assert setup.progress.get_progress(ALICE)["runs"] == 14
    setup.run(problem_id=900, **PASSED)
    progress = setup.progress.get_progress(ALICE)
    assert (progress["runs"], progress["complete"]) == (15, True)
    assert 900 in progress["solved_ids"]
    clock.advance(minutes=10)
    assert setup.complete_progress() == setup.recounted()


def test_after_a_change_in_a_long_list_the_old_sums_are_shown_as_incomplete(
    setup: ProgressSetup, eager: None
) -> None:
    for _ in range(14):
        setup.run(ago=3600 - setup.number, problem_id=setup.number, **PASSED)
    setup.complete_progress()
    setup.history.delete_history(4)
    progress = [setup.progress.get_progress(ALICE) for _ in range(3)]
    assert [(part["runs"], part["complete"]) for part in progress] == [(14, False), (14, False), (13, True)]
    assert progress[2] == setup.recounted()
    assert setup.progress.solved_problems(ALICE) == (
        progress[2]["solved_ids"],
        progress[2]["attempted_ids"],
        True,
    )


def test_a_change_while_the_sums_are_made_again_starts_them_anew(setup: ProgressSetup, eager: None) -> None:
    for _ in range(14):
        setup.run(ago=3600 - setup.number, problem_id=setup.number, **PASSED)
    setup.complete_progress()
    setup.history.delete_history(4)
    setup.progress.get_progress(ALICE)
    setup.history.update_history(2, {"passed_count": 0})
    assert setup.complete_progress() == setup.recounted()


@pytest.mark.parametrize("damage", [{"sum": "{}"}, {"sum": 7}, {"slv": b"no"}, {"sum": "[1]"}])
def test_sums_that_cannot_be_read_are_made_again(
    setup: ProgressSetup, eager: None, caplog: pytest.LogCaptureFixture, damage: dict[str, Any]
) -> None:
    setup.run(ago=3600, **PASSED)
    setup.complete_progress()
    item = setup.item()
    assert item is not None
    setup.table.put_item(Item={**item, **damage})
    assert setup.complete_progress() == setup.recounted()
    assert "is computed again" in caplog.text
    assert setup.stored_runs() == 1


def test_nothing_is_stored_of_a_closed_or_missing_account(setup: ProgressSetup, eager: None) -> None:
    setup.run(ago=3600)
    setup.run(ago=3600, user_id=CHARLIE)
    setup.users.deactivate_user(ALICE)
    assert setup.progress.get_progress(ALICE)["runs"] == 1
    assert setup.progress.get_progress(CHARLIE)["runs"] == 1
    assert setup.stored_runs(ALICE) is setup.stored_runs(CHARLIE) is None


def test_a_failure_to_store_sums_is_only_logged(
    setup: ProgressSetup, eager: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    setup.run(ago=3600)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(Store, "transact_write", fail)
    assert setup.progress.get_progress(ALICE)["runs"] == 1
    assert "the progress of user 1 was not stored: no answer" in caplog.text


def test_names_without_end_are_counted_as_others_and_fit(
    setup: ProgressSetup, clock: Clock, eager: None
) -> None:
    chance = random.Random(7)
    letters = [chr(code) for code in range(0xAC00, 0xD7A0)]
    names = ["".join(chance.choices(letters, k=16)) for _ in range(32)]
    setup.places(
        32, lambda number: {"platform": names[number - 1], "language": names[-number], "total_count": 3}
    )
    setup.run(ago=1800, platform="x" * 51, language="y" * 51)
    clock.advance(seconds=1)
    found = setup.complete_progress()
    assert len(found["by_platform"]) == len(found["by_language"]) == 31
    assert found["by_platform"]["other"] == {"runs": 3, "solved": 0}
    assert found["by_language"]["other"] == 3
    assert setup.stored_runs() == 33
    assert setup.complete_progress() == found


def test_solved_problems_does_not_store_what_it_read(setup: ProgressSetup, eager: None) -> None:
    setup.run(ago=200, **PASSED)
    with meter.recording() as calls:
        assert setup.progress.solved_problems(ALICE).ids == {1}
    assert calls.operations == [GET, QUERY]
    setup.run(ago=3600, **PASSED)
    with meter.recording() as calls:
        assert setup.progress.solved_problems(ALICE).ids == {1, 2}
    assert calls.operations == [GET, QUERY, GET, QUERY, TRANSACT]
    with meter.recording() as calls:
        assert setup.progress.solved_problems(ALICE).ids == {1, 2}
    assert calls.operations == [GET, QUERY]
