"""Google's ID tokens: who a token speaks of, when everything about it is as it has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from api.accounts.google_certificates import CertificatesUnavailable, certificates
from api.accounts.refusals import unproven
from api.http.faults import NOT_FOUND, UNAVAILABLE, Refusal

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
    """Raises `Refusal`, 404, where sign-in with Google is not set up."""
    if not settings.GOOGLE_CLIENT_IDS:
        raise Refusal(NOT_FOUND, "Sign-in with Google is not set up here.")


def google_account(id_token: str, nonce: str) -> GoogleAccount:
    """Who signs in with an ID token that Google made for us and for this nonce.

    Raises `Refusal`: 401 for a token that does not hold, 404 where Google's sign-in is not set up, 503 when
    Google's certificates cannot be read. No call of the table; at most one request to Google, mostly none.
    """
    require_google()
    claims = _verified(id_token)
    if claims.get("iss") not in ISSUERS:
        raise unproven("Google did not issue this ID token.")
    if claims.get("nonce") != nonce:
        raise unproven("The ID token is of another sign-in: its nonce differs.")
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise unproven("The ID token does not say of whom it speaks.")
    if claims.get("email_verified") is not True or not isinstance(email, str) or not email.strip():
        raise unproven("Google has not verified the e-mail address of this account.")
    picture = _text(claims, "picture", _MAX_PICTURE)
    is_address = picture is not None and picture.startswith("https://")
    return GoogleAccount(
        subject, email.strip(), _text(claims, "name", _MAX_NAME), picture if is_address else None
    )


def _text(claims: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def _verified(id_token: str) -> Mapping[str, Any]:
    """The claims of a token with a valid signature, audience and time; what google-auth says is not passed on."""
    audience = list(settings.GOOGLE_CLIENT_IDS)
    try:
        key_id = jwt.decode_header(id_token).get("kid")
        if not isinstance(key_id, str):
            raise unproven("This is not an ID token of Google.")
        known = certificates().including(key_id)
        claims = jwt.decode(id_token, known, audience=audience, clock_skew_in_seconds=CLOCK_SKEW_SECONDS)
    except CertificatesUnavailable:
        raise Refusal(
            UNAVAILABLE, "Google's certificates cannot be read at the moment.", headers={"Retry-After": "5"}
        ) from None
    except (GoogleAuthError, ValueError, TypeError, AttributeError, RecursionError):
        raise unproven("This ID token is not valid, not for this service, or too old.") from None
    return cast("Mapping[str, Any]", claims)
