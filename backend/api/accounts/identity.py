"""The identity of a caller: from the access token, and from the user's record where a token is not enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.http import HttpRequest

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.ids import moment_of
from api.dynamodb.schema.records import User
from api.http.errors import ApiError

# What cannot be undone or shows everything wants a sign-in that is no older.
_RECENT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller as the access token describes them (at most ten minutes old); user id -1 is anonymous.

    `scopes` are those of a personal access token, None for a person who has signed in and may do everything.
    """

    user_id: int
    session_id: int
    plan_id: int | None
    is_staff: bool
    scopes: frozenset[str] | None = None

    @property
    def is_known(self) -> bool:
        """Whether the caller is signed in."""
        return self.user_id >= 0

    @property
    def reader(self) -> str:
        """The reader that cursors are bound to: the user, or everyone who is not signed in."""
        return str(self.user_id) if self.user_id >= 0 else "anybody"

    @property
    def signed_in_recently(self) -> bool:
        """Whether this person signed in during the last 15 minutes; neither a renewal nor a token is one."""
        return self.scopes is None and utc_now() - moment_of(self.session_id) < _RECENT


ANONYMOUS = Identity(-1, 0, None, False)
# The challenge of a 401 for a token that does not hold (RFC 6750).
INVALID_TOKEN = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


# The challenge of a 401 for a sign-in that is too long ago (RFC 9470).
_SIGN_IN_AGAIN = {
    "WWW-Authenticate": f'Bearer error="insufficient_user_authentication", max_age="{int(_RECENT.total_seconds())}"'
}


def identity_of(request: HttpRequest) -> Identity:
    """The caller of this request of the API; may be `ANONYMOUS` where an operation is for everyone."""
    return cast(Identity, request.auth)  # type: ignore[attr-defined]


def session_ended() -> ApiError:
    """The error for a token whose account is gone or closed."""
    return ApiError("session_ended", headers=INVALID_TOKEN)


def require_recent_sign_in(identity: Identity) -> None:
    """Raises `ApiError`, 401, unless the caller has signed in during the last 15 minutes. No call."""
    if not identity.signed_in_recently:
        raise ApiError("sign_in_again", headers=_SIGN_IN_AGAIN)


def require_open(user: User) -> User:
    """The user. Raises `ApiError`, 403, for a closed account."""
    if not user["is_active"]:
        raise ApiError("account_closed")
    return user


def active_user(identity: Identity) -> User:
    """The user's record, for whatever writes: a closed account writes nothing more.

    Raises `ApiError`: 401. One GetItem: 0.5 RCU.
    """
    return require_active(repositories().users.get_user(identity.user_id))


def require_active(user: User | None) -> User:
    """The user. Raises `ApiError`, 401, for an account that is gone or closed."""
    if user is None or not user["is_active"]:
        raise session_ended()
    return user


def staff_user(identity: Identity) -> User:
    """The record of a staff member as it is now. Raises `ApiError`: 401, 403. One GetItem, consistent: 1 RCU."""
    user = require_active(repositories().users.get_user(identity.user_id, consistent=True))
    if not user["is_staff"]:
        raise ApiError("staff_only")
    return user
