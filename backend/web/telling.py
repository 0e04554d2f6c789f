"""Pages that tell of a refusal in their own words, such as a form that is shown again with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def told(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A page of any status with further headers; no general page of an error takes the place of a refusal."""
    response = render(request, template, dict(context), status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    if status >= 400:
        response["Cache-Control"] = "no-store"
        response.is_fault = True  # type: ignore[attr-defined]
    return response
