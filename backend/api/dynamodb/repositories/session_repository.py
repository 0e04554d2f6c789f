"""Sessions: the devices on which a user is signed in. Only hashes of their tokens are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from api.dynamodb import ids, keys
from api.dynamodb.codec import epoch_seconds
from api.dynamodb.cursor import Page
from api.dynamodb.entities import SESSION_KINDS, TTL
from api.dynamodb.errors import ConditionFailed, Duplicate, InvalidInput, NotFound, Throttled, TokenReplayed
from api.dynamodb.expressions import Changes, Condition, above, absent, all_of, equals
from api.dynamodb.items import CODECS
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_id, check_moment, check_text
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.records import Session, User
from api.dynamodb.sign_in_items import session_item
from api.dynamodb.store import Key, key_of

_CODEC, _USER_CODEC = CODECS["session"], CODECS["user"]
_NEW_ID_ATTEMPTS = 3
_HASH, _USED, _ROTATIONS = "hsh", "usd", "rot"


def _key(user_id: int, session_id: int) -> Key:
    pk = keys.sessions_pk(check_id("user_id", user_id))
    return pk, keys.session_sk(check_id("session_id", session_id))


def _has_token(token_hash: str) -> Condition:
    """The session is there, and its token is still this one."""
    return equals(_HASH, {"S": check_text("token_hash", token_hash)})


class SessionRepository(BaseRepository):
    """Sessions by user and id. One that has expired is not there, whether the TTL has removed it or not."""

    def create_session(
        self, user_id: int, kind: str, token_hash: str, expires_at: datetime, device: str | None = None
    ) -> Session:
        """Stores a new session and returns it.

        `kind` is "web" or "api", `token_hash` what is kept of its token, `device` what the user knows it
        by. Raises `InvalidInput`. One PutItem: 1 WCU.
        """
        if kind not in SESSION_KINDS:
            raise InvalidInput(f"kind is {kind!r}: give one of {', '.join(SESSION_KINDS)}")
        now = self._now()
        record = {
            "user_id": check_id("user_id", user_id), "kind": kind, "token_hash": token_hash, "device": device,
            "created_at": now, "used_at": now, "rotations": 0,
            "expires_at": epoch_seconds(check_moment("expires_at", expires_at)),
        }  # fmt: skip
        for _ in range(_NEW_ID_ATTEMPTS):
            record["session_id"] = ids.new_id()
            item = session_item(record)
            try:
                self._store.put(item, entity="session", condition=absent())
            except ConditionFailed as failure:
                if failure.item != item:  # else an earlier attempt of this very write, whose answer was lost
                    continue
            return _decoded(item)
        raise Duplicate("session_id", record["session_id"])

    def get_session(self, user_id: int, session_id: int, *, consistent: bool = False) -> Session | None:
        """The session, or None. One GetItem: 0.5 RCU, 1 when consistent."""
        item = self._store.get(_key(user_id, session_id), entity="session", consistent=consistent)
        return self._living(item)

    def get_session_and_user(
        self, user_id: int, session_id: int, *, consistent: bool = False
    ) -> tuple[Session | None, User | None]:
        """The session and its user, each None if it is not there. One BatchGetItem: 1 RCU, 2 when consistent."""
        session_key, user_key = _key(user_id, session_id), (keys.user_pk(user_id), keys.META)
        found = self._store.batch_get([session_key, user_key], entity="session", consistent=consistent)
        user = found.get(user_key)
        return (
            self._living(found.get(session_key)),
            None if user is None else cast(User, _USER_CODEC.decode(user)),
        )

    def list_sessions(self, user_id: int, *, limit: int = 50, cursor: str | None = None) -> Page[Session]:
        """A user's sessions, newest first; consistent, so that one that was just ended is not among them.

        One Query: 1 RCU for each 4 KB, about 15 sessions.
        """
        pk = keys.sessions_pk(check_id("user_id", user_id))
        listing = Listing("sessions", {"user": user_id}, "session", [Range(pk)], consistent=True)
        return merged_page(
            self._store, listing, lambda _, item: self._living(item), limit=limit, cursor=cursor
        )

    def rotate_session(
        self, user_id: int, session_id: int, old_hash: str, new_hash: str, expires_at: datetime
    ) -> Session:
        """Exchanges the session's token for a new one and returns the session.

        Of several exchanges of one token exactly one succeeds. Raises `NotFound`, and `TokenReplayed` when
        the token is not the session's: it was exchanged before, and the session is deleted. So the caller
        has to be sure that `old_hash` is of a token which the session once had. One UpdateItem: 1 WCU, and
        one DeleteItem for a replay: 1 WCU.
        """
        key, now = _key(user_id, session_id), self._now()
        fresh = {"token_hash": new_hash, "used_at": now, "expires_at": epoch_seconds(expires_at)}
        changes = Changes(
            set=dict(_CODEC.encode_field(name, value) for name, value in fresh.items()),
            add={_ROTATIONS: {"N": "1"}},
        )
        unchanged = all_of(_has_token(old_hash), above(TTL, epoch_seconds(now)))
        try:
            return _decoded(self._store.update(key, changes, entity="session", condition=unchanged))
        except ConditionFailed as failure:
            stored = failure.item
            if stored is not None and stored.get(_HASH) == {"S": new_hash}:
                return _decoded(stored)  # an earlier attempt of this very write, whose answer was lost
            if self._living(stored) is None:
                raise NotFound(f"there is no session {session_id}", code=failure.code) from failure
            self._store.delete(key, entity="session")
            raise TokenReplayed(f"a token of session {session_id} was used twice: it is ended") from failure

    def touch_session(self, user_id: int, session_id: int, token_hash: str, expires_at: datetime) -> Session:
        """Notes that the session is used now and lets it last until `expires_at`; returns it.

        Raises `NotFound` when it is not there or has another token. One UpdateItem: 1 WCU.
        """
        fresh = {"used_at": self._now(), "expires_at": epoch_seconds(expires_at)}
        changes = Changes(set=dict(_CODEC.encode_field(name, value) for name, value in fresh.items()))
        key = _key(user_id, session_id)
        try:
            item = self._store.update(key, changes, entity="session", condition=_has_token(token_hash))
        except ConditionFailed as failure:
            raise NotFound(f"there is no session {session_id}", code=failure.code) from failure
        return _decoded(item)

    def delete_session(self, user_id: int, session_id: int) -> bool:
        """Ends a session; whether there was one. One DeleteItem: 1 WCU.

        Where an answer was lost and the call repeated, an ended one may be said not to have been there.
        """
        return self._living(self._store.delete(_key(user_id, session_id), entity="session")) is not None

    def delete_all_sessions(self, user_id: int) -> int:
        """Ends all sessions of a user; how many there were. Raises `Throttled` if some could not be ended.

        One Query, consistent (1 RCU for each 4 KB), and one BatchWriteItem for 25 sessions: 1 WCU each.
        """
        pk = keys.sessions_pk(check_id("user_id", user_id))
        found = self._store.query_all(pk, entity="session", consistent=True)
        undone = self._store.batch_write(deletes=map(key_of, found), entity="session")
        if undone:
            raise Throttled(f"{len(undone)} sessions could not be ended")
        return sum(self._living(item) is not None for item in found)

    def _living(self, item: Mapping[str, Any] | None) -> Session | None:
        if item is None:
            return None
        session = _decoded(item)
        return session if session["expires_at"] > epoch_seconds(self._now()) else None


def _decoded(item: Mapping[str, Any]) -> Session:
    return cast(Session, _CODEC.decode(item))
