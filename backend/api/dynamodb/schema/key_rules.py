"""The rules by which keys are derived from values of a user or a problem, in versions that never change.

A main item carries the version that its derived keys were made by, so that they are found again when it is changed
or removed, whatever the rules are by then. To change a rule, write a new function beside the old one, append a
version here, and pin it in `tests/unit/dynamodb/key_rules.json`. New and changed items get the latest version;
`docs/operations.md` has the procedure for the others.

Which numbers of shards an item's list entries are spread over is recorded beside it, see `derivation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from api.dynamodb.errors import Corrupt
from api.dynamodb.schema import email_rules, folding, keys
from api.dynamodb.schema.templates import ShardedList

MAX_INDEXED_TAGS = 16


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


R = TypeVar("R", bound=_Versioned)


@dataclass(frozen=True)
class UserRules:
    """Keys from a user's values. `fold_email` gives the form in which addresses are compared."""

    version: int
    fold_email: Callable[[str], str]

    def email_pk(self, email: str) -> str | None:
        """Partition key of an e-mail's guard item and of its user on GSI1; None for one that is empty.

        Raises `KeyTooLong`, and `UnseenCharacter` for an address that the rule refuses.
        """
        address = self.fold_email(email)
        return keys.EMAIL_PK.checked_key(address) if address else None


@dataclass(frozen=True)
class ProblemRules:
    """Keys from a problem's values.

    fold_name: gives the form in which platforms, problem numbers, tags and difficulties are compared.
    title_words: gives the words of a title that are indexed.
    """

    version: int
    fold_name: Callable[[str], str]
    title_words: Callable[[str], list[str]]
    max_tags: int = MAX_INDEXED_TAGS

    def number_pk(self, platform: str, number: str) -> str:
        """Partition key of the guard of a platform's problem number. Raises `KeyTooLong`."""
        parts = (keys.escape(self.fold_name(text)) for text in (platform, number))
        return keys.PROBLEM_NUMBER_PK.checked_key(*parts)

    def tags(self, tags: Any) -> list[str]:
        """The tags that are indexed: the texts of a JSON list, normalised, distinct, at most 16."""
        if not isinstance(tags, list):
            return []
        names = (self.fold_name(tag) for tag in tags if isinstance(tag, str))
        return list(dict.fromkeys(name for name in names if name))[: self.max_tags]

    def lists(self, record: Mapping[str, Any], tags: Sequence[str]) -> list[ShardedList]:
        """The lists that contain a problem: none if it is deleted, the drafts until it is complete.

        `tags` are from `tags`.
        """
        if record["is_deleted"]:
            return []
        if not record["is_completed"]:
            return [keys.DRAFT_PROBLEMS]
        lists = [keys.ALL_PROBLEMS, self.platform_list(record["platform"])]
        if record.get("difficulty"):
            lists.append(self.difficulty_list(record["difficulty"]))
        return lists + [self.tag_list(tag) for tag in tags]

    def platform_list(self, platform: str) -> ShardedList:
        """The list of a platform's problems. Raises `KeyTooLong`."""
        return keys.named_problem_list("PLT", self.fold_name(platform))

    def difficulty_list(self, difficulty: str) -> ShardedList:
        """The list of the problems of a difficulty. Raises `KeyTooLong`."""
        return keys.named_problem_list("DIF", self.fold_name(difficulty))

    def tag_list(self, tag: str) -> ShardedList:
        """The list of the problems with a tag. Raises `KeyTooLong`."""
        return keys.named_problem_list("TAG", self.fold_name(tag))


class KeyRules(Generic[R]):
    """All versions of one kind of rules, from version 1 on."""

    def __init__(self, *versions: R) -> None:
        if [rules.version for rules in versions] != list(range(1, len(versions) + 1)):
            raise ValueError("versions are numbered from 1 on, without gaps")
        self._versions = versions

    @property
    def current(self) -> R:
        """The latest version, by which items are written."""
        return self._versions[-1]

    def version(self, number: int) -> R:
        """A version. Raises `Corrupt` for one that this code does not know."""
        if not 1 <= number <= len(self._versions):
            raise Corrupt(
                f"an item's keys were derived by version {number} of the rules, which this version of the service "
                f"does not know: it knows {len(self._versions)}"
            )
        return self._versions[number - 1]

    def newest_first(self) -> tuple[R, ...]:
        """Every version by which a stored item may have been written."""
        return self._versions[::-1]


USER_RULES = KeyRules(UserRules(1, email_rules.v1), UserRules(2, email_rules.v2))
PROBLEM_RULES = KeyRules(ProblemRules(1, folding.folded_name, folding.title_words))
