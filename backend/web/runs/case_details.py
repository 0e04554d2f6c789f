"""The result of a run for one test case, next to the expected output."""

from __future__ import annotations

from typing import Literal, NamedTuple

from api.composition import repositories
from api.dynamodb.errors import NotFound
from api.dynamodb.schema.records import Problem
from web.rendering.diff import OutputDiff, diff_outputs
from web.runs.results import CaseResult

# Enough for any text that a person compares; larger ones have a page of their own.
MAX_BYTES = 64_000
Missing = Literal["", "gone", "large", "hidden"]


class CaseDetails(NamedTuple):
    """A result with the texts of its test case, None if they are not shown.

    `why` is the reason: the case is gone (replaced, or its problem deleted), too large to compare, or hidden
    from visitors who are not signed in. `diff` is None unless both outputs are known.
    """

    result: CaseResult
    input: str | None
    expected: str | None
    diff: OutputDiff | None
    why: Missing


def case_details(problem: Problem | None, result: CaseResult, *, is_signed_in: bool) -> CaseDetails:
    """The details of one result; `problem` is None if it was deleted.

    Visitors who are not signed in see the texts of samples only, as on the problem page.

    Reads up to two texts: each read looks through the problem's cases (1 RCU per 4 KB) and reads at most 64 KB
    of a text.
    """
    if problem is None or result.test_case_id is None:
        return CaseDetails(result, None, None, None, "gone")
    key = problem["problem_id"], result.test_case_id
    try:
        expected = _text(*key, "output", samples_only=not is_signed_in)
        input_text = _text(*key, "input", samples_only=not is_signed_in)
    except NotFound:
        return CaseDetails(result, None, None, None, "gone" if is_signed_in else "hidden")
    if expected is None:
        return CaseDetails(result, input_text, None, None, "large")
    diff = None if result.output is None else diff_outputs(expected, result.output)
    return CaseDetails(result, input_text, expected, diff, "")


def _text(
    problem_id: int, test_case_id: int, name: Literal["input", "output"], *, samples_only: bool
) -> str | None:
    """A text of a test case, None above 64 KB. Raises `NotFound`."""
    opened = repositories().problems.open_test_case(problem_id, test_case_id, name, samples_only=samples_only)
    if opened.bytes is not None and opened.bytes > MAX_BYTES:
        return None
    content = bytearray()
    for piece in opened:
        content += piece
        if len(content) > MAX_BYTES:
            return None
    return content.decode("utf-8")
