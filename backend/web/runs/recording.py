"""The page that records a run of a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.composition import repositories
from api.dynamodb.schema.records import ListedTestCase, Problem, User
from api.history.languages import LANGUAGES
from api.history.models import MAX_CODE, MAX_OUTPUT, MAX_RESULTS
from api.history.record_run import ACTION
from api.http.errors import ApiError
from api.http.problem_types import INVALID
from api.limits import NotAdmitted
from api.problems.queries import problem_by_id
from web.failure_notices import RECOVERABLE_ERRORS, FailureNotice, notice_of
from web.quotas import Denial, denial_headers, denial_of, quota_of
from web.redirects import SeeOther
from web.responses import render_page
from web.runs.form_token import new_token
from web.runs.recording_form import (
    CHOICES,
    EACH,
    OVERALL,
    RecordingForm,
    remembered_language,
)
from web.runs.store_run import remember_language, store_run
from web.visitors import signed_in, user_of

FIRST_ROWS, MOST_ROWS = 40, 200


class CaseRow(NamedTuple):
    """A test case in the form. Numbers are strings because templates format integers slowly."""

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
    """The form that records a run. Raises `ApiError`: 404 for a draft or a retired problem.

    After an error (422, 429) or while the table is unreachable (503) the form is shown again with its input.
    """
    user = user_of(request)
    problem = problem_by_id(problem_id)
    if problem["is_deleted"]:
        raise ApiError("problem_retired")
    if request.method != "POST":
        token = new_token(user["user_id"], problem_id)
        return _page(
            request, user, problem, RecordingForm(token=token, language=remembered_language(request))
        )
    form = RecordingForm.sent(request)
    if "rows" in request.POST:  # more rows were asked for, by a button that keeps what was typed
        return _page(request, user, problem, form)
    run_input = form.run(problem_id, [] if form.overall == EACH else _case_ids(problem))
    if run_input is None:
        return _page(request, user, problem, form, status=422)
    try:
        run, message = store_run(user, form.token, run_input)
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
    except ApiError as error:
        if error.problem is not INVALID or not any(
            form.refuse_field(invalid.field, run_input) for invalid in error.fields
        ):
            raise
        return _page(request, user, problem, form, status=422)
    except RECOVERABLE_ERRORS as error:
        notice = notice_of(error)
        return _page(
            request,
            user,
            problem,
            form,
            status=notice.status,
            failure_notice=notice,
            headers=notice.headers,
        )
    messages.success(request, message, extra_tags=_draft(user, problem))
    response = SeeOther(reverse("run", args=[run["history_id"]]))
    remember_language(response, run_input.language)
    return response


def _draft(user: User, problem: Problem) -> str:
    """The name of the form's draft in the browser, see `drafts.js`. Another user does not get it."""
    return f"record-{problem['problem_id']}-{user['user_id']}"


def _page(
    request: HttpRequest,
    user: User,
    problem: Problem,
    form: RecordingForm,
    *,
    status: int = 200,
    denial: Denial | None = None,
    failure_notice: FailureNotice | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Renders the form."""
    wants_all = request.GET.get("cases") == "all"
    cases, there_is_more = _cases(problem, MOST_ROWS if wants_all else FIRST_ROWS)
    context: dict[str, Any] = {
        "problem": problem,
        "form": form,
        "draft": _draft(user, problem),
        "is_fresh": request.method != "POST",
        "rows": [_row(form, number, case) for number, case in enumerate(cases, 1)],
        "wants_all": wants_all,
        "there_is_more": there_is_more,
        "code_languages": sorted(
            ((name, language.title) for name, language in LANGUAGES.items()), key=lambda pair: pair[1].casefold()
        ),
        "choices": [(status, str(name)) for status, name in CHOICES],
        "overall": OVERALL,
        "limits": {"code": MAX_CODE, "output": MAX_OUTPUT, "results": MAX_RESULTS, "rows": MOST_ROWS},
        "quota": None if denial or failure_notice else quota_of(user, ACTION),
        "denial": denial,
        "failure_notice": failure_notice,
    }  # fmt: skip
    return render_page(request, "web/runs/record.html", context, status=status, headers=headers)


def _row(form: RecordingForm, number: int, case: ListedTestCase) -> CaseRow:
    case_id = case["test_case_id"]
    return CaseRow(
        str(number), str(case_id), _("test case %(number)s") % {"number": number}, case,
        form.statuses.get(case_id, ""), form.outputs.get(case_id, ""), form.case_errors.get(case_id, ""),
    )  # fmt: skip


def _cases(problem: Problem, most: int) -> tuple[list[ListedTestCase], bool]:
    """The first test cases, with texts as far as lists have them, and whether there are more."""
    page = repositories().problems.get_all_test_cases(problem["problem_id"], most=most, large_texts=False)
    return page.items, page.cursor is not None


def _case_ids(problem: Problem) -> list[int]:
    """The ids of all test cases, up to the number of results a run may have."""
    return [case["test_case_id"] for case in _cases(problem, MAX_RESULTS)[0]]
