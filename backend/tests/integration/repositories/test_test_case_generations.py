"""Replaced test cases are in force all at once, or not at all; what an interrupted change leaves is collected."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import ConditionFailed, DataLayerError, InvalidInput, NotFound
from api.dynamodb.repositories import ErasureRepository, ProblemRepository
from api.dynamodb.table.store import Store
from tests.integration.repositories.account_data import Item, all_items, restore
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.fuse import Died, Fuse
from tests.integration.repositories.helpers import a_problem, noise, whole_list
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# A kill behind each call on MiniStack, behind some of them on the slower engine.
EVERY = {"ministack": 1, "dynamodb-local": 4}
PROBLEM = 7
LARGE = noise(9_000, seed=1)


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """The lean one alone: what is tested here does not depend on the way to the engine."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


def case(text: str, **fields: Any) -> dict[str, Any]:
    return {"input": text, "output": f"out {text}", **fields}


OLD = [case("old 1", is_sample=True), case(LARGE), case("old 3")]
NEW = [case(f"new {number}", is_sample=number < 2) for number in range(30)]
NEW[5] = case(noise(9_000, seed=2))


@pytest.fixture
def _old_cases(problems: ProblemRepository) -> None:
    problems.create_problem(a_problem(problem_id=PROBLEM))
    problems.add_test_cases(PROBLEM, OLD)


def texts(problems: ProblemRepository) -> list[str]:
    return [found["input"] for found in problems.get_all_test_cases(PROBLEM, most=1_000, consistent=True)]


def unreferenced(items: list[Item]) -> list[str]:
    """The text parts to which no case refers, and the notes."""
    left = {
        item["PK"]["S"] + item["SK"]["S"] for item in items if item["PK"]["S"].startswith(("TXT#TC#", "PND#"))
    }
    for item in items:
        for name, value in item.items():
            if item["PK"]["S"].startswith("PRB#") and "M" in value:
                for number in range(int(value["M"]["n"]["N"])):
                    text = f"{value['M']['d']['S']}.{value['M']['r']['S']}"
                    left.discard(f"TXT#TC#{item['id']['N']}{name}#{text}#{number:04}")
    return sorted(left)


Change = Callable[[ProblemRepository], object]


def first_case(problems: ProblemRepository) -> int:
    return problems.get_test_cases(PROBLEM, limit=2, consistent=True).items[1]["test_case_id"]


# What a change does, and the texts after it.
CHANGES: dict[str, tuple[Change, list[str]]] = {
    "replaced": (
        lambda problems: problems.replace_test_cases(PROBLEM, NEW), [new["input"] for new in NEW],
    ),
    "replaced by none": (lambda problems: problems.replace_test_cases(PROBLEM, []), []),
    "added": (
        lambda problems: problems.add_test_cases(PROBLEM, NEW), [each["input"] for each in [*OLD, *NEW]],
    ),
    "more added than a transaction holds": (
        lambda problems: problems.add_test_cases(PROBLEM, [case(str(n)) for n in range(120)]),
        [*(old["input"] for old in OLD), *map(str, range(120))],
    ),
    "edited": (
        lambda problems: problems.update_test_case(PROBLEM, first_case(problems), {"input": noise(9_000, 3)}),
        ["old 1", noise(9_000, 3), "old 3"],
    ),
    "moved": (
        lambda problems: problems.move_test_case(PROBLEM, first_case(problems), 3), ["old 1", "old 3", LARGE],
    ),
    "deleted": (
        lambda problems: problems.delete_test_case(PROBLEM, first_case(problems)), ["old 1", "old 3"],
    ),
}  # fmt: skip


@pytest.mark.usefixtures("_old_cases")
@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_killed_behind_any_call_is_made_or_not_and_leaves_nothing(
    problems: ProblemRepository, erasures: ErasureRepository, table: Table, engine: Engine, clock: Clock,
    monkeypatch: pytest.MonkeyPatch, change: Change, expected: list[str],
) -> None:  # fmt: skip
    before, old = all_items(table), texts(problems)
    fuse = Fuse(monkeypatch)
    change(problems)
    calls = len(fuse.operations)
    assert texts(problems) == expected
    assert unreferenced(all_items(table)) == []
    number_of_items = len(all_items(table))
    seen = set()
    for number in [*range(0, calls, EVERY[engine.name]), calls - 1]:
        fuse.left = 10**9
        restore(table, before)
        fuse.left = number
        with pytest.raises(Died):
            change(problems)
        fuse.left = 10**9
        after = texts(ProblemRepository(table, now=clock))
        assert after in (old, expected), fuse.operations[:number]
        seen.add(after == expected)
        clock.advance(minutes=16)
        for _ in erasures.collect_text_parts():
            pass
        items = all_items(table)
        assert unreferenced(items) == []
        assert len(items) == (number_of_items if after == expected else len(before))
        assert texts(problems) == after
    assert seen == {True, False}


@pytest.mark.usefixtures("_old_cases")
def test_readers_see_the_old_cases_or_the_new_ones_while_cases_are_replaced(table: Table) -> None:
    writer, reader = ProblemRepository(table), ProblemRepository(table)
    sets = [[case(f"{n} of {size}") for n in range(size)] for size in (3, 60, 27)]
    allowed = {tuple(new["input"] for new in cases) for cases in sets}
    writer.replace_test_cases(PROBLEM, sets[0])
    done = threading.Event()

    def write() -> None:
        try:
            for number in range(9):
                writer.replace_test_cases(PROBLEM, sets[number % 3])
        finally:
            done.set()

    thread = threading.Thread(target=write)
    thread.start()
    seen: set[tuple[str, ...]] = set()
    conflicts = 0
    while not done.is_set():
        try:
            seen.add(tuple(texts(reader)))
        except ConditionFailed:  # they were replaced four times while they were read
            conflicts += 1
    thread.join(60)
    assert seen - allowed == set()
    assert seen or conflicts


@pytest.mark.usefixtures("_old_cases")
def test_a_list_does_not_go_on_with_the_cases_that_took_the_place_of_its_own(
    problems: ProblemRepository, table: Table
) -> None:
    other = ProblemRepository(table)
    cursor = other.get_test_cases(PROBLEM, limit=2).cursor
    problems.replace_test_cases(PROBLEM, NEW)
    with pytest.raises(InvalidInput):
        other.get_test_cases(PROBLEM, limit=2, cursor=cursor)
    new = whole_list(lambda cursor: problems.get_test_cases(PROBLEM, limit=7, cursor=cursor))
    assert [found["input"] for found in new] == [each["input"] for each in NEW]
    stale = ProblemRepository(table)
    page = problems.get_test_cases(PROBLEM, limit=2)
    assert stale.get_test_cases(PROBLEM, limit=2, cursor=page.cursor).items == new[2:4]


@pytest.mark.usefixtures("_old_cases")
def test_a_process_that_remembers_another_generation_finds_single_cases_and_samples(
    problems: ProblemRepository, table: Table
) -> None:
    other = ProblemRepository(table)
    old = other.get_test_cases(PROBLEM).items[0]["test_case_id"]
    problems.replace_test_cases(PROBLEM, [case(LARGE, is_sample=True), case("b")])
    large, small = problems.get_test_cases(PROBLEM).items
    assert other.get_test_case(PROBLEM, small["test_case_id"]) == small
    assert other.get_test_case(PROBLEM, old) is None
    third = ProblemRepository(table)
    assert b"".join(third.open_test_case(PROBLEM, large["test_case_id"], "input")).decode() == LARGE
    beginnings = ProblemRepository(table).sample_beginnings(PROBLEM)
    assert beginnings.keys() >= {(large["test_case_id"], "input")}


@pytest.mark.usefixtures("_old_cases")
def test_every_change_counts_a_version_and_refuses_an_older_one(
    problems: ProblemRepository, clock: Clock
) -> None:
    test_case_id = problems.get_test_cases(PROBLEM).items[0]["test_case_id"]
    changes: list[Callable[[int], object]] = [
        lambda version: problems.add_test_case(PROBLEM, case("a"), expected_version=version),
        lambda version: problems.update_test_case(
            PROBLEM, test_case_id, {"output": str(version)}, expected_version=version
        ),
        lambda version: problems.move_test_case(PROBLEM, test_case_id, 2, expected_version=version),
        lambda version: problems.delete_test_case(PROBLEM, test_case_id, expected_version=version),
        lambda version: problems.replace_test_cases(PROBLEM, NEW, expected_version=version),
    ]
    for change in changes:
        problem = problems.get_problem(PROBLEM, consistent=True)
        assert problem is not None
        moment = clock.advance(minutes=1)
        stored = texts(problems)
        with pytest.raises(ConditionFailed):
            change(problem["version"] - 1)
        assert texts(problems) == stored
        change(problem["version"])
        changed = problems.get_problem(PROBLEM, consistent=True)
        assert changed is not None
        assert (changed["version"], changed["updated_at"]) == (problem["version"] + 1, moment)
    with pytest.raises(ConditionFailed):
        problems.update_problem(PROBLEM, {"title": "x"}, expected_version=2)


@pytest.mark.usefixtures("_old_cases")
def test_of_two_replacements_at_once_with_one_version_one_is_refused_and_leaves_nothing(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ProblemRepository(table), ProblemRepository(table)
    transact_write = Store.transact_write
    nested: list[bool] = []

    def second_first(store: Store, *arguments: Any, **options: Any) -> Any:
        if not nested:
            nested.append(True)
            second.replace_test_cases(PROBLEM, [case("b"), case(noise(9_000, 9))], expected_version=2)
        return transact_write(store, *arguments, **options)

    monkeypatch.setattr(Store, "transact_write", second_first)
    with pytest.raises(ConditionFailed):
        first.replace_test_cases(PROBLEM, NEW, expected_version=2)
    assert texts(first) == ["b", noise(9_000, 9)]
    assert unreferenced(all_items(table)) == []
    nested.clear()
    first.replace_test_cases(PROBLEM, [case("c")])
    assert texts(second) == ["c"]


@pytest.mark.usefixtures("_old_cases")
def test_a_replacement_whose_response_is_lost_is_made_once(
    problems: ProblemRepository, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second attempt finds the version of the first one."""
    transact_write = Store.transact_write

    def in_doubt(store: Store, *arguments: Any, **options: Any) -> Any:
        transact_write(store, *arguments, **options)
        try:
            transact_write(store, *arguments, **options)
        except DataLayerError as failure:
            failure.in_doubt = True
            raise

    monkeypatch.setattr(Store, "transact_write", in_doubt)
    problems.replace_test_cases(PROBLEM, [case("a")], expected_version=2)
    problems.add_test_case(PROBLEM, case("b"), expected_version=3)
    assert texts(problems) == ["a", "b"]
    assert unreferenced(all_items(table)) == []


@pytest.mark.parametrize("place", [1, 2, 30, 59, 60])
def test_a_case_moves_to_any_place(problems: ProblemRepository, place: int) -> None:
    problems.create_problem(a_problem(problem_id=PROBLEM))
    cases = [case(str(n), is_sample=n % 5 == 0) for n in range(59)]
    made = problems.add_test_cases(PROBLEM, [*cases, case(LARGE)])
    problems.move_test_case(PROBLEM, made[29]["test_case_id"], place)
    expected = [each["input"] for each in made]
    expected.insert(place - 1, expected.pop(29))
    assert texts(problems) == expected
    moved = problems.get_test_case(PROBLEM, made[29]["test_case_id"])
    assert moved is not None
    assert moved["input"] == "29"


def test_cases_of_one_position_are_numbered_when_one_moves(problems: ProblemRepository) -> None:
    problems.create_problem(a_problem(problem_id=PROBLEM))
    made = problems.add_test_cases(PROBLEM, [case(text, position=4) for text in "abcd"])
    problems.move_test_case(PROBLEM, made[3]["test_case_id"], 2)
    assert texts(problems) == ["a", "d", "b", "c"]
    for place in (0, 5, True, "1"):
        with pytest.raises(InvalidInput):
            problems.move_test_case(PROBLEM, made[3]["test_case_id"], place)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        problems.move_test_case(PROBLEM, 99, 1)
    with pytest.raises(NotFound):
        problems.move_test_case(8, made[3]["test_case_id"], 1)
