"""The catalogue in memory gives the lists that the table gives, and follows what this and other processes change."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from api.composition import repositories
from api.dynamodb.metering import meter
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.schema import keys
from api.dynamodb.table import catalogue
from api.dynamodb.table.catalogue import (
    FIRST_SECONDS,
    MOST_SECONDS,
    READ_SECONDS,
    RETRY_SECONDS,
    CatalogueCache,
)
from api.dynamodb.table.store import Store
from api.dynamodb.transport.factory import transport_for
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import a_problem, whole_list
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

WORDS = ("Graph", "graphs", "Array", "two", "TWO", "tw", "문제", "더하기", "Straße", "x", "10#1", "a_b")
TAGS = ("dp", "DP", "math", "두 수", "a#b", "%")
PLATFORMS = ("Baekjoon", "LeetCode", "code#forces")
LEVELS = ("Gold", "gold", "Silver V", None)


class Process:
    """A process with a catalogue, whose loads end before the call that begins them, and whose clock stands still."""

    def __init__(self, table: Table, clock: Clock, most: int = 1_000) -> None:
        self.seconds = 0.0
        self.repository = ProblemRepository(table, now=clock)
        self.start: Callable[[Callable[[], None]], None] = lambda load: load()
        self.cache = CatalogueCache(
            self.repository._store, self.repository._lists, most, clock,
            monotonic=lambda: self.seconds, start=lambda load: self.start(load),
        )  # fmt: skip
        self.repository._catalogue = self.cache

    def titles(self, **query: Any) -> list[str]:
        return [problem["title"] for problem in self.repository.list_problems(**query)]

    def calls(self, work: Callable[[], object]) -> list[str]:
        with meter.recording() as recording:
            work()
        return recording.operations


@pytest.fixture
def process(table: Table, clock: Clock) -> Process:
    return Process(table, clock)


def random_fields(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "platform": chance.choice(PLATFORMS), "problem_number": str(number), "difficulty": chance.choice(LEVELS),
        "title": " ".join(chance.choices(WORDS, k=chance.randint(1, 5))),
        "tags": chance.sample(TAGS, chance.randint(0, 4)), "is_completed": chance.random() < 0.85,
    }  # fmt: skip


def random_query(chance: random.Random) -> dict[str, Any]:
    number = chance.randint(1, 2)
    queries = {
        "platform": chance.choice(PLATFORMS).upper(), "difficulty": chance.choice(["GOLD", "silver v", "none"]),
        "tag": chance.choice(TAGS), "words": " ".join(chance.choices([*WORDS, "gr", "t", "문"], k=number)),
    }  # fmt: skip
    return {name: queries[name] for name in chance.sample(sorted(queries), chance.randint(0, 3))}


def compare(process: Process, problems: ProblemRepository, chance: random.Random, rounds: int) -> None:
    """Pages and cursors of both are the same, whichever of them gave the cursor out."""
    for _ in range(rounds):
        query, limit, cursor = random_query(chance), chance.choice([1, 3, 20, 100]), None
        while True:
            page = process.repository.list_problems(**query, limit=limit, cursor=cursor)
            assert page == problems.list_problems(**query, limit=limit, cursor=cursor), (query, limit, cursor)
            cursor = page.cursor
            if cursor is None:
                break


@pytest.mark.parametrize("seed", range(3))
def test_pages_and_cursors_are_those_of_the_table(
    process: Process, problems: ProblemRepository, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(1, 41):
        clock.advance(seconds=chance.choice([0, 1, 100]))
        problems.create_problem({"problem_id": number, **random_fields(chance, number)})
    process.titles()
    compare(process, problems, chance, 25)
    for number in chance.sample(range(1, 41), 15):
        fields = random_fields(chance, number)
        fields["is_deleted"] = chance.random() < 0.3
        problems.update_problem(number, dict(chance.sample(sorted(fields.items(), key=str), 4)))
    process.seconds += READ_SECONDS
    compare(process, problems, chance, 25)
    process.seconds += FIRST_SECONDS
    compare(process, problems, chance, 10)


def test_a_page_takes_no_call_and_every_two_seconds_one_query(
    process: Process, problems: ProblemRepository
) -> None:
    problems.create_problem(a_problem())
    assert set(process.calls(process.titles)) == {"Query"}
    assert process.calls(process.titles) == []
    assert process.calls(process.repository.random_problem) == []
    process.seconds += READ_SECONDS
    assert process.calls(process.titles) == ["Query"]
    assert process.calls(lambda: process.titles(words="a")) == []


def test_a_change_is_seen_by_its_process_at_once_and_by_others_within_two_seconds(
    table: Table, clock: Clock
) -> None:
    here, there = Process(table, clock), Process(table, clock)
    here.repository.create_problem(a_problem(problem_id=1, title="Old"))
    assert (here.titles(), there.titles()) == (["Old"], ["Old"])
    here.repository.update_problem(1, {"title": "New"})
    assert (here.titles(), there.titles()) == (["New"], ["Old"])
    assert here.titles(words="new") == ["New"]
    there.seconds += READ_SECONDS
    assert there.titles() == ["New"]
    assert (there.titles(words="old"), there.titles(words="new")) == ([], ["New"])
    there.repository.retire_problem(1)
    here.seconds += READ_SECONDS
    assert (here.titles(), there.titles()) == ([], [])


def test_a_draft_is_noted_when_it_is_published_and_not_before(process: Process, table: Table) -> None:
    process.repository.create_problem(a_problem(problem_id=1, title="Listed"))
    process.repository.create_problem(
        a_problem(problem_id=2, problem_number="2", title="Draft", is_completed=False)
    )
    process.repository.update_problem(2, {"title": "Still a draft"})
    notes = [item for item in table.scan()["Items"] if item["PK"] == keys.PROBLEM_CHANGES]
    assert [note["id"] for note in notes] == [1]
    assert process.titles() == ["Listed"]
    process.repository.update_problem(2, {"is_completed": True})
    assert sorted(process.titles()) == ["Listed", "Still a draft"]


def test_what_is_not_listed_writes_no_note(process: Process, table: Table) -> None:
    process.repository.create_problem(a_problem(problem_id=1))
    before = table.scan()["Count"]
    process.repository.update_problem(1, {"url": "https://example.org", "solution_code": "pass"})
    assert table.scan()["Count"] == before


def test_the_last_known_lists_are_shown_when_the_table_fails(
    process: Process, problems: ProblemRepository, table: Table
) -> None:
    problems.create_problem(a_problem(title="Kept"))
    assert process.titles() == ["Kept"]
    works = process.cache._store
    process.cache._store = Store(transport_for(table), "no_such_table")
    process.seconds += MOST_SECONDS
    assert process.titles() == ["Kept"]
    process.cache._store = works
    problems.create_problem(a_problem(problem_number="2", title="Added"))
    process.seconds += RETRY_SECONDS
    assert sorted(process.titles()) == ["Added", "Kept"]


def test_the_table_is_asked_while_nothing_could_be_loaded(
    process: Process, problems: ProblemRepository, table: Table
) -> None:
    problems.create_problem(a_problem(title="Listed"))
    process.cache._store = Store(transport_for(table), "no_such_table")
    assert process.titles() == ["Listed"]
    assert process.cache.current() is None


def test_a_change_without_a_note_is_found_by_the_next_load(
    process: Process, problems: ProblemRepository, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    problems.create_problem(a_problem(problem_id=1, title="Old"))
    clock.advance(minutes=5)
    assert process.titles() == ["Old"]
    with monkeypatch.context() as earlier_version:
        earlier_version.setattr(
            "api.dynamodb.repositories.problem_repository.change_note", lambda *arguments: []
        )
        problems.update_problem(1, {"title": "New"})
    process.seconds += READ_SECONDS
    assert process.titles() == ["Old"]
    process.seconds += FIRST_SECONDS
    assert process.titles() == ["New"]


def test_loads_become_rarer_while_they_find_nothing(process: Process, problems: ProblemRepository) -> None:
    problems.create_problem(a_problem())
    loads: list[float] = []

    def start(load: Callable[[], None]) -> None:
        loads.append(process.seconds)
        load()

    process.start = start
    while process.seconds < 3 * MOST_SECONDS:
        process.titles()
        process.seconds += 60.0
    gaps = [after - before for before, after in pairwise(loads)]
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (FIRST_SECONDS, MOST_SECONDS)


def test_too_many_problems_are_read_from_the_table(table: Table, clock: Clock) -> None:
    process = Process(table, clock, most=1)
    for number in ("1", "2"):
        process.repository.create_problem(a_problem(problem_number=number, title=number))
    assert sorted(process.titles()) == ["1", "2"]
    assert process.cache.current() is None


def test_one_thread_loads_and_the_others_read_the_table(
    process: Process, problems: ProblemRepository
) -> None:
    problems.create_problem(a_problem(title="Listed"))
    begun: list[Callable[[], None]] = []
    process.start = begun.append
    titles: list[list[str]] = []
    threads = [threading.Thread(target=lambda: titles.append(process.titles())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert titles == [["Listed"]] * 8
    assert len(begun) == 1
    begun[0]()
    assert process.calls(process.titles) == []


def test_the_service_loads_its_catalogue_in_the_background_unless_it_is_turned_off(
    table: Table, use_settings: Callable[..., None]
) -> None:
    assert repositories().problems._catalogue.current() is None
    use_settings(DYNAMODB_CATALOGUE_PROBLEMS="10")
    problems = repositories().problems
    problems.create_problem(a_problem(title="Listed"))
    assert [problem["title"] for problem in problems.list_problems()] == ["Listed"]
    wait_until(lambda: problems._catalogue.current() is not None)
    assert [problem["title"] for problem in problems.list_problems(words="listed")] == ["Listed"]


def test_a_process_that_was_idle_for_a_day_loads_again(
    process: Process, problems: ProblemRepository, clock: Clock
) -> None:
    problems.create_problem(a_problem(title="Listed"))
    assert process.titles() == ["Listed"]
    clock.advance(hours=23)
    process.seconds += RETRY_SECONDS
    process.titles()
    assert process.cache._next_load == 0.0
    assert process.titles() == ["Listed"]
    assert process.calls(process.titles) == []


def test_many_changes_are_followed_by_a_load(
    process: Process, problems: ProblemRepository, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(catalogue, "MOST_CHANGES", 2)
    for number in range(4):
        problems.create_problem(a_problem(problem_number=str(number)))
    clock.advance(minutes=5)
    process.titles()
    for problem in problems.list_problems():
        problems.update_problem(problem["problem_id"], {"difficulty": "Gold"})
    process.seconds += READ_SECONDS
    assert len(process.titles(difficulty="gold")) == 4
    clock.advance(minutes=5)
    process.seconds += RETRY_SECONDS
    assert len(whole_list(lambda c: process.repository.list_problems(difficulty="gold", cursor=c))) == 4
    current = process.cache.current()
    assert current is not None
    assert not current.changes
