"""The number of shards changes step by step beside traffic, and no list ever misses an entry or has one twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.repositories import (
    ListMoveRepository,
    ProblemRepository,
    SearchHistoryRepository,
    UserRepository,
)
from api.dynamodb.schema import ids, keys
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import a_problem, a_run, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Settings = Callable[..., None]
LIMIT = 120
WALKS = 2
# Between a thread's calls, so that the walks which the test counts have the engine for most of the time.
PAUSE_SECONDS = 0.02


class Listed:
    """Which ids a list must have: those that were in it when a walk began and were not taken out until it ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: set[int] = set()
        self._ever: set[int] = set()
        self._removed: list[int] = []

    def begin_adding(self, record_id: int) -> None:
        """The record may be seen from now on."""
        with self._lock:
            self._ever.add(record_id)

    def add(self, record_id: int) -> None:
        with self._lock:
            self._ever.add(record_id)
            self._ids.add(record_id)

    def begin_removing(self) -> int | None:
        """A record that may be missing from now on."""
        with self._lock:
            if len(self._ids) < 12:
                return None
            record_id = random.choice(sorted(self._ids))
            self._ids.discard(record_id)
            self._removed.append(record_id)
            return record_id

    def may_grow(self) -> bool:
        """Whether the list is so short that what was taken out may come back."""
        with self._lock:
            return len(self._ids) < 30

    def pick(self) -> int:
        with self._lock:
            return random.choice(sorted(self._ids))

    def check(self, walk: Callable[[], list[int]]) -> None:
        """Walks through the list once."""
        with self._lock:
            before, removed = set(self._ids), len(self._removed)
        seen = walk()
        with self._lock:
            required = before - set(self._removed[removed:])
        assert len(seen) == len(set(seen)), "an entry came twice"
        assert required <= set(seen), f"missing: {required - set(seen)}"
        assert set(seen) <= self._ever


class Traffic:
    """Writers and readers of three lists, in threads, until told to stop."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self.users, self.problems = UserRepository(table, now=clock), ProblemRepository(table, now=clock)
        self.runs = SearchHistoryRepository(table, now=clock)
        self.listed = {"users": Listed(), "problems": Listed(), "timeline": Listed()}
        self._clock = clock
        self._stop = threading.Event()

    def write_users(self) -> None:
        listed = self.listed["users"]
        user_id = ids.new_id()
        listed.begin_adding(user_id)
        self.users.create_user({"user_id": user_id, "email": f"u{user_id}@x.org"})
        listed.add(user_id)
        self.users.update_user(listed.pick(), {"name": str(user_id)})
        removed = listed.begin_removing()
        if removed is not None:
            self.users.delete_user(removed)

    def write_problems(self) -> None:
        listed = self.listed["problems"]
        problem_id = ids.new_id()
        listed.begin_adding(problem_id)
        fields = a_problem(problem_id=problem_id, problem_number=str(problem_id), title="Sums")
        self.problems.create_problem(fields)
        listed.add(problem_id)
        self.problems.update_problem(listed.pick(), {"title": f"Sums {problem_id % 9}"})
        removed = listed.begin_removing()
        if removed is None:
            return
        self.problems.retire_problem(removed)
        if listed.may_grow():
            self.problems.update_problem(removed, {"is_deleted": False})
            listed.add(removed)

    def write_runs(self) -> None:
        listed = self.listed["timeline"]
        run_id = ids.new_id()
        listed.begin_adding(run_id)
        self.runs.create_history(a_run(history_id=run_id, is_code_public=True))
        listed.add(run_id)
        self.runs.update_history(listed.pick(), {"passed_count": run_id % 5})
        removed = listed.begin_removing()
        if removed is None:
            return
        self.runs.set_visibility(removed, False)
        if listed.may_grow():
            self.runs.set_visibility(removed, True)
            listed.add(removed)
        else:
            self.runs.delete_history(removed)

    def read_users(self) -> None:
        self.listed["users"].check(
            lambda: [u["user_id"] for u in whole_list(lambda c: self.users.list_users(limit=7, cursor=c))]
        )

    def read_problems(self, **criteria: Any) -> None:
        self.listed["problems"].check(
            lambda: [
                p["problem_id"]
                for p in whole_list(lambda c: self.problems.list_problems(**criteria, limit=7, cursor=c))
            ]
        )

    def read_timeline(self) -> None:
        self.listed["timeline"].check(
            lambda: [
                r["history_id"]
                for r in whole_list(lambda c: self.runs.list_public_timeline(limit=7, cursor=c))
            ]
        )

    def read_everything(self) -> None:
        self.read_users()
        self.read_problems()
        self.read_problems(platform="baekjoon")
        self.read_timeline()

    def fill(self, rounds: int = 14) -> None:
        for _ in range(rounds):
            for write in (self.write_users, self.write_problems, self.write_runs):
                self._clock.advance(seconds=1)
                write()

    def beside(self, step: Callable[[], object]) -> None:
        """Carries a step out beside traffic, which goes on until every list was read through afterwards."""
        self._stop.clear()
        with ThreadPoolExecutor(4) as pool:
            writers = [
                pool.submit(self._repeat, write)
                for write in (self.write_users, self.write_problems, self.write_runs)
            ]
            reader: Future[None] = pool.submit(self._read_around)
            try:
                self.read_everything()
                step()
                for _ in range(WALKS):
                    self.read_everything()
            finally:
                self._stop.set()
            for future in (*writers, reader):
                future.result(timeout=LIMIT)

    def _repeat(self, write: Callable[[], None]) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            write()

    def _read_around(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            self.read_everything()


@pytest.fixture
def traffic(table: Table, clock: Clock) -> Iterator[Traffic]:
    yield Traffic(table, clock)


def set_shards(use_settings: Settings, writers: int, readers: int) -> None:
    use_settings(**{
        f"DYNAMODB_{name}_{kind}": str(number)
        for name in ("USER_LIST", "PROBLEM_LIST", "TIMELINE")
        for kind, number in (("SHARDS", writers), ("READ_SHARDS", readers))
    })  # fmt: skip


def unset_shards(use_settings: Settings) -> None:
    use_settings(**{
        f"DYNAMODB_{name}_{kind}": ""
        for name in ("USER_LIST", "PROBLEM_LIST", "TIMELINE")
        for kind in ("SHARDS", "READ_SHARDS")
    })  # fmt: skip


def sharded_partitions(stored: Callable[[], list[tuple[str, str]]]) -> set[str]:
    return {
        pk for pk, _ in stored() if pk.startswith(("USRLIST#", "PRBLIST#ALL", "PRBLIST#PLT", "PRBLIST#DIF"))
    }


@pytest.mark.long
@pytest.mark.any_engine
@pytest.mark.parametrize(("old", "new"), [(1, 4), (4, 2)])
def test_shards_change_beside_traffic(
    traffic: Traffic, table: Table, use_settings: Settings, stored: Callable[[], list[tuple[str, str]]],
    old: int, new: int,
) -> None:  # fmt: skip
    most = max(old, new)
    set_shards(use_settings, old, old)
    traffic.fill()
    lists = ListMoveRepository(table)
    beside = traffic.beside
    beside(lambda: set_shards(use_settings, old, most))
    beside(lambda: set_shards(use_settings, new, most))
    beside(lambda: [list(lists.copy_entries(name)) for name in ("users", "problems")])
    beside(lambda: [list(lists.remove_old_entries(name)) for name in ("users", "problems")])
    assert [lists.count_unmoved(name) for name in ("users", "problems")] == [0, 0]
    beside(
        lambda: use_settings(
            DYNAMODB_USER_LIST_READ_SHARDS=str(new), DYNAMODB_PROBLEM_LIST_READ_SHARDS=str(new)
        )
    )
    assert {int(pk.rsplit("#", 1)[1]) for pk in sharded_partitions(stored)} == set(range(new))


@pytest.mark.any_engine
def test_a_table_of_an_earlier_version_hides_nothing_and_is_moved_beside_traffic(
    traffic: Traffic, table: Table, use_settings: Settings, stored: Callable[[], list[tuple[str, str]]],
) -> None:  # fmt: skip
    set_shards(use_settings, 4, 4)
    traffic.fill()
    assert {int(pk.rsplit("#", 1)[1]) for pk in sharded_partitions(stored)} == {0, 1, 2, 3}
    lists = ListMoveRepository(table)
    beside = traffic.beside
    unset_shards(use_settings)
    traffic.read_everything()
    assert all(lists.count_unmoved(name) for name in ("users", "problems"))
    assert lists.count_unmoved_runs() > 0
    beside(lambda: [list(lists.copy_entries(name)) for name in ("users", "problems")])
    beside(lambda: [list(lists.remove_old_entries(name)) for name in ("users", "problems")])
    list(lists.move_timeline())
    assert [lists.count_unmoved(name) for name in ("users", "problems")] == [0, 0]
    assert lists.count_unmoved_runs() == 0
    assert {int(pk.rsplit("#", 1)[1]) for pk in sharded_partitions(stored)} == {0}
    traffic.read_everything()


def test_copies_stay_alike_and_disappear_together(
    traffic: Traffic, table: Table, use_settings: Settings, stored: Callable[[], list[tuple[str, str]]]
) -> None:
    set_shards(use_settings, 1, 7)
    user_id = 10
    traffic.users.create_user({"user_id": user_id})
    problem_id = traffic.problems.create_problem(a_problem(problem_id=12))["problem_id"]
    set_shards(use_settings, 7, 7)
    lists = ListMoveRepository(table)
    for _ in range(2):  # repeating it changes nothing
        list(lists.copy_entries("users"))
        list(lists.copy_entries("problems"))
        assert sorted(pk for pk, _ in stored() if pk.startswith(("USRLIST", "PRBLIST#ALL"))) == [
            "PRBLIST#ALL#0", "PRBLIST#ALL#5", "USRLIST#0", "USRLIST#3",
        ]  # fmt: skip
    traffic.problems.update_problem(problem_id, {"title": "Other"})
    copies = [
        {**item, "PK": ""}
        for item in table.scan(ConsistentRead=True)["Items"]
        if str(item["PK"]).startswith("PRBLIST#ALL#")
    ]
    assert copies[0] == copies[1]
    assert copies[0]["tit"] == "Other"
    assert [p["problem_id"] for p in traffic.problems.list_problems().items] == [problem_id]
    traffic.users.delete_user(user_id)
    traffic.problems.retire_problem(problem_id)
    assert not [pk for pk, _ in stored() if "LIST#" in pk]


def test_old_entries_are_kept_until_there_are_copies(
    traffic: Traffic, table: Table, use_settings: Settings, stored: Callable[[], list[tuple[str, str]]]
) -> None:
    set_shards(use_settings, 1, 4)
    traffic.fill(3)
    before = stored()
    set_shards(use_settings, 4, 4)
    lists = ListMoveRepository(table)
    assert sum(step.changed for name in ("users", "problems") for step in lists.remove_old_entries(name)) == 0
    assert stored() == before


def test_a_public_run_keeps_its_shard_of_the_timeline_until_it_is_hidden(
    traffic: Traffic, table: Table, use_settings: Settings
) -> None:
    set_shards(use_settings, 1, 4)
    run_id = traffic.runs.create_history(a_run(history_id=7, is_code_public=True))["history_id"]
    set_shards(use_settings, 4, 4)

    def shard() -> Any:
        item = table.get_item(Key={"PK": keys.run_pk(run_id), "SK": keys.META}, ConsistentRead=True)["Item"]
        return item.get("GSI2PK")

    traffic.runs.update_history(run_id, {"passed_count": 1})
    assert shard() == "PUB#0"
    traffic.runs.set_visibility(run_id, False)
    assert shard() is None
    traffic.runs.set_visibility(run_id, True)
    assert shard() == "PUB#3"
