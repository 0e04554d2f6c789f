"""Publishing and retiring a problem: each is looked at once more before it is done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.dynamodb.repositories.records import Problem
from api.hints.ladder import steps_of
from api.problems import editing
from web.redirects import SeeOther
from web.staff.acting import Conflict, noticing_conflicts, staff_id
from web.staff.held_cases import held_cases
from web.telling import told
from web.visitors import staff


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Makes a draft, or a retired problem, one that everybody finds, after it was looked at."""
    problem = editing.stored_problem(problem_id)
    if problem["is_completed"] and not problem["is_deleted"]:
        messages.info(request, _("It is published already."))
        return _back(problem_id)
    if request.method != "POST":
        return _publish_page(request, problem)
    try:
        with noticing_conflicts():
            editing.publish_problem(staff_id(request), problem_id, expected_version=_shown_version(request))
    except Conflict:
        return _publish_page(request, editing.stored_problem(problem_id), status=412)
    messages.success(request, _("Published: everybody finds it now."))
    return _back(problem_id)


def _publish_page(request: HttpRequest, problem: Problem, *, status: int = 200) -> HttpResponse:
    held = held_cases(problem["problem_id"])
    steps = steps_of(problem)
    context = {
        "heading": _("Publish this problem?"),
        "facts": [
            (_("Test cases"), held.text),
            (_("Samples among them"), held.samples),
            (_("Steps of hints"), len(steps)),
        ],
        "consequence": _("Everybody will find it, record runs of it, and ask for its hints."),
        "warning": "" if held.samples else _("It has no sample: visitors will see no test case."),
        "button": _("Publish"),
        "button_class": "button-primary",
    }
    return _page(request, problem, context, status)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Takes a problem out of every list, after it was looked at; runs of it stay."""
    problem = editing.stored_problem(problem_id)
    if problem["is_deleted"]:
        messages.info(request, _("It is retired already."))
        return _back(problem_id)
    if request.method != "POST":
        return _retire_page(request, problem)
    try:
        with noticing_conflicts():
            editing.retire_problem(staff_id(request), problem_id, expected_version=_shown_version(request))
    except Conflict:
        return _retire_page(request, editing.stored_problem(problem_id), status=412)
    messages.success(request, _("Retired: it left every list."))
    return _back(problem_id)


def _retire_page(request: HttpRequest, problem: Problem, *, status: int = 200) -> HttpResponse:
    context = {
        "heading": _("Retire this problem?"),
        "facts": [(_("State"), _("published") if problem["is_completed"] else _("draft"))],
        "consequence": _(
            "It leaves every list and takes no more runs. Its page, its number and the runs of it stay."
        ),
        "button": _("Retire"),
        "button_class": "button-danger",
    }
    return _page(request, problem, context, status)


def _shown_version(request: HttpRequest) -> int:
    """The version that the confirmed page showed; one that no problem has where the form says none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else 0


def _back(problem_id: int) -> HttpResponse:
    return SeeOther(reverse("staff-problem", args=[problem_id]))


def _page(request: HttpRequest, problem: Problem, context: dict[str, Any], status: int) -> HttpResponse:
    context |= {"area": "problems", "problem": problem, "conflict": status == 412}
    return told(request, "web/staff/confirm.html", context, status=status)
