"""The results of a run by test case, read from this service's form or from any older JSON."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeGuard

from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import Run
from api.history.models import MAX_OUTPUT
from api.history.verdicts import ACCEPTED, BY_OUTPUT, IN_BROWSER, NOT_COMPILED, code_of
from web.runs.verdicts import status_name

MAX_SHOWN = 500
MAX_PLACE = 9999


class CaseResult(NamedTuple):
    """The result of one test case.

    number: its place among the problem's test cases, from 1; in older runs, among the results.
    """

    number: int
    test_case_id: int | None
    status: str
    output: str | None
    stderr: str | None
    time_ms: int | float | None
    memory_kb: int | float | None
    is_from_browser: bool = False

    @property
    def is_passed(self) -> bool:
        """Whether the case passed."""
        return self.status == ACCEPTED

    @property
    def is_observed_in_browser(self) -> bool:
        """Whether nothing but the author's browser shows the status, such as a time limit exceeded."""
        return self.is_from_browser and self.status not in BY_OUTPUT

    @property
    def status_name(self) -> str:
        """The status as text."""
        return status_name(self.status)


def results_of(run: Run) -> list[CaseResult]:
    """The results in order, at most 500; empty if the run has none in a readable form."""
    recorded = run["test_results"]
    if not isinstance(recorded, list):
        return []
    entries = [entry for entry in recorded[:MAX_SHOWN] if isinstance(entry, dict)]
    recorded_numbers = [entry.get("number") for entry in entries]
    numbers = recorded_numbers if _are_places(recorded_numbers) else list(range(1, len(entries) + 1))
    return [_result(number, entry) for number, entry in zip(numbers, entries, strict=True)]


def _are_places(numbers: list[Any]) -> TypeGuard[list[int]]:
    """Whether these are distinct places from 1."""
    are_numbers = all(type(number) is int and 1 <= number <= MAX_PLACE for number in numbers)
    return are_numbers and len(set(numbers)) == len(numbers)


def compiler_message(results: list[CaseResult]) -> str | None:
    """What the compiler said of code that did not compile, "" if that was not recorded; None for any other run."""
    failed = first_failure(results)
    if failed is None or failed.status != NOT_COMPILED:
        return None
    return next((result.stderr for result in results if result.stderr), "")


def first_failure(results: list[CaseResult]) -> CaseResult | None:
    """The first result that did not pass."""
    return next((result for result in results if not result.is_passed), None)


def _result(number: int, entry: dict[str, Any]) -> CaseResult:
    case_id = entry.get("test_case_id")
    is_valid_id = type(case_id) is int and 0 <= case_id <= MAX_ID
    return CaseResult(
        number,
        case_id if is_valid_id else None,
        code_of(str(entry.get("status") or "?")[:40]),
        _text(entry.get("output")),
        _text(entry.get("stderr")),
        _number(entry.get("time_ms")),
        _number(entry.get("memory_kb")),
        entry.get("source") == IN_BROWSER,
    )


def _text(value: Any) -> str | None:
    return value[:MAX_OUTPUT] if isinstance(value, str) else None


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
