"""The search for problems."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.problems.reading import find_problems


def problems(request: HttpRequest) -> HttpResponse:
    """The newest problems."""
    return render(request, "web/problems/search.html", {"page": find_problems()})
