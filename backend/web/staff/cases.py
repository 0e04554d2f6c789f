"""The staff page of a problem's test cases: paste or upload, preview, save."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from api.dynamodb.schema.records import Problem
from api.http.errors import ApiError
from api.problems import case_editing, editing
from api.problems.validation import MAX_CASE_BYTES, MAX_CASES
from web.errors import detail_of
from web.redirects import SeeOther
from web.rendering.excerpts import excerpt
from web.responses import render_page
from web.staff import signed_preview
from web.staff.case_archives import File
from web.staff.case_parser import NewCase, ParsedCases, parse_files, parse_text
from web.staff.conflicts import Conflict, raising_conflicts, shown_version, staff_id
from web.staff.current_cases import count_cases, current_case
from web.staff.listing import cursor_of, pager
from web.visitors import staff

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
    """The current cases and the form for new ones: submitted first for a preview, then to save."""
    problem = editing.stored_problem(problem_id)
    if request.method != "POST":
        return _form(request, problem)
    if "signed_cases" in request.POST:
        return _store(request, problem)
    text = request.POST.get("text", "")
    files = [_file(file) for file in request.FILES.getlist("files")]
    if text.strip() and files:
        return _form(request, problem, faults=[_("Paste cases or upload files, not both.")], text=text)
    parsed = parse_files(files) if files else parse_text(text)
    if parsed.faults:
        return _form(request, problem, faults=parsed.faults, text=text)
    return _preview(request, problem, parsed)


def _file(file: UploadedFile[Any]) -> File:
    return File(file.name or "", file.read())


def _form(
    request: HttpRequest, problem: Problem, *, faults: list[str] | None = None, text: str = ""
) -> HttpResponse:
    listed = f"cases-{problem['problem_id']}"
    page = case_editing.list_cases(problem["problem_id"], limit=_PAGE, cursor=cursor_of(request, listed))
    context = {
        "area": "problems", "problem": problem, "current_cases": [current_case(case) for case in page],
        "faults": faults, "text": text, "example": EXAMPLE,
        "most": MAX_CASES, "megabytes": MAX_CASE_BYTES // 1_000_000, **pager(request, listed, page),
    }  # fmt: skip
    return render_page(request, "web/staff/cases.html", context, status=422 if faults else 200)


def _preview(request: HttpRequest, problem: Problem, parsed: ParsedCases) -> HttpResponse:
    signed = signed_preview.sign(parsed.cases, problem["problem_id"], staff_id(request))
    samples = {number for number, case in enumerate(parsed.cases) if case.is_sample}
    opened = request.POST.get("version", "")
    # Whoever opened the page before a change looks at cases that are not there any more.
    is_changed = bool(opened) and opened != str(problem["version"])
    return _preview_page(
        request, problem, parsed.cases, signed, samples, remarks=parsed.remarks, is_changed=is_changed
    )


def _preview_page(
    request: HttpRequest,
    problem: Problem,
    cases: Sequence[NewCase],
    signed_cases: str,
    samples: set[int],
    *,
    remarks: Sequence[str] = (),
    is_changed: bool = False,
    conflict: bool = False,
) -> HttpResponse:
    """The preview. `conflict`: nothing was saved, because someone changed the problem or its cases meanwhile."""
    context = {
        "area": "problems", "problem": problem, "remarks": remarks,
        "size": ParsedCases(list(cases)).size, "samples": len(samples),
        "current": count_cases(problem["problem_id"]), "is_changed": is_changed, "conflict": conflict,
        "cases": [
            {
                "name": case.name, "is_sample": number in samples,
                "input": excerpt(case.input), "output": excerpt(case.output),
            }
            for number, case in enumerate(cases)
        ],
        "signed_cases": signed_cases,
    }  # fmt: skip
    return render_page(request, "web/staff/cases_preview.html", context, status=412 if conflict else 200)


def _store(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Saves the previewed cases, with the samples as marked in the preview. A preview is saved once.

    Cases are replaced only if neither the problem nor a case was changed since the preview.
    """
    who, problem_id, signed_cases = staff_id(request), problem["problem_id"], request.POST["signed_cases"]
    try:
        previewed = signed_preview.load(signed_cases, problem_id, who)
    except signed_preview.InvalidPreview:
        fault = _("This preview has expired or belongs to another user. Add the cases again.")
        return _form(request, problem, faults=[fault])
    samples = {int(text) for text in request.POST.getlist("sample") if text.isdecimal() and len(text) < 6}
    fresh = [_record(case, number in samples) for number, case in enumerate(previewed)]
    is_added = request.POST.get("action") == "add"
    store = case_editing.add_cases if is_added else case_editing.replace_cases
    version = shown_version(request)
    try:
        with raising_conflicts():
            store(
                who, problem_id, fresh, expected_version=None if is_added else version,
                form_token=signed_preview.token_of(signed_cases),
            )  # fmt: skip
    except ApiError as error:
        return _form(request, problem, faults=[detail_of(error)])
    except Conflict:
        if signed_preview.was_stored(signed_cases):
            messages.warning(
                request,
                _("This preview was sent twice and saved once. If cases are missing below, add them again."),
            )
            return SeeOther(request.path)
        latest = editing.stored_problem(problem_id)
        return _preview_page(request, latest, previewed, signed_cases, samples, conflict=True)
    message = ngettext("%(count)d test case saved.", "%(count)d test cases saved.", len(fresh))
    messages.success(request, message % {"count": len(fresh)})
    return SeeOther(request.path)


def _record(case: NewCase, is_sample: bool) -> dict[str, Any]:
    return {"input": case.input, "output": case.output, "is_sample": is_sample}
