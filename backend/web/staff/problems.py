"""Staff pages of problems: drafts, search, creating and editing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from api.composition import repositories
from api.dynamodb.errors import Duplicate
from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import Problem
from api.hints.ladder import HINT_STEPS
from api.http.errors import ApiError
from api.http.problem_types import INVALID
from api.problems import editing
from web.redirects import SeeOther
from web.responses import render_page
from web.staff.conflicts import Conflict, raising_conflicts, staff_id
from web.staff.fields import add_faults, rows
from web.staff.form_tokens import earlier_id, earlier_use, token_of
from web.staff.listing import cursor_of, pager
from web.staff.problem_form import BASICS, LIMITS, SOLUTION, ProblemForm, initial_of
from web.visitors import staff

_PAGE = 50


@staff
@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """Drafts, newest first. With `number` (and `platform`) redirects to that problem."""
    number, platform = request.GET.get("number", "").strip(), request.GET.get("platform", "").strip()
    match = _find(platform, number) if number else None
    if match is not None:
        return SeeOther(reverse("staff-problem", args=[match["problem_id"]]))
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
    """The form for a new problem, which is created as a draft."""
    if request.method != "POST":
        return _page(request, ProblemForm(initial={"language": ""}))
    form = ProblemForm(request.POST)
    if form.is_valid():
        try:
            with raising_conflicts():
                problem = editing.create_problem(
                    staff_id(request), form.record(), form_token=token_of(request)
                )
            return _created(request, problem["problem_id"])
        except Conflict:
            return _created(request, earlier_id(request))
        except (Duplicate, ApiError) as error:
            _tell(form, error)
    return _page(request, form, status=_status(form))


def _created(request: HttpRequest, problem_id: int | None) -> HttpResponse:
    messages.success(request, _("Draft created. Add test cases, then publish it."))
    has_id = problem_id is not None
    return SeeOther(reverse("staff-problem", args=[problem_id]) if has_id else reverse("staff-problems"))


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The form of a problem. Saves only if the version is still the one that the form was filled from."""
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
        messages.info(request, _("No changes to save."))
        return SeeOther(request.path)
    try:
        with raising_conflicts():
            editing.edit_problem(
                staff_id(request), problem_id, changes, expected_version=problem["version"],
                form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        return _conflict(request, editing.stored_problem(problem_id))
    except (Duplicate, ApiError) as error:
        _tell(form, error)
        return _page(request, form, problem, status=_status(form))
    messages.success(request, _("Saved."))
    return SeeOther(request.path)


def _tell(form: ProblemForm, error: Duplicate | ApiError) -> None:
    """Adds the service's errors to the form's fields."""
    if isinstance(error, Duplicate):
        form.add_error(
            "problem_number",
            ValidationError(_("This number is already in use on this platform."), code="taken"),
        )
    elif error.problem is INVALID:
        add_faults(form, [(invalid.field, invalid.message(_)) for invalid in error.fields])
        if not error.fields:
            form.add_error(None, error.message(_))
    else:
        raise error


def _status(form: ProblemForm) -> int:
    """409 if the only error is a number that is taken, else 422."""
    faults = form.errors.as_data()
    taken = [fault.code for fault in faults.get("problem_number", [])] == ["taken"]
    return 409 if taken and len(faults) == 1 else 422


def _conflict(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The form with the user's input next to the stored values. Submitting it again overwrites that version.

    If it was this form that changed the problem, being sent before, it is told as saved.
    """
    if earlier_use(request) is not None:
        messages.success(request, _("Saved."))
        return SeeOther(request.path)
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
        "hints": rows(form, HINT_STEPS, stored), "solution": rows(form, SOLUTION, stored),
        "statement_language": get_language() or "en",
    }  # fmt: skip
    return render_page(request, "web/staff/problem.html", context, status=status)
