"""Users: accounts by id, by e-mail address and by Google account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from api.dynamodb.clock import utc_now
from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.derivation import USER_DERIVATIONS
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet, user_items
from api.dynamodb.errors import ConditionFailed, Duplicate, NotFound
from api.dynamodb.schema import keys
from api.dynamodb.schema.email_rules import same_email
from api.dynamodb.schema.entities import EMAIL_GUARD, GOOGLE_GUARD, GSI1PK, USER, USER_ENTRY
from api.dynamodb.schema.indexes import GSI1
from api.dynamodb.schema.key_rules import USER_RULES
from api.dynamodb.schema.records import User
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.argument_checks import check_changes, check_id, check_moment, check_text
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page
from api.dynamodb.table.expressions import Changes, equals, exists
from api.dynamodb.table.index_state import index_state
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.table.read_paths import (
    BY_EMAIL_GUARD,
    DEFAULT_READS,
    GSI1_QUERY,
    SIGN_IN,
    STAFF_USERS,
    Reads,
    Strategy,
)
from api.dynamodb.table.user_aggregate import stored_user_items, stored_user_key, user_aggregate, user_key
from api.dynamodb.table.write_actions import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CODEC = CODECS["user"]
_FIXED = ("user_id", "created_at", "updated_at", "version")
_IS_ACTIVE = USER.short("is_active")
_PERSONAL = ("email", "name", "picture", "google_id")
# The attribute with the user's id in the items that refer to a user.
_EMAIL_HOLDER, _GOOGLE_HOLDER, _LISTED_USER = (
    entity.field("user_id").short for entity in (EMAIL_GUARD, GOOGLE_GUARD, USER_ENTRY)
)


class UserRepository(BaseRepository):
    """Accounts. An e-mail address (in any letter case) and a Google account belong to at most one user."""

    def __init__(
        self,
        table: Table | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        reads: Reads = DEFAULT_READS,
    ) -> None:
        super().__init__(table, now=now, reads=reads)
        self._indexes = index_state(self._endpoint, self._store.table_name)

    def create_user(self, data: Mapping[str, Any]) -> User:
        """Stores a new user and returns it.

        `data` has fields of `User`. Defaults: a new `user_id`, `is_active` True, `is_staff` False, `created_at`
        and `updated_at` now, `version` 1. Raises `Duplicate` of `email`, `google_id` or `user_id`, and
        `InvalidInput`. One TransactWriteItems of at most 4 items: 2 WCU each, and 1 for GSI1.
        """
        _CODEC.check_names(data)
        now = self._now()
        defaults = {"is_active": True, "is_staff": False, "created_at": now, "updated_at": now, "version": 1}
        record: Record = {**defaults, **{name: value for name, value in data.items() if value is not None}}
        return cast(
            User,
            self._with_free_address(data, lambda: self._create_with_id("user_id", record, user_aggregate)),
        )

    def get_user(self, user_id: int, *, consistent: bool = False) -> User | None:
        """The user, or None. One GetItem: 0.5 RCU, 1 when consistent."""
        return self._get(user_key(user_id), consistent=consistent)

    def _get(self, key: Key, *, consistent: bool) -> User | None:
        item = self._store.get(key, entity="user", consistent=consistent)
        return None if item is None else cast(User, _CODEC.decode(item))

    def get_user_by_email(self, email: str, *, consistent: bool = False) -> User | None:
        """The user with the e-mail address (see `schema.email_rules`), or None, also for a text that can be nobody's.

        One Query on GSI1: 0.5 RCU; it may miss a change of the last second. With `consistent`, and while GSI1
        is missing or being built, the address's guard item and then the user are read: two consistent
        GetItems, 2 RCU. An address of which earlier rules made other keys, such as one with letters beyond ASCII,
        is looked for under those as well: as much again for each, mostly one.
        """
        for pk in keys.email_pks(check_text("email", email)):
            user = self._get_by_email_key(pk, consistent=consistent)
            # An earlier rule gave one key to addresses of several people.
            if user is not None and same_email(user["email"] or "", email):
                return user
        return None

    def get_user_for_sign_in(self, email: str) -> User | None:
        """As `get_user_by_email`, by the strategy of the read path `sign_in`: consistent, unless a flag says GSI1."""

        def run(strategy: Strategy) -> tuple[User | None, Strategy]:
            by_index = strategy is GSI1_QUERY and self._indexes.is_usable(GSI1.name)
            user = self.get_user_by_email(email, consistent=not by_index)
            return user, GSI1_QUERY if by_index else BY_EMAIL_GUARD

        return self._reads.read(SIGN_IN, email, run, lambda user: int(user is not None))

    def _get_by_email_key(self, pk: str, *, consistent: bool) -> User | None:
        if consistent:
            return self._get_by_email_guard(pk)
        return self._indexes.choose(
            GSI1.name,
            by_index=lambda: self._get_by_email_index(pk),
            otherwise=lambda: self._get_by_email_guard(pk),
        )

    def _get_by_email_index(self, pk: str) -> User | None:
        items = self._store.query(pk, entity="user", index=GSI1, limit=1).items
        return cast(User, _CODEC.decode(items[0])) if items else None

    def get_user_by_google_id(self, google_id: str) -> User | None:
        """The user with the Google account, or None. Two consistent GetItems, 2 RCU; one if there is none."""
        if not check_text("google_id", google_id):
            return None
        return self._get_by_guard(keys.google_pk(google_id), "google_guard", _GOOGLE_HOLDER)

    def _get_by_email_guard(self, pk: str) -> User | None:
        return self._get_by_guard(pk, "email_guard", _EMAIL_HOLDER)

    def _get_by_guard(self, pk: str, entity: str, holder: str) -> User | None:
        guard = self._store.get((pk, keys.GUARD), entity=entity, consistent=True)
        if guard is None:
            return None
        return self._get(stored_user_key(int(guard[holder]["N"])), consistent=True)

    def get_users(self, user_ids: Iterable[int], *, consistent: bool = False) -> dict[int, User]:
        """The existing users by id, in the order of the ids.

        One BatchGetItem per 100 ids: 0.5 RCU per user, 1 when consistent. No call for no ids. Raises
        `InvalidInput`.
        """
        return self._get_all([check_id("user_id", user_id) for user_id in user_ids], consistent=consistent)

    def _get_all(self, user_ids: Iterable[int], *, consistent: bool = False) -> dict[int, User]:
        ids_by_key = {stored_user_key(user_id): user_id for user_id in user_ids}
        items = self._store.batch_get(ids_by_key, entity="user", consistent=consistent) if ids_by_key else {}
        return {
            user_id: cast(User, _CODEC.decode(items[key]))
            for key, user_id in ids_by_key.items()
            if key in items
        }

    def update_user(
        self,
        user_id: int,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> User:
        """Changes some fields (None removes one) and returns the new user.

        `version` grows by one and `updated_at` is now; `user_id` and `created_at` never change. Raises `NotFound`;
        `ConditionFailed` with the stored user if its version is not `expected_version`; `Duplicate` if another
        user has the `email` or `google_id`; `InvalidInput`.

        One GetItem (1 RCU) and one UpdateItem: 1 WCU and 1 for GSI1. It sets the version after the one that was
        read, so it is safe to send twice. With a new `email` or `google_id` one TransactWriteItems instead,
        which also changes the guards and the index key: 2 WCU for the user, 2 for each guard, and up to 2 for
        GSI1. With `audit` also one TransactWriteItems: 2 WCU for the user and 2 for the audit entry, which names
        personal fields without their values.
        """
        check_changes(_CODEC, changes, _FIXED)
        user = self._audit_log.audited(user_aggregate(user_id), audit, f"user {user_id}", private=_PERSONAL)

        def change(aggregate: Aggregate) -> Record:
            return self._change(aggregate, changes, expected_version=expected_version, updated_at=self._now())

        try:
            return cast(User, self._with_free_address(changes, lambda: change(user)))
        except Duplicate as duplicate:
            if duplicate.field != "email" or "email" in changes:
                raise
        # An address that stays is another user's by the present rules: it keeps the key of earlier ones.
        return cast(User, change(replace(user, build_changed=stored_user_items)))

    def _with_free_address(self, data: Mapping[str, Any], write: Callable[[], Record]) -> Record:
        """Writes a user; where an earlier rule gave the e-mail's key to another address, frees it first.

        That costs two GetItems and `rewrite_email_key`, and the write again.
        """
        try:
            return write()
        except Duplicate as duplicate:
            if duplicate.field != "email" or not data.get("email"):
                raise
            holder = self._get_by_email_guard(keys.email_pk(data["email"]))
            if holder is None or same_email(holder["email"] or "", data["email"]):
                raise
            if not self.rewrite_email_key(holder["user_id"]):
                raise
        return write()

    def rewrite_email_key(self, user_id: int, version: int | None = None) -> bool:
        """Gives a user's e-mail the key of the present rules, or of a version of them; whether it had another.

        The user's `version` grows by one where it had. Raises `Duplicate` if another user has the address,
        `UnseenCharacter` for an address that the rule refuses, and `NotFound`. One GetItem (1 RCU); for another key a
        second one and one TransactWriteItems: 2 WCU for the user, 2 for each of two guards, and 2 for GSI1.
        """
        rules = USER_RULES.current if version is None else USER_RULES.version(version)
        aggregate = user_aggregate(user_id)
        item = self._store.get(aggregate.key, entity="user", consistent=True)
        if item is None:
            raise NotFound(f"there is no user {user_id}")

        def build(record: Record, main: WireItem) -> ItemSet:
            return user_items(record, replace(USER_DERIVATIONS.stored(main), rules=rules))

        if build(_CODEC.decode(item), item).main.get(GSI1PK) == item.get(GSI1PK):
            return False
        self._change(replace(aggregate, build_changed=build), {}, expected_version=None)
        return True

    def record_login(self, user_id: int, moment: datetime | None = None) -> User:
        """Sets `last_login` to `moment` (aware; default now) and returns the user. Its version stays.

        Raises `NotFound`. One UpdateItem: 1 WCU and 1 for GSI1.
        """
        moment = self._now() if moment is None else check_moment("moment", moment)
        short, value = _CODEC.encode_field("last_login", moment)
        changes = Changes(set={short: value})
        try:
            item = self._store.update(user_key(user_id), changes, entity="user", condition=exists())
        except ConditionFailed as failure:
            raise NotFound(f"there is no user {user_id}", code=failure.code) from failure
        return cast(User, _CODEC.decode(item))

    def record_google_login(self, google_id: str) -> User | None:
        """Sets `last_login` of the user with the Google account to now and returns the user, or None if there is none.

        An inactive user is returned unchanged. The user's version stays. One consistent GetItem (1 RCU) and one
        UpdateItem: 1 WCU and 1 for GSI1.
        """
        if not check_text("google_id", google_id):
            return None
        guard = self._store.get(
            (keys.google_pk(google_id), keys.GUARD), entity="google_guard", consistent=True
        )
        if guard is None:
            return None
        short, value = _CODEC.encode_field("last_login", self._now())
        key = stored_user_key(int(guard[_GOOGLE_HOLDER]["N"]))
        is_active = equals(_IS_ACTIVE, {"BOOL": True})
        try:
            item = self._store.update(key, Changes(set={short: value}), entity="user", condition=is_active)
        except ConditionFailed as failure:
            return None if failure.item is None else cast(User, _CODEC.decode(failure.item))
        return cast(User, _CODEC.decode(item))

    def deactivate_user(self, user_id: int) -> User:
        """Sets `is_active` to False and returns the user. Raises `NotFound`. Cost as `update_user`."""
        return self.update_user(user_id, {"is_active": False})

    def list_users(self, *, limit: int = 50, cursor: str | None = None) -> Page[User]:
        """A page of all users, newest first, ties by greater id; 1 to 100.

        One Query for each partition of the list, usually one (0.5 RCU per 4 KB, see `ListPartitions`), and one
        BatchGetItem: 0.5 RCU per user. Twice the RCU where the read path `staff_users` is consistent.
        A user who is deleted meanwhile is left out, so a page may be short. Raises `InvalidInput`.
        """
        ranges = [Range(pk) for pk in self._lists.partitions(keys.USER_LIST)]

        def run(strategy: Strategy) -> tuple[Page[User], Strategy]:
            query = ListQuery("users", {}, "user_entry", ranges, consistent=strategy.consistent)
            page = merged_page(
                self._store, query, lambda _, item: int(item[_LISTED_USER]["N"]), limit=limit, cursor=cursor
            )
            users = self._get_all(page.items, consistent=strategy.consistent)
            return Page(list(users.values()), page.cursor), strategy

        return self._reads.read(STAFF_USERS, cursor or "", run, len)

    def delete_user(self, user_id: int) -> None:
        """Removes the user with its guards and its entry in the list of users. Raises `NotFound`.

        Runs and usage remain: other repositories store them. One GetItem (1 RCU) and one TransactWriteItems of
        at most 4 items: 2 WCU each, and 1 for GSI1.
        """
        self._delete(user_aggregate(user_id))
