"""Users: accounts by id, by e-mail address and by Google account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from api.dynamodb import ids, keys
from api.dynamodb.clock import utc_now
from api.dynamodb.codec import Record
from api.dynamodb.cursor import Page
from api.dynamodb.errors import ConditionFailed, Duplicate, NotFound
from api.dynamodb.expressions import Changes, exists
from api.dynamodb.index_state import index_state
from api.dynamodb.indexes import GSI1
from api.dynamodb.items import CODECS, user_items
from api.dynamodb.repositories.audit_notes import AuditNote, audited
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_changes, check_id, check_moment, check_text
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.records import User
from api.dynamodb.repositories.things import Thing
from api.dynamodb.store import Key
from config.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CODEC = CODECS["user"]
_FIXED = ("user_id", "created_at", "updated_at", "version")
_UNIQUE = {"EML#": "email", "GID#": "google_id"}
_PERSONAL = ("email", "name", "picture", "google_id")
_NEW_ID_ATTEMPTS = 3


def _place(user_id: int) -> Key:
    """The key of a user whose id the table itself holds: it is taken as it is."""
    return keys.user_pk(user_id), keys.META


def user_key(user_id: int) -> Key:
    """Where a user is. Raises `InvalidInput`."""
    return _place(check_id("user_id", user_id))


def user_thing(user_id: int) -> Thing:
    """A user as a thing of several items. Raises `InvalidInput`."""
    key = user_key(user_id)
    return Thing(_CODEC, user_items, key, key[0], _UNIQUE)


class UserRepository(BaseRepository):
    """Accounts. An e-mail address (letter case aside) and a Google account belong to one user at most."""

    def __init__(self, table: Table | None = None, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(table, now=now)
        target = environment().target if table is None else table.meta.client.meta.endpoint_url
        self._indexes = index_state(target, self._store.table_name)

    def create_user(self, data: Mapping[str, Any]) -> User:
        """Stores a new user and returns it.

        `data` has any of the fields of `User`; defaults are a new `user_id`, `is_active` True,
        `is_staff` False, `created_at` and `updated_at` now, `version` 1. Raises `Duplicate` of
        `email`, `google_id` or `user_id`, `InvalidInput`. One TransactWriteItems of at most 4 items:
        2 WCU each, and 1 for GSI1: 9 WCU with both e-mail and Google account.
        """
        _CODEC.check_names(data)
        now = self._now()
        defaults = {"is_active": True, "is_staff": False, "created_at": now, "updated_at": now, "version": 1}
        record: Record = {**defaults, **{name: value for name, value in data.items() if value is not None}}
        if "user_id" in record:
            return cast(User, self._create(user_thing(record["user_id"]), record))
        for attempt in range(_NEW_ID_ATTEMPTS):
            record["user_id"] = ids.new_id()
            try:
                return cast(User, self._create(user_thing(record["user_id"]), record))
            except Duplicate as taken:
                if taken.field != "user_id" or attempt == _NEW_ID_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def get_user(self, user_id: int, *, consistent: bool = False) -> User | None:
        """The user, or None. One GetItem: 0.5 RCU, 1 when consistent."""
        return self._at(user_key(user_id), consistent=consistent)

    def _at(self, key: Key, *, consistent: bool) -> User | None:
        item = self._store.get(key, entity="user", consistent=consistent)
        return None if item is None else cast(User, _CODEC.decode(item))

    def get_user_by_email(self, email: str, *, consistent: bool = False) -> User | None:
        """The user who has the e-mail address, letter case and outer spaces aside, or None.

        One Query on GSI1: 0.5 RCU; it may miss a change of the last second. With `consistent` it reads
        the address's guard and then the user instead: two GetItems, 2 RCU, and always up to date. That is
        also the way while GSI1 is missing or being built.
        """
        pk = keys.email_pk(check_text("email", email))
        if pk == keys.email_pk(""):
            return None
        if consistent:
            return self._through_guard((pk, keys.GUARD), "email_guard")
        return self._indexes.choose(
            GSI1.name,
            by_index=lambda: self._through_index(pk),
            otherwise=lambda: self._through_guard((pk, keys.GUARD), "email_guard"),
        )

    def _through_index(self, pk: str) -> User | None:
        items = self._store.query(pk, entity="user", index=GSI1, limit=1).items
        return cast(User, _CODEC.decode(items[0])) if items else None

    def get_user_by_google_id(self, google_id: str) -> User | None:
        """The user who has the Google account, or None. Two GetItems, consistent: 2 RCU; or one."""
        if not check_text("google_id", google_id):
            return None
        return self._through_guard((keys.google_pk(google_id), keys.GUARD), "google_guard")

    def _through_guard(self, guard: Key, entity: str) -> User | None:
        held = self._store.get(guard, entity=entity, consistent=True)
        return None if held is None else self._at(_place(int(held["uid"]["N"])), consistent=True)

    def get_users(self, user_ids: Iterable[int], *, consistent: bool = False) -> dict[int, User]:
        """The users of those ids that exist, by id, in the order asked for.

        One BatchGetItem per 100 ids: 0.5 RCU a user, 1 when consistent; none for no ids.
        """
        return self._all_of([check_id("user_id", user_id) for user_id in user_ids], consistent=consistent)

    def _all_of(self, user_ids: Iterable[int], *, consistent: bool = False) -> dict[int, User]:
        asked = {_place(user_id): user_id for user_id in user_ids}
        items = self._store.batch_get(asked, entity="user", consistent=consistent) if asked else {}
        return {
            number: cast(User, _CODEC.decode(items[key])) for key, number in asked.items() if key in items
        }

    def update_user(
        self,
        user_id: int,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        audit: AuditNote | None = None,
    ) -> User:
        """Changes some fields (None removes one) and returns the user as it is now.

        `version` goes up by one and `updated_at` is now; `user_id` and `created_at` never change.
        Raises `NotFound`; `ConditionFailed` with the stored user if its version is not
        `expected_version`; `Duplicate` for a taken `email` or `google_id`; `InvalidInput`.
        One GetItem (1 RCU) and one UpdateItem: 1 WCU and 1 for GSI1; it sets the version that follows the
        one read, so that sending it twice changes nothing more. With a new `email` or `google_id` one
        TransactWriteItems instead, which moves the guards and the index key: 2 WCU for the user, 2 for
        each guard taken or freed, and up to 2 for GSI1. With `audit` also one TransactWriteItems, which writes
        the audit entry: 2 WCU for the user and 4 for the entry; it names the person's own fields without values.
        """
        check_changes(_CODEC, changes, _FIXED)
        thing = audited(user_thing(user_id), audit, f"user {user_id}", self._now, private=_PERSONAL)
        record = self._change(thing, changes, expected_version=expected_version, updated_at=self._now())
        return cast(User, record)

    def record_login(self, user_id: int, moment: datetime | None = None) -> User:
        """Sets `last_login` (an aware datetime, default now) and returns the user; its version stays.

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

    def deactivate_user(self, user_id: int) -> User:
        """Sets `is_active` to False and returns the user. Raises `NotFound`. Cost as `update_user`."""
        return self.update_user(user_id, {"is_active": False})

    def list_users(self, *, limit: int = 50, cursor: str | None = None) -> Page[User]:
        """All users, newest first, ties by greater id.

        Four Queries (the list is spread over 4 partitions; 0.5 RCU each) and one BatchGetItem: 0.5 RCU a
        user. A user who was deleted at that moment is left out, so a page may be one short.
        """
        ranges = [Range(keys.user_list_pk(shard)) for shard in range(keys.USER_LIST_SHARDS)]
        listing = Listing("users", {}, "user_entry", ranges)
        page = merged_page(
            self._store, listing, lambda _, item: int(item["uid"]["N"]), limit=limit, cursor=cursor
        )
        return Page(list(self._all_of(page.items).values()), page.cursor)

    def delete_user(self, user_id: int) -> None:
        """Removes the user, frees its e-mail address and Google account, takes it off the list of users.

        Its runs and usage stay; they belong to other repositories. Raises `NotFound`. One GetItem (1 RCU)
        and one TransactWriteItems of at most 4 items: 2 WCU each and 1 for GSI1.
        """
        self._delete(user_thing(user_id))
