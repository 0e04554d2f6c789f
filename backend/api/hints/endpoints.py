"""Hints of a run: what is open, and opening the next step."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Router

from api.accounts.bearer import signed_in
from api.accounts.identity import active_user, identity_of
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.ids import MAX_ID
from api.hints.models import LadderOut, OpenedOut, OpenStepIn, ladder_document
from api.hints.open_step import ACTION, ladder_state, open_step
from api.http.json_responses import json_response
from api.http.openapi import RATE_LIMIT, responses, with_headers
from api.http.problem_types import (
    CONFLICT,
    INVALID,
    NOT_FOUND,
    PRECONDITION_FAILED,
    QUOTA_EXCEEDED,
    UNAUTHENTICATED,
)
from api.limits import headers

router = Router(tags=["hints"], auth=signed_in)
HistoryId = Annotated[int, Path(ge=0, le=MAX_ID)]
_REFUSED = (UNAUTHENTICATED, NOT_FOUND, INVALID)


@router.get("/{history_id}/hints/", response=responses(LadderOut, *_REFUSED), operation_id="get_hints")
def get_hints(request: HttpRequest, history_id: HistoryId) -> HttpResponse:
    """The ladder of hints of one of my runs: its steps, and the texts of those that are open. Costs no hint."""
    return json_response(ladder_document(ladder_state(identity_of(request).user_id, history_id)))


@router.post(
    "/{history_id}/hints/",
    response=responses(
        OpenedOut, *_REFUSED, CONFLICT, PRECONDITION_FAILED, QUOTA_EXCEEDED, also={201: OpenedOut}
    ),
    operation_id="open_hint",
    openapi_extra=with_headers(201, RATE_LIMIT),
)
def open_hint(
    request: HttpRequest, history_id: HistoryId, payload: Annotated[OpenStepIn | None, Body()] = None
) -> HttpResponse:
    """Opens the next step for one use of `hint`: 201. A step that is open already costs nothing: 200."""
    user = active_user(identity_of(request))
    opened = open_step(user, history_id, payload.step if payload else None)
    document = {
        "opened": opened.entry,
        "charged": opened.decision is not None,
        "ladder": ladder_document(opened.state),
    }
    if opened.decision is None:
        return json_response(document)
    return json_response(document, status=201, headers=headers(ACTION, opened.decision, utc_now()))
