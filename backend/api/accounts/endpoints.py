"""Signing in and out of the API."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from api.accounts import nonces
from api.accounts.attempt_limits import client_address
from api.accounts.bearer import by_session
from api.accounts.development import require_secret, sign_in_by_email
from api.accounts.devices import device_name
from api.accounts.identity import identity_of
from api.accounts.models import (
    DevelopmentIn,
    GoogleIn,
    NonceOut,
    RefreshIn,
    SessionPage,
    TokensOut,
    session_document,
    tokens_document,
)
from api.accounts.sign_in import (
    SignedIn,
    end_session,
    list_sessions,
    refresh,
    sign_in_with_google,
    sign_out,
    sign_out_everywhere,
    tokens_of,
)
from api.dynamodb.schema.ids import MAX_ID
from api.http.json_responses import json_response
from api.http.openapi import LINK, responses, with_headers
from api.http.paging import CursorQuery, LimitQuery, page_response, unseal
from api.http.problem_types import (
    CONFLICT,
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    TOO_LARGE,
    TOO_MANY_ATTEMPTS,
    UNAUTHENTICATED,
)

router = Router(tags=["sign-in"])
_INVALID_BODY = (INVALID, TOO_LARGE)


def _device(request: HttpRequest) -> str | None:
    return device_name(request.META.get("HTTP_USER_AGENT"))


def _tokens(signed_in_user: SignedIn) -> HttpResponse:
    return json_response(tokens_document(tokens_of(signed_in_user)))


@router.post("/nonce/", response=responses(NonceOut), operation_id="new_nonce")
def new_nonce(request: HttpRequest) -> HttpResponse:
    """A nonce to ask Google for an ID token with; it serves one sign-in within ten minutes."""
    return json_response({"nonce": nonces.new_nonce(), "expires_in": nonces.NONCE_SECONDS})


@router.post(
    "/google/",
    response=responses(
        TokensOut, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, CONFLICT, TOO_MANY_ATTEMPTS, *_INVALID_BODY
    ),
    operation_id="sign_in_with_google",
)
def google(request: HttpRequest, payload: GoogleIn) -> HttpResponse:
    """Signs in by an ID token of Google; who comes for the first time becomes a user.

    404 where Google's sign-in is not set up, 409 when the e-mail address belongs to a user with another Google account.
    """
    signed_in_user = sign_in_with_google(
        payload.id_token, payload.nonce, kind="api", device=_device(request), address=client_address(request)
    )
    return _tokens(signed_in_user)


@router.post(
    "/development/",
    response=responses(TokensOut, FORBIDDEN, NOT_FOUND, TOO_MANY_ATTEMPTS, *_INVALID_BODY),
    operation_id="sign_in_for_development",
)
def development(request: HttpRequest, payload: DevelopmentIn) -> HttpResponse:
    """Signs in as any user by e-mail address: in debug, from the service's own machine, with the secret of the link
    that `make run` prints. For all others it does not exist.
    """
    require_secret(request, payload.secret)
    signed_in_user = sign_in_by_email(
        payload.email, kind="api", device=_device(request), address=client_address(request)
    )
    return _tokens(signed_in_user)


@router.post(
    "/refresh/",
    response=responses(TokensOut, UNAUTHENTICATED, TOO_MANY_ATTEMPTS, *_INVALID_BODY),
    operation_id="refresh_tokens",
)
def refresh_tokens(request: HttpRequest, payload: RefreshIn) -> HttpResponse:
    """Exchanges a refresh token for new tokens.

    For a minute the same refresh token gets the same new one, so a request whose answer was lost can be sent again.
    One that comes later ends its session, since it may be in the wrong hands. A session lasts 30 days from its last
    use, and 90 days from its sign-in.
    """
    return json_response(tokens_document(refresh(payload.refresh_token, address=client_address(request))))


@router.post("/logout/", response=responses(None, *_INVALID_BODY, status=204), operation_id="sign_out")
def logout(request: HttpRequest, payload: RefreshIn) -> HttpResponse:
    """Ends the session of a refresh token. Also 204 for one that does not hold (RFC 7009)."""
    sign_out(payload.refresh_token)
    return HttpResponse(status=204)


@router.post(
    "/logout-everywhere/",
    auth=by_session,
    response=responses(None, UNAUTHENTICATED, status=204),
    operation_id="sign_out_everywhere",
)
def logout_everywhere(request: HttpRequest) -> HttpResponse:
    """Ends all my sessions, this one too. Access tokens that are out hold for ten minutes at most."""
    sign_out_everywhere(identity_of(request).user_id)
    return HttpResponse(status=204)


@router.get(
    "/sessions/",
    auth=by_session,
    response=responses(SessionPage, UNAUTHENTICATED, INVALID),
    operation_id="list_sessions",
    openapi_extra=with_headers(200, LINK),
)
def sessions(request: HttpRequest, limit: LimitQuery = 50, cursor: CursorQuery = None) -> HttpResponse:
    """The devices on which I am signed in, newest first."""
    me = identity_of(request)
    scope = f"sessions|{me.reader}"
    page = list_sessions(me.user_id, limit=limit, cursor=unseal(cursor, scope))
    return page_response(request, [session_document(session, me.session_id) for session in page], page, scope)


@router.delete(
    "/sessions/{session_id}/",
    auth=by_session,
    response=responses(None, UNAUTHENTICATED, NOT_FOUND, INVALID, status=204),
    operation_id="end_session",
)
def delete_session(request: HttpRequest, session_id: Annotated[int, Path(ge=0, le=MAX_ID)]) -> HttpResponse:
    """Signs one of my devices out. Its access token holds for ten minutes at most."""
    end_session(identity_of(request).user_id, session_id)
    return HttpResponse(status=204)
