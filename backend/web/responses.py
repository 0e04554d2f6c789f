"""Pages that explain an error themselves, such as a form that is shown again with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.http.error_responses import as_error_page


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A page with any status and further headers; no general error page takes its place."""
    response = render(request, template, dict(context), status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    if status >= 400:
        response["Cache-Control"] = "no-store"
        as_error_page(response)
    return response
