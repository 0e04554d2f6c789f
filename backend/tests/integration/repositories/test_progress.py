"""Progress: sums of a user's runs that are always what counting the whole list would give."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb import json_text, meter
from api.dynamodb.errors import NotFound, Unavailable
from api.dynamodb.items import run_items
from api.dynamodb.repositories import (
    ProgressRepository,
    SearchHistoryRepository,
    UserRepository,
    progress_repository,
)
from api.dynamodb.store import Store
from api.dynamodb.transports import calls_to
from tests.integration.repositories.conftest import ALICE, BOB, CHARLIE, Clock
from tests.integration.repositories.helpers import a_run, whole_list
from tests.integration.repositories.recount import recounted
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

GET, QUERY, TRANSACT = "GetItem", "Query", "TransactWriteItems"
PASSED = {"passed_count": 2, "total_count": 2}
STEPS = {"ministack": 80, "dynamodb-local": 30}
CHANGES: list[dict[str, Any]] = [PASSED, {"passed_count": 0}, {"hints": ["x"]}]


class World:
    """Alice's and Bob's runs on one table, and who asks for their progress."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self.table, self.clock = table, clock
        self.history = SearchHistoryRepository(table, now=clock)
        self.progress = ProgressRepository(table, now=clock)
        self.users = UserRepository(table, now=clock)
        for user_id in (ALICE, BOB):
            self.users.create_user({"user_id": user_id})
        self.number = 0

    def run(self, *, ago: float = 0, **fields: Any) -> int:
        """Makes a run of Alice's that bears a moment some seconds ago."""
        self.number += 1
        moment = self.clock() - timedelta(seconds=ago)
        return self.history.create_history(
            a_run(history_id=self.number, created_at=moment, **{"problem_id": self.number, **fields})
        )["history_id"]

    def places(self, count: int, fields: Callable[[int], dict[str, Any]] = lambda number: {}) -> None:
        """Puts runs of an hour ago on into Alice's list, and nowhere else: in a few calls."""
        places = []
        for _ in range(count):
            self.number += 1
            run = a_run(
                history_id=self.number, problem_id=self.number, version=1, failed_count=0, is_code_public=False,
                created_at=self.clock() - timedelta(seconds=3600 - self.number),
                **{**PASSED, **fields(self.number)},
            )  # fmt: skip
            places.append(run_items(run).entries[0])
        assert Store(calls_to(self.table), self.table.name).batch_write(puts=places, entity="user_run") == []

    def recounted(self, user_id: int = ALICE) -> dict[str, Any]:
        runs = whole_list(
            lambda cursor: self.history.list_user_history(user_id, limit=100, cursor=cursor, consistent=True)
        )
        return recounted(runs, self.clock())

    def item(self, user_id: int = ALICE) -> dict[str, Any] | None:
        key = {"PK": f"USR#{user_id}#PRG", "SK": "META"}
        return self.table.get_item(Key=key, ConsistentRead=True).get("Item")

    def stored_runs(self, user_id: int = ALICE) -> int | None:
        """How many runs are in the stored sums; None if there are none."""
        item = self.item(user_id)
        return None if item is None or "sum" not in item else int(json_text.loads(item["sum"])["runs"])

    def told(self) -> dict[str, Any]:
        """Alice's progress when it is complete."""
        for _ in range(100):
            found = dict(self.progress.get_progress(ALICE))
            if found["complete"]:
                return found
        raise AssertionError("it is never complete")


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """The lean one alone: what is tested here does not depend on the way to the engine."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


@pytest.fixture
def world(table: Table, clock: Clock) -> World:
    return World(table, clock)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums are stored for every run, and a call reads six runs at most."""
    monkeypatch.setattr(progress_repository, "WORTH_STORING", 1)
    monkeypatch.setattr(progress_repository, "PAGE_RUNS", 3)
    monkeypatch.setattr(progress_repository, "PAGES", 2)


def test_nobody_without_runs_has_progress(world: World) -> None:
    assert world.progress.get_progress(CHARLIE) == recounted([], world.clock())
    assert world.progress.solved_ids(CHARLIE) == frozenset()
    assert world.item(CHARLIE) is None


def test_it_adds_up_runs_by_platform_language_and_day(world: World, clock: Clock) -> None:
    world.run(ago=86_400 * 3, problem_id=7, **PASSED, platform="baekjoon")
    world.run(ago=86_400, problem_id=7, **PASSED, language="go")
    world.run(ago=3600, problem_id=8, passed_count=1, total_count=2, platform="AtCoder")
    world.run(problem_id=9, passed_count=0, total_count=0)
    world.run(problem_id=None, **PASSED)
    found = world.progress.get_progress(ALICE)
    assert found == world.recounted()
    assert (found["runs"], found["passed_runs"], found["solved_ids"]) == (5, 3, frozenset({7}))
    assert found["by_platform"] == {"Baekjoon": {"runs": 4, "solved": 1}, "AtCoder": {"runs": 1, "solved": 0}}
    assert found["by_language"] == {"Python": 4, "go": 1}
    assert sum(found["by_day"].values()) == 5
    assert world.progress.get_progress(BOB)["runs"] == 0


def test_days_are_those_of_the_products_time_zone(world: World, clock: Clock) -> None:
    # 12:00 in Seoul: half a day ago it was midnight there.
    world.run(ago=12 * 3600)
    world.run(ago=12 * 3600 + 1)
    world.run(ago=86_400 * 369)
    world.run(ago=86_400 * 370)
    days = world.progress.get_progress(ALICE)["by_day"]
    today = clock().date()
    assert days == {today: 1, today - timedelta(1): 1, today - timedelta(369): 1}
    clock.advance(days=1)
    assert today - timedelta(369) not in world.progress.get_progress(ALICE)["by_day"]


def test_it_is_the_same_as_counting_everything_whatever_happens(
    world: World, clock: Clock, engine: Engine, eager: None
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
                world.run(
                    ago=ago, problem_id=chance.randrange(8), passed_count=chance.randint(0, total), total_count=total,
                    language=chance.choice(["Python", "python", "Go"]), is_code_public=chance.random() < 0.3,
                    platform=chance.choice(["Baekjoon", "AtCoder"]),
                )
            )  # fmt: skip
        elif what < 0.7:
            world.history.delete_history(alive.pop(chance.randrange(len(alive))), owner_id=ALICE)
        elif what < 0.85:
            world.history.update_history(chance.choice(alive), chance.choice(CHANGES))
        else:
            world.history.set_visibility(chance.choice(alive), chance.random() < 0.5)
        clock.advance(seconds=chance.choice([1, 90, 400]))
        if chance.random() < 0.5:
            assert world.told() == world.recounted()
            assert world.progress.solved_ids(ALICE) == world.recounted()["solved_ids"]
            stored += world.stored_runs() is not None
    assert stored > 3
    assert world.told() == world.recounted()


def test_sums_are_stored_when_it_is_worth_it_and_go_on_from_there(world: World, clock: Clock) -> None:
    world.places(49)
    assert world.progress.get_progress(ALICE)["runs"] == 49
    assert world.stored_runs() is None
    world.run(ago=900, **PASSED)
    with meter.recording() as calls:
        assert world.progress.get_progress(ALICE) == world.recounted()
    assert calls.operations[:3] == [GET, QUERY, TRANSACT]
    assert world.stored_runs() == 50
    world.run(**PASSED)
    with meter.recording() as calls:
        found = world.progress.get_progress(ALICE)
    assert calls.operations == [GET, QUERY]
    assert found == world.recounted()
    assert world.progress.solved_ids(ALICE) == found["solved_ids"] == frozenset(range(1, 52))


def test_only_runs_that_have_settled_are_stored(world: World, clock: Clock, eager: None) -> None:
    world.run(ago=301)
    world.run(ago=299)
    assert world.told()["runs"] == 2
    assert world.stored_runs() == 1
    # A run of the moment that was slow to be stored is not missed: its place has not been passed.
    world.run(ago=119)
    assert world.told() == world.recounted()
    assert world.stored_runs() == 1
    clock.advance(minutes=10)
    assert world.told() == world.recounted()
    assert world.stored_runs() == 3


def test_a_long_list_is_added_up_by_several_calls(world: World, clock: Clock, eager: None) -> None:
    world.places(14)
    first, second, third = (world.progress.get_progress(ALICE) for _ in range(3))
    assert [(part["runs"], part["complete"]) for part in (first, second)] == [(6, False), (12, False)]
    assert third == world.recounted()


Change = Callable[[World], object]
LATE: dict[str, Change] = {
    "a deletion": lambda world: world.history.delete_history(1),
    "a change of counts": lambda world: world.history.update_history(1, {"passed_count": 0}),
    "a change of language": lambda world: world.history.update_history(1, {"language": "Go"}),
    "an old run": lambda world: world.run(ago=7200),
}


@pytest.mark.parametrize("change", LATE.values(), ids=LATE.keys())
@pytest.mark.parametrize("sums", ["none before", "some before", "only a stamp before"])
def test_sums_made_before_a_change_are_not_stored_after_it(
    world: World, clock: Clock, eager: None, monkeypatch: pytest.MonkeyPatch, change: Change, sums: str
) -> None:
    for _ in range(2):
        world.run(ago=3600 - world.number, **PASSED)
    if sums == "some before":
        world.told()
        assert world.stored_runs() == 2
        world.run(ago=3000)
    if sums == "only a stamp before":
        world.history.delete_history(world.run())
        assert world.item() is not None
    whole = ProgressRepository._store_sums
    changed: list[bool] = []

    def change_first(self: ProgressRepository, user_id: int, reading: Any) -> None:
        if not changed:
            changed.append(True)
            change(world)
        whole(self, user_id, reading)

    monkeypatch.setattr(ProgressRepository, "_store_sums", change_first)
    world.progress.get_progress(ALICE)
    assert changed
    assert world.stored_runs() is None
    assert world.told() == world.recounted()


def test_what_is_not_counted_leaves_the_sums_alone(world: World, eager: None) -> None:
    world.run(ago=3600, **PASSED)
    world.told()
    before = world.item()
    world.history.set_visibility(1, True)
    world.history.update_history(1, {"hints": ["look"], "passed_count": 2, "result_summary": "ok"})
    with pytest.raises(NotFound):
        world.history.delete_history(1, owner_id=CHARLIE)
    world.run(ago=119)
    world.run(user_id=BOB, ago=7200)
    assert world.item() == before


def test_of_two_readers_one_stores_and_both_are_right(
    world: World, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(ago=3600, **PASSED)
    whole = ProgressRepository._store_sums
    others: list[Any] = []

    def after_another(self: ProgressRepository, user_id: int, reading: Any) -> None:
        if not others:
            others.append(None)
            others[0] = ProgressRepository(world.table, now=world.clock).get_progress(ALICE)
        whole(self, user_id, reading)

    monkeypatch.setattr(ProgressRepository, "_store_sums", after_another)
    assert world.progress.get_progress(ALICE) == others[0] == world.recounted()
    assert world.stored_runs() == 1


def test_readers_and_writers_at_once_end_in_the_right_sums(world: World, clock: Clock, eager: None) -> None:
    for _ in range(12):
        world.run(ago=3600 - world.number, problem_id=world.number % 5, **PASSED)
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                found = ProgressRepository(world.table, now=clock).get_progress(ALICE)
                assert 6 <= found["runs"] <= 15 or not found["complete"]
        except BaseException as failure:
            failures.append(failure)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 7):
            world.history.delete_history(number)
            world.history.update_history(number + 6, {"passed_count": number % 3})
            if number % 2:
                world.run(ago=7200)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert world.told() == world.recounted()


def test_sums_of_another_time_zone_are_made_again(
    world: World, eager: None, use_settings: Callable[..., None]
) -> None:
    world.run(ago=12 * 3600 + 1)
    (day,) = world.told()["by_day"]
    use_settings(ALGOITNY_TIME_ZONE="UTC")
    assert list(world.told()["by_day"]) == [day]
    use_settings(ALGOITNY_TIME_ZONE="Pacific/Kiritimati")
    assert list(world.told()["by_day"]) == [day + timedelta(1)]


def test_sums_are_made_again_after_a_month(world: World, clock: Clock, eager: None) -> None:
    world.run(ago=3600)
    world.run(ago=7200)
    world.told()
    # Somebody takes a run out of the table without the repositories.
    world.table.delete_item(Key={"PK": "RUN#2", "SK": "META"})
    for pk in ("USR#1#RUN", "USR#1#PRB#2"):
        moment = (clock() - timedelta(hours=2)).isoformat(timespec="microseconds")[:26]
        world.table.delete_item(Key={"PK": pk, "SK": f"{moment}#{2:016}"})
    assert world.told()["runs"] == 2
    clock.advance(days=31)
    assert world.told() == world.recounted()
    assert world.told()["runs"] == 1


@pytest.mark.parametrize("damage", [{"sum": "{}"}, {"sum": 7}, {"slv": b"no"}, {"sum": "[1]"}])
def test_sums_that_cannot_be_read_are_made_again(
    world: World, eager: None, caplog: pytest.LogCaptureFixture, damage: dict[str, Any]
) -> None:
    world.run(ago=3600, **PASSED)
    world.told()
    item = world.item()
    assert item is not None
    world.table.put_item(Item={**item, **damage})
    assert world.told() == world.recounted()
    assert "made again" in caplog.text
    assert world.stored_runs() == 1


def test_nothing_is_stored_of_a_closed_or_missing_account(world: World, eager: None) -> None:
    world.run(ago=3600)
    world.run(ago=3600, user_id=CHARLIE)
    world.users.deactivate_user(ALICE)
    assert world.progress.get_progress(ALICE)["runs"] == 1
    assert world.progress.get_progress(CHARLIE)["runs"] == 1
    assert world.stored_runs(ALICE) is world.stored_runs(CHARLIE) is None


def test_a_failure_to_store_sums_is_only_logged(
    world: World, eager: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.run(ago=3600)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(Store, "transact_write", fail)
    assert world.progress.get_progress(ALICE)["runs"] == 1
    assert "the progress of user 1 was not stored: no answer" in caplog.text


def test_names_without_end_are_counted_as_others_and_fit(world: World, clock: Clock, eager: None) -> None:
    chance = random.Random(7)
    letters = [chr(code) for code in range(0xAC00, 0xD7A0)]
    names = ["".join(chance.choices(letters, k=16)) for _ in range(32)]
    world.places(
        32, lambda number: {"platform": names[number - 1], "language": names[-number], "total_count": 3}
    )
    world.run(ago=1800, platform="x" * 51, language="y" * 51)
    clock.advance(seconds=1)
    found = world.told()
    assert len(found["by_platform"]) == len(found["by_language"]) == 31
    assert found["by_platform"]["other"] == {"runs": 3, "solved": 0}
    assert found["by_language"]["other"] == 3
    assert world.stored_runs() == 33
    assert world.told() == found


def test_solved_ids_does_not_store_what_it_read(world: World, eager: None) -> None:
    world.run(ago=200, **PASSED)
    with meter.recording() as calls:
        assert world.progress.solved_ids(ALICE) == {1}
    assert calls.operations == [GET, QUERY]
    world.run(ago=3600, **PASSED)
    with meter.recording() as calls:
        assert world.progress.solved_ids(ALICE) == {1, 2}
    assert calls.operations == [GET, QUERY, GET, QUERY, TRANSACT]
    with meter.recording() as calls:
        assert world.progress.solved_ids(ALICE) == {1, 2}
    assert calls.operations == [GET, QUERY]
