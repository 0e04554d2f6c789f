"""The staff pages of a single test case: edit, move, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from api.composition import repositories
from api.dynamodb.schema.records import Problem, TestCase
from api.http.errors import ApiError
from api.http.problem_types import INVALID, TOO_LARGE
from api.problems import case_editing
from api.problems.case_editing import stored_case
from api.problems.editing import stored_problem
from web.errors import detail_of
from web.redirects import SeeOther
from web.responses import render_page
from web.staff.conflicts import Conflict, raising_conflicts, shown_version, staff_id
from web.staff.fields import Text, add_faults, rows
from web.staff.form_tokens import earlier_use, token_of
from web.visitors import staff

# A longer text is not edited in the browser, but replaced by a file.
MAX_TYPED = 100_000
_MOST_PLACES = 10_000
_TEXTS = ("input", "output")


class CaseForm(forms.Form):
    """The fields of a test case. A long text has no field but that of a file."""

    input = Text(label=gettext_lazy("Input"), rows=12, is_code=True)
    output = Text(label=gettext_lazy("Output"), rows=12, is_code=True)
    input_file = forms.FileField(
        label=gettext_lazy("Replace the input by a file"), required=False, allow_empty_file=True
    )
    output_file = forms.FileField(
        label=gettext_lazy("Replace the output by a file"), required=False, allow_empty_file=True
    )
    is_sample = forms.BooleanField(
        label=gettext_lazy("Sample"), required=False, help_text=gettext_lazy("Everyone can see samples.")
    )

    def __init__(self, case: Mapping[str, Any], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "initial": dict(case)})
        for name in _TEXTS:
            if len(case[name]) > MAX_TYPED:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """The values, with the texts of the files."""
        values = super().clean() or {}
        for name in _TEXTS:
            upload = values.get(f"{name}_file")
            if isinstance(upload, UploadedFile):
                try:
                    values[name] = upload.read().decode("utf-8-sig").replace("\r\n", "\n")
                except UnicodeDecodeError:
                    self.add_error(f"{name}_file", _("%(name)s isn't UTF-8 text.") % {"name": upload.name})
        return values

    def changes(self) -> dict[str, Any]:
        """The changed fields of the test case."""
        changed = {name.removesuffix("_file") for name in self.changed_data}
        return {name: self.cleaned_data[name] for name in (*_TEXTS, "is_sample") if name in changed}


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, problem_id: int, case_id: int) -> HttpResponse:
    """A test case: its form, and the form that moves it. Saves only what is based on the latest version."""
    problem = stored_problem(problem_id)
    if request.method != "POST":
        stored = stored_case(problem_id, case_id).case
        return _page(request, problem, stored, CaseForm({**stored}))
    if "place" in request.POST:
        return _move(request, problem, case_id)
    return _edit(request, problem, case_id)


def _edit(request: HttpRequest, problem: Problem, case_id: int) -> HttpResponse:
    problem_id = problem["problem_id"]
    stored = stored_case(problem_id, case_id).case
    form = CaseForm({**stored}, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, problem, stored, form, status=422)
    try:
        with raising_conflicts():
            case_editing.edit_case(
                staff_id(request), problem_id, case_id, form.changes(),
                expected_version=shown_version(request), form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        if earlier_use(request) is None:
            latest, stored = stored_problem(problem_id), stored_case(problem_id, case_id).case
            form = CaseForm({**stored}, request.POST, request.FILES)
            return _page(request, latest, stored, form, status=412, is_conflict=True)
    except ApiError as error:
        if error.problem not in (INVALID, TOO_LARGE):
            raise
        add_faults(form, [(fault.field, fault.message(_)) for fault in error.fields])
        if not error.fields:
            form.add_error(None, detail_of(error))
        return _page(request, problem, stored, form, status=error.problem.status)
    messages.success(request, _("Saved."))
    return SeeOther(request.path)


def _move(request: HttpRequest, problem: Problem, case_id: int) -> HttpResponse:
    problem_id, text = problem["problem_id"], request.POST["place"]
    fault = ""
    try:
        with raising_conflicts():
            case_editing.move_case(
                staff_id(request), problem_id, case_id, int(text) if text.isdecimal() and len(text) < 7 else 0,
                expected_version=shown_version(request), form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        if earlier_use(request) is None:
            fault = _(
                "Someone else changed this problem or its test cases, so it wasn't moved. Check its place."
            )
    except ApiError as error:
        if error.problem is not INVALID:
            raise
        fault = detail_of(error)
    if fault:
        latest, stored = stored_problem(problem_id), stored_case(problem_id, case_id).case
        return _page(request, latest, stored, CaseForm({**stored}), status=412, move_fault=fault)
    messages.success(request, _("Test case moved."))
    return SeeOther(request.path)


def _page(
    request: HttpRequest,
    problem: Problem,
    case: TestCase,
    form: CaseForm,
    *,
    status: int = 200,
    is_conflict: bool = False,
    move_fault: str = "",
) -> HttpResponse:
    """The page. It shows a version that was read before the case, so that a later change of it is a conflict."""
    listed = repositories().problems.get_all_test_cases(
        problem["problem_id"], most=_MOST_PLACES, consistent=True, large_texts=False
    )
    case_ids = [listed_case["test_case_id"] for listed_case in listed]
    place = case_ids.index(case["test_case_id"]) + 1 if case["test_case_id"] in case_ids else None
    names = [name for name in ("input", "input_file", "output", "output_file") if name in form.fields]
    texts = [(name, len(case[name])) for name in _TEXTS if name not in form.fields]  # type: ignore[literal-required]
    context = {
        "area": "problems", "problem": problem, "case": case, "form": form, "conflict": is_conflict,
        "rows": rows(form, names, {**case} if is_conflict else None),
        "sample": rows(form, ["is_sample"], {**case} if is_conflict else None)[0],
        "long_texts": texts, "place": place, "places": len(case_ids), "move_fault": move_fault,
    }  # fmt: skip
    return render_page(request, "web/staff/case.html", context, status=status)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, problem_id: int, case_id: int) -> HttpResponse:
    """Deletes a test case after confirmation."""
    problem = stored_problem(problem_id)
    if request.method != "POST":
        return _delete_page(request, problem, stored_case(problem_id, case_id).case)
    try:
        with raising_conflicts():
            case_editing.delete_case(
                staff_id(request), problem_id, case_id,
                expected_version=shown_version(request), form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        if earlier_use(request) is None:
            latest = stored_problem(problem_id)
            return _delete_page(request, latest, stored_case(problem_id, case_id).case, status=412)
    messages.success(request, _("Test case deleted."))
    return SeeOther(reverse("staff-cases", args=[problem_id]))


def _delete_page(
    request: HttpRequest, problem: Problem, case: TestCase, *, status: int = 200
) -> HttpResponse:
    context = {
        "area": "problems", "problem": problem, "conflict": status == 412,
        "heading": _("Delete this test case?"),
        "facts": [
            (_("Position"), case["position"]),
            (_("Sample"), _("yes") if case["is_sample"] else _("no")),
        ],
        "consequence": _("Runs that were recorded with it keep their results."),
        "button": _("Delete"), "button_class": "button-danger",
    }  # fmt: skip
    return render_page(request, "web/staff/confirm.html", context, status=status)
