"""Change files: loads them from folders, checks them and puts them in order.

A change is one Python file named `migration_YYYYMMDD_HHMMSS_words.py` with

    GROUP = "orders"                  # changes can be run by group
    DEPENDS_ON = ("migration_...",)   # the changes that come before it; others follow by timestamp
    DESCRIPTION = "One line for people."

    def up() -> list[Operation]: ...
    def down() -> list[Operation]: ...   # the steps that undo it, in the order in which they are carried out

`lifecycle.checksums` says what its checksum covers.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from lifecycle.checksums import steps_checksum
from lifecycle.errors import BadInput
from lifecycle.operations import Operation

CHANGES_DIR = Path(__file__).resolve().parent / "changes"
DEFAULT_GROUP = "main"
_FILE = re.compile(r"migration_(\d{8}_\d{6})_([a-z0-9][a-z0-9_]*)")


@dataclass(frozen=True)
class Change:
    """One versioned change; `up` and `down` return its operations."""

    name: str
    path: Path
    timestamp: str
    group: str
    depends_on: tuple[str, ...]
    description: str
    _up: Callable[[], Sequence[Operation]]
    _down: Callable[[], Sequence[Operation]]

    def up(self) -> tuple[Operation, ...]:
        """The steps that apply it. Raises `BadInput` if the file's function fails."""
        return self._steps(self._up, "up")

    def down(self) -> tuple[Operation, ...]:
        """The steps that undo it. Raises `BadInput` if the file's function fails."""
        return self._steps(self._down, "down")

    def checksum(self, env: str) -> str:
        """The checksum of its steps in an environment. Raises `BadInput` if one of the file's functions fails."""
        return steps_checksum(self.up(), self.down(), env)

    def _steps(self, function: Callable[[], Sequence[Operation]], name: str) -> tuple[Operation, ...]:
        try:
            steps = tuple(function())
        except Exception as error:
            raise BadInput(f"{self.path.name}: {name}() fails: {type(error).__name__}: {error}") from error
        if not all(isinstance(step, Operation) for step in steps):
            raise BadInput(f"{self.path.name}: {name}() returns something that is not an operation")
        return steps


def module_name(path: Path) -> tuple[Path, str]:
    """The folder that a file is imported from, above the outermost `__init__.py`, and its dotted name there."""
    parts, folder = [path.stem], path.resolve().parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    if len(parts) == 1:  # a plain folder: modules beside it can be imported
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts)


def load_module(path: Path) -> ModuleType:
    """Imports a file, ignoring an earlier import. Raises `BadInput` if it cannot be imported."""
    root, name = module_name(path)
    if str(root) not in sys.path:
        sys.path.append(str(root))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise BadInput(f"{path.name} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def load_change(path: Path) -> Change:
    """Reads one change. Raises `BadInput` for a wrong name or content."""
    match = _FILE.fullmatch(path.stem)
    if match is None:
        raise BadInput(f"{path.name} is not named like migration_20261201_122000_what_it_does.py")
    module = load_module(path)
    up, down = getattr(module, "up", None), getattr(module, "down", None)
    if not callable(up) or not callable(down):
        raise BadInput(f"{path.name} needs two functions, up() and down(), that return lists of operations")
    depends_on = getattr(module, "DEPENDS_ON", ())
    if isinstance(depends_on, str) or not all(isinstance(name, str) for name in depends_on):
        raise BadInput(f"{path.name}: DEPENDS_ON must be a tuple of names of changes")
    return Change(
        name=path.stem, path=path, timestamp=match[1], group=str(getattr(module, "GROUP", DEFAULT_GROUP)),
        depends_on=tuple(depends_on), description=str(getattr(module, "DESCRIPTION", "")),
        _up=up, _down=down,
    )  # fmt: skip


def load_changes(folders: Iterable[Path]) -> list[Change]:
    """Every change of the folders, in the order in which they are applied.

    Modules whose names begin with an underscore are no changes. Raises `BadInput` for a missing folder, a file that is
    not named like a change or cannot be imported, two files with the same
    timestamp, an unknown dependency and a cycle.
    """
    changes: list[Change] = []
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}", hint="name one with --changes")
        changes += [
            load_change(path) for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")
        ]
    by_time: dict[str, Change] = {}
    for change in changes:
        first = by_time.setdefault(change.timestamp, change)
        if first is not change:
            raise BadInput(
                f"{first.path.name} and {change.path.name} have the same timestamp", hint="rename one of them"
            )
    return ordered(changes)


def ordered(changes: Iterable[Change]) -> list[Change]:
    """Changes after those they depend on, otherwise by timestamp. Raises `BadInput`: unknown dependency, cycle."""
    waiting = {change.name: change for change in sorted(changes, key=lambda change: change.timestamp)}
    for change in waiting.values():
        for name in change.depends_on:
            if name not in waiting:
                raise BadInput(f"{change.path.name} depends on {name}, which does not exist")
    done: dict[str, Change] = {}
    while waiting:
        ready = [change for change in waiting.values() if done.keys() >= set(change.depends_on)]
        if not ready:
            raise BadInput(f"these changes depend on each other in a cycle: {', '.join(_cycle(waiting))}")
        done[ready[0].name] = waiting.pop(ready[0].name)
    return list(done.values())


def _cycle(waiting: dict[str, Change]) -> list[str]:
    path = [next(iter(waiting))]
    while True:
        dependency = next(name for name in waiting[path[-1]].depends_on if name in waiting)
        if dependency in path:
            return path[path.index(dependency) :]
        path.append(dependency)


def find(changes: Sequence[Change], target: str) -> Change:
    """The change of that name, with or without `.py`. Raises `BadInput` with the existing names."""
    name = target.removesuffix(".py")
    for change in changes:
        if change.name == name:
            return change
    names = ", ".join(change.name for change in changes) or "none"
    raise BadInput(f"there is no change {target}", hint=f"there are: {names}")


def with_dependencies(changes: Sequence[Change], selected: Iterable[Change]) -> list[Change]:
    """The selected changes and all that they depend on, in order."""
    names = {change.name for change in selected}
    for change in reversed(changes):
        if change.name in names:
            names.update(change.depends_on)
    return [change for change in changes if change.name in names]


def with_dependents(changes: Sequence[Change], selected: Iterable[Change]) -> list[Change]:
    """The selected changes and all that depend on them, in order."""
    names = {change.name for change in selected}
    for change in changes:
        if names.intersection(change.depends_on):
            names.add(change.name)
    return [change for change in changes if change.name in names]
