"""The audit log page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.composition import repositories
from web.staff.audit_lines import lines_of
from web.staff.listing import cursor_of, pager
from web.visitors import staff

_PAGE = 25


@staff
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """The changes made by staff, newest first."""
    page = repositories().audit.list_audit(limit=_PAGE, cursor=cursor_of(request, "audit"))
    context = {"area": "audit", "lines": lines_of(page.items), **pager(request, "audit", page)}
    return render(request, "web/staff/audit.html", context)
