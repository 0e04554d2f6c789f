"""The ladder of a run's hints: what is open, what the next step costs, and opening it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from api.dynamodb.errors import ConditionFailed
from api.dynamodb.repositories.records import User
from api.hints.ladder import SOLUTION
from api.hints.opening import ACTION, LadderState, ladder_state, open_step
from api.http.faults import CONFLICT, INVALID, Refusal
from api.limits import NotAdmitted
from web.outages import OUTAGES, Outage, outage_of
from web.quotas import Denial, denial_headers, denial_of, left_text, of_day, quota_of
from web.redirects import SeeOther
from web.rendering.highlighting import code_lines
from web.telling import told
from web.visitors import signed_in, user_of
from web.wording import worded

STEP_NAMES: Mapping[str, Any] = {
    "nudge": gettext_lazy("Nudge"),
    "approach": gettext_lazy("Approach"),
    "outline": gettext_lazy("Outline"),
    "solution": gettext_lazy("Solution"),
}
STEP_ABOUT: Mapping[str, Any] = {
    "nudge": gettext_lazy("A small push: what to look at."),
    "approach": gettext_lazy("The idea that leads to a solution."),
    "outline": gettext_lazy("The solution in steps, without code."),
    "solution": gettext_lazy("The code of a solution."),
}


class Rung(NamedTuple):
    """A step of the ladder as the page shows it; `lines` are those of code."""

    name: str
    title: str
    about: str
    entry: Mapping[str, Any] | None
    lines: tuple[SafeString, ...]
    is_next: bool


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def hints(request: HttpRequest, history_id: int) -> HttpResponse:
    """The ladder of one's own run, and opening the step that a form names. Raises `Refusal`: 404.

    Used-up hints (429), a step that cannot be opened (409, 422) and outages (503) show the ladder as it is, with
    what happened; nobody is charged for them.
    """
    user = user_of(request)
    if request.method != "POST":
        return _page(request, user, history_id)
    step = request.POST.get("step") or None
    try:
        opened = open_step(user, history_id, step)
    except NotAdmitted as refused:
        return _page(
            request, user, history_id, status=429, denial=denial_of(refused), headers=denial_headers(refused)
        )
    except Refusal as refusal:
        if refusal.kind not in (CONFLICT, INVALID):
            raise
        return _page(request, user, history_id, status=refusal.kind.status, problem=worded(refusal.detail))
    except ConditionFailed:
        return _page(
            request, user, history_id, status=409,
            problem=_("The run was changed at the same moment, and the hint was not opened. It cost nothing."),
        )  # fmt: skip
    except OUTAGES as error:
        outage = outage_of(error)
        return _page(request, user, history_id, status=outage.status, outage=outage, headers=outage.headers)
    if opened.decision is None:
        messages.info(request, _("This hint was open already: it cost nothing more."))
    else:
        messages.success(request, f"{_('The hint is open.')} {left_text(of_day(ACTION, opened.decision))}")
    return SeeOther(f"{reverse('hints', args=[history_id])}#{opened.entry['step']}")


def _page(
    request: HttpRequest,
    user: User,
    history_id: int,
    *,
    status: int = 200,
    denial: Denial | None = None,
    outage: Outage | None = None,
    problem: str = "",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    state = ladder_state(user["user_id"], history_id, consistent=True)
    following = state.next_step
    context = {
        "run": state.run,
        "rungs": _rungs(state),
        "next": following,
        "next_title": "" if following is None else STEP_NAMES[following.name],
        "is_solution": following is not None and following.name == SOLUTION,
        "quota": None if denial or outage or following is None else quota_of(user, ACTION),
        "denial": denial,
        "outage": outage,
        "problem": problem,
    }
    return told(request, "web/hints/ladder.html", context, status=status, headers=headers)


def _rungs(state: LadderState) -> list[Rung]:
    """The steps in order, and at their end what was opened of a ladder that the problem has no more."""
    following = state.next_step
    names = [step.name for step in state.steps]
    names += [entry["step"] for entry in state.opened if entry["step"] not in names]
    return [
        _rung(name, state.entry(name), is_next=following is not None and name == following.name)
        for name in dict.fromkeys(names)
    ]


def _rung(name: str, entry: Mapping[str, Any] | None, *, is_next: bool) -> Rung:
    lines = code_lines(entry["text"], entry["language"]) if entry is not None and name == SOLUTION else ()
    return Rung(name, str(STEP_NAMES[name]), str(STEP_ABOUT[name]), entry, lines, is_next)
