"""Deriving everything again: a new list and another number of shards, while the service writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from api.dynamodb.clock import utc_now
from api.dynamodb.errors import DataLayerError
from api.dynamodb.schema import keys
from api.dynamodb.schema.key_rules import PROBLEM_RULES, USER_RULES, ProblemRules
from api.dynamodb.schema.templates import ShardedList
from api.dynamodb.table.store import Store
from repair.derivation import PROBLEMS, SOURCES
from repair.notebook import Notebook
from repair.rederivation import Phase, Rederivation, RederivationResult
from tests.integration.repair.damages import DAMAGES
from tests.integration.repair.world import ANNA, BEN, World
from tests.integration.repositories.fuse import Died, Fuse
from tests.integration.repositories.helpers import a_problem, whole_list

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine

WRITES_SECONDS = 60.0
# Between two writes, so that the table does not grow faster than it is read.
PAUSE_SECONDS = 0.02


def rederive(
    world: World, phase: Phase = "all", *, dry_run: bool = False, page_items: int = 40, path: Any = None
) -> RederivationResult:
    calls = world.calls()
    with Notebook(path, {}, utc_now(), segments=2) as notebook:
        rederivation = Rederivation(
            Store(calls, world.table.name), notebook, sources=SOURCES.values(), phase=phase, dry_run=dry_run
        )
        return rederivation.run(calls, workers=2, page_items=page_items)


@contextmanager
def traffic(write: Callable[[int], object]) -> Iterator[None]:
    """Calls `write` with 0, 1, 2, ... until the block ends; what it raises fails the test."""
    stop, failures = threading.Event(), list[BaseException]()

    def work() -> None:
        number = 0
        while not stop.wait(PAUSE_SECONDS):
            try:
                write(number)
            except DataLayerError:
                pass  # two writers met too often
            except BaseException as failure:
                failures.append(failure)
                return
            number += 1

    writer = threading.Thread(target=work, daemon=True)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join(WRITES_SECONDS)
    assert not failures
    assert not writer.is_alive()


def listed(world: World) -> list[int]:
    return [problem["problem_id"] for problem in whole_list(lambda c: world.problems.list_problems(cursor=c))]


def test_nothing_is_written_to_a_table_that_is_right(world: World) -> None:
    before = world.items()
    result = rederive(world)
    assert set(result.done.values()) == {0}
    assert world.items() == before


@pytest.mark.long
def test_lost_and_wrong_items_are_derived_again(world: World) -> None:
    before = world.items()
    derived = ("a_problem", "a_list", "an_email", "a_google", "a_run", "a_user_is", "a_title", "a_draft")
    expected = {DAMAGES[name](world) for name in sorted(DAMAGES) if name.startswith(derived)}
    changed = world.items()
    counted = rederive(world, dry_run=True)
    assert world.items() == changed
    assert sum(counted.done.values()) == len(expected)
    assert rederive(world).done == counted.done
    assert {key: item for key, item in world.items().items() if "#PRG" not in key[0]} == {
        key: item for key, item in before.items() if "#PRG" not in key[0]
    }


def test_a_run_that_was_killed_goes_on(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for key in world.keys("PRBLIST#"):
        world.delete(key)
    path = tmp_path / "rederive.sqlite3"
    with monkeypatch.context() as patch:
        Fuse(patch).left = 30
        with pytest.raises(Died):
            rederive(world, path=path, page_items=30)
    rederive(world, path=path, page_items=30)
    assert world.check()[1] == {}


class RulesWithLanguages(ProblemRules):
    """The rules of tomorrow: problems are listed by language, too."""

    def lists(self, record: Mapping[str, Any], tags: Sequence[str]) -> list[ShardedList]:
        lists = super().lists(record, tags)
        if record.get("language") and record["is_completed"] and not record["is_deleted"]:
            lists.append(keys.problem_list(f"LNG:{record['language']}", 1))
        return lists


FIRST = PROBLEM_RULES.version(1)
SECOND = RulesWithLanguages(2, FIRST.fold_name, FIRST.title_words)
THIRD = replace(FIRST, version=3)


@pytest.mark.long
def test_a_list_is_added_under_traffic(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for problem_id in range(100, 106):
        world.problems.update_problem(problem_id, {"language": "ko"})

    def write(number: int) -> None:
        problem_id = 100 + number % 6
        world.problems.update_problem(problem_id, {"language": "en" if number % 3 else "ko"})
        world.problems.create_problem(
            a_problem(problem_id=5_000 + number, problem_number=str(5_000 + number), language="en")
        )

    def problems_by_language() -> tuple[set[int], set[int]]:
        """The ids in the new list, and those that belong there."""
        items = world.items()
        by_list = {int(key[1][-16:]) for key in items if key[0].startswith("PRBLIST#LNG:")}
        by_record = {
            int(key[0][4:]) for key, item in items.items()
            if key[0].startswith("PRB#") and key[1] == "META" and "lng" in item
        }  # fmt: skip
        return by_list, by_record

    monkeypatch.setattr(PROBLEM_RULES, "_versions", (FIRST, SECOND))  # expand: writers know the list
    with traffic(write):
        rederive(world, "backfill")
        rederive(world, "backfill")
    by_list, by_record = problems_by_language()
    assert by_list == by_record != set()  # switch: readers may use it
    assert world.check()[1] == {}
    # Contract: the list is given up again.
    monkeypatch.setattr(PROBLEM_RULES, "_versions", (FIRST, SECOND, THIRD))
    with traffic(
        lambda number: world.problems.update_problem(100 + number % 6, {"title": f"Title {number}"})
    ):
        rederive(world, "contract")
    assert world.keys("PRBLIST#LNG:") == []
    assert world.check()[1] == {}


def set_shards(use_settings: Callable[..., None], writers: int, readers: int) -> None:
    use_settings(**{
        f"DYNAMODB_{name}_{kind}": str(number)
        for name in ("PROBLEM_LIST", "USER_LIST", "TIMELINE")
        for kind, number in (("SHARDS", writers), ("READ_SHARDS", readers))
    })  # fmt: skip


@pytest.mark.long
def test_shards_are_changed_under_traffic(world: World, use_settings: Callable[..., None]) -> None:
    everything = set(listed(world))
    created: list[int] = []

    def write(number: int) -> None:
        problem_id = 6_000 + number
        world.problems.create_problem(a_problem(problem_id=problem_id, problem_number=str(problem_id)))
        created.append(problem_id)
        world.problems.update_problem(problem_id, {"title": f"Renamed {number}"})
        world.history.set_visibility(500 + number % 20, number % 2 == 0)
        # Readers merge old and new partitions: nothing that was listed before is missing at any time.
        assert everything <= set(listed(world))

    set_shards(use_settings, 4, 7)  # expand
    set_shards(use_settings, 7, 7)  # switch the writers
    assert world.check()[1] == {}
    with traffic(write):
        rederive(world, "backfill")
        rederive(world, "contract")
    found = listed(world)
    assert sorted(found) == sorted({*everything, *created})
    assert world.check()[1] == {}
    public = {item["id"]["N"] for key, item in world.items().items() if key[1] == "META" and "GSI2PK" in item}
    timeline_runs = whole_list(lambda c: world.history.list_public_timeline(cursor=c))
    assert {str(run["history_id"]) for run in timeline_runs} == public
    mains = [item for key, item in world.items().items() if key[1] == "META" and key[0].startswith("PRB#")]
    assert {tuple(item["shd"]["NS"]) for item in mains} == {("7",)}


def test_only_some_records_are_derived(world: World) -> None:
    world.delete(world.keys("PRBLIST#ALL")[0])
    world.delete(world.keys(f"USR#{ANNA}#RUN")[0])
    calls = world.calls()
    with Notebook(None, {}, utc_now()) as notebook:
        result = Rederivation(Store(calls, world.table.name), notebook, sources=[PROBLEMS]).run(
            calls, workers=1
        )
    assert result.done["added"] == 1
    assert [kind for kind, *_ in world.check()[1]] == ["entry.missing"]


def test_two_records_with_one_value_are_told(world: World) -> None:
    world.change((f"USR#{ANNA}", "META"), em={"S": f"person{BEN}@example.org"})
    assert rederive(world).conflicts == 1


def test_keys_of_earlier_rules_are_no_damage_and_are_derived_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = "Stra\u00dfe@example.org"
    with monkeypatch.context() as patch:
        patch.setattr(USER_RULES, "_versions", (USER_RULES.version(1),))
        world.users.create_user({"user_id": 20, "email": email})
    assert world.keys("EML#strasse") != []
    assert world.check()[1] == {}
    rederive(world, "backfill")
    assert len(world.keys("EML#stra")) == 2
    rederive(world, "contract")
    assert world.keys("EML#stra") == [(keys.email_pk(email), keys.GUARD)]
    assert world.items()["USR#20", "META"]["GSI1PK"] == {"S": keys.email_pk(email)}
    assert world.check()[1] == {}
    assert set(rederive(world).done.values()) == {0}


def test_a_record_whose_new_key_is_anothers_keeps_its_keys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.problems.update_problem(100, {"platform": "Site A"})
    world.problems.update_problem(101, {"platform": "SiteA", "problem_number": "100"})
    joined = ProblemRules(2, lambda text: text.replace(" ", "").lower(), FIRST.title_words)
    monkeypatch.setattr(PROBLEM_RULES, "_versions", (FIRST, joined))
    assert rederive(world).conflicts == 1
    assert world.check()[1] == {}
    versions = {world.items()[f"PRB#{number}", "META"].get("kr", {}).get("N", "1") for number in (100, 101)}
    assert versions == {"1", "2"}
