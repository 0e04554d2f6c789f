"""Lists of test cases that leave large texts out, and one text that is read piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.errors import Corrupt, NotFound
from api.dynamodb.metering import meter
from api.dynamodb.repositories import ProblemRepository
from tests.integration.repositories.helpers import a_problem, noise, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]
LARGE = noise(1_600_000)


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """One transport will do: nothing here depends on it."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


@pytest.fixture
def problem_id(problems: ProblemRepository) -> int:
    return problems.create_problem(a_problem())["problem_id"]


@pytest.fixture
def large_case(problems: ProblemRepository, problem_id: int) -> int:
    """A hidden case whose input stands in parts."""
    case = problems.add_test_case(problem_id, {"input": LARGE, "output": "정답\n" * 50_000})
    return case["test_case_id"]


def test_a_list_tells_the_length_of_a_text_in_parts_and_does_not_read_it(
    problems: ProblemRepository, problem_id: int, large_case: int
) -> None:
    problems.add_test_case(problem_id, {"input": "1 2", "output": "", "is_sample": True, "position": -1})
    with meter.recording() as seen:
        small, large = problems.get_test_cases(problem_id, large_texts=False)
    assert seen.operations == ["Query", "Query", "GetItem"]
    assert (small["input"], small["input_bytes"], small["output"], small["output_bytes"]) == ("1 2", 3, "", 0)
    assert large["test_case_id"] == large_case
    assert large["input"] is None
    assert large["input_bytes"] == len(LARGE.encode())
    assert large["output"] == "정답\n" * 50_000
    assert large["output_bytes"] == 7 * 50_000


def test_a_reference_from_before_lengths_were_stored_has_none(
    problems: ProblemRepository, problem_id: int, large_case: int, table: Table, stored: Stored
) -> None:
    sk = next(sk for pk, sk in stored() if pk == f"PRB#{problem_id}" and sk.startswith("TCH#"))
    table.update_item(
        Key={"PK": f"PRB#{problem_id}", "SK": sk}, UpdateExpression="REMOVE #in.l",
        ExpressionAttributeNames={"#in": "in"},
    )  # fmt: skip
    (listed,) = problems.get_test_cases(problem_id, large_texts=False)
    assert (listed["input"], listed["input_bytes"]) == (None, None)
    assert problems.open_test_case(problem_id, large_case, "input").bytes is None
    assert problems.get_test_cases(problem_id, consistent=True).items[0]["input"] == LARGE


def test_pages_without_large_texts_are_the_same_pages(problems: ProblemRepository, problem_id: int) -> None:
    made = problems.add_test_cases(
        problem_id, [{"input": str(n), "output": "", "is_sample": n % 4 == 0} for n in range(30)]
    )
    found = whole_list(
        lambda cursor: problems.get_test_cases(problem_id, limit=7, cursor=cursor, large_texts=False)
    )
    assert [case["test_case_id"] for case in found] == [case["test_case_id"] for case in made]


@pytest.mark.parametrize("text", ["input", "output"])
def test_a_text_of_any_size_is_read_in_pieces(
    problems: ProblemRepository, problem_id: int, large_case: int, text: Any
) -> None:
    whole = LARGE if text == "input" else "정답\n" * 50_000
    opened = problems.open_test_case(problem_id, large_case, text)
    assert opened.bytes == len(whole.encode())
    for _ in range(2):
        pieces = list(opened)
        assert b"".join(pieces).decode() == whole
        assert len(pieces) > 1
        assert max(map(len, pieces)) <= 65_536


def test_parts_are_read_when_they_are_asked_for_a_page_at_a_time(
    problems: ProblemRepository, problem_id: int, large_case: int
) -> None:
    opened = problems.open_test_case(problem_id, large_case, "input")
    with meter.recording() as seen:
        pieces = iter(opened)
        next(pieces)
        begun = len(seen.calls)
        for _ in pieces:
            pass
    assert begun == 1
    assert 2 <= len(seen.calls) <= 3
    assert set(seen.operations) == {"Query"}


def test_only_samples_are_opened_for_who_may_see_no_more(
    problems: ProblemRepository, problem_id: int, large_case: int
) -> None:
    sample = problems.add_test_case(problem_id, {"input": "1", "output": "2", "is_sample": True})
    opened = problems.open_test_case(problem_id, sample["test_case_id"], "output", samples_only=True)
    assert b"".join(opened) == b"2"
    with pytest.raises(NotFound):
        problems.open_test_case(problem_id, large_case, "input", samples_only=True)


def test_it_opens_nothing_of_another_problem(problems: ProblemRepository, large_case: int) -> None:
    other = problems.create_problem(a_problem(problem_number="2"))["problem_id"]
    with pytest.raises(NotFound):
        problems.open_test_case(other, large_case, "input")


@pytest.mark.parametrize("number", [0, 1, -1])
def test_a_text_whose_part_was_lost_ends_before_its_end(
    problems: ProblemRepository, problem_id: int, large_case: int, table: Table, stored: Stored, number: int
) -> None:
    parts = [key for key in stored() if key[0].startswith("TXT#")]
    assert len(parts) > 2
    pk, sk = parts[number]
    table.delete_item(Key={"PK": pk, "SK": sk})
    streamed = 0
    with pytest.raises(Corrupt):
        for piece in problems.open_test_case(problem_id, large_case, "input"):
            streamed += len(piece)
    assert streamed < len(LARGE.encode())


def test_a_text_that_is_replaced_while_it_is_read_is_not_mixed_with_the_new_one(
    problems: ProblemRepository, problem_id: int, large_case: int
) -> None:
    pieces = iter(problems.open_test_case(problem_id, large_case, "input"))
    begun = next(pieces)
    problems.update_test_case(problem_id, large_case, {"input": noise(1_600_000, 8)})
    read = begun
    with pytest.raises(Corrupt):
        for piece in pieces:
            read += piece
    assert LARGE.encode().startswith(read)
