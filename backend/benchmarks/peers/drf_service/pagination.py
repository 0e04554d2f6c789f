"""Pages by cursor, so that a later page costs what the first costs."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Newest first; `limit` says how many."""

    ordering = ("-created_at", "-id")
    page_size = 50
    max_page_size = 100
    page_size_query_param = "limit"
