"""What a check finds: one thing in the table that does not fit, and the write that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.dynamodb.table.write_actions import ConditionCheck, Key, WriteAction

# Every kind of finding: what is wrong, and what the repair does; "" where a person has to decide.
KINDS: dict[str, tuple[str, str]] = {
    "entry.missing": ("a record is not in a list to which it belongs", "adds the entry"),
    "entry.different": ("an entry of a list does not say what its record says", "writes the entry again"),
    "entry.misplaced": ("an entry is in a list to which its record does not belong", "removes the entry"),
    "entry.dangling": ("an entry's record does not exist", "removes the entry"),
    "guard.missing": ("nothing reserves a record's unique value", "adds the guard"),
    "guard.different": ("a guard has attributes that it should not have", "writes the guard again"),
    "guard.foreign": ("a guard gives a record's value to another, which does not have it", "gives it back"),
    "guard.misplaced": ("a guard reserves a value that its holder does not have", "removes the guard"),
    "guard.dangling": ("a guard's holder does not exist", "removes the guard"),
    "guard.conflict": ("two records have one value that must be unique", ""),
    "index.missing": ("a record is not in an index to which it belongs", "sets the index keys"),
    "index.different": ("a record's index keys contradict its fields", "sets the index keys"),
    "index.superfluous": ("a record is in an index to which it does not belong", "removes the index keys"),
    "id.different": ("an item's attributes contradict its key", "sets them from the key"),
    "text.orphaned": ("a part of a large text belongs to no item", "removes the part"),
    "text.lost": ("parts of a large text are missing", ""),
    "text.expiry": ("a part of a large text expires at another moment than its item", "sets its expiry"),
    "note.abandoned": ("an interrupted write left a note and perhaps text parts", "removes what it left"),
    "counter.different": ("a day's counter differs from the day's logs", "sets the counter"),
    "counter.missing": ("a day with logs has no counter", "adds the counter"),
    "progress.different": ("stored totals differ from the user's runs", "has them counted again"),
    "progress.unreadable": ("stored totals cannot be read", "removes them: they are counted again"),
    "progress.dangling": ("stored totals belong to no account", "removes them"),
    "practice.dangling": ("bookmarks and settings belong to no account", "removes them"),
    "note.dangling": ("a note on a problem belongs to no account", "removes it"),
    "session.dangling": ("a session belongs to no account", "removes it"),
    "session.unreadable": ("a session cannot be read, or never ends", "removes it"),
    "hints.dangling": ("opened hints belong to no account", "removes them"),
    "erasure.dangling": ("a pending deletion is of an account that does not exist", "removes its record"),
    "month.missing": ("a month with audit entries is not marked", "marks it"),
    "expiry.missing": ("an item that has to expire never does", "sets its expiry"),
    "expiry.different": ("a usage log does not expire 90 days after its moment", "sets its expiry"),
    "expired": ("an item expired more than a week ago and is still there", "removes it"),
    "case.abandoned": ("test cases are of a set that is not in force and never will be", "removes them"),
    "case.dangling": ("a test case's problem does not exist", ""),
    "unreadable": ("an item cannot be decoded", ""),
    "unknown": ("an item's keys have no declared form", ""),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    kind: of `KINDS`.
    key: of the item that is wrong, or missing.
    text: what is wrong with it, without contents of people's data.
    action: the write that mends it, None if a person has to decide.
    checks: what must still be so when that write is made.
    changes_totals: whether that write changes what a user's stored totals count.
    """

    kind: str
    key: Key
    text: str
    action: WriteAction | None = None
    checks: tuple[ConditionCheck, ...] = ()
    changes_totals: bool = False

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"kind": self.kind, "pk": self.key[0], "sk": self.key[1], "text": self.text}
