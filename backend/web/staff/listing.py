"""Pagination of the staff lists."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from api.dynamodb.table.cursor import Page
from api.http.paging import next_address, seal, unseal
from web.visitors import visitor_of


def cursor_of(request: HttpRequest, listed: str) -> str | None:
    """The cursor of the requested page. Raises `ApiError`: 422 for a cursor of another list."""
    return unseal(request.GET.get("cursor"), _scope(request, listed))


def pager(request: HttpRequest, listed: str, page: Page[Any]) -> dict[str, Any]:
    """Context for `staff/pager.html`: the URL of the next page, and of the first one unless this is it."""
    cursor = seal(page.cursor, _scope(request, listed))
    return {
        "next_page": next_address(request, cursor) if cursor else None,
        "first_page": _first_page(request) if "cursor" in request.GET else None,
    }


def _scope(request: HttpRequest, listed: str) -> str:
    return f"staff-{listed}|{visitor_of(request).identity.reader}"


def _first_page(request: HttpRequest) -> str:
    """The URL of the list's first page, with the same filters."""
    query = request.GET.copy()
    query.pop("cursor", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
