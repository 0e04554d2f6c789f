"""Items that belong to an account, a problem or a month, which has to exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import audit_month_item
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.table.expressions import absent, exists
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import ConditionCheck, Delete, Key, Put, key_of
from repair.findings import Finding

_DANGLING = {
    e.SESSION.name: "session.dangling", e.PROGRESS.name: "progress.dangling",
    e.PRACTICE.name: "practice.dangling", e.PROBLEM_NOTE.name: "note.dangling",
    e.OPENED_HINTS.name: "hints.dangling", e.ERASURE.name: "erasure.dangling", e.TEST_CASE.name: "case.dangling",
}  # fmt: skip


def _owner(kind: str, item: WireItem) -> Key:
    """The key of the main item to which an item of these kinds belongs."""
    pk, sk = key_of(item)
    if kind == e.TEST_CASE.name:
        return pk, keys.META
    user_id = int(sk) if kind == e.ERASURE.name else int(pk.split("#")[1])
    return keys.user_pk(user_id), keys.META


def check_owners(store: Store, items: Iterable[tuple[str, WireItem]]) -> Iterator[Finding]:
    """Items of a page whose account or problem does not exist.

    One BatchGetItem per 100 owners: 0.5 RCU each. For one that seems to be missing, consistent GetItems of the item,
    the owner and the item again.
    """
    owned = [(kind, item, _owner(kind, item)) for kind, item in items if kind in _DANGLING]
    if not owned:
        return
    existing = store.batch_get({owner for _, _, owner in owned}, entity="owner")
    for kind, item, owner in owned:
        if owner not in existing and _is_left(store, kind, item, owner):
            fault, key = _DANGLING[kind], key_of(item)
            action = None if fault == "case.dangling" else Delete(key, exists())
            yield Finding(
                fault, key, f"{owner[0]} does not exist", action, (ConditionCheck(owner, absent()),)
            )


def _is_left(store: Store, kind: str, item: WireItem, owner: Key) -> bool:
    """Whether the owner is missing while the item is there: an account's items are removed before it, never after."""
    if store.get(owner, entity="owner", consistent=True) is not None:
        return False
    return store.get(key_of(item), entity=kind, consistent=True) is not None


class MonthChecks:
    """Whether months with audit entries are marked. Reads the mark of each month once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: set[str] = set()

    def check(self, items: Iterable[tuple[str, WireItem]]) -> Iterator[Finding]:
        """The months of a page's audit entries that are not marked. One consistent GetItem for each month."""
        for kind, item in items:
            month = key_of(item)[0].rpartition("#")[2]
            if kind != e.AUDIT.name or month in self._known:
                continue
            self._known.add(month)
            mark = audit_month_item(month)
            if self._store.get(key_of(mark), entity=e.AUDIT_MONTH.name, consistent=True) is None:
                yield Finding("month.missing", key_of(mark), f"{month} has audit entries", Put(mark))
