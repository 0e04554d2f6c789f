"""How the API learns who asks: `Authorization: Bearer` with an access token (RFC 6750), and nothing else."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security.base import AuthBase

from api.accounts.identity import NOBODY, Identity
from api.accounts.tokens import TokenInvalid, read_access_token
from api.http.faults import UNAUTHENTICATED, Refusal


def _refused(detail: str, challenge: str) -> Refusal:
    return Refusal(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})


class Bearer(AuthBase):
    """An operation for who is signed in."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "JWT"  # noqa: N815 (OpenAPI's name)
    is_optional = False

    def __call__(self, request: HttpRequest) -> Identity:
        """Who asks. Raises `Refusal`: 401."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if not header:
            return self.without_token()
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise _refused("Send the access token as `Authorization: Bearer`.", "Bearer")
        try:
            return read_access_token(token.strip())
        except TokenInvalid as error:
            raise _refused(str(error), 'Bearer error="invalid_token"') from None

    def without_token(self) -> Identity:
        """Who asks without a token."""
        raise _refused("Sign in, and send the access token as `Authorization: Bearer`.", "Bearer")


class OptionalBearer(Bearer):
    """An operation for everyone, which shows more to who is signed in; a token that is sent must be valid."""

    is_optional = True

    def without_token(self) -> Identity:
        """Nobody."""
        return NOBODY


signed_in, maybe_signed_in = Bearer(), OptionalBearer()
