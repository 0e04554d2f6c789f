"""Personal access tokens: what a person's own programs use the API with, limited by scopes and an expiry date.

A token is `algoitny_{user id}.{id}.{secret}`. It is kept as a session of the kind "token", so closing an account and
signing out everywhere end it too. It never reaches what belongs to the person alone: sessions, tokens, the export and
the deletion of the account.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from api.accounts.identity import INVALID_TOKEN, Identity
from api.accounts.session_tokens import hash_of, new_secret, read_token, token_text
from api.accounts.sign_in import session_in_use
from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.records import Session, User
from api.dynamodb.table.cursor import Page
from api.http.errors import ApiError, invalid_field
from api.http.text_rules import InvalidText, checked_name

logger = logging.getLogger("algoitny.sign_in")

Scope = Literal["read", "write", "staff"]
SCOPES: tuple[Scope, ...] = ("read", "write", "staff")
PREFIX = "algoitny_"
MAX_NAME, MAX_DAYS, MAX_TOKENS = 60, 365, 20
# What the page offers, in days.
PERIODS = (7, 30, 90, 365)


class NewToken(NamedTuple):
    """A token that was made just now, and its text, which is shown this once."""

    session: Session
    text: str


def create_token(user: User, name: str, scopes: Collection[Scope], days: int) -> NewToken:
    """Makes a token of a user who has signed in recently.

    name: what the user knows it by. scopes: one or more of `SCOPES`. days: 1 to 365, until it expires.

    Raises `ApiError`: 403 for the staff scope of somebody who is not, 409 for more than 20 tokens, 422. One Query,
    consistent (1 RCU per 15 sessions), and one PutItem: 1 WCU.
    """
    try:
        name = checked_name(" ".join(name.split()), MAX_NAME)
    except InvalidText as invalid:
        raise invalid_field("body.name", invalid.code, **invalid.parameters) from None
    if not scopes or not set(scopes) <= set(SCOPES):
        raise invalid_field("body.scopes", "choices", choices=", ".join(SCOPES))
    if not 1 <= days <= MAX_DAYS:
        raise invalid_field("body.days", "days", limit=MAX_DAYS)
    if "staff" in scopes and not user["is_staff"]:
        raise ApiError("staff_only")
    if len(list_tokens(user["user_id"])) >= MAX_TOKENS:
        raise ApiError("too_many_tokens", limit=MAX_TOKENS)
    secret = new_secret()
    session = repositories().sessions.create_session(
        user["user_id"], "token", hash_of(secret), utc_now() + timedelta(days=days), name,
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
    )  # fmt: skip
    about = {"user_id": user["user_id"], "session_id": session["session_id"], "scopes": session["scopes"]}
    logger.info("personal token created", extra={"fields": about})
    return NewToken(session, PREFIX + token_text("token", user["user_id"], session["session_id"], secret))


def list_tokens(user_id: int) -> Page[Session]:
    """A user's tokens that have not expired, newest first; at most 20. One Query: 1 RCU for 15 sessions."""
    return repositories().sessions.list_sessions(user_id, kinds=("token",), limit=MAX_TOKENS)


def revoke_token(user_id: int, token_id: int) -> None:
    """Ends a token at once. Raises `ApiError`, 404, where the user has no such token. One DeleteItem: 1 WCU."""
    if not repositories().sessions.delete_session(user_id, token_id):
        raise ApiError("token_not_found")


def scopes_of(token: Session) -> list[str]:
    """What a token may do."""
    return (token["scopes"] or "").split()


def identity_of_token(text: str) -> Identity:
    """Who a token speaks for. Raises `ApiError`, 401, unless it is one of ours that has neither expired nor ended.

    No call for a forged one, otherwise one BatchGetItem: 1 RCU, and once a day one UpdateItem: 1 WCU.
    """
    token = read_token("token", text.removeprefix(PREFIX))
    in_use = None if token is None else session_in_use("token", token, expiry_of)
    if in_use is None:
        raise ApiError("personal_token_invalid", headers=INVALID_TOKEN)
    session, user = in_use
    return Identity(
        user["user_id"], session["session_id"], user["subscription_plan_id"], user["is_staff"],
        frozenset(scopes_of(session)),
    )  # fmt: skip


def expiry_of(token: Session) -> datetime:
    """When a token expires, in UTC."""
    return datetime.fromtimestamp(token["expires_at"], UTC)
