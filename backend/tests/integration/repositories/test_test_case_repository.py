"""Test cases: in order, of any size, replaced without a moment in which there are none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.codec.compared_output import output_digest
from api.dynamodb.errors import Corrupt, InvalidInput, NotFound, Throttled
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.table.store import Store
from tests.integration.repositories.helpers import a_problem, noise, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def problem_id(problems: ProblemRepository) -> int:
    return problems.create_problem(a_problem())["problem_id"]


def case(text: str, **fields: Any) -> dict[str, Any]:
    return {"input": text, "output": f"out {text}", **fields}


def inputs(problems: ProblemRepository, problem_id: int, **how: Any) -> list[str]:
    return [case["input"] for case in problems.get_test_cases(problem_id, consistent=True, **how)]


def test_cases_are_added_in_order(problems: ProblemRepository, problem_id: int) -> None:
    first = problems.add_test_case(problem_id, case("a"))
    assert first == {
        "test_case_id": first["test_case_id"], "problem_id": problem_id, "input": "a", "output": "out a",
        "is_sample": False, "position": 0, "output_digest": output_digest("out a"),
    }  # fmt: skip
    problems.add_test_cases(problem_id, [case("b", is_sample=True), case("c"), case("d", position=-5)])
    assert inputs(problems, problem_id) == ["d", "a", "b", "c"]
    assert inputs(problems, problem_id, samples_only=True) == ["b"]
    assert problems.get_test_case(problem_id, first["test_case_id"]) == first


def test_cases_of_one_position_are_in_order_of_their_ids(
    problems: ProblemRepository, problem_id: int
) -> None:
    made = problems.add_test_cases(
        problem_id, [case(str(n), position=1, is_sample=n % 2 == 0) for n in range(9)]
    )
    found = whole_list(lambda cursor: problems.get_test_cases(problem_id, limit=2, cursor=cursor))
    assert found == made


def test_a_long_list_of_cases_is_paged_whole(problems: ProblemRepository, problem_id: int) -> None:
    problems.add_test_cases(problem_id, [case(str(n), is_sample=n % 7 == 0) for n in range(120)])
    for limit in (9, 100):
        found = whole_list(
            lambda cursor, limit=limit: problems.get_test_cases(problem_id, limit=limit, cursor=cursor)  # type: ignore[misc]
        )
        assert [c["input"] for c in found] == [str(n) for n in range(120)]
    samples = whole_list(
        lambda cursor: problems.get_test_cases(problem_id, samples_only=True, limit=5, cursor=cursor)
    )
    assert [c["input"] for c in samples] == [str(n) for n in range(0, 120, 7)]


def test_inputs_of_2_mb_come_back_whole(problems: ProblemRepository, problem_id: int) -> None:
    texts = [noise(2_000_000, seed) for seed in range(2)]
    made = problems.add_test_cases(problem_id, [{"input": text, "output": text[::-1]} for text in texts])
    found = problems.get_test_cases(problem_id, consistent=True).items
    assert found == made
    assert [c["input"] for c in found] == texts
    assert problems.get_test_case(problem_id, made[1]["test_case_id"]) == made[1]


def test_it_adds_nothing_to_a_problem_that_is_not_there(problems: ProblemRepository, stored: Stored) -> None:
    with pytest.raises(NotFound):
        problems.add_test_case(7, case("a"))
    with pytest.raises(NotFound):
        problems.replace_test_cases(7, [case("a")])
    assert stored() == []


@pytest.mark.parametrize(
    "bad",
    [
        {"input": "a"}, {"input": 7, "output": "b"}, case("a", position="1"), case("a", position=2**31),
        case("a", is_sample="yes"), case("a", unknown=1), case("a", test_case_id=7), case("\ud800"),
        case("a", position=True),
    ],
)  # fmt: skip
def test_it_refuses_cases_that_cannot_be_stored_and_adds_none(
    problems: ProblemRepository, problem_id: int, bad: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        problems.add_test_cases(problem_id, [case("good"), bad])
    assert inputs(problems, problem_id) == []


def test_replaced_cases_are_gone_with_their_parts(
    problems: ProblemRepository, problem_id: int, stored: Stored
) -> None:
    old = problems.add_test_cases(problem_id, [case(noise(500_000)), case("b", is_sample=True)])
    new = problems.replace_test_cases(problem_id, [case("x", is_sample=True), case("y"), case("z")])
    assert inputs(problems, problem_id) == ["x", "y", "z"]
    assert [c["position"] for c in new] == [0, 1, 2]
    assert not {c["test_case_id"] for c in old} & {c["test_case_id"] for c in new}
    assert [key for key in stored() if key[0].startswith("TXT#")] == []


def test_cases_that_were_read_can_be_handed_back(problems: ProblemRepository, problem_id: int) -> None:
    problems.add_test_cases(problem_id, [case("a"), case("b")])
    read = problems.get_test_cases(problem_id, consistent=True).items
    problems.replace_test_cases(problem_id, [dict(c) for c in reversed(read)])
    assert inputs(problems, problem_id) == ["b", "a"]
    problems.replace_test_cases(problem_id, [])
    assert inputs(problems, problem_id) == []


def test_cases_that_cannot_be_finished_are_taken_back(
    problems: ProblemRepository, problem_id: int, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored()

    def unfinished(*arguments: Any, **options: Any) -> Any:
        raise Throttled("too much at once")

    for write in (problems.add_test_cases, problems.replace_test_cases):
        with monkeypatch.context() as patched, pytest.raises(Throttled):
            patched.setattr(Store, "transact_write", unfinished)
            write(problem_id, [case(noise(500_000)), case("b")])
        assert stored() == before


def test_a_changed_text_replaces_its_parts(
    problems: ProblemRepository, problem_id: int, stored: Stored
) -> None:
    made = problems.add_test_case(problem_id, {"input": noise(500_000), "output": "1", "position": 3})
    text = noise(900_000, 8)
    changed = problems.update_test_case(problem_id, made["test_case_id"], {"input": text})
    assert changed == {**made, "input": text}
    assert problems.get_test_cases(problem_id, consistent=True).items == [changed]
    problems.update_test_case(problem_id, made["test_case_id"], {"input": "short"})
    assert [key for key in stored() if key[0].startswith("TXT#")] == []


def test_a_case_moves_with_its_position_and_kind(problems: ProblemRepository, problem_id: int) -> None:
    made = problems.add_test_cases(problem_id, [case("a"), case(noise(100_000)), case("c")])
    moved = problems.update_test_case(problem_id, made[1]["test_case_id"], {"position": 9, "is_sample": True})
    assert moved == {**made[1], "position": 9, "is_sample": True}
    assert problems.get_test_cases(problem_id, consistent=True).items == [made[0], made[2], moved]
    assert problems.get_test_cases(problem_id, samples_only=True).items == [moved]


def test_a_change_to_what_is_there_changes_nothing(problems: ProblemRepository, problem_id: int) -> None:
    made = problems.add_test_case(problem_id, case("a"))
    assert problems.update_test_case(problem_id, made["test_case_id"], {"input": "a"}) == made


def test_a_deleted_case_is_gone_with_its_parts(
    problems: ProblemRepository, problem_id: int, stored: Stored
) -> None:
    before = stored()
    made = problems.add_test_case(problem_id, case(noise(500_000)))
    problems.delete_test_case(problem_id, made["test_case_id"])
    assert stored() == before
    with pytest.raises(NotFound):
        problems.delete_test_case(problem_id, made["test_case_id"])
    with pytest.raises(NotFound):
        problems.update_test_case(problem_id, made["test_case_id"], {"input": "x"})
    assert problems.get_test_case(problem_id, made["test_case_id"]) is None


def test_a_case_belongs_to_its_problem_alone(problems: ProblemRepository, problem_id: int) -> None:
    other = problems.create_problem(a_problem(problem_number="2"))["problem_id"]
    made = problems.add_test_case(problem_id, case("a"))
    assert problems.get_test_case(other, made["test_case_id"]) is None
    with pytest.raises(NotFound):
        problems.delete_test_case(other, made["test_case_id"])
    assert inputs(problems, problem_id) == ["a"]


def test_a_reader_never_sees_half_of_a_replacement(table: Table, problem_id: int) -> None:
    texts = {noise(60_000, seed) for seed in range(3)}
    writer, reader = ProblemRepository(table), ProblemRepository(table)
    made = writer.add_test_case(problem_id, case("start"))
    done = threading.Event()

    def write() -> None:
        for text in [*texts] * 4:
            writer.update_test_case(problem_id, made["test_case_id"], {"input": text})
        done.set()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    seen: set[str] = set()
    while not done.is_set():
        seen.update(c["input"] for c in reader.get_test_cases(problem_id))
    thread.join(120)
    assert seen <= {"start", *texts}


def test_a_case_whose_part_was_lost_is_corrupt(
    problems: ProblemRepository, problem_id: int, table: Table, stored: Stored
) -> None:
    made = problems.add_test_case(problem_id, case(noise(60_000)))
    pk, sk = next(key for key in stored() if key[0].startswith("TXT#"))
    table.delete_item(Key={"PK": pk, "SK": sk})
    with pytest.raises(Corrupt):
        problems.get_test_case(problem_id, made["test_case_id"])
