"""Changes as files: found in a folder, imported, put in order, and refused when they cannot be trusted.

A change is one Python file named `migration_YYYYMMDD_HHMMSS_words.py` with

    GROUP = "orders"                  # changes can be run by group
    DEPENDS_ON = ("migration_...",)   # the changes that come before it; the timestamp orders the rest
    DESCRIPTION = "One line for people."

    def up() -> list[Operation]: ...
    def down() -> list[Operation]: ...   # written out, the steps that undo it, in the order they are made

Its checksum is that of the file alone, line ends normalised, not of what it imports.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from lifecycle.declaration import TableConfig
from lifecycle.errors import BadInput
from lifecycle.operations import Operation

CHANGES_DIR = Path(__file__).resolve().parent / "changes"
CONFIGS_DIR = Path(__file__).resolve().parent / "table_configs"
DEFAULT_GROUP = "main"
_FILE = re.compile(r"migration_(\d{8}_\d{6})_([a-z0-9][a-z0-9_]*)")
_MENTION = re.compile(r"migration_.*\.py")


@dataclass(frozen=True)
class Change:
    """One versioned change; `up` and `down` make its operations."""

    name: str
    path: Path
    timestamp: str
    group: str
    depends_on: tuple[str, ...]
    description: str
    checksum: str
    _up: Callable[[], Sequence[Operation]]
    _down: Callable[[], Sequence[Operation]]

    def up(self) -> tuple[Operation, ...]:
        """The steps that make it. Raises `BadInput` if the file cannot say them."""
        return self._steps(self._up, "up")

    def down(self) -> tuple[Operation, ...]:
        """The steps that undo it. Raises `BadInput` if the file cannot say them."""
        return self._steps(self._down, "down")

    def _steps(self, make: Callable[[], Sequence[Operation]], what: str) -> tuple[Operation, ...]:
        try:
            steps = tuple(make())
        except Exception as error:
            raise BadInput(f"{self.path.name}: {what}() fails: {type(error).__name__}: {error}") from error
        if not all(isinstance(step, Operation) for step in steps):
            raise BadInput(f"{self.path.name}: {what}() returns something that is no operation")
        return steps


def checksum_of(path: Path) -> str:
    """SHA-256 of a file's text, whatever its line ends."""
    data = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    return hashlib.sha256(data).hexdigest()


def module_name(path: Path) -> tuple[Path, str]:
    """The folder that a file is imported from, and its dotted name there: above the outermost `__init__.py`."""
    parts, folder = [path.stem], path.resolve().parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    if len(parts) == 1:  # a plain folder: what stands beside it can be imported
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts)


def load_module(path: Path) -> ModuleType:
    """Imports a file as it is now. Raises `BadInput` if it cannot be imported."""
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
    named = _FILE.fullmatch(path.stem)
    if named is None:
        raise BadInput(f"{path.name} is not named like migration_20261201_122000_what_it_does.py")
    checksum = checksum_of(path)
    module = load_module(path)
    up, down = getattr(module, "up", None), getattr(module, "down", None)
    if not callable(up) or not callable(down):
        raise BadInput(f"{path.name} needs two functions, up() and down(), that return lists of operations")
    depends_on = getattr(module, "DEPENDS_ON", ())
    if isinstance(depends_on, str) or not all(isinstance(name, str) for name in depends_on):
        raise BadInput(f"{path.name}: DEPENDS_ON is a tuple of names of changes")
    return Change(
        name=path.stem, path=path, timestamp=named[1], group=str(getattr(module, "GROUP", DEFAULT_GROUP)),
        depends_on=tuple(depends_on), description=str(getattr(module, "DESCRIPTION", "")), checksum=checksum,
        _up=up, _down=down,
    )  # fmt: skip


def load_changes(folders: Iterable[Path]) -> list[Change]:
    """Every change of the folders, in the order in which they are applied.

    Raises `BadInput` for a folder that is not there, a file that does not import, two files with one
    timestamp, an unknown dependency and a cycle.
    """
    changes: list[Change] = []
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}", hint="name one with --changes")
        changes += [load_change(path) for path in sorted(folder.iterdir()) if _MENTION.fullmatch(path.name)]
    by_time: dict[str, Change] = {}
    for change in changes:
        other = by_time.setdefault(change.timestamp, change)
        if other is not change:
            raise BadInput(
                f"{other.path.name} and {change.path.name} have one timestamp", hint="rename one of them"
            )
    return ordered(changes)


def ordered(changes: Iterable[Change]) -> list[Change]:
    """Changes behind what they depend on, otherwise by time. Raises `BadInput`: unknown dependency, cycle."""
    waiting = {change.name: change for change in sorted(changes, key=lambda one: one.timestamp)}
    for change in waiting.values():
        for name in change.depends_on:
            if name not in waiting:
                raise BadInput(f"{change.path.name} depends on {name}, which is not there")
    done: dict[str, Change] = {}
    while waiting:
        ready = [one for one in waiting.values() if all(name in done for name in one.depends_on)]
        if not ready:
            raise BadInput(f"these changes depend on each other in a circle: {', '.join(_circle(waiting))}")
        done[ready[0].name] = waiting.pop(ready[0].name)
    return list(done.values())


def _circle(waiting: dict[str, Change]) -> list[str]:
    path = [next(iter(waiting))]
    while True:
        after = next(name for name in waiting[path[-1]].depends_on if name in waiting)
        if after in path:
            return path[path.index(after) :]
        path.append(after)


def find(changes: Sequence[Change], target: str) -> Change:
    """The change of that name; `.py` behind it is allowed. Raises `BadInput` with the names there are."""
    wanted = target.removesuffix(".py")
    for change in changes:
        if change.name == wanted:
            return change
    known = ", ".join(change.name for change in changes) or "none"
    raise BadInput(f"there is no change {target}", hint=f"there are: {known}")


def with_dependencies(changes: Sequence[Change], chosen: Iterable[Change]) -> list[Change]:
    """The chosen changes and all that they depend on, in order."""
    wanted = {change.name for change in chosen}
    for change in reversed(changes):
        if change.name in wanted:
            wanted.update(change.depends_on)
    return [change for change in changes if change.name in wanted]


def with_dependents(changes: Sequence[Change], chosen: Iterable[Change]) -> list[Change]:
    """The chosen changes and all that depend on them, in order."""
    wanted = {change.name for change in chosen}
    for change in changes:
        if wanted.intersection(change.depends_on):
            wanted.add(change.name)
    return [change for change in changes if change.name in wanted]


@dataclass(frozen=True)
class Declared:
    """A declared table, and the module that declares it as `TABLE`."""

    config: TableConfig
    module: str


def load_configs(folders: Iterable[Path]) -> list[Declared]:
    """Every table that the config modules of the folders declare, in the order of their files."""
    found: list[Declared] = []
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}", hint="name one with --configs")
        for path in sorted(folder.glob("*.py")):
            table = getattr(load_module(path), "TABLE", None)
            if isinstance(table, TableConfig):
                found.append(Declared(table, module_name(path)[1]))
    return found
