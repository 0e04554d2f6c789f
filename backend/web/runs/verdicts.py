"""Verdicts as text: for one test case and for a whole run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.dynamodb.schema.records import RunSummary, is_passed
from api.history.verdicts import (
    ACCEPTED,
    COMPARED,
    IN_BROWSER,
    INCOMPLETE,
    NAMES,
    NOT_ACCEPTED,
    REPORTED,
    basis_of,
)

STATUS_NAMES: Mapping[str, Any] = {code: gettext_lazy(name) for code, name in NAMES.items()}
Kind = Literal["ok", "bad", "quiet"]


class Verdict(NamedTuple):
    """A verdict: its colour and its text."""

    kind: Kind
    text: str


def status_name(status: str) -> str:
    """The text for a test case's status; an unknown status is returned unchanged."""
    return str(STATUS_NAMES.get(status, status))


def verdict_of(run: RunSummary, first_failure: str | None = None) -> Verdict:
    """The verdict of a run; `first_failure` is the status of its first failed test case, if known."""
    if not run["total_count"]:
        return Verdict("quiet", _("No results"))
    if is_passed(run):
        return Verdict("ok", status_name(ACCEPTED))
    if not run["failed_count"] and run["passed_count"]:
        return Verdict("quiet", _(INCOMPLETE))
    return Verdict("bad", _(NOT_ACCEPTED) if first_failure is None else status_name(first_failure))


def basis_text(run: RunSummary) -> str:
    """How a run's verdict is known, as text; empty without results."""
    basis = basis_of(run)
    if basis is None:
        return ""
    names = {COMPARED: _("compared"), IN_BROWSER: _("in the browser"), REPORTED: _("self-reported")}
    return names[basis]
