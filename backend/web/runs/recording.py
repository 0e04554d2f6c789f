"""Recording a run of a problem by a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.dynamodb.repositories.records import ListedTestCase, Problem, User
from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE, MAX_OUTPUT, MAX_RESULTS
from api.history.recording import ACTION, record_run
from api.http.faults import INVALID, NOT_FOUND, Refusal
from api.limits import NotAdmitted
from api.problems.reading import cases_of, problem_by_id
from web.outages import OUTAGES, Outage, outage_of
from web.preferences.views import YEAR_SECONDS
from web.quotas import Denial, denial_headers, denial_of, left_text, of_day, quota_of
from web.redirects import SeeOther
from web.runs.recording_form import (
    CHOICES,
    EACH,
    LANGUAGE_COOKIE,
    OVERALL,
    RecordingForm,
    remembered_language,
)
from web.telling import told
from web.visitors import signed_in, user_of

FIRST_ROWS, MOST_ROWS = 40, 200
_PAGE = 100


class CaseRow(NamedTuple):
    """A test case as a row of the form; numbers are texts, since a template writes those slowly."""

    number: str
    id: str
    called: str
    case: ListedTestCase
    status: str
    output: str
    error: str


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def record(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The form to record a run, and what it records. Raises `Refusal`: 404 for a draft or a retired problem.

    A refusal (422, 429) and an outage (503) show the form again with all that was typed.
    """
    user = user_of(request)
    problem = problem_by_id(problem_id)
    if problem["is_deleted"]:
        raise Refusal(NOT_FOUND, _("This problem is retired: no runs of it can be recorded any more."))
    if request.method != "POST":
        return _page(request, user, problem, RecordingForm(language=remembered_language(request)))
    form = RecordingForm.sent(request)
    if "rows" in request.POST:  # more rows were asked for, by a button that keeps what was typed
        return _page(request, user, problem, form)
    given = form.run(problem_id, [] if form.overall == EACH else _case_ids(problem))
    if given is None:
        return _page(request, user, problem, form, status=422)
    try:
        run, decision = record_run(user, given)
    except NotAdmitted as refused:
        return _page(
            request,
            user,
            problem,
            form,
            status=429,
            denial=denial_of(refused),
            headers=denial_headers(refused),
        )
    except Refusal as refusal:
        if refusal.kind is not INVALID or not any(
            form.refuse_field(field[0], given) for field in refusal.fields
        ):
            raise
        return _page(request, user, problem, form, status=422)
    except OUTAGES as error:
        outage = outage_of(error)
        return _page(
            request, user, problem, form, status=outage.status, outage=outage, headers=outage.headers
        )
    messages.success(request, f"{_('The run is recorded.')} {left_text(of_day(ACTION, decision))}")
    response = SeeOther(reverse("run", args=[run["history_id"]]))
    response.set_cookie(
        LANGUAGE_COOKIE, given.language, max_age=YEAR_SECONDS, secure=settings.SESSION_COOKIE_SECURE,
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


def _page(
    request: HttpRequest,
    user: User,
    problem: Problem,
    form: RecordingForm,
    *,
    status: int = 200,
    denial: Denial | None = None,
    outage: Outage | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The form as it stands."""
    wants_all = request.GET.get("cases") == "all"
    cases, there_is_more = _cases(problem, MOST_ROWS if wants_all else FIRST_ROWS)
    context: dict[str, Any] = {
        "problem": problem,
        "form": form,
        "rows": [_row(form, number, case) for number, case in enumerate(cases, 1)],
        "wants_all": wants_all,
        "there_is_more": there_is_more,
        "code_languages": sorted(
            ((name, language.title) for name, language in LANGUAGES.items()), key=lambda pair: pair[1].casefold()
        ),
        "choices": [(status, str(name)) for status, name in CHOICES],
        "overall": OVERALL,
        "limits": {"code": MAX_CODE, "output": MAX_OUTPUT, "results": MAX_RESULTS, "rows": MOST_ROWS},
        "quota": None if denial or outage else quota_of(user, ACTION),
        "denial": denial,
        "outage": outage,
    }  # fmt: skip
    return told(request, "web/runs/record.html", context, status=status, headers=headers)


def _row(form: RecordingForm, number: int, case: ListedTestCase) -> CaseRow:
    case_id = case["test_case_id"]
    return CaseRow(
        str(number), str(case_id), _("test case %(number)s") % {"number": number}, case,
        form.statuses.get(case_id, ""), form.outputs.get(case_id, ""), form.case_errors.get(case_id, ""),
    )  # fmt: skip


def _cases(problem: Problem, most: int) -> tuple[list[ListedTestCase], bool]:
    """The first test cases, their texts as far as lists have them, and whether there are more."""
    found: list[ListedTestCase] = []
    cursor = None
    while True:
        page = cases_of(
            problem, samples_only=False, is_signed_in=True, limit=min(_PAGE, most - len(found)), cursor=cursor
        )
        found += page
        cursor = page.cursor
        if cursor is None or len(found) >= most:
            return found, cursor is not None


def _case_ids(problem: Problem) -> list[int]:
    """The ids of all test cases, as many as a run may have results."""
    return [case["test_case_id"] for case in _cases(problem, MAX_RESULTS)[0]]
