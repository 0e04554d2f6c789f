"""Development sign-in: by e-mail address without a password, for who has the secret of the run.

`make run` makes the secret and prints it in a link. A proxy on the same machine that sends no forwarding header, an
ssh tunnel or socat look like a browser on this machine, so being there is required, and opens nothing.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from api.accounts.attempt_limits import count_failure, refuse_denied
from api.accounts.identity import require_open
from api.accounts.session_tokens import Kind
from api.accounts.sign_in import SignedIn, open_session
from api.composition import repositories
from api.http.errors import ApiError

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")
# The demonstration's first users; the first is staff. The fourth comes last: it has thousands of runs, which the
# embedded engine sorts for each page, too slowly on a busy machine.
_SUGGESTED_IDS = (1, 2, 3, 5, 6, 4)
_SUGGESTIONS = 4


class Suggestion(NamedTuple):
    """A user to sign in as by one click."""

    name: str
    email: str
    is_staff: bool


def _is_loopback(host: str) -> bool:
    name = host.strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def is_own_machine(request: HttpRequest) -> bool:
    """Whether debug is on, and client and Host header are this machine's, with no proxy between.

    The Host header reveals another site whose name was made to resolve to this machine (DNS rebinding).
    """
    meta = request.META
    return (
        bool(settings.DEBUG)
        and _is_loopback(meta.get("REMOTE_ADDR", ""))
        and _is_loopback(split_domain_port(meta.get("HTTP_HOST", ""))[0])
        and not any(name in meta for name in _FORWARDED)
    )


def has_secret(request: HttpRequest, secret: str) -> bool:
    """Whether a request from this machine may use the development sign-in: it brings the secret of this run."""
    expected = settings.SIGN_IN_SECRET or ""
    return (
        bool(expected) and is_own_machine(request) and hmac.compare_digest(secret.encode(), expected.encode())
    )


def require_secret(request: HttpRequest, secret: str) -> None:
    """Raises `ApiError`, 404, where the development sign-in may not be used."""
    if not has_secret(request, secret):
        raise ApiError("page_not_found")


def sign_in_by_email(email: str, *, kind: Kind, device: str | None, address: str) -> SignedIn:
    """Signs in the user who has the e-mail address; creates none. Call `require_secret` first.

    Raises `ApiError`: 404 for an unknown address, 403 for a closed account, 429 after too many unknown ones. Two
    GetItems (2 RCU), UpdateItem (2 WCU) and PutItem (1 WCU); for an unknown address one UpdateItem (1 WCU).
    """
    if not settings.DEBUG:
        raise ApiError("page_not_found")
    refuse_denied(address, "sign_in")
    user = repositories().users.get_user_for_sign_in(email)
    if user is None:
        count_failure(address, "sign_in")
        raise ApiError("unknown_email")
    require_open(user)
    return open_session(repositories().users.record_login(user["user_id"]), kind, device)


def suggested_users() -> list[Suggestion]:
    """Up to four users of the demonstration, staff first. One BatchGetItem: 2.5 RCU."""
    candidates = repositories().users.get_users(_SUGGESTED_IDS).values()
    suggestions = [
        Suggestion(user["name"] or user["email"], user["email"], user["is_staff"])
        for user in candidates
        if user["is_active"] and user["email"]
    ]
    staff = [suggestion for suggestion in suggestions if suggestion.is_staff]
    users = [suggestion for suggestion in suggestions if not suggestion.is_staff]
    return [*staff[:1], *users][:_SUGGESTIONS]
