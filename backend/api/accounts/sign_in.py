"""Signing in and out, for the API and the pages alike: sessions are opened, renewed, shown and ended."""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from api.accounts.addresses import count_attempt, refuse_denied
from api.accounts.google import google_account, require_google
from api.accounts.google_users import user_of
from api.accounts.nonces import check_nonce, use_nonce
from api.accounts.refusals import refuse_closed, unproven
from api.accounts.session_tokens import Kind, SessionToken, hash_of, new_secret, read_token, token_text
from api.accounts.tokens import ACCESS_SECONDS, make_access_token
from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.cursor import Page
from api.dynamodb.errors import DataLayerError, NotFound, TokenReplayed
from api.dynamodb.repositories.records import Session, User
from api.http.faults import NOT_FOUND, Refusal

logger = logging.getLogger("algoitny.sign_in")

SESSION_LIFETIME = timedelta(days=30)
_TOUCH_INTERVAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in now, on which device, and the secret of it.

    `token` is what the client keeps: the refresh token of the API, or the value of the pages' cookie.
    """

    user: User
    session: Session
    token: str = field(repr=False)


class Tokens(NamedTuple):
    """What a client of the API goes on with: an access token for `expires_in` seconds, and what renews it."""

    access_token: str
    expires_in: int
    signed_in: SignedIn


def sign_in_with_google(
    id_token: str, nonce: str, *, kind: Kind, device: str | None, address: str
) -> SignedIn:
    """Signs in who an ID token of Google speaks of, for the nonce that it was asked with; makes their user if need be.

    `address` is where the attempt comes from (see `addresses`), `device` what the user knows it by. Raises
    `Refusal`: 401, 404 and 503 as `google_account` says, 403 and 409 as `user_of` does, 422 for a nonce, 429 for
    too many attempts. One UpdateItem (1 WCU); for a token that holds two PutItems (2 WCU), two GetItems (2 RCU) and
    one UpdateItem (2 WCU) more, and the first time what `user_of` says.
    """
    require_google()
    check_nonce(nonce)
    count_attempt(address, "sign_in")
    account = google_account(id_token, nonce)
    use_nonce(nonce)
    user, is_new = user_of(account)
    if not is_new:
        user = repositories().users.record_login(user["user_id"])
    return open_session(user, kind, device)


def open_session(user: User, kind: Kind, device: str | None) -> SignedIn:
    """A new session of a user who has proved who they are. Raises `Refusal`: 403. One PutItem: 1 WCU."""
    refuse_closed(user)
    secret, user_id = new_secret(), user["user_id"]
    session = repositories().sessions.create_session(
        user_id, kind, hash_of(secret), utc_now() + SESSION_LIFETIME, device
    )
    logger.info("signed in", extra={"fields": {**_about(user_id, session["session_id"]), "kind": kind}})
    return SignedIn(user, session, token_text(kind, user_id, session["session_id"], secret))


def tokens_of(signed_in: SignedIn) -> Tokens:
    """The tokens of a client of the API. No call."""
    access = make_access_token(signed_in.user, signed_in.session["session_id"])
    return Tokens(access, ACCESS_SECONDS, signed_in)


def refresh(refresh_token: str, *, address: str) -> Tokens:
    """Exchanges a refresh token for new tokens; it serves once, and the session lasts another 30 days.

    One that has served before ends its session: either it was stolen, or who stole it was faster. Raises
    `Refusal`: 401, 429 after too many failures. One UpdateItem (1 WCU) and one GetItem, consistent (1 RCU);
    for a failure one UpdateItem and up to one DeleteItem besides, for a token that we never made the former only.
    """
    refuse_denied(address, "refresh")
    renewed = _renewed(refresh_token)
    if renewed is None:
        count_attempt(address, "refresh")
        raise unproven("This refresh token does not hold any more: sign in again.")
    return tokens_of(renewed)


def _renewed(refresh_token: str) -> SignedIn | None:
    token = read_token("api", refresh_token)
    if token is None:
        return None
    sessions, secret = repositories().sessions, new_secret()
    try:
        session = sessions.rotate_session(
            token.user_id, token.session_id, token.token_hash, hash_of(secret), utc_now() + SESSION_LIFETIME
        )
    except NotFound:
        return None
    except TokenReplayed:
        logger.warning(
            "a refresh token came twice: its session is ended",
            extra={"fields": _about(token.user_id, token.session_id)},
        )
        return None
    user = repositories().users.get_user(token.user_id, consistent=True)
    if user is None or not user["is_active"]:
        sessions.delete_session(token.user_id, token.session_id)
        return None
    return SignedIn(user, session, token_text("api", token.user_id, token.session_id, secret))


def sign_out(refresh_token: str) -> None:
    """Ends the session of a refresh token, also of one that has served; any other text is nothing to end.

    Access tokens of the session hold to their end. One DeleteItem: 1 WCU.
    """
    _end(read_token("api", refresh_token))


def _end(token: SessionToken | None) -> None:
    if token is not None:
        repositories().sessions.delete_session(token.user_id, token.session_id)


def sign_out_everywhere(user_id: int) -> int:
    """Ends all sessions of a user, of the API and of the pages; how many there were. Access tokens hold to their end.

    One Query, consistent (1 RCU), and one BatchWriteItem for 25 sessions: 1 WCU each.
    """
    return repositories().sessions.delete_all_sessions(user_id)


def list_sessions(user_id: int, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
    """A user's sessions, newest first, up to date. One Query: 1 RCU for 15 sessions."""
    return repositories().sessions.list_sessions(user_id, limit=limit, cursor=cursor)


def end_session(user_id: int, session_id: int) -> None:
    """Ends one session of a user. Raises `Refusal`, 404, where the user has no such session. One DeleteItem: 1 WCU."""
    if not repositories().sessions.delete_session(user_id, session_id):
        raise Refusal(NOT_FOUND, "You have no such session.")


def page_session(cookie: str) -> tuple[Session, User] | None:
    """The session and the user that a page's cookie stands for; None for a cookie that opens nothing (any more).

    Once a day its use is noted, and it lasts another 30 days: then `used_at` of the session is now, and the
    cookie may be given out again. One BatchGetItem: 1 RCU, and once a day one UpdateItem: 1 WCU. A session that
    is not found is looked for once more, consistently (2 RCU), since it may have been opened just now.
    """
    token = read_token("web", cookie)
    if token is None:
        return None
    sessions = repositories().sessions
    session, user = sessions.get_session_and_user(token.user_id, token.session_id)
    if session is None or user is None:
        session, user = sessions.get_session_and_user(token.user_id, token.session_id, consistent=True)
    if session is None or user is None or session["kind"] != "web" or not user["is_active"]:
        return None
    if not hmac.compare_digest(session["token_hash"], token.token_hash):
        return None
    if utc_now() - session["used_at"] < _TOUCH_INTERVAL:
        return session, user
    try:
        lasts = utc_now() + SESSION_LIFETIME
        return sessions.touch_session(token.user_id, token.session_id, token.token_hash, lasts), user
    except NotFound:
        return None
    except DataLayerError as failure:  # the page can be shown; the next one notes it
        logger.warning("the use of a session was not noted: %s", type(failure).__name__)
        return session, user


def close_page_session(cookie: str) -> None:
    """Ends the session of a page's cookie; any other text is nothing to end. One DeleteItem: 1 WCU."""
    _end(read_token("web", cookie))


def _about(user_id: int, session_id: int) -> dict[str, int]:
    return {"user_id": user_id, "session_id": session_id}
