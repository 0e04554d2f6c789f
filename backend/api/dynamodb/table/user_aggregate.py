"""A user as an aggregate: main item, guards of e-mail address and Google account, entry in the list of users."""

from __future__ import annotations

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.derivation import USER_DERIVATIONS
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet, user_items
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import USER
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.write_actions import Key

_EMAIL = USER.short("email")
_UNIQUE = {keys.EMAIL_PREFIX: "email", keys.GOOGLE_PREFIX: "google_id"}


def stored_user_key(user_id: int) -> Key:
    """The key of a user whose id was read from the table, and is not checked again."""
    return keys.user_pk(user_id), keys.META


def user_key(user_id: int) -> Key:
    """The key of a user. Raises `InvalidInput`."""
    return stored_user_key(check_id("user_id", user_id))


def stored_user_items(record: Record, main: WireItem) -> ItemSet:
    """The items of a user as they are stored beside the main item. Raises `Corrupt`."""
    return user_items(record, USER_DERIVATIONS.stored(main))


def _changed_items(record: Record, main: WireItem) -> ItemSet:
    """A changed user, by today's rules, unless they refuse an address that stays: that must not block other changes."""
    try:
        return user_items(record, USER_DERIVATIONS.changed(main))
    except InvalidInput:
        if record.get("email") != main.get(_EMAIL, {}).get("S"):
            raise
        return stored_user_items(record, main)


def user_aggregate(user_id: int) -> Aggregate:
    """The aggregate of a user. Raises `InvalidInput`."""
    key = user_key(user_id)
    return Aggregate(
        CODECS["user"], user_items, key, key[0], _UNIQUE,
        build_stored=stored_user_items,
        build_changed=_changed_items,
    )  # fmt: skip
