"""Sessions: the devices on which a user is signed in. Only hashes of their tokens are stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.items import CODECS
from api.dynamodb.codec.sign_in_items import session_item
from api.dynamodb.errors import ConditionFailed, Duplicate, InvalidInput, NotFound, Throttled, TokenReplayed
from api.dynamodb.schema import ids, keys
from api.dynamodb.schema.entities import SESSION, SESSION_KINDS, TTL
from api.dynamodb.schema.records import Session, User
from api.dynamodb.table.argument_checks import check_id, check_moment, check_text
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page
from api.dynamodb.table.expressions import Changes, Condition, above, all_of, equals
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.table.user_aggregate import user_key
from api.dynamodb.table.write_actions import Key, key_of

_CODEC, _USER_CODEC = CODECS["session"], CODECS["user"]
_NEW_ID_ATTEMPTS = 3
_HASH, _ROTATIONS = (SESSION.field(name).short for name in ("token_hash", "rotations"))


def _key(user_id: int, session_id: int) -> Key:
    pk = keys.sessions_pk(check_id("user_id", user_id))
    return pk, keys.session_sk(check_id("session_id", session_id))


def _has_token(token_hash: str) -> Condition:
    """The session exists and still has this token."""
    return equals(_HASH, {"S": check_text("token_hash", token_hash)})


class SessionRepository(BaseRepository):
    """Sessions by user and id. An expired session counts as missing, whether or not the TTL has removed it."""

    def create_session(
        self,
        user_id: int,
        kind: str,
        token_hash: str,
        expires_at: datetime,
        device: str | None = None,
        *,
        scopes: str | None = None,
    ) -> Session:
        """Stores a new session and returns it.

        kind: "web", "api" or "token".
        expires_at: an aware datetime.
        device: the name under which the user knows the device or the token.
        scopes: what a personal token may do, separated by spaces.

        Raises `InvalidInput`. One PutItem: 1 WCU.
        """
        if kind not in SESSION_KINDS:
            raise InvalidInput(f"kind is {kind!r}: give one of {', '.join(SESSION_KINDS)}")
        now = self._now()
        record = {
            "user_id": check_id("user_id", user_id), "kind": kind, "token_hash": token_hash, "device": device,
            "scopes": scopes, "created_at": now, "used_at": now, "rotations": 0,
            "expires_at": epoch_seconds(check_moment("expires_at", expires_at)),
        }  # fmt: skip
        for _ in range(_NEW_ID_ATTEMPTS):
            record["session_id"] = ids.new_id()
            item = session_item(record)
            try:
                self._store.put_new(item, entity="session")
            except ConditionFailed:
                continue
            return _decoded(item)
        raise Duplicate("session_id", record["session_id"])

    def get_session(self, user_id: int, session_id: int, *, consistent: bool = False) -> Session | None:
        """The session, or None. One GetItem: 0.5 RCU, 1 when consistent."""
        item = self._store.get(_key(user_id, session_id), entity="session", consistent=consistent)
        return self._unexpired(item)

    def get_session_and_user(
        self, user_id: int, session_id: int, *, consistent: bool = False
    ) -> tuple[Session | None, User | None]:
        """The session and its user, each None if it does not exist. One BatchGetItem: 1 RCU, 2 when consistent."""
        session_key = _key(user_id, session_id)
        items = self._store.batch_get(
            [session_key, user_key(user_id)], entity="session", consistent=consistent
        )
        user = items.get(user_key(user_id))
        return (
            self._unexpired(items.get(session_key)),
            None if user is None else cast(User, _USER_CODEC.decode(user)),
        )

    def list_sessions(
        self,
        user_id: int,
        *,
        kinds: Collection[str] = SESSION_KINDS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Session]:
        """A page of a user's sessions of these kinds, newest first, 1 to 100. Strongly consistent.

        One Query of sessions of all kinds: 1 RCU per 4 KB, about 15 sessions; a further one where others fill it.
        Raises `InvalidInput`.
        """
        pk = keys.sessions_pk(check_id("user_id", user_id))
        parameters = {"user": user_id, "kinds": ",".join(sorted(kinds))}
        query = ListQuery("sessions", parameters, "session", [Range(pk)], consistent=True)

        def listed(_position: str, item: Mapping[str, Any]) -> Session | None:
            session = self._unexpired(item)
            return session if session is not None and session["kind"] in kinds else None

        return merged_page(self._store, query, listed, limit=limit, cursor=cursor)

    def rotate_session(
        self,
        user_id: int,
        session_id: int,
        old_hash: str,
        new_hash: str,
        expires_at: datetime,
        *,
        grace: timedelta = timedelta(0),
    ) -> Session:
        """Replaces the session's token and returns the session.

        old_hash: of the token to replace. The caller has verified that the session had this token at some time.
        expires_at: an aware datetime.
        grace: for how long after the replacement a call with the same two hashes returns the session again.

        Of several calls with one token and different new ones exactly one succeeds. Raises `NotFound`, and
        `TokenReplayed` if the token was replaced before; the session is deleted then. One UpdateItem: 1 WCU, and
        one DeleteItem for a replay: 1 WCU.
        """
        key, now = _key(user_id, session_id), self._now()
        fields = {"token_hash": new_hash, "used_at": now, "expires_at": epoch_seconds(expires_at)}
        changes = Changes(
            set=dict(_CODEC.encode_field(name, value) for name, value in fields.items()),
            add={_ROTATIONS: {"N": "1"}},
        )
        unchanged = all_of(_has_token(old_hash), above(TTL, epoch_seconds(now)))
        try:
            return _decoded(self._store.update(key, changes, entity="session", condition=unchanged))
        except ConditionFailed as failure:
            session = self._unexpired(failure.item)
            if session is None:
                raise NotFound(f"there is no session {session_id}", code=failure.code) from failure
            if session["token_hash"] == new_hash and now - session["used_at"] <= grace:
                return session  # an earlier call or attempt of this write succeeded, its response was lost
            self._store.delete(key, entity="session")
            raise TokenReplayed(f"a token of session {session_id} was used twice: it is ended") from failure

    def touch_session(self, user_id: int, session_id: int, token_hash: str, expires_at: datetime) -> Session:
        """Sets the session's `used_at` to now and its `expires_at` (an aware datetime), and returns the session.

        Raises `NotFound` if it does not exist or has another token. One UpdateItem: 1 WCU.
        """
        fields = {"used_at": self._now(), "expires_at": epoch_seconds(expires_at)}
        changes = Changes(set=dict(_CODEC.encode_field(name, value) for name, value in fields.items()))
        key = _key(user_id, session_id)
        try:
            item = self._store.update(key, changes, entity="session", condition=_has_token(token_hash))
        except ConditionFailed as failure:
            raise NotFound(f"there is no session {session_id}", code=failure.code) from failure
        return _decoded(item)

    def delete_session(self, user_id: int, session_id: int) -> bool:
        """Ends a session and returns whether it existed. One DeleteItem: 1 WCU.

        May return False for a session that it has ended, if a lost response made the client repeat the call.
        """
        return self._unexpired(self._store.delete(_key(user_id, session_id), entity="session")) is not None

    def delete_all_sessions(self, user_id: int) -> int:
        """Ends all sessions of a user and returns how many. Raises `Throttled` if some could not be ended.

        One consistent Query (1 RCU per 4 KB), and one BatchWriteItem per 25 sessions: 1 WCU each.
        """
        pk = keys.sessions_pk(check_id("user_id", user_id))
        items = self._store.query_all(pk, entity="session", consistent=True)
        remaining = self._store.batch_write(deletes=map(key_of, items), entity="session")
        if remaining:
            raise Throttled(f"{len(remaining)} sessions could not be ended")
        return sum(self._unexpired(item) is not None for item in items)

    def _unexpired(self, item: Mapping[str, Any] | None) -> Session | None:
        if item is None:
            return None
        session = _decoded(item)
        return session if session["expires_at"] > epoch_seconds(self._now()) else None


def _decoded(item: Mapping[str, Any]) -> Session:
    return cast(Session, _CODEC.decode(item))
