"""Errors as pages: what happened, what to do next, and the request's id."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from api.http.faults import Refusal
from api.http.request_ids import request_id


def page(request: HttpRequest, refusal: Refusal, status: int) -> HttpResponse:
    """The page of a refusal; it asks nothing of the table."""
    context = {"refusal": refusal, "status": status, "request_id": request_id()}
    return render(request, "web/error.html", context, status=status)
