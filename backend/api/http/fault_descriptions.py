"""What each kind of error means: the addresses that `type` of a problem document names."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import BaseModel

from api.http.answers import answer
from api.http.faults import INVALID, KINDS, NOT_FOUND, FaultKind, Refusal
from api.http.openapi import responses

router = Router(tags=["errors"])
Slug = Annotated[str, Path(pattern="^[a-z-]+$", max_length=40)]
_CACHED = {"Cache-Control": "public, max-age=3600"}


class FaultDescription(BaseModel):
    """A kind of error."""

    type: str
    title: str
    status: int
    remedy: str


class FaultDescriptions(BaseModel):
    """All kinds of errors."""

    items: list[FaultDescription]


def _document(kind: FaultKind) -> dict[str, object]:
    return {"type": kind.type, "title": kind.title, "status": kind.status, "remedy": kind.remedy}


@router.get("/", response=responses(FaultDescriptions), operation_id="list_fault_kinds")
def list_fault_kinds(request: HttpRequest) -> HttpResponse:
    """Every kind of error that this API answers with."""
    return answer({"items": [_document(kind) for kind in KINDS.values()]}, headers=_CACHED)


@router.get(
    "/{slug}/", response=responses(FaultDescription, NOT_FOUND, INVALID), operation_id="get_fault_kind"
)
def get_fault_kind(request: HttpRequest, slug: Slug) -> HttpResponse:
    """What a kind of error means and what to do about it."""
    if slug not in KINDS:
        raise Refusal(NOT_FOUND, "There is no kind of error of this name.")
    return answer(_document(KINDS[slug]), headers=_CACHED)
