"""Verdicts of test cases and runs: the stored codes, and their names, which summaries, statistics and pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from django.utils.translation import gettext_noop as _

from api.dynamodb.schema.records import RunSummary

Status = Literal["AC", "WA", "TLE", "MLE", "RE", "CE", "OLE"]
ACCEPTED: Status = "AC"
WRONG_ANSWER: Status = "WA"
NOT_COMPILED: Status = "CE"
# Verdicts that an output decides; the others say what no output can show.
BY_OUTPUT: tuple[Status, ...] = (ACCEPTED, WRONG_ANSWER)
# How a run's verdict is known: every result was decided by its output; or what no output shows was observed in the
# author's browser, or said by the author.
Basis = Literal["compared", "browser", "reported"]
COMPARED: Basis = "compared"
IN_BROWSER: Basis = "browser"
REPORTED: Basis = "reported"
_BASES: Mapping[str | None, Basis] = {basis: basis for basis in (COMPARED, IN_BROWSER)}
# English names; pages show their translations.
NAMES: Mapping[str, str] = {
    "AC": _("Accepted"),
    "WA": _("Wrong answer"),
    "TLE": _("Time limit exceeded"),
    "MLE": _("Memory limit exceeded"),
    "RE": _("Runtime error"),
    "CE": _("Compile error"),
    "OLE": _("Output limit exceeded"),
}
# For a run that failed, where the first failure is not known.
NOT_ACCEPTED = _("Not accepted")
# For a run without a failure that has no result for some of the problem's test cases.
INCOMPLETE = _("Incomplete")
# Results that were not recorded by this service may have names in place of codes.
_CODES = {
    **{code.casefold(): code for code in NAMES},
    **{name.casefold(): code for code, name in NAMES.items()},
    "passed": ACCEPTED,
}


def code_of(status: str) -> str:
    """The code of a recorded status, which may be a name or have another letter case; an unknown one is unchanged."""
    return _CODES.get(status.casefold(), status)


def summary_of(statuses: Sequence[str], total: int) -> str | None:
    """The summary that is stored with a run, such as "Wrong answer (3/5)": first failure, cases passed, all cases.

    `total` is the number of the problem's test cases. None without results.
    """
    if not statuses:
        return None
    passed = statuses.count(ACCEPTED)
    complete = NAMES[ACCEPTED] if passed == total else INCOMPLETE
    verdict = next((NAMES[status] for status in statuses if status != ACCEPTED), complete)
    return f"{verdict} ({passed}/{total})"


def basis_of(run: RunSummary) -> Basis | None:
    """How a run's verdict is known; None without results. Runs from before this was stored are self-reported."""
    if not run["total_count"]:
        return None
    return _BASES.get(run["verdict_basis"], REPORTED)
