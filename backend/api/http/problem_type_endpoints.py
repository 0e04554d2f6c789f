"""Endpoints that describe the problem types: the addresses in `type` of a problem document."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import BaseModel

from api.http.errors import ApiError
from api.http.json_responses import json_response
from api.http.openapi import responses
from api.http.problem_types import INVALID, NOT_FOUND, PROBLEM_TYPES, ProblemType

router = Router(tags=["errors"])
Slug = Annotated[str, Path(pattern="^[a-z-]+$", max_length=40)]
_CACHED = {"Cache-Control": "public, max-age=3600"}


class ProblemTypeOut(BaseModel):
    """A problem type."""

    type: str
    title: str
    status: int
    remedy: str


class ProblemTypeList(BaseModel):
    """All problem types."""

    items: list[ProblemTypeOut]


def _document(problem: ProblemType) -> dict[str, object]:
    return {
        "type": problem.type, "title": problem.title, "status": problem.status, "remedy": problem.remedy,
    }  # fmt: skip


@router.get("/", response=responses(ProblemTypeList), operation_id="list_problem_types")
def list_problem_types(request: HttpRequest) -> HttpResponse:
    """Every problem type that this API uses."""
    return json_response(
        {"items": [_document(problem) for problem in PROBLEM_TYPES.values()]}, headers=_CACHED
    )


@router.get(
    "/{slug}/", response=responses(ProblemTypeOut, NOT_FOUND, INVALID), operation_id="get_problem_type"
)
def get_problem_type(request: HttpRequest, slug: Slug) -> HttpResponse:
    """What a problem type means and what to do about it."""
    if slug not in PROBLEM_TYPES:
        raise ApiError("unknown_problem_type")
    return json_response(_document(PROBLEM_TYPES[slug]), headers=_CACHED)
