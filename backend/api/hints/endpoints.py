"""Hints of a problem, from one of my runs or from the problem: what is open, and opening the next step."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request
from ninja import Body, Path, Router

from api.accounts.bearer import signed_in
from api.accounts.identity import active_user, identity_of
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.ids import MAX_ID
from api.hints.models import LadderOut, OpenedOut, OpenStepIn, ladder_document
from api.hints.open_step import (
    ACTION,
    Opened,
    Reader,
    ladder_of_problem,
    ladder_of_run,
    open_of_problem,
    open_of_run,
)
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
problem_router = Router(tags=["hints"], auth=signed_in)
Id = Annotated[int, Path(ge=0, le=MAX_ID)]
Payload = Annotated[OpenStepIn | None, Body()]
_REFUSED = (UNAUTHENTICATED, NOT_FOUND, INVALID)
_OPENED = responses(
    OpenedOut, *_REFUSED, CONFLICT, PRECONDITION_FAILED, QUOTA_EXCEEDED, also={201: OpenedOut}
)


def _reader(request: HttpRequest) -> Reader:
    return Reader(active_user(identity_of(request)), get_language_from_request(request))


def _opened_response(opened: Opened) -> HttpResponse:
    document = {
        "opened": opened.entry,
        "charged": opened.decision is not None,
        "ladder": ladder_document(opened.state),
    }
    if opened.decision is None:
        return json_response(document)
    return json_response(document, status=201, headers=headers(ACTION, opened.decision, utc_now()))


@router.get("/{history_id}/hints/", response=responses(LadderOut, *_REFUSED), operation_id="get_hints")
def get_hints(request: HttpRequest, history_id: Id) -> HttpResponse:
    """The ladder of hints of the problem of one of my runs: its steps, and the texts of open ones. Costs no hint.

    Texts are in the language of `Accept-Language` where there are some, the solution in the run's if there is one.
    """
    return json_response(ladder_document(ladder_of_run(_reader(request), history_id)))


@router.post(
    "/{history_id}/hints/",
    response=_OPENED,
    operation_id="open_hint",
    openapi_extra=with_headers(201, RATE_LIMIT),
)
def open_hint(request: HttpRequest, history_id: Id, payload: Payload = None) -> HttpResponse:
    """Opens the next step for one use of `hint`: 201. One that is open, wherever it was opened, costs nothing: 200."""
    body = payload or OpenStepIn()
    return _opened_response(open_of_run(_reader(request), history_id, body.step, confirmed=body.confirmed))


@problem_router.get(
    "/{problem_id}/hints/", response=responses(LadderOut, *_REFUSED), operation_id="get_problem_hints"
)
def get_problem_hints(request: HttpRequest, problem_id: Id) -> HttpResponse:
    """The ladder of hints of a problem, without a run: its steps, and the texts of open ones. Costs no hint."""
    return json_response(ladder_document(ladder_of_problem(_reader(request), problem_id)))


@problem_router.post(
    "/{problem_id}/hints/",
    response=_OPENED,
    operation_id="open_problem_hint",
    openapi_extra=with_headers(201, RATE_LIMIT),
)
def open_problem_hint(request: HttpRequest, problem_id: Id, payload: Payload = None) -> HttpResponse:
    """Opens the next step for one use of `hint`: 201. One that is open, wherever it was opened, costs nothing: 200."""
    body = payload or OpenStepIn()
    return _opened_response(
        open_of_problem(_reader(request), problem_id, body.step, confirmed=body.confirmed)
    )
