"""Staff's pages of problems: drafts, finding one, writing a new one, editing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from api.composition import repositories
from api.dynamodb.errors import Duplicate
from api.dynamodb.ids import MAX_ID
from api.dynamodb.repositories.records import Problem
from api.http.faults import INVALID, Refusal
from api.problems import editing
from web.redirects import SeeOther
from web.staff.acting import Conflict, noticing_conflicts, staff_id
from web.staff.fields import add_faults, rows
from web.staff.listing import cursor_of, pager
from web.staff.problem_form import BASICS, LIMITS, SOLUTION, STEPS, ProblemForm, initial_of
from web.telling import told
from web.visitors import staff
from web.wording import worded

_PAGE = 50


@staff
@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """Drafts, newest first; with `number`, and `platform`, it leads to the problem that is asked for."""
    number, platform = request.GET.get("number", "").strip(), request.GET.get("platform", "").strip()
    found = _find(platform, number) if number else None
    if found is not None:
        return SeeOther(reverse("staff-problem", args=[found["problem_id"]]))
    page = editing.drafts(limit=_PAGE, cursor=cursor_of(request, "drafts"))
    context = {
        "area": "problems", "drafts": page.items, "number": number, "platform": platform,
        "not_found_problem": bool(number), **pager(request, "drafts", page),
    }  # fmt: skip
    return render(request, "web/staff/problems.html", context)


def _find(platform: str, number: str) -> Problem | None:
    if platform:
        return repositories().problems.get_problem_by_number(platform, number)
    if number.isdecimal() and int(number) <= MAX_ID:
        return repositories().problems.get_problem(int(number))
    return None


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new problem: it becomes a draft."""
    if request.method != "POST":
        return _page(request, ProblemForm(initial={"language": ""}))
    form = ProblemForm(request.POST)
    if form.is_valid():
        try:
            problem = editing.create_problem(staff_id(request), form.record())
        except (Duplicate, Refusal) as error:
            _tell(form, error)
        else:
            messages.success(request, _("The draft is there. Give it test cases, then publish it."))
            return SeeOther(reverse("staff-problem", args=[problem["problem_id"]]))
    return _page(request, form, status=_status(form))


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, problem_id: int) -> HttpResponse:
    """A problem's fields; a change holds only for the version that the form was filled from."""
    problem = editing.stored_problem(problem_id)
    if request.method != "POST":
        return _page(request, ProblemForm(initial=initial_of(problem)), problem)
    form = ProblemForm(request.POST, initial=initial_of(problem))
    if not form.is_valid():
        return _page(request, form, problem, status=422)
    if form.cleaned_data["version"] != problem["version"]:
        return _conflict(request, problem)
    changes = form.changes()
    if not changes:
        messages.info(request, _("Nothing was changed."))
        return SeeOther(request.path)
    try:
        with noticing_conflicts():
            editing.edit_problem(staff_id(request), problem_id, changes, expected_version=problem["version"])
    except Conflict:
        return _conflict(request, editing.stored_problem(problem_id))
    except (Duplicate, Refusal) as error:
        _tell(form, error)
        return _page(request, form, problem, status=_status(form))
    messages.success(request, _("Saved."))
    return SeeOther(request.path)


def _tell(form: ProblemForm, error: Duplicate | Refusal) -> None:
    """Puts what the service refuses beside the fields that it is about."""
    if isinstance(error, Duplicate):
        form.add_error(
            "problem_number",
            ValidationError(_("Another problem has this number on this platform."), code="taken"),
        )
    elif error.kind is INVALID:
        add_faults(form, [(field, worded(message)) for field, message in error.fields])
        if not error.fields:
            form.add_error(None, worded(error.detail))
    else:
        raise error


def _status(form: ProblemForm) -> int:
    """409 where all that is wrong is that the number is taken, else 422."""
    faults = form.errors.as_data()
    taken = [fault.code for fault in faults.get("problem_number", [])] == ["taken"]
    return 409 if taken and len(faults) == 1 else 422


def _conflict(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The form with what was typed, and beside it what is stored now; sending it again is meant for this version."""
    stored = initial_of(problem)
    typed = request.POST.copy()
    typed["version"] = str(problem["version"])
    form = ProblemForm(typed, initial=stored)
    return _page(request, form, problem, status=412, stored=stored)


def _page(
    request: HttpRequest,
    form: ProblemForm,
    problem: Problem | None = None,
    *,
    status: int = 200,
    stored: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "area": "problems", "problem": problem, "form": form, "conflict": stored is not None,
        "basics": rows(form, BASICS, stored), "limits": rows(form, LIMITS, stored),
        "constraints": rows(form, ["constraints"], stored),
        "hints": rows(form, STEPS, stored), "solution": rows(form, SOLUTION, stored),
    }  # fmt: skip
    return told(request, "web/staff/problem.html", context, status=status)
