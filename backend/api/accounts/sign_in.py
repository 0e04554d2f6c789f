"""Signing in and out, for the API and the pages alike: sessions are opened, renewed, shown and ended."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from api.accounts.attempt_limits import count_failure
from api.accounts.google import GoogleAccount, google_account, require_google
from api.accounts.google_users import user_of
from api.accounts.identity import require_open
from api.accounts.nonces import check_nonce, use_nonce
from api.accounts.session_tokens import Kind, SessionToken, hash_of, new_secret, read_token, token_text
from api.accounts.tokens import ACCESS_SECONDS, make_access_token
from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import DataLayerError, NotFound, TokenReplayed
from api.dynamodb.schema.ids import moment_of
from api.dynamodb.schema.records import Session, User
from api.dynamodb.table.cursor import Page
from api.http.errors import ApiError

logger = logging.getLogger("algoitny.sign_in")

# Without use, and in all from the sign-in.
SESSION_LIFETIME = timedelta(days=30)
LONGEST_SESSION = timedelta(days=90)
# A response can be lost, and two tabs can refresh at once: for so long a token gets the same answer again.
REFRESH_GRACE = timedelta(seconds=60)
_TOUCH_INTERVAL = timedelta(days=1)
_DEVICES: tuple[Kind, ...] = ("web", "api")


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

    `address` is where the attempt comes from (see `attempt_limits`), `device` what the user knows it by. A valid
    token is never refused for the failures of others at its address. Raises `ApiError`: 401, 404 and 503 as
    `google_account` says, 403 and 409 as `user_of` does, 422 for a nonce, 429 after too many failures. For a valid
    token two PutItems (2 WCU), one GetItem (1 RCU) and one UpdateItem (2 WCU), and the first time what `user_of`
    says; for an invalid one one UpdateItem (1 WCU).
    """
    account = _verified_account(id_token, nonce, address)
    use_nonce(nonce)
    user, is_recorded = user_of(account)
    if not is_recorded:
        user = repositories().users.record_login(user["user_id"])
    return open_session(user, kind, device)


def _verified_account(id_token: str, nonce: str, address: str) -> GoogleAccount:
    require_google()
    try:
        check_nonce(nonce)
        return google_account(id_token, nonce)
    except ApiError as error:
        if error.problem.status < 500:  # otherwise Google cannot be reached: nobody's failure
            count_failure(address, "sign_in")
        raise


def open_session(user: User, kind: Kind, device: str | None) -> SignedIn:
    """A new session of a user who has proved who they are. Raises `ApiError`: 403. One PutItem: 1 WCU."""
    require_open(user)
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
    """Exchanges a refresh token for new tokens; the session lasts another 30 days, but 90 days in all.

    For a minute the same token gets the same refresh token again. Afterwards it ends its session: either it was
    stolen, or who stole it was faster. Raises
    `ApiError`: 401, 429 after too many tokens from `address` that we never issued; one that we issued is always
    tried. One UpdateItem (1 WCU) and one GetItem, consistent (1 RCU); for a token that has served up to one
    DeleteItem (1 WCU) besides, for one that we never issued one UpdateItem (1 WCU) alone.
    """
    token = read_token("api", refresh_token)
    if token is None:
        count_failure(address, "refresh")
    renewed = None if token is None else _renewed(token)
    if renewed is None:
        raise ApiError("refresh_token_invalid")
    return tokens_of(renewed)


def _renewed(token: SessionToken) -> SignedIn | None:
    if _is_over(token.session_id):
        return None
    sessions, secret = repositories().sessions, token.next_secret()
    try:
        session = sessions.rotate_session(
            token.user_id, token.session_id, token.token_hash, hash_of(secret), _expiry(token.session_id),
            grace=REFRESH_GRACE,
        )  # fmt: skip
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


def _expiry(session_id: int) -> datetime:
    """When a session expires that is used now."""
    return min(utc_now() + SESSION_LIFETIME, moment_of(session_id) + LONGEST_SESSION)


def _is_over(session_id: int) -> bool:
    """Whether a session has reached its longest lifetime."""
    return moment_of(session_id) + LONGEST_SESSION <= utc_now()


def sign_out(refresh_token: str) -> None:
    """Ends the session of a refresh token, also of one that has served; any other text is nothing to end.

    Access tokens of the session hold to their end. One DeleteItem: 1 WCU.
    """
    _end(read_token("api", refresh_token))


def _end(token: SessionToken | None) -> None:
    if token is not None:
        repositories().sessions.delete_session(token.user_id, token.session_id)


def sign_out_everywhere(user_id: int) -> int:
    """Ends all sessions and personal tokens of a user; how many there were. Access tokens hold to their end.

    One Query, consistent (1 RCU), and one BatchWriteItem for 25 sessions: 1 WCU each.
    """
    return repositories().sessions.delete_all_sessions(user_id)


def list_sessions(user_id: int, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
    """The devices on which a user is signed in, newest first, up to date. One Query: 1 RCU for 15 sessions."""
    return repositories().sessions.list_sessions(user_id, kinds=_DEVICES, limit=limit, cursor=cursor)


def end_session(user_id: int, session_id: int) -> None:
    """Ends one session of a user. Raises `ApiError`, 404, where the user has no such session. One DeleteItem: 1 WCU."""
    if not repositories().sessions.delete_session(user_id, session_id):
        raise ApiError("session_not_found")


def page_session(cookie: str) -> tuple[Session, User] | None:
    """The session and the user that a page's cookie stands for; None for a cookie that opens nothing (any more).

    Once a day its use is noted, and it lasts another 30 days, but 90 in all: then `used_at` of the session is
    now, and the cookie may be given out again. One BatchGetItem: 1 RCU, and once a day one UpdateItem: 1 WCU. A
    session that is not found is looked for once more, consistently (2 RCU): it may have been opened just now.
    """
    token = read_token("web", cookie)
    if token is None or _is_over(token.session_id):
        return None
    return session_in_use("web", token, lambda session: _expiry(session["session_id"]))


def session_in_use(
    kind: Kind, token: SessionToken, expiry: Callable[[Session], datetime]
) -> tuple[Session, User] | None:
    """The session of a token and its user; None if it has ended or the account is closed. Once a day its use is noted.

    `expiry` says when a session that is used now expires. Cost as `page_session`.
    """
    sessions = repositories().sessions
    session, user = sessions.get_session_and_user(token.user_id, token.session_id)
    if session is None or user is None:
        session, user = sessions.get_session_and_user(token.user_id, token.session_id, consistent=True)
    if session is None or user is None or session["kind"] != kind or not user["is_active"]:
        return None
    if not hmac.compare_digest(session["token_hash"], token.token_hash):
        return None
    if utc_now() - session["used_at"] < _TOUCH_INTERVAL:
        return session, user
    try:
        return sessions.touch_session(
            token.user_id, token.session_id, token.token_hash, expiry(session)
        ), user
    except NotFound:
        return None
    except DataLayerError as failure:  # the request can be served; the next one notes it
        logger.warning("the use of a session was not noted: %s", type(failure).__name__)
        return session, user


def close_page_session(cookie: str) -> None:
    """Ends the session of a page's cookie; any other text is nothing to end. One DeleteItem: 1 WCU."""
    _end(read_token("web", cookie))


def _about(user_id: int, session_id: int) -> dict[str, int]:
    return {"user_id": user_id, "session_id": session_id}
