"""Who asks: what an access token says, and the user's record where a token is not enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest

from api.composition import repositories
from api.dynamodb.repositories.records import User
from api.http.faults import FORBIDDEN, UNAUTHENTICATED, Refusal


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as of the token's making at most ten minutes ago; nobody known with user id -1."""

    user_id: int
    session_id: int
    plan_id: int | None
    is_staff: bool

    @property
    def is_known(self) -> bool:
        """Whether somebody is signed in."""
        return self.user_id >= 0

    @property
    def reader(self) -> str:
        """What cursors are bound to: the user, or everybody who is not signed in."""
        return str(self.user_id) if self.user_id >= 0 else "anybody"


NOBODY = Identity(-1, 0, None, False)


def identity_of(request: HttpRequest) -> Identity:
    """Who makes this request of the API; `NOBODY` where an operation is for everyone."""
    return cast(Identity, request.auth)  # type: ignore[attr-defined]


def ended() -> Refusal:
    """The refusal of a token whose account is gone or closed."""
    return Refusal(
        UNAUTHENTICATED, "This account is closed, or the session has ended: sign in again.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )  # fmt: skip


def active_user(identity: Identity) -> User:
    """The user's record, for whatever writes: a closed account writes nothing more.

    Raises `Refusal`: 401. One GetItem: 0.5 RCU.
    """
    user = repositories().users.get_user(identity.user_id)
    if user is None or not user["is_active"]:
        raise ended()
    return user


def staff_user(identity: Identity) -> User:
    """The record of a staff member as it is now. Raises `Refusal`: 401, 403. One GetItem, consistent: 1 RCU."""
    user = repositories().users.get_user(identity.user_id, consistent=True)
    if user is None or not user["is_active"]:
        raise ended()
    if not user["is_staff"]:
        raise Refusal(FORBIDDEN, "This is for staff.")
    return user
