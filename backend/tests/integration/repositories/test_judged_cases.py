"""The order of a problem's cases and the digests of expected outputs, as judging reads them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.codec.compared_output import output_digest
from api.dynamodb.errors import InvalidInput
from api.dynamodb.metering import meter
from api.dynamodb.repositories import ProblemRepository, judged_cases
from tests.integration.repositories.helpers import a_problem, noise

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LARGE = [noise(60_000), noise(60_000, 8)]
Stored = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """One transport will do: nothing here depends on it."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


@pytest.fixture
def problem_id(problems: ProblemRepository) -> int:
    return problems.create_problem(a_problem())["problem_id"]


@pytest.fixture
def case_ids(problems: ProblemRepository, problem_id: int) -> list[int]:
    """Cases in order: two in parts, two small ones, a sample at the end."""
    cases = [{"input": "1", "output": text} for text in (*LARGE, "3 \n", "")]
    stored = problems.add_test_cases(problem_id, [*cases, {"input": "", "output": "s", "is_sample": True}])
    return [case["test_case_id"] for case in stored]


def without_digests(table: Table, problem_id: int, stored: Stored) -> None:
    """The cases as they were stored before there were digests."""
    for pk, sk in stored():
        if pk == f"PRB#{problem_id}" and sk.startswith("TC"):
            table.update_item(Key={"PK": pk, "SK": sk}, UpdateExpression="REMOVE odg")


def test_it_has_the_order_of_all_cases_and_the_digests_of_those_that_are_named(
    problems: ProblemRepository, problem_id: int, case_ids: list[int]
) -> None:
    named = [case_ids[4], case_ids[0], case_ids[2]]
    with meter.recording() as recording:
        expected = problems.expected_outputs(problem_id, [*named, 7])
    assert recording.operations == ["Query", "Query", "GetItem"]
    assert expected.test_case_ids == case_ids
    assert expected.digests == dict(zip(named, map(output_digest, ["s", LARGE[0], "3"]), strict=True))
    assert problems.expected_outputs(8, [7]) == ([], {})
    with pytest.raises(InvalidInput):
        problems.expected_outputs(-1, [])


def operations(read: Callable[[], object]) -> list[str]:
    with meter.recording() as recording:
        read()
    return recording.operations


def test_cases_that_are_judged_again_take_one_look_at_their_problem_until_it_changes(
    problems: ProblemRepository, problem_id: int, case_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    staff, read = ProblemRepository(), ["Query", "Query", "GetItem"]

    def judge(*named: int) -> list[str]:
        return operations(lambda: problems.expected_outputs(problem_id, named))

    assert [judge(), judge(case_ids[0]), judge(case_ids[2]), judge(7)] == [
        read,
        read,
        ["GetItem"],
        ["GetItem"],
    ]
    staff.update_test_case(problem_id, case_ids[2], {"output": "4"})
    assert judge() == ["GetItem", *read]
    assert judge(case_ids[2]) == ["GetItem"]
    assert problems.expected_outputs(problem_id, [case_ids[2]]).digests == {case_ids[2]: output_digest("4")}
    problem = staff.get_problem(problem_id, consistent=True)
    assert problem is not None and problems.remembers_cases(problem_id)
    latest = problem["version"]
    assert operations(lambda: problems.expected_outputs(problem_id, case_ids, version=latest)) == []
    assert operations(lambda: problems.expected_outputs(problem_id, [], version=latest + 1)) == read
    staff.delete_test_case(problem_id, case_ids[2])
    assert problems.expected_outputs(problem_id, [case_ids[2]]) == ([*case_ids[:2], *case_ids[3:]], {})
    assert judge() == ["GetItem"]
    later = time.monotonic() + judged_cases.REMEMBERED_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert not problems.remembers_cases(problem_id)
    assert judge() == read


def test_what_is_read_while_the_cases_change_is_not_remembered(
    problems: ProblemRepository, problem_id: int, case_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    staff, outputs_of = ProblemRepository(), problems._outputs_of
    problems.expected_outputs(problem_id, [])

    def read_and_change(*arguments: Any) -> Any:
        outputs = outputs_of(*arguments)
        staff.delete_test_case(problem_id, case_ids[4])
        return outputs

    monkeypatch.setattr(problems, "_outputs_of", read_and_change)
    assert problems.expected_outputs(problem_id, []).test_case_ids == case_ids
    monkeypatch.undo()
    assert problems.expected_outputs(problem_id, []).test_case_ids == case_ids[:4]


def test_digests_of_cases_without_one_are_remembered_as_they_are_named(
    problems: ProblemRepository, problem_id: int, case_ids: list[int], table: Table, stored: Stored
) -> None:
    without_digests(table, problem_id, stored)
    for named in ([], [case_ids[0]], [case_ids[2]]):
        problems.expected_outputs(problem_id, named)
    both = [case_ids[0], case_ids[2]]
    assert operations(lambda: problems.expected_outputs(problem_id, both)) == ["GetItem"]
    expected = {case_ids[0]: output_digest(LARGE[0]), case_ids[2]: output_digest("3")}
    assert problems.expected_outputs(problem_id, both).digests == expected
    assert operations(lambda: problems.expected_outputs(problem_id, case_ids[:2])).count("Query") == 2


@pytest.mark.parametrize(("named", "parts"), [((2, 3, 4), 0), ((0,), 1), ((0, 1, 2, 3, 4), 2)])
def test_where_there_is_no_digest_only_the_outputs_that_are_named_are_read(
    problems: ProblemRepository, problem_id: int, case_ids: list[int], table: Table, stored: Stored,
    named: Sequence[int], parts: int,
) -> None:  # fmt: skip
    without_digests(table, problem_id, stored)
    texts = [*LARGE, "3 \n", "", "s"]
    with meter.recording() as recording:
        expected = problems.expected_outputs(problem_id, [case_ids[number] for number in named])
    assert expected.digests == {case_ids[number]: output_digest(texts[number]) for number in named}
    assert recording.operations == ["Query", "Query", *["BatchGetItem"] * bool(parts), "GetItem"]


def test_a_digest_by_another_rule_is_none(
    problems: ProblemRepository, problem_id: int, case_ids: list[int], table: Table, stored: Stored
) -> None:
    for pk, sk in stored():
        if pk == f"PRB#{problem_id}" and sk.startswith("TC"):
            table.update_item(
                Key={"PK": pk, "SK": sk}, UpdateExpression="SET odg = :d",
                ExpressionAttributeValues={":d": "0another rule"},
            )  # fmt: skip
    expected = problems.expected_outputs(problem_id, case_ids)
    assert expected.digests[case_ids[1]] == output_digest(LARGE[1])
    assert expected.digests[case_ids[2]] == output_digest("3")


def test_the_digest_follows_the_output_and_nothing_else(
    problems: ProblemRepository, problem_id: int, case_ids: list[int]
) -> None:
    large, small = case_ids[0], case_ids[2]
    assert problems.update_test_case(problem_id, large, {"position": 9})["output_digest"] == output_digest(
        LARGE[0]
    )
    assert problems.update_test_case(problem_id, large, {"input": "x"})["output_digest"] == output_digest(
        LARGE[0]
    )
    changed = problems.update_test_case(problem_id, small, {"output": LARGE[1]})
    assert changed["output_digest"] == output_digest(LARGE[1])
    assert problems.get_test_case(problem_id, small) == changed
    with pytest.raises(InvalidInput):
        problems.update_test_case(problem_id, small, {"output_digest": "1abc"})
    again = problems.replace_test_cases(problem_id, [{**changed, "output": "new"}])
    assert again[0]["output_digest"] == output_digest("new")


def test_a_case_from_before_there_were_digests_gets_one_with_its_next_output(
    problems: ProblemRepository, problem_id: int, case_ids: list[int], table: Table, stored: Stored
) -> None:
    without_digests(table, problem_id, stored)
    assert problems.update_test_case(problem_id, case_ids[0], {"position": 9})["output_digest"] is None
    assert problems.update_test_case(problem_id, case_ids[0], {"output": "1"})[
        "output_digest"
    ] == output_digest("1")


def test_only_the_cases_in_force_are_judged(
    problems: ProblemRepository, problem_id: int, case_ids: list[int], table: Table, stored: Stored
) -> None:
    """This reader's repository still remembers the generation before."""
    reader = ProblemRepository()
    assert reader.expected_outputs(problem_id, case_ids).test_case_ids == case_ids
    for outputs in (["1", LARGE[0]], ["2", LARGE[1]]):
        cases = problems.replace_test_cases(problem_id, [{"input": "", "output": text} for text in outputs])
        new_ids = [case["test_case_id"] for case in cases]
        without_digests(table, problem_id, stored)
        expected = reader.expected_outputs(problem_id, [*case_ids, *new_ids])
        assert expected == (new_ids, dict(zip(new_ids, map(output_digest, outputs), strict=True)))


def test_digests_move_with_their_cases_into_another_generation(
    problems: ProblemRepository, problem_id: int
) -> None:
    cases = [{"input": "", "output": str(number)} for number in range(60)]
    ids = [case["test_case_id"] for case in problems.add_test_cases(problem_id, cases)]
    assert problems.move_test_case(problem_id, ids[0], 60)
    expected = problems.expected_outputs(problem_id, ids)
    assert expected.test_case_ids == [*ids[1:], ids[0]]
    assert expected.digests == {case_id: output_digest(str(number)) for number, case_id in enumerate(ids)}
    moved = problems.get_test_case(problem_id, ids[0])
    assert moved is not None
    assert moved["output_digest"] == output_digest("0")
