"""Which changes a command is about: all, a group, or one with what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lifecycle.errors import BadInput
from lifecycle.files import Change, find, with_dependencies, with_dependents


@dataclass(frozen=True)
class Selection:
    """The changes of `group`, or the one named `target`; everything when neither is given."""

    target: str | None = None
    group: str | None = None

    def _named(self, changes: Sequence[Change]) -> list[Change]:
        chosen = list(changes) if self.target is None else [find(changes, self.target)]
        if self.group is None:
            return chosen
        groups = sorted({change.group for change in changes})
        if self.group not in groups:
            raise BadInput(
                f"there is no group {self.group}", hint=f"there are: {', '.join(groups) or 'none'}"
            )
        chosen = [change for change in chosen if change.group == self.group]
        if not chosen:
            raise BadInput(f"{self.target} is not of the group {self.group}")
        return chosen

    def to_apply(self, changes: Sequence[Change]) -> list[Change]:
        """The chosen ones with all that they depend on, in order. Raises `BadInput` for an unknown name."""
        return with_dependencies(changes, self._named(changes))

    def to_undo(self, changes: Sequence[Change]) -> list[Change]:
        """The chosen ones with all that depend on them, last first. Raises `BadInput` for an unknown name."""
        return with_dependents(changes, self._named(changes))[::-1]
