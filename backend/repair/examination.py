"""Compares one record with everything that is derived from it, as of one moment, while others may change it.

All items of a record are changed in one transaction that also changes the main item's version. So what was read
between two reads of the same main item belongs to it, and a repair that requires that version cannot undo a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.codec.key_forms import kind_of_key
from api.dynamodb.errors import ConditionFailed
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import DERIVATION_ATTRIBUTES, ERASURE, PK, SK, USER_RUN
from api.dynamodb.table.expressions import Changes, Condition, absent, all_of, equals, exists
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import ConditionCheck, Delete, Key, Put, Update
from repair.derivation import (
    GUARDS,
    INDEX_ATTRIBUTES,
    NOTHING,
    OWN_ATTRIBUTES,
    RUNS,
    Derived,
    Rules,
    Source,
    derived_items,
    holder_id,
    is_same,
    main_id,
    own_attributes,
)
from repair.findings import Finding

_ATTEMPTS = 20
# The attributes of an entry from which a user's totals are counted.
_COUNTED = frozenset(
    USER_RUN.short(name)
    for name in ("problem_id", "platform", "language", "passed_count", "total_count", "created_at")
)


@dataclass(frozen=True)
class Suspects:
    """A record to look at: keys of items that may not belong to it, besides those that it demands."""

    source: Source
    record_id: int
    keys: set[Key] = field(default_factory=set)


class Examiner:
    """Looks at single records of one table.

    rules: by which records are compared. One whose values they refuse, or whose key another record has by them, keeps
    what it has: it is compared by the rules that it was stored by.
    """

    def __init__(self, store: Store, rules: Rules = "stored") -> None:
        self._store, self._rules = store, rules

    def examine(self, suspects: Suspects) -> list[Finding]:
        """What is wrong with a record and its derived items. Empty if its main item cannot be read.

        Two consistent GetItems of the main item, one BatchGetItem, and two GetItems for each guard of another. Raises
        `ConditionFailed` for a record that changes each time.
        """
        source, key = suspects.source, suspects.source.key(suspects.record_id)
        for _ in range(_ATTEMPTS):
            if source is RUNS and self._are_being_erased(suspects.keys):
                return []
            main = self._get(source, key)
            derived = NOTHING if main is None else self._demands(source, main)
            if derived is None:
                return [] if self._rules == "stored" else Examiner(self._store).examine(suspects)
            needed = {*derived.items, *suspects.keys}
            stored = self._store.batch_get(needed, entity="derived", consistent=True) if needed else {}
            if not is_same(main, self._get(source, key)):
                continue
            comparison = _Comparison(source, key, main, derived, stored)
            if not all(self._explain_foreign(comparison, guard) for guard in comparison.foreign):
                continue
            findings = comparison.findings(suspects.keys)
            if comparison.conflicts and self._rules != "stored":
                as_stored = Examiner(self._store).examine(suspects)
                repairable = [f for f in as_stored if f.action is not None]
                return repairable + [f for f in findings if f.action is None]
            return findings
        raise ConditionFailed(f"{key[0]} changes so often that it cannot be looked at")

    def _demands(self, source: Source, main: WireItem) -> Derived | None:
        return derived_items(source, main, self._store, self._rules)

    def _get(self, source: Source, key: Key) -> WireItem | None:
        return self._store.get(key, entity=source.name, consistent=True)

    def _are_being_erased(self, entry_keys: Iterable[Key]) -> bool:
        """Whether the entries' user is being erased: runs are removed before their entries then."""
        users = {pk.split("#")[1] for pk, _ in entry_keys if pk.startswith(keys.user_pk(0)[:-1])}
        return any(
            self._store.get((keys.ERASURES, keys.erasure_sk(int(user))), entity=ERASURE.name, consistent=True)
            for user in users
        )

    def _explain_foreign(self, comparison: _Comparison, key: Key) -> bool:
        """Finds out whether the other holder of a guard demands it too. False if it changed meanwhile."""
        source, guard = comparison.source, comparison.stored[key]
        kind = kind_of_key(*key)
        holder = None if kind is None else holder_id(kind, guard)
        if holder is None:
            comparison.foreign[key] = ()
            return True
        other_key = source.key(holder)
        holder_main = self._get(source, other_key)
        demanded = NOTHING if holder_main is None else self._demands(source, holder_main)
        if demanded is None or key in demanded.items:
            comparison.conflicts.add(key)
        comparison.foreign[key] = (ConditionCheck(other_key, unchanged(source, holder_main)),)
        return is_same(holder_main, self._get(source, other_key))


def unchanged(source: Source, main: WireItem | None) -> Condition:
    """The main item has the version of the one that was read and the same ways of deriving, or is still missing."""
    if main is None:
        return absent()
    names = (source.entity.short("version"), *DERIVATION_ATTRIBUTES)
    return all_of(exists(), *(equals(name, main[name]) if name in main else absent(name) for name in names))


@dataclass
class _Comparison:
    """A main item (None if missing), what it demands, and what is stored under those and other keys.

    foreign: the guards that name another holder, each with the checks of its repair.
    conflicts: those of them that the other holder demands as well.
    """

    source: Source
    key: Key
    main: WireItem | None
    derived: Derived
    stored: dict[Key, WireItem]
    foreign: dict[Key, tuple[ConditionCheck, ...]] = field(default_factory=dict)
    conflicts: set[Key] = field(default_factory=set)

    def __post_init__(self) -> None:
        for key in self.derived.guards:
            guard = self.stored.get(key)
            if guard is not None and not _has_attributes_of(guard, self.derived.items[key]):
                self.foreign[key] = ()

    def findings(self, suspects: Iterable[Key]) -> list[Finding]:
        """What is wrong."""
        findings = [] if self.main is None else self._of_main(self.main)
        for key, expected in self.derived.items.items():
            if not is_same(self.stored.get(key), expected):
                findings.append(self._of_demanded(key, expected))
        for key in suspects:
            if key not in self.derived.items and key in self.stored:
                finding = self._of_other(key, self.stored[key])
                if finding is not None:
                    findings.append(finding)
        return findings

    @property
    def _check(self) -> ConditionCheck:
        return ConditionCheck(self.key, unchanged(self.source, self.main))

    def _of_main(self, main: WireItem) -> list[Finding]:
        findings = []
        same_version = unchanged(self.source, main)
        number = {"N": str(main_id(main))}
        if main.get(self.source.id_short) != number:
            changes = Changes(set={self.source.id_short: number})
            text = f"the {self.source.name} has another id than its key"
            findings.append(Finding("id.different", self.key, text, Update(self.key, changes, same_version)))
        if not is_same(own_attributes(main), self.derived.own):
            new = {name: value for name, value in main.items() if name not in OWN_ATTRIBUTES}
            changes = Changes.between(main, {**new, **self.derived.own})
            actual, index = _index_keys(main), _index_keys(self.derived.own)
            kind = (
                "different"
                if actual == index or (actual and index)
                else "missing"
                if index
                else "superfluous"
            )
            text = f"the {self.source.name}'s index keys {_names(actual)} should be {_names(index)}"
            if actual == index:
                text = f"the {self.source.name}'s keys are derived in another way than today's"
            findings.append(Finding(f"index.{kind}", self.key, text, Update(self.key, changes, same_version)))
        return findings

    def _of_demanded(self, key: Key, expected: WireItem) -> Finding:
        stored, owner = self.stored.get(key), self.key[0]
        name = "guard" if key in self.derived.guards else "entry"
        if stored is None:
            return Finding(
                f"{name}.missing", key, f"of {owner}", Put(expected), (self._check,), _is_counted(key)
            )
        if key in self.conflicts:
            return Finding("guard.conflict", key, f"{owner} and another both have this value")
        same = Put(expected, as_read(stored))
        if key in self.foreign:
            return Finding("guard.foreign", key, f"of {owner}", same, (self._check, *self.foreign[key]))
        different = sorted(name for name in {*stored, *expected} if stored.get(name) != expected.get(name))
        counted = _is_counted(key) and not _COUNTED.isdisjoint(different)
        text = f"of {owner}: {', '.join(different)}"
        return Finding(f"{name}.different", key, text, same, (self._check,), counted)

    def _of_other(self, key: Key, stored: WireItem) -> Finding | None:
        kind = kind_of_key(*key)
        if kind is None:
            return None
        holder = holder_id(kind, stored)
        if holder is not None and self.source.key(holder) != self.key:
            return None  # it belongs to another record since it was read
        name = "guard" if kind in GUARDS else "entry"
        fault = "dangling" if self.main is None else "misplaced"
        text = f"{self.key[0]} does not exist" if self.main is None else f"of {self.key[0]}"
        delete = Delete(key, as_read(stored))
        return Finding(f"{name}.{fault}", key, text, delete, (self._check,), kind == USER_RUN.name)


def _is_counted(key: Key) -> bool:
    """Whether a user's totals count the item of that key."""
    return kind_of_key(*key) == USER_RUN.name


def _has_attributes_of(guard: WireItem, expected: WireItem) -> bool:
    """Whether a guard names the expected holder, whatever else it has."""
    return all(guard.get(name) == value for name, value in expected.items())


def as_read(item: WireItem) -> Condition:
    """The item is stored as it was read."""
    names = [name for name in item if name not in (PK, SK)]
    return all_of(exists(), *(equals(name, item[name]) for name in names))


def _index_keys(item: WireItem) -> WireItem:
    return {name: item[name] for name in INDEX_ATTRIBUTES if name in item}


def _names(index: Mapping[str, WireValue]) -> str:
    return "/".join(str(value.get("S")) for value in index.values()) or "missing"
