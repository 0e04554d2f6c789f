"""Texts of Python files: arguments of gettext's functions, and what the service says in English when it refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from translations.texts import Text

_SHAPES = {
    "gettext": ("singular",), "gettext_lazy": ("singular",), "gettext_noop": ("singular",), "_": ("singular",),
    "ngettext": ("singular", "plural"), "ngettext_lazy": ("singular", "plural"),
    "pgettext": ("context", "singular"), "pgettext_lazy": ("context", "singular"),
    "npgettext": ("context", "singular", "plural"), "npgettext_lazy": ("context", "singular", "plural"),
}  # fmt: skip
# Which argument of what is said to people when the service refuses; `web.wording` looks those up.
_REFUSALS = {"Refusal": 1, "invalid": 1, "refused": 0, "_refused": 0, "_unreachable": 1, "FaultKind": 2}
# Texts of `web.wording` that are looked up there.
_LOOKED_UP = ("PATTERNS", "NAMES")


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def texts_of(source: str) -> Iterator[Text]:
    """The texts of a file that is written for pages: what gettext's functions are given as literals."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and any(_name(target) in _LOOKED_UP for target in node.targets):
            yield from (Text(text) for text in _constants(node.value))
        if not isinstance(node, ast.Call):
            continue
        shape = _SHAPES.get(_name(node.func), ())
        given = [part.value for part in node.args[: len(shape)] if isinstance(part, ast.Constant)]
        if shape and len(given) == len(shape) and all(isinstance(value, str) for value in given):
            yield Text(**dict(zip(shape, map(str, given), strict=True)))


def said_by(source: str) -> Iterator[str]:
    """What a file of the service says when it refuses; a value within is written `{}`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            place = _REFUSALS.get(_name(node.func))
            if place is not None and len(node.args) > place:
                yield from _said(node.args[place])
        elif isinstance(node, ast.Assign) and any(
            _name(target) in ("detail", "_DETAILS") for target in node.targets
        ):
            yield from _said(node.value)


def _said(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may come to."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
            if any(map(str.isalpha, text)):
                yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*_said(one), *_said(other))
        case ast.Dict(values=values):
            for value in values:
                yield from _said(value)


def _constants(node: ast.expr) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
