"""Verification of Google's ID tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from api.accounts.google_certificates import CertificatesUnavailable, certificates
from api.http.errors import ApiError
from api.http.text_rules import shown_name

ISSUERS = ("accounts.google.com", "https://accounts.google.com")
CLOCK_SKEW_SECONDS = 10
_MAX_NAME, _MAX_PICTURE, _MAX_SUBJECT = 200, 1000, 255


@dataclass(frozen=True, slots=True)
class GoogleAccount:
    """A Google account: `google_id` is its `sub` and stays when everything else changes; the e-mail is verified."""

    google_id: str
    email: str
    name: str | None
    picture: str | None


def require_google() -> None:
    """Raises `ApiError`, 404, where sign-in with Google is not set up."""
    if not settings.GOOGLE_CLIENT_IDS:
        raise ApiError("google_not_configured")


def google_account(id_token: str, nonce: str) -> GoogleAccount:
    """The Google account in an ID token that Google issued to this service for this nonce.

    Raises `ApiError`: 401 for an invalid token, 404 where Google's sign-in is not set up, 503 when
    Google's certificates cannot be read. No call of the table; at most one request to Google, mostly none.
    """
    require_google()
    claims = _verified(id_token)
    if claims.get("iss") not in ISSUERS:
        raise ApiError("id_token_issuer")
    if claims.get("nonce") != nonce:
        raise ApiError("id_token_nonce")
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise ApiError("id_token_subject")
    if claims.get("email_verified") is not True or not isinstance(email, str) or not email.strip():
        raise ApiError("google_email_unverified")
    picture = _text(claims, "picture", _MAX_PICTURE)
    is_address = picture is not None and picture.startswith("https://")
    return GoogleAccount(
        subject, email.strip(), shown_name(_text(claims, "name", _MAX_NAME)), picture if is_address else None
    )


def _text(claims: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def _verified(id_token: str) -> Mapping[str, Any]:
    """The claims of a token with valid signature, audience and time; messages of google-auth are not passed on."""
    audience = list(settings.GOOGLE_CLIENT_IDS)
    try:
        key_id = jwt.decode_header(id_token).get("kid")
        if not isinstance(key_id, str):
            raise ApiError("id_token_malformed")
        pem_by_id = certificates().including(key_id)
        claims = jwt.decode(id_token, pem_by_id, audience=audience, clock_skew_in_seconds=CLOCK_SKEW_SECONDS)
    except CertificatesUnavailable:
        raise ApiError("google_unavailable", retry_after=5) from None
    except (GoogleAuthError, ValueError, TypeError, AttributeError, RecursionError):
        raise ApiError("id_token_invalid") from None
    return cast("Mapping[str, Any]", claims)
