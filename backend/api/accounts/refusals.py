"""Why somebody is not signed in."""

from __future__ import annotations

from api.dynamodb.repositories.records import User
from api.http.faults import FORBIDDEN, UNAUTHENTICATED, Refusal


def unproven(detail: str) -> Refusal:
    """The refusal, 401, of a sign-in whose proof does not hold."""
    return Refusal(UNAUTHENTICATED, detail, headers={"WWW-Authenticate": "Bearer"})


def refuse_closed(user: User) -> User:
    """The user itself. Raises `Refusal`, 403, for a closed account."""
    if not user["is_active"]:
        raise Refusal(FORBIDDEN, "This account is closed.")
    return user
