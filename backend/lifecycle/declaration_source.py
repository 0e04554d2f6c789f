"""A declaration as Python, for a change file that keeps it as it was when the change was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

WIDTH = 110
_POSITIONAL_FIELDS = 4  # a class with more fields is written with their names


def python_source(value: Any, depth: int = 0, prefix: int = 0) -> str:
    """Python that evaluates to the value, on one line where it fits, otherwise a line for each part.

    Params: `depth` is the indentation of the line that it begins on, `prefix` the number of characters before it.
    """
    opening, parts, closing = _parts(value)
    if opening is None:
        return _literal(value)
    texts = [f"{name}{python_source(part)}" for name, part in parts]
    comma = "," if opening == "(" and len(parts) == 1 and isinstance(value, tuple) else ""
    line = f"{opening}{', '.join(texts)}{comma}{closing}"
    if depth + prefix + len(line) <= WIDTH:
        return line
    inner = " " * (depth + 4)
    lines = [f"{inner}{name}{python_source(part, depth + 4, len(name))},\n" for name, part in parts]
    return f"{opening}\n{''.join(lines)}{' ' * depth}{closing}"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        text = repr(value)
        return text if text.startswith('"') or '"' in text else f'"{text[1:-1]}"'
    return repr(value)


def _parts(value: Any) -> tuple[str | None, list[tuple[str, Any]], str]:
    """The opening, the named parts and the closing of a compound value; None for a plain one."""
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}(", _arguments(value), ")"
    if isinstance(value, Mapping):
        return "{", [(f"{_literal(key)}: ", part) for key, part in value.items()], "}"
    if isinstance(value, tuple):
        return "(", [("", part) for part in value], ")"
    if isinstance(value, list):
        return "[", [("", part) for part in value], "]"
    return None, [], ""


def _arguments(value: Any) -> list[tuple[str, Any]]:
    """The arguments that differ from their defaults; by position for a class of few fields."""
    every = fields(value)
    if len(every) > _POSITIONAL_FIELDS:
        return [(f"{each.name}=", getattr(value, each.name)) for each in every if not is_default(value, each)]
    count = max((n + 1 for n, each in enumerate(every) if not is_default(value, each)), default=0)
    return [("", getattr(value, each.name)) for each in every[:count]]


def is_default(value: Any, field: Field[Any]) -> bool:
    """Whether a field of a dataclass has its default."""
    default = field.default
    if default is MISSING and field.default_factory is not MISSING:
        default = field.default_factory()
    return bool(default is not MISSING and getattr(value, field.name) == default)


def classes_in(value: Any) -> Iterator[type]:
    """Every class that the value's Python names."""
    opening, parts, _ = _parts(value)
    is_builtin = type(value).__module__ == "builtins" or isinstance(value, Mapping)
    if is_dataclass(value) or (opening is None and not is_builtin):
        yield type(value)
    for _, part in parts:
        yield from classes_in(part)
