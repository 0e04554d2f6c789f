"""Bearer tokens: a signed JWT names the user, who is then loaded, as simplejwt does it."""

from __future__ import annotations

from typing import Any

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from benchmarks.peers.drf_service.models import Account

ALGORITHM = "HS256"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an access token."""

    def authenticate(self, request: Any) -> tuple[Account, Any] | None:
        """The user and the token's claims; None without a token."""
        header = get_authorization_header(request).split()
        if not header or header[0].lower() != b"bearer":
            return None
        if len(header) != 2:
            raise AuthenticationFailed("The header is not a bearer token.")
        try:
            claims = jwt.decode(
                header[1], settings.SECRET_KEY, [ALGORITHM], options={"require": ["exp", "user_id"]}
            )
            user = Account.objects.get(pk=claims["user_id"])
        except (jwt.InvalidTokenError, Account.DoesNotExist):
            raise AuthenticationFailed("The token is not valid.") from None
        if not user.is_active:
            raise AuthenticationFailed("The account is closed.")
        return user, claims

    def authenticate_header(self, request: Any) -> str:
        """What a 401 asks for."""
        return "Bearer"
