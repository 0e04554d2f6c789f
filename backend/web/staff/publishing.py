"""Publishing and retiring a problem, each after a confirmation page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.dynamodb.schema.records import Problem
from api.hints.ladder import steps_of
from api.problems import editing
from web.redirects import SeeOther
from web.responses import render_page
from web.staff.conflicts import Conflict, raising_conflicts, shown_version, staff_id
from web.staff.current_cases import count_cases
from web.staff.form_tokens import earlier_use, token_of
from web.visitors import staff


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Publishes a draft or a retired problem after confirmation."""
    problem = editing.stored_problem(problem_id)
    if problem["is_completed"] and not problem["is_deleted"]:
        return _back_from(
            request, problem_id, _("Problem published."), _("This problem is already published.")
        )
    if request.method != "POST":
        return _publish_page(request, problem)
    try:
        with raising_conflicts():
            editing.publish_problem(
                staff_id(request), problem_id, expected_version=shown_version(request),
                form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        if earlier_use(request) is not None:
            return _back_from(request, problem_id, _("Problem published."))
        return _publish_page(request, editing.stored_problem(problem_id), status=412)
    messages.success(request, _("Problem published."))
    return _back(problem_id)


def _publish_page(request: HttpRequest, problem: Problem, *, status: int = 200) -> HttpResponse:
    cases = count_cases(problem["problem_id"])
    steps = steps_of(problem)
    context = {
        "heading": _("Publish this problem?"),
        "facts": [
            (_("Test cases"), cases.text),
            (_("Samples"), cases.samples),
            (_("Hint steps"), len(steps)),
        ],
        "consequence": _("Everyone will be able to find this problem, record runs, and open hints."),
        "warning": ""
        if cases.samples
        else _("This problem has no samples, so visitors won't see any test cases."),
        "button": _("Publish"),
        "button_class": "button-primary",
    }
    return _page(request, problem, context, status)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Retires a problem after confirmation: it leaves every list, its runs stay."""
    problem = editing.stored_problem(problem_id)
    if problem["is_deleted"]:
        return _back_from(request, problem_id, _("Problem retired."), _("This problem is already retired."))
    if request.method != "POST":
        return _retire_page(request, problem)
    try:
        with raising_conflicts():
            editing.retire_problem(
                staff_id(request), problem_id, expected_version=shown_version(request),
                form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        if earlier_use(request) is not None:
            return _back_from(request, problem_id, _("Problem retired."))
        return _retire_page(request, editing.stored_problem(problem_id), status=412)
    messages.success(request, _("Problem retired."))
    return _back(problem_id)


def _retire_page(request: HttpRequest, problem: Problem, *, status: int = 200) -> HttpResponse:
    context = {
        "heading": _("Retire this problem?"),
        "facts": [(_("Status"), _("published") if problem["is_completed"] else _("draft"))],
        "consequence": _(
            "It will be removed from every list and accept no new runs. Its page, number and existing runs will stay."
        ),
        "button": _("Retire"),
        "button_class": "button-danger",
    }
    return _page(request, problem, context, status)


def _back_from(request: HttpRequest, problem_id: int, done: str, otherwise: str = "") -> HttpResponse:
    """Back to a problem: `done` if this form did it, being sent before, `otherwise` if not."""
    if not otherwise or (request.method == "POST" and earlier_use(request) is not None):
        messages.success(request, done)
    else:
        messages.info(request, otherwise)
    return _back(problem_id)


def _back(problem_id: int) -> HttpResponse:
    return SeeOther(reverse("staff-problem", args=[problem_id]))


def _page(request: HttpRequest, problem: Problem, context: dict[str, Any], status: int) -> HttpResponse:
    context |= {"area": "problems", "problem": problem, "conflict": status == 412}
    return render_page(request, "web/staff/confirm.html", context, status=status)
