"""Carries out repairs: conditional writes, each of which leaves the table better whenever the process ends."""

from __future__ import annotations

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import ConditionFailed, TransactionCancelled
from api.dynamodb.schema.entities import PROGRESS
from api.dynamodb.table.expressions import absent, exists
from api.dynamodb.table.run_aggregate import invalidate_progress, progress_key
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import ConditionCheck, Delete, Key, Put, Update, WriteAction
from repair.findings import Finding


class Mender:
    """Makes the writes of findings in one table."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def mend(self, *findings: Finding) -> bool:
        """Makes the writes of findings together. False if the table is not as it was read; nothing is written then.

        One write (1 WCU per KB), or one TransactWriteItems with what must still be so: 2 WCU per KB of each item.
        """
        actions: dict[Key, WriteAction] = {}
        for finding in findings:
            if finding.action is None:
                return False
            actions |= {check.key: check for check in finding.checks if check.key not in actions}
            actions[finding.key] = finding.action
            if finding.changes_totals:
                actions |= self._invalidation(finding.key)
        try:
            if len(actions) > 1:
                self._store.transact_write(list(actions.values()), entity="repair")
            else:
                self._write(*actions.values())
        except ConditionFailed:
            return False
        except TransactionCancelled as cancelled:
            if any(cancelled.is_refused(number) for number in range(len(actions))):
                return False
            raise
        return True

    def _write(self, action: WriteAction) -> None:
        match action:
            case Put(item, condition):
                self._store.put(item, entity="repair", condition=condition)
            case Update(key, changes, condition):
                self._store.update(key, changes, entity="repair", condition=condition)
            case Delete(key, condition):
                self._store.delete(key, entity="repair", condition=condition)
            case _:
                raise TypeError(f"{type(action).__name__} writes nothing")

    def _invalidation(self, entry_key: Key) -> dict[Key, WriteAction]:
        """A change of a user's list of runs invalidates the totals of those runs, if there are any."""
        user_id = int(entry_key[0].split("#")[1])
        key = progress_key(user_id)
        stored: WireItem | None = self._store.get(key, entity=PROGRESS.name, consistent=True)
        if stored is None:
            return {key: ConditionCheck(key, absent())}
        return {key: Update(key, invalidate_progress(user_id).changes, exists())}
