"""The checksum of a change: what its steps make of tables in an environment, and not how its file is written.

Comments, docstrings, line breaks, the description and the group do not count; a declaration that the file imports
does, and so does the module of a function that changes items. Arguments at their defaults do not count either, so
that a new argument of an operation leaves the checksums of existing changes alone.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifecycle.declaration_source import is_default

if TYPE_CHECKING:
    from lifecycle.operations import Operation

# The checksums of earlier versions covered the file's text and have no prefix.
PREFIX = "steps-1:"
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_ABOUT_THE_CHANGE = {"GROUP", "DEPENDS_ON", "DESCRIPTION"}


def steps_checksum(up: Sequence[Operation], down: Sequence[Operation], env: str) -> str:
    """The SHA-256 of the steps that apply and undo a change in an environment, with the prefix of this form."""
    steps = [[_plain_step(step, env) for step in steps] for steps in (up, down)]
    text = json.dumps(steps, sort_keys=True, ensure_ascii=True)
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()


def _plain_step(step: Operation, env: str) -> list[Any]:
    table = {"name": step.config.name, "real_name": step.config.real_name}
    return [type(step).__name__, table, _plain(step.effect(env))]


def _plain(value: Any) -> Any:
    """The value as JSON, with the type of what JSON does not have."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value):
        names = [each.name for each in fields(value) if not is_default(value, each)]
        return {type(value).__name__: {name: _plain(getattr(value, name)) for name in names}}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Set):
        return sorted(map(str, value))
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_plain(part) for part in value]
    if callable(value):
        return {
            "function": getattr(value, "__qualname__", type(value).__qualname__),
            "module": _source_of(value),
        }
    return f"{type(value).__name__} {value!r}"


def _source_of(function: Callable[..., Any]) -> str:
    """The module of a function, for what it calls there, without comments, docstrings and what describes the change.

    `up` and `down` are left out, since their steps count, unless the function stands in one of them.
    """
    left_out = set() if "<locals>" in getattr(function, "__qualname__", "") else {"up", "down"}
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        file = inspect.getsourcefile(type(function))
    if file is None:
        return ""
    module = ast.parse(Path(file).read_text(encoding="utf-8"))
    module.body = [
        node
        for node in module.body
        if not _describes_the_change(node) and getattr(node, "name", None) not in left_out
    ]
    for node in ast.walk(module):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(module)


def _describes_the_change(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id in _ABOUT_THE_CHANGE for target in targets)
