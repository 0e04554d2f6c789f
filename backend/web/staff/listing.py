"""What staff's lists share: where a page of one begins and where the next one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from api.dynamodb.cursor import Page
from api.http.paging import next_address, seal, unseal
from web.visitors import visitor_of


def cursor_of(request: HttpRequest, listed: str) -> str | None:
    """Where the asked page of a list begins. Raises `Refusal`: 422 for a cursor that is not the list's."""
    return unseal(request.GET.get("cursor"), _scope(request, listed))


def pager(request: HttpRequest, listed: str, page: Page[Any]) -> dict[str, Any]:
    """For `staff/pager.html`: the address of the next page, and of the first where this is another."""
    cursor = seal(page.cursor, _scope(request, listed))
    return {
        "next_page": next_address(request, cursor) if cursor else None,
        "first_page": request.path if "cursor" in request.GET else None,
    }


def _scope(request: HttpRequest, listed: str) -> str:
    return f"staff-{listed}|{visitor_of(request).identity.reader}"
