"""Authenticates requests of the API by `Authorization: Bearer` (RFC 6750).

The token is an access token of a session, which may do what its user may, or a personal access token, which is limited
to its scopes: `read` to look, `write` to change, `staff` for what only staff do.
"""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security.base import AuthBase

from api.accounts.identity import ANONYMOUS, INVALID_TOKEN, Identity
from api.accounts.personal_tokens import PREFIX, identity_of_token
from api.accounts.tokens import TokenInvalid, read_access_token
from api.http.errors import ApiError


class Bearer(AuthBase):
    """An operation for signed-in users."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "JWT"  # noqa: N815 (OpenAPI's name)
    is_optional = False

    def __call__(self, request: HttpRequest) -> Identity:
        """The caller's identity. Raises `ApiError`: 401."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if not header:
            return self.without_token()
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise ApiError("bearer_required")
        token = token.strip()
        if token.startswith(PREFIX):
            return self._within_scopes(request, identity_of_token(token))
        try:
            return read_access_token(token)
        except TokenInvalid as error:
            raise ApiError(error.code, headers=INVALID_TOKEN) from None

    def _within_scopes(self, request: HttpRequest, identity: Identity) -> Identity:
        scope = self.scope_of(request)
        if scope not in (identity.scopes or ()):
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            raise ApiError("scope_missing", headers={"WWW-Authenticate": challenge}, scope=scope)
        return identity

    def scope_of(self, request: HttpRequest) -> str:
        """The scope that a personal token needs for this request. Raises `ApiError`, 403, where none is enough."""
        return "read" if request.method in ("GET", "HEAD") else "write"

    def without_token(self) -> Identity:
        """The identity of a caller without a token."""
        raise ApiError("sign_in_required")


class OptionalBearer(Bearer):
    """An operation for everyone that shows more to signed-in users; a token that is sent must be valid."""

    is_optional = True

    def without_token(self) -> Identity:
        """The anonymous identity."""
        return ANONYMOUS


class SessionBearer(Bearer):
    """An operation on the account itself, which no personal token reaches."""

    def scope_of(self, request: HttpRequest) -> str:
        """Raises `ApiError`: 403."""
        raise ApiError("session_required")


signed_in, maybe_signed_in, by_session = Bearer(), OptionalBearer(), SessionBearer()
