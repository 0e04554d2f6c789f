"""The hints page of a run: open steps, the cost of the next one, and the form that opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.dynamodb.errors import ConditionFailed
from api.dynamodb.schema.records import User
from api.hints.ladder import SOLUTION
from api.hints.open_step import ACTION, LadderState, ladder_state, open_step
from api.http.errors import ApiError
from api.http.problem_types import CONFLICT, INVALID
from api.limits import NotAdmitted
from web.errors import detail_of
from web.failure_notices import RECOVERABLE_ERRORS, FailureNotice, notice_of
from web.hints.step_names import STEP_ABOUT, STEP_NAMES
from web.quotas import Denial, denial_headers, denial_of, left_text, of_day, quota_of
from web.redirects import SeeOther
from web.rendering.listing import Listing, code_listing
from web.responses import render_page
from web.visitors import signed_in, user_of


class Rung(NamedTuple):
    """A hint step on the page; `code` is the listing of a solution."""

    name: str
    title: str
    about: str
    entry: Mapping[str, Any] | None
    code: Listing | None
    is_next: bool


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def hints(request: HttpRequest, history_id: int) -> HttpResponse:
    """The hints of the user's run, and the form that opens a step. Raises `ApiError`: 404.

    If a step was not opened, the page says why and nothing is charged: quota used up (429), step not available
    (409, 422), table unreachable (503).
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
    except ApiError as error:
        if error.problem not in (CONFLICT, INVALID):
            raise
        return _page(request, user, history_id, status=error.problem.status, problem=detail_of(error))
    except ConditionFailed:
        problem = _(
            "This run changed while you were opening the hint, so the hint wasn't opened. You weren't charged."
        )
        return _page(request, user, history_id, status=409, problem=problem)
    except RECOVERABLE_ERRORS as error:
        notice = notice_of(error)
        return _page(
            request,
            user,
            history_id,
            status=notice.status,
            failure_notice=notice,
            headers=notice.headers,
        )
    if opened.decision is None:
        messages.info(request, _("This hint was already open. You weren't charged again."))
    else:
        messages.success(request, f"{_('Hint opened.')} {left_text(of_day(ACTION, opened.decision))}")
    return SeeOther(f"{reverse('hints', args=[history_id])}#{opened.entry['step']}")


def _page(
    request: HttpRequest,
    user: User,
    history_id: int,
    *,
    status: int = 200,
    denial: Denial | None = None,
    failure_notice: FailureNotice | None = None,
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
        "quota": None if denial or failure_notice or following is None else quota_of(user, ACTION),
        "denial": denial,
        "failure_notice": failure_notice,
        "problem": problem,
    }
    return render_page(request, "web/hints/ladder.html", context, status=status, headers=headers)


def _rungs(state: LadderState) -> list[Rung]:
    """The problem's steps in order, then opened steps that the problem no longer has."""
    following = state.next_step
    names = [step.name for step in state.steps]
    names += [entry["step"] for entry in state.opened if entry["step"] not in names]
    return [
        _rung(name, state.entry(name), is_next=following is not None and name == following.name)
        for name in dict.fromkeys(names)
    ]


def _rung(name: str, entry: Mapping[str, Any] | None, *, is_next: bool) -> Rung:
    code = code_listing(entry["text"], entry["language"]) if entry is not None and name == SOLUTION else None
    return Rung(name, str(STEP_NAMES[name]), str(STEP_ABOUT[name]), entry, code, is_next)
