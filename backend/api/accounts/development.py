"""Signing in without a password, by the e-mail address of any user: on a developer's own machine and nowhere else."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from api.accounts.addresses import count_attempt
from api.accounts.refusals import refuse_closed
from api.accounts.session_tokens import Kind
from api.accounts.sign_in import SignedIn, open_session
from api.composition import repositories
from api.http.faults import NOT_FOUND, Refusal

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")
# The demonstration's first users: the first one is staff. The fourth has thousands of runs, and comes last: the
# embedded engine sorts all of them for each page, which takes a busy machine too long.
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
    """Whether debug is on, and client, Host header and way are all this machine's: no proxy has passed it on.

    The Host header tells a page of another site that made its name point here.
    """
    meta = request.META
    return (
        bool(settings.DEBUG)
        and _is_loopback(meta.get("REMOTE_ADDR", ""))
        and _is_loopback(split_domain_port(meta.get("HTTP_HOST", ""))[0])
        and not any(name in meta for name in _FORWARDED)
    )


def require_own_machine(request: HttpRequest) -> None:
    """Raises `Refusal`, 404: where it may not be used, the development sign-in does not exist."""
    if not is_own_machine(request):
        raise Refusal(NOT_FOUND, "Nothing is at this address.")


def sign_in_by_email(email: str, *, kind: Kind, device: str | None, address: str) -> SignedIn:
    """Signs in the user who has the e-mail address; makes none. The caller has called `require_own_machine`.

    Raises `Refusal`: 404 for an unknown address, 403 for a closed account, 429. One UpdateItem (1 WCU), two
    GetItems (2 RCU), UpdateItem (2 WCU) and PutItem (1 WCU).
    """
    if not settings.DEBUG:
        raise Refusal(NOT_FOUND, "Nothing is at this address.")
    count_attempt(address, "sign_in")
    user = repositories().users.get_user_by_email(email, consistent=True)
    if user is None:
        raise Refusal(NOT_FOUND, "No user has this e-mail address.")
    refuse_closed(user)
    return open_session(repositories().users.record_login(user["user_id"]), kind, device)


def suggested_users() -> list[Suggestion]:
    """Up to four users of the demonstration, staff first. One BatchGetItem: 2.5 RCU."""
    users = repositories().users.get_users(_SUGGESTED_IDS).values()
    found = [
        Suggestion(user["name"] or user["email"], user["email"], user["is_staff"])
        for user in users
        if user["is_active"] and user["email"]
    ]
    staff, others = [one for one in found if one.is_staff][:1], [one for one in found if not one.is_staff]
    return [*staff, *others][:_SUGGESTIONS]
