"""Changes of small items that belong to a user, only while the account is active: they would outlive it otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import ConditionFailed, NotFound, TransactionCancelled
from api.dynamodb.schema.entities import USER
from api.dynamodb.table.expressions import absent, equals
from api.dynamodb.table.store import Store
from api.dynamodb.table.user_aggregate import user_key
from api.dynamodb.table.write_actions import ConditionCheck, Key, Put

_ATTEMPTS = 4
_VERSION = "v"
_IS_ACTIVE = USER.short("is_active")


def active_account(user_id: int) -> ConditionCheck:
    """The condition that a user's account is there and active, for a transaction."""
    return ConditionCheck(user_key(user_id), equals(_IS_ACTIVE, {"BOOL": True}))


def change_item(
    store: Store,
    user_id: int,
    key: Key,
    entity: str,
    put: Callable[[WireItem | None, int], Put | None],
) -> WireItem | None:
    """Changes an item that has a version, and returns it as it is stored then; None if there is none.

    put: makes the new item of the stored one, with the version it gets; None to leave it. It is called again when
    somebody else changed the item meanwhile.

    One GetItem (1 RCU) and one TransactWriteItems: 2 WCU per KB, and 2. Raises `NotFound` for an account that is closed
    or does not exist, and `ConditionFailed` if others keep changing the item.
    """
    for _ in range(_ATTEMPTS):
        item = store.get(key, entity=entity, consistent=True)
        version = 0 if item is None else int(item[_VERSION]["N"])
        action = put(item, version + 1)
        if action is None:
            return item
        unchanged = absent() if item is None else equals(_VERSION, item[_VERSION])
        try:
            store.transact_write(
                [replace(action, condition=unchanged), active_account(user_id)], entity=entity
            )
        except TransactionCancelled as cancelled:
            if cancelled.is_refused(1):
                raise NotFound(f"there is no active account {user_id}", code=cancelled.code) from cancelled
            if not cancelled.is_refused(0):
                raise
            continue
        return action.item
    raise ConditionFailed(f"the {entity} kept being changed by others")
