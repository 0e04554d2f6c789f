"""What a run did with one test case, beside what was expected of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from api.composition import repositories
from api.dynamodb.errors import NotFound
from api.dynamodb.repositories.records import Problem
from web.rendering.differences import Difference, difference
from web.runs.results import CaseResult

# Enough for any text that a person compares; a larger one is read from its own address.
MAX_BYTES = 64_000
Missing = Literal["", "gone", "large", "hidden"]


class CaseView(NamedTuple):
    """A result with the texts of its test case, None where they are not shown.

    `why` says why not: the case is gone (it was replaced, or its problem removed), too large to compare, or
    hidden from who is not signed in. `difference` is None unless both outputs are known.
    """

    result: CaseResult
    input: str | None
    expected: str | None
    difference: Difference | None
    why: Missing


def case_view(problem: Problem | None, result: CaseResult, *, is_signed_in: bool) -> CaseView:
    """The view of one result; `problem` is None where it is gone.

    Who is not signed in sees texts of samples only, as on the problem's page.

    Up to two readings of a test case: each looks through the problem's cases (1 RCU per 4 KB), and reads at
    most 64 KB of a text.
    """
    if problem is None or result.test_case_id is None:
        return CaseView(result, None, None, None, "gone")
    where = problem["problem_id"], result.test_case_id
    try:
        expected = _text(*where, "output", samples_only=not is_signed_in)
        given = _text(*where, "input", samples_only=not is_signed_in)
    except NotFound:
        return CaseView(result, None, None, None, "gone" if is_signed_in else "hidden")
    if expected is None:
        return CaseView(result, given, None, None, "large")
    found = None if result.output is None else difference(expected, result.output)
    return CaseView(result, given, expected, found, "")


def _text(
    problem_id: int, test_case_id: int, name: Literal["input", "output"], *, samples_only: bool
) -> str | None:
    """A text of a test case; None for one of more than 64 KB. Raises `NotFound`."""
    opened = repositories().problems.open_test_case(problem_id, test_case_id, name, samples_only=samples_only)
    if opened.bytes is not None and opened.bytes > MAX_BYTES:
        return None
    found = bytearray()
    for piece in opened:
        found += piece
        if len(found) > MAX_BYTES:
            return None
    return found.decode("utf-8")
