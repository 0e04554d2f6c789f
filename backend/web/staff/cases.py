"""Test cases of a problem: pasted or uploaded, shown, and stored only when that was confirmed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from api.composition import repositories
from api.dynamodb.repositories.records import Problem
from api.http.faults import Refusal
from api.problems import editing
from api.problems.editing_rules import MAX_CASES
from web.redirects import SeeOther
from web.staff import carried
from web.staff.acting import staff_id
from web.staff.case_texts import MAX_BYTES, File, NewCase, Reading, read_files, read_pasted
from web.staff.excerpts import excerpt_of
from web.staff.held_cases import held_cases, shown
from web.staff.listing import cursor_of, pager
from web.telling import told
from web.visitors import staff
from web.wording import worded

_PAGE = 10
EXAMPLE = """\
=== input sample
3
1 2 3
=== output
6

=== input
1
1000000000
=== output
1000000000
"""


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def cases(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The cases that are stored, and the form for new ones: sent once for a preview, and once more to store them."""
    problem = editing.stored_problem(problem_id)
    if request.method != "POST":
        return _form(request, problem)
    if "carried" in request.POST:
        return _store(request, problem)
    text = request.POST.get("text", "")
    files = [_file(file) for file in request.FILES.getlist("files")]
    if text.strip() and files:
        return _form(request, problem, faults=[_("Paste cases or upload files, not both.")], text=text)
    found = read_files(files) if files else read_pasted(text)
    if found.faults:
        return _form(request, problem, faults=found.faults, text=text)
    return _preview(request, problem, found)


def _file(file: UploadedFile[Any]) -> File:
    return File(file.name or "", file.read())


def _form(
    request: HttpRequest, problem: Problem, *, faults: list[str] | None = None, text: str = ""
) -> HttpResponse:
    listed = f"cases-{problem['problem_id']}"
    page = repositories().problems.get_test_cases(
        problem["problem_id"], limit=_PAGE, cursor=cursor_of(request, listed), consistent=True, whole=False
    )
    context = {
        "area": "problems", "problem": problem, "stored": [shown(case) for case in page],
        "faults": faults, "text": text, "example": EXAMPLE,
        "most": MAX_CASES, "megabytes": MAX_BYTES // 1_000_000, **pager(request, listed, page),
    }  # fmt: skip
    return told(request, "web/staff/cases.html", context, status=422 if faults else 200)


def _preview(request: HttpRequest, problem: Problem, found: Reading) -> HttpResponse:
    held = held_cases(problem["problem_id"])
    context = {
        "area": "problems", "problem": problem, "remarks": found.remarks, "size": found.size,
        "samples": sum(case.is_sample for case in found.cases), "held": held,
        "cases": [
            {
                "name": case.name, "is_sample": case.is_sample,
                "input": excerpt_of(case.input), "output": excerpt_of(case.output),
            }
            for case in found.cases
        ],
        "carried": carried.pack(found.cases, problem["problem_id"], staff_id(request)),
    }  # fmt: skip
    return render(request, "web/staff/cases_preview.html", context)


def _store(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Stores the cases that the confirmed preview showed, with the marks of samples as they were left there."""
    who = staff_id(request)
    problem_id = problem["problem_id"]
    try:
        shown_cases = carried.unpack(request.POST["carried"], problem_id, who)
    except carried.NotCarried:
        fault = _("The preview is more than an hour old, or not yours: give the cases once more.")
        return _form(request, problem, faults=[fault])
    samples = set(request.POST.getlist("sample"))
    fresh = [_record(case, str(place) in samples) for place, case in enumerate(shown_cases)]
    store = editing.add_cases if request.POST.get("action") == "add" else editing.replace_cases
    try:
        store(who, problem_id, fresh)
    except Refusal as refusal:
        return _form(request, problem, faults=[worded(message) for message in _said(refusal)])
    told = ngettext("%(count)d case is stored.", "%(count)d cases are stored.", len(fresh))
    messages.success(request, told % {"count": len(fresh)})
    return SeeOther(request.path)


def _record(case: NewCase, is_sample: bool) -> dict[str, Any]:
    return {"input": case.input, "output": case.output, "is_sample": is_sample}


def _said(refusal: Refusal) -> list[str]:
    return [message for _field, message in refusal.fields] or [refusal.detail]
