"""Authenticates requests of the API by `Authorization: Bearer` with an access token (RFC 6750)."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security.base import AuthBase

from api.accounts.identity import ANONYMOUS, INVALID_TOKEN, Identity
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
        try:
            return read_access_token(token.strip())
        except TokenInvalid as error:
            raise ApiError(error.code, headers=INVALID_TOKEN) from None

    def without_token(self) -> Identity:
        """The identity of a caller without a token."""
        raise ApiError("sign_in_required")


class OptionalBearer(Bearer):
    """An operation for everyone that shows more to signed-in users; a token that is sent must be valid."""

    is_optional = True

    def without_token(self) -> Identity:
        """The anonymous identity."""
        return ANONYMOUS


signed_in, maybe_signed_in = Bearer(), OptionalBearer()
