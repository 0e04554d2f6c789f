"""What came of a run, in words: of one test case, and of all together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.dynamodb.repositories.records import RunSummary, is_passed

PASSED = "AC"
STATUS_NAMES: Mapping[str, Any] = {
    "AC": gettext_lazy("Passed"),
    "WA": gettext_lazy("Wrong answer"),
    "TLE": gettext_lazy("Time limit exceeded"),
    "MLE": gettext_lazy("Memory limit exceeded"),
    "RE": gettext_lazy("Runtime error"),
    "CE": gettext_lazy("Compile error"),
}
Kind = Literal["ok", "bad", "quiet"]


class Verdict(NamedTuple):
    """A verdict: how it is coloured, and what it says."""

    kind: Kind
    text: str


def status_name(status: str) -> str:
    """A test case's status in words; one that is not known stays as it is."""
    return str(STATUS_NAMES.get(status, status))


def verdict_of(run: RunSummary, first_failure: str | None = None) -> Verdict:
    """A run's verdict; `first_failure` is the status of the first test case that it failed, where it is known."""
    if not run["total_count"]:
        return Verdict("quiet", _("No results"))
    if is_passed(run):
        return Verdict("ok", status_name(PASSED))
    return Verdict("bad", _("Not passed") if first_failure is None else status_name(first_failure))
