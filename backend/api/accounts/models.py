"""What sign-in takes and gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.accounts import nonces, session_tokens
from api.accounts.personal_tokens import MAX_DAYS, MAX_NAME, NewToken, Scope, expiry_of, scopes_of
from api.accounts.sign_in import Tokens
from api.dynamodb.schema.records import Session, User
from api.http.paging import Next
from api.http.request_bodies import RequestBody, Whole


class GoogleIn(RequestBody):
    """Google's proof of who signs in."""

    id_token: str = Field(
        min_length=1, max_length=8192, description="as Google's sign-in gave it to the client"
    )
    nonce: str = Field(
        min_length=1, max_length=nonces.MAX_CHARACTERS, description="the one that the ID token was asked with"
    )


class DevelopmentIn(RequestBody):
    """Whom to sign in as."""

    email: str = Field(min_length=1, max_length=320)
    secret: str = Field(default="", max_length=200, description="from the link that `make run` prints")


class RefreshIn(RequestBody):
    """What a session goes on with, or is ended by."""

    refresh_token: str = Field(min_length=1, max_length=session_tokens.MAX_CHARACTERS)


class PersonalTokenIn(RequestBody):
    """A personal token to make."""

    name: str = Field(min_length=1, max_length=MAX_NAME, examples=["Backup script"])
    scopes: list[Scope] = Field(
        min_length=1,
        description="`read`: what I may see; `write`: recording runs, opening hints, changing what is mine; "
        "`staff`: what only staff do",
    )
    days: Whole = Field(ge=1, le=MAX_DAYS, description="until it expires")


class PersonalTokenOut(BaseModel):
    """A personal token, without its secret."""

    token_id: int
    name: str
    scopes: list[Scope]
    created_at: datetime
    used_at: datetime = Field(description="to the day; before its first use when it was created")
    expires_at: datetime


class NewPersonalTokenOut(PersonalTokenOut):
    """A personal token that was made just now."""

    token: str = Field(description="shown this once; send it as `Authorization: Bearer`")


class PersonalTokenList(BaseModel):
    """All personal tokens, newest first."""

    items: list[PersonalTokenOut]


class NonceOut(BaseModel):
    """What to ask Google with."""

    nonce: str
    expires_in: int = Field(description="seconds", examples=[nonces.NONCE_SECONDS])


class SignedInUser(BaseModel):
    """Who is signed in."""

    user_id: int
    name: str | None
    email: str | None
    picture: str | None
    is_staff: bool
    plan_id: int | None = Field(description="null: the free plan's limits")


class TokensOut(BaseModel):
    """Tokens of a session (RFC 6749, section 5.1)."""

    access_token: str = Field(description="send it as `Authorization: Bearer`")
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="seconds that the access token holds", examples=[600])
    refresh_token: str = Field(description="serves once, for the next tokens")
    session_id: int
    user: SignedInUser


class SessionOut(BaseModel):
    """A device on which I am signed in."""

    session_id: int
    kind: Literal["web", "api"] = Field(description="a browser on the pages, or a client of the API")
    device: str | None = Field(examples=["Firefox, Windows"])
    created_at: datetime
    used_at: datetime = Field(description="of pages to the day, of clients the last refresh")
    expires_at: datetime = Field(description="unless it is used before")
    is_current: bool = Field(description="whether it is the one that asks")


class SessionPage(BaseModel):
    """Sessions, newest first."""

    items: list[SessionOut]
    next: Next


def _user_document(user: User) -> dict[str, Any]:
    return {
        "user_id": user["user_id"], "name": user["name"], "email": user["email"], "picture": user["picture"],
        "is_staff": user["is_staff"], "plan_id": user["subscription_plan_id"],
    }  # fmt: skip


def tokens_document(tokens: Tokens) -> dict[str, Any]:
    """A `TokensOut`."""
    signed_in = tokens.signed_in
    return {
        "access_token": tokens.access_token, "token_type": "Bearer", "expires_in": tokens.expires_in,
        "refresh_token": signed_in.token, "session_id": signed_in.session["session_id"],
        "user": _user_document(signed_in.user),
    }  # fmt: skip


def session_document(session: Session, current_id: int) -> dict[str, Any]:
    """A `SessionOut`; `current_id` is the session that asks."""
    return {
        "session_id": session["session_id"], "kind": session["kind"], "device": session["device"],
        "created_at": session["created_at"], "used_at": session["used_at"],
        "expires_at": datetime.fromtimestamp(session["expires_at"], UTC),
        "is_current": session["session_id"] == current_id,
    }  # fmt: skip


def personal_token_document(token: Session) -> dict[str, Any]:
    """A `PersonalTokenOut`."""
    return {
        "token_id": token["session_id"], "name": token["device"], "scopes": scopes_of(token),
        "created_at": token["created_at"], "used_at": token["used_at"],
        "expires_at": expiry_of(token),
    }  # fmt: skip


def new_personal_token_document(created: NewToken) -> dict[str, Any]:
    """A `NewPersonalTokenOut`."""
    return {**personal_token_document(created.session), "token": created.text}
