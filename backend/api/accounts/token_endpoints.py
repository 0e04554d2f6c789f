"""Personal access tokens of the API: made, listed and revoked by their owner, never by a token."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from api.accounts.bearer import by_session
from api.accounts.identity import active_user, identity_of, require_recent_sign_in
from api.accounts.models import (
    NewPersonalTokenOut,
    PersonalTokenIn,
    PersonalTokenList,
    new_personal_token_document,
    personal_token_document,
)
from api.accounts.personal_tokens import create_token, list_tokens, revoke_token
from api.dynamodb.schema.ids import MAX_ID
from api.http.json_responses import json_response
from api.http.openapi import responses
from api.http.problem_types import CONFLICT, INVALID, NOT_FOUND, TOO_LARGE, UNAUTHENTICATED

router = Router(tags=["me"], auth=by_session)


@router.get("/", response=responses(PersonalTokenList, UNAUTHENTICATED), operation_id="list_personal_tokens")
def personal_tokens(request: HttpRequest) -> HttpResponse:
    """My personal tokens that have not expired, newest first; at most 20."""
    tokens = list_tokens(identity_of(request).user_id)
    return json_response({"items": [personal_token_document(token) for token in tokens]})


@router.post(
    "/",
    response=responses(NewPersonalTokenOut, UNAUTHENTICATED, CONFLICT, INVALID, TOO_LARGE, status=201),
    operation_id="create_personal_token",
)
def create_personal_token(request: HttpRequest, payload: PersonalTokenIn) -> HttpResponse:
    """Makes a personal token, whose text is shown this once. It needs a sign-in of the last 15 minutes."""
    require_recent_sign_in(identity_of(request))
    user = active_user(identity_of(request))
    created = create_token(user, payload.name, payload.scopes, payload.days)
    return json_response(new_personal_token_document(created), status=201)


@router.delete(
    "/{token_id}/",
    response=responses(None, UNAUTHENTICATED, NOT_FOUND, INVALID, status=204),
    operation_id="revoke_personal_token",
)
def revoke_personal_token(
    request: HttpRequest, token_id: Annotated[int, Path(ge=0, le=MAX_ID)]
) -> HttpResponse:
    """Revokes one of my personal tokens at once."""
    revoke_token(identity_of(request).user_id, token_id)
    return HttpResponse(status=204)
