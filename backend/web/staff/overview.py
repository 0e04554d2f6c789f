"""The start page for staff: drafts, recent changes, and forms to find users and problems."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.composition import repositories
from api.problems.editing import drafts
from web.staff.audit_lines import lines_of
from web.visitors import staff

_DRAFTS, _ENTRIES = 5, 5


@staff
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Drafts, recent changes, and the search forms."""
    waiting = drafts(limit=_DRAFTS)
    entries = repositories().audit.list_audit(limit=_ENTRIES)
    context = {
        "area": "overview",
        "drafts": waiting.items,
        "more_drafts": waiting.cursor is not None,
        "lines": lines_of(entries.items),
    }
    return render(request, "web/staff/overview.html", context)
