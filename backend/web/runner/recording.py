"""Records a run of the visitor's browser: it sends code and outputs, and the service computes the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from pydantic import TypeAdapter, ValidationError

from api.history.models import CaseResult, RunIn
from api.history.verdicts import BY_OUTPUT
from api.http.errors import ApiError
from api.limits import NotAdmitted
from web.failure_notices import RECOVERABLE_ERRORS, notice_of
from web.quotas import denial_headers, denial_of
from web.responses import render_page
from web.runs.form_token import new_token
from web.runs.recording_form import unix_text
from web.runs.results import first_failure, results_of
from web.runs.store_run import remember_language, store_run
from web.visitors import visitor_of

_RESULTS = TypeAdapter(list[CaseResult])
_TEMPLATE = "web/runner/recorded.html"


@require_POST
def record(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Records a run; the response is the part of the page that says so, or why not: 401, 404, 422, 429 or 503.

    Costs as `record_run`.
    """
    user = visitor_of(request).user
    if user is None:
        return _refused(request, 401, {"problem_id": problem_id, "is_session_ended": True})
    try:
        run_input = _run_of(request, problem_id)
        run, message = store_run(user, request.POST.get("token", ""), run_input, is_from_browser=True)
    except ValidationError:
        return _refused(
            request, 422, {"reason": _("The run wasn't recorded: the service can't read its results.")}
        )
    except NotAdmitted as refused:
        return _refused(request, 429, {"denial": denial_of(refused)}, denial_headers(refused))
    except ApiError as error:
        return _refused(request, error.problem.status, {"reason": _reason(error)}, error.headers)
    except RECOVERABLE_ERRORS as error:
        notice = notice_of(error)
        return _refused(request, notice.status, {"failure_notice": notice}, notice.headers)
    failed = first_failure(results_of(run))
    context = {
        "run": run, "message": message, "token": new_token(user["user_id"], problem_id),
        "first_failure": failed.status if failed else None,
    }  # fmt: skip
    response = render_page(request, _TEMPLATE, context)
    remember_language(response, run_input.language)
    return response


def _run_of(request: HttpRequest, problem_id: int) -> RunIn:
    """The run that was sent. Raises `ValidationError`, also for a verdict that outputs decide and that is only said."""
    results = _RESULTS.validate_json(request.POST.get("results", ""))
    if any(result.status in BY_OUTPUT for result in results):
        raise ValidationError.from_exception_data("results", [])
    return RunIn(
        problem_id=problem_id, language=request.POST.get("language", ""),
        code=unix_text(request.POST.get("code", "")), results=results,
        is_code_public=request.POST.get("visibility") == "public",
    )  # fmt: skip


def _reason(error: ApiError) -> str:
    if error.code == "problem_not_found":
        return _(
            "The run wasn't recorded: this problem is no longer available. Your code is kept in this browser."
        )
    if any(invalid.code == "unknown_case" for invalid in error.fields):
        return _("The run wasn't recorded: the test cases have changed. Run your code again.")
    return error.message(_)


def _refused(
    request: HttpRequest, status: int, context: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return render_page(request, _TEMPLATE, context, status=status, headers=headers)
