"""Selects the changes of a command: all, a group, or one with its dependencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lifecycle.change_files import Change, find, with_dependencies, with_dependents
from lifecycle.errors import BadInput


@dataclass(frozen=True)
class Selection:
    """The changes of `group`, or the one named `target`; everything when neither is given.

    A rollback undoes the `last` applied ones of them, None for all.
    """

    target: str | None = None
    group: str | None = None
    last: int | None = None

    def _selected(self, changes: Sequence[Change]) -> list[Change]:
        selected = list(changes) if self.target is None else [find(changes, self.target)]
        if self.group is None:
            return selected
        groups = sorted({change.group for change in changes})
        if self.group not in groups:
            raise BadInput(
                f"there is no group {self.group}", hint=f"there are: {', '.join(groups) or 'none'}"
            )
        selected = [change for change in selected if change.group == self.group]
        if not selected:
            raise BadInput(f"{self.target} is not in the group {self.group}")
        return selected

    def to_apply(self, changes: Sequence[Change]) -> list[Change]:
        """The selected changes with all that they depend on, in order. Raises `BadInput` for an unknown name."""
        return with_dependencies(changes, self._selected(changes))

    def to_undo(self, changes: Sequence[Change]) -> list[Change]:
        """The selected changes with all that depend on them, last first. Raises `BadInput` for an unknown name."""
        return with_dependents(changes, self._selected(changes))[::-1]
