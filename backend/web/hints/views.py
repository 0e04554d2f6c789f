"""The ladder of hints, on a problem's page and on that of a run: open steps, the cost of the next one, and its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.dynamodb.errors import ConditionFailed
from api.hints.ladder import SOLUTION, solution_languages
from api.hints.open_step import (
    ACTION,
    LadderState,
    Opened,
    Reader,
    ladder_of_problem,
    ladder_of_run,
    open_of_problem,
    open_of_run,
)
from api.http.errors import ApiError
from api.http.problem_types import CONFLICT, INVALID
from api.limits import NotAdmitted
from api.problems.statements import title_in
from web.errors import detail_of
from web.failure_notices import RECOVERABLE_ERRORS, FailureNotice, notice_of
from web.hints.step_names import STEP_ABOUT, STEP_NAMES
from web.quotas import Denial, denial_headers, denial_of, left_text, of_day, quota_of
from web.redirects import SeeOther
from web.rendering.listing import Listing, code_listing
from web.rendering.statements import hint_html
from web.responses import render_page
from web.visitors import signed_in, user_of


class Rung(NamedTuple):
    """A hint step on the page; `code` is the listing of a solution, `html` the text of another step."""

    name: str
    title: str
    about: str
    entry: Mapping[str, Any] | None
    code: Listing | None
    html: str
    is_next: bool


class Ladder(NamedTuple):
    """Where a ladder is asked for: how it is read, and how a step is opened (its name, whether it is confirmed)."""

    reader: Reader
    read: Callable[[], LadderState]
    open: Callable[[str | None, bool], Opened]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def hints(request: HttpRequest, history_id: int) -> HttpResponse:
    """The hints of the problem of the user's run. Raises `ApiError`: 404. See `_answer`."""
    reader = _reader(request)
    return _answer(
        request,
        Ladder(
            reader,
            lambda: ladder_of_run(reader, history_id, consistent=True),
            lambda step, confirmed: open_of_run(reader, history_id, step, confirmed=confirmed),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def problem_hints(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The hints of a problem, before any code. Raises `ApiError`: 404. See `_answer`."""
    reader = _reader(request)
    return _answer(
        request,
        Ladder(
            reader,
            lambda: ladder_of_problem(reader, problem_id, consistent=True),
            lambda step, confirmed: open_of_problem(reader, problem_id, step, confirmed=confirmed),
        ),
    )


def _reader(request: HttpRequest) -> Reader:
    return Reader(user_of(request), get_language(), request.GET.get("code"))


def _answer(request: HttpRequest, ladder: Ladder) -> HttpResponse:
    """The page, or the answer to its form.

    If a step was not opened, the page says why and nothing is charged: quota used up (429), step not available
    (409, 422), table unreachable (503).
    """
    if request.method != "POST":
        return _page(request, ladder)
    try:
        opened = ladder.open(request.POST.get("step") or None, request.POST.get("confirmed") == "1")
    except NotAdmitted as refused:
        return _page(request, ladder, status=429, denial=denial_of(refused), headers=denial_headers(refused))
    except ApiError as error:
        if error.problem not in (CONFLICT, INVALID):
            raise
        return _page(request, ladder, status=error.problem.status, problem=detail_of(error))
    except ConditionFailed:
        problem = _("The hint wasn't opened because another request came first. You weren't charged.")
        return _page(request, ladder, status=409, problem=problem)
    except RECOVERABLE_ERRORS as error:
        notice = notice_of(error)
        return _page(request, ladder, status=notice.status, failure_notice=notice, headers=notice.headers)
    if opened.decision is None:
        messages.info(request, _("This hint was already open. You weren't charged again."))
    else:
        messages.success(request, f"{_('Hint opened.')} {left_text(of_day(ACTION, opened.decision))}")
    return SeeOther(f"{request.path}#{opened.entry['step']}")


def _page(
    request: HttpRequest,
    ladder: Ladder,
    *,
    status: int = 200,
    denial: Denial | None = None,
    failure_notice: FailureNotice | None = None,
    problem: str = "",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    state = ladder.read()
    following = state.next_step
    context = {
        "problem_record": state.problem,
        "title": title_in(state.problem, get_language() or ""),
        "run": state.run,
        "rungs": _rungs(state),
        "next": following,
        "asks_again": state.begins_with_solution,
        "code_links": _code_links(state),
        "quota": None
        if denial or failure_notice or following is None
        else quota_of(ladder.reader.user, ACTION),
        "denial": denial,
        "failure_notice": failure_notice,
        "problem": problem,
    }
    return render_page(request, "web/hints/ladder.html", context, status=status, headers=headers)


def _code_links(state: LadderState) -> list[str]:
    """The programming languages in which the open solution can be shown; none where there is no choice."""
    languages = solution_languages(state.problem)
    return languages if len(languages) > 1 else []


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
    is_code = name == SOLUTION
    code = code_listing(entry["text"], entry["language"]) if entry is not None and is_code else None
    html = "" if entry is None or is_code else hint_html(entry["text"])
    return Rung(name, str(STEP_NAMES[name]), str(STEP_ABOUT[name]), entry, code, html, is_next)
