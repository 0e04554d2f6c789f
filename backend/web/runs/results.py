"""A run's results by test case, out of whatever was recorded: this service's own form, or any JSON of before."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.dynamodb.ids import MAX_ID
from api.dynamodb.repositories.records import Run
from api.history.models import MAX_OUTPUT
from web.runs.verdicts import PASSED, status_name

MAX_SHOWN = 500


class CaseResult(NamedTuple):
    """What a run did with one test case; `number` is its place among the results, from 1."""

    number: int
    test_case_id: int | None
    status: str
    output: str | None
    stderr: str | None
    time_ms: int | float | None
    memory_kb: int | float | None

    @property
    def is_passed(self) -> bool:
        """Whether the case was passed."""
        return self.status == PASSED

    @property
    def status_name(self) -> str:
        """The status in words."""
        return status_name(self.status)


def results_of(run: Run) -> list[CaseResult]:
    """The results in order, at most 500; none where nothing of that form was recorded."""
    recorded = run["test_results"]
    if not isinstance(recorded, list):
        return []
    entries = [entry for entry in recorded[:MAX_SHOWN] if isinstance(entry, dict)]
    return [_result(number, entry) for number, entry in enumerate(entries, 1)]


def first_failure(results: list[CaseResult]) -> CaseResult | None:
    """The first case that was not passed."""
    return next((result for result in results if not result.is_passed), None)


def _result(number: int, entry: dict[str, Any]) -> CaseResult:
    case_id = entry.get("test_case_id")
    known = type(case_id) is int and 0 <= case_id <= MAX_ID
    return CaseResult(
        number,
        case_id if known else None,
        str(entry.get("status") or "?")[:40],
        _text(entry.get("output")),
        _text(entry.get("stderr")),
        _number(entry.get("time_ms")),
        _number(entry.get("memory_kb")),
    )


def _text(value: Any) -> str | None:
    return value[:MAX_OUTPUT] if isinstance(value, str) else None


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
