"""How the keys of one record's items were derived, as its main item says, or are derived when it is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import Corrupt
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import KEY_RULES, SHARDS
from api.dynamodb.schema.key_rules import PROBLEM_RULES, USER_RULES, KeyRules, ProblemRules, UserRules
from api.dynamodb.schema.list_shards import FIRST_SHARDS, written_shards
from api.dynamodb.schema.templates import ShardedList

R = TypeVar("R", UserRules, ProblemRules)

# What an item without the attributes was written by. Never changes, whatever is declared.
_FIRST_VERSION = 1
_FIRST_SHARDS = (FIRST_SHARDS,)


@dataclass(frozen=True)
class Derivation(Generic[R]):
    """How the keys of one record's items are derived.

    rules: for values.
    shards: the numbers of shards by which its list entries are spread, ascending. There are several only while its
    entries are being moved: it has an entry by each of them then.
    """

    rules: R
    shards: tuple[int, ...]

    def entry_pks(self, entries: ShardedList, entry_id: int) -> list[str]:
        """The partition keys of a record's entries in a list."""
        if entries.setting is None:
            return [entries.pk_of(entry_id)]
        return list(dict.fromkeys(entries.resharded(number).pk_of(entry_id) for number in self.shards))

    def attributes(self) -> WireItem:
        """What the main item says about it; nothing for the first version and number."""
        attributes: WireItem = {}
        if self.rules.version != _FIRST_VERSION:
            attributes[KEY_RULES] = {"N": str(self.rules.version)}
        if self.shards != _FIRST_SHARDS:
            attributes[SHARDS] = {"NS": [str(number) for number in self.shards]}
        return attributes


class Derivations(Generic[R]):
    """How keys of one kind of records are derived.

    rules: every version.
    entries: a list of such records; all of theirs with a number of shards that can be set have the same.
    """

    def __init__(self, rules: KeyRules[R], entries: ShardedList) -> None:
        self._rules: KeyRules[R] = rules
        self._entries = entries

    def new(self) -> Derivation[R]:
        """For a new record: the current rules, and the number of shards that is set for writers."""
        return Derivation(self._rules.current, (written_shards(self._entries),))

    def stored(self, main: WireItem) -> Derivation[R]:
        """What the items of a stored record were written by. Raises `Corrupt`, also for rules of a later version."""
        try:
            version = int(main[KEY_RULES]["N"]) if KEY_RULES in main else _FIRST_VERSION
            numbers = tuple(sorted(map(int, main[SHARDS]["NS"]))) if SHARDS in main else _FIRST_SHARDS
        except (KeyError, ValueError, TypeError) as error:
            raise Corrupt(f"how the keys of an item were derived cannot be read: {error}") from error
        if numbers[0] < 1:
            raise Corrupt(f"an item says that its list entries have {numbers[0]} shards")
        return Derivation(self._rules.version(version), numbers)

    def changed(self, main: WireItem) -> Derivation[R]:
        """For a change of a stored record: the current rules, but the shards that its entries are in.

        An entry that moved to another shard while a page is read would be missed, so changes do not move it.
        """
        return replace(self.stored(main), rules=self._rules.current)


USER_DERIVATIONS = Derivations(USER_RULES, keys.USER_LIST)
PROBLEM_DERIVATIONS = Derivations(PROBLEM_RULES, keys.ALL_PROBLEMS)
