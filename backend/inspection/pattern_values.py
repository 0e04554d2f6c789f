"""The parameters of a repository's method, their typical values, and other values given as text."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import orjson

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.key_forms import key_fields, kind_of
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.email_rules import normal_email
from api.dynamodb.schema.entities import KEY_ATTRIBUTES, PK
from api.dynamodb.schema.folding import folded_name, title_words
from api.dynamodb.table.write_actions import Key, key_of

_LONG_ID = 10**6
_SEQUENCES = (list, tuple, range, set, frozenset)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a method with its value; `name` is `data.email` for a field of a mapping.

    is_typical: whether the pattern gives it a value, rather than the method's default.
    """

    name: str
    value: Any
    annotation: str = ""
    is_typical: bool = True

    @property
    def text(self) -> str:
        """The value for people."""
        if isinstance(self.value, datetime | date):
            return self.value.isoformat()
        if isinstance(self.value, _SEQUENCES):
            values = [Parameter("", value).text for value in self.value]
            return (
                ",".join(values) if len(values) <= 5 else f"{','.join(values[:2])},... ({len(values)} values)"
            )
        text = str(self.value)
        return text if len(text) <= 60 else f"{text[:50]}... ({len(text):,} characters)"


def parameters_of(
    method: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Parameter, ...]:
    """The parameters of a method that is called with these arguments; those of a mapping follow it by field."""
    bound = inspect.signature(method).bind(*args, **kwargs)
    typical = set(bound.arguments)
    bound.apply_defaults()
    parameters = []
    for name, value in bound.arguments.items():
        annotation = str(bound.signature.parameters[name].annotation)
        if isinstance(value, Mapping):
            parameters += [Parameter(f"{name}.{key}", inner) for key, inner in value.items()]
        parameters.append(Parameter(name, value, annotation, name in typical))
    return tuple(parameters)


def replaced_arguments(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The arguments of the method, mappings put together again from their fields."""
    fields: dict[str, dict[str, Any]] = {}
    arguments: dict[str, Any] = {}
    for parameter in parameters:
        name, _, key = parameter.name.partition(".")
        if key:
            fields.setdefault(name, {})[key] = parameter.value
        else:
            arguments[name] = fields.get(name, parameter.value)
    return arguments


@dataclass(frozen=True)
class Replacement:
    """A parameter's typical value, and the value that stands in its place."""

    name: str
    old: Any
    new: Any


def in_items(items: Mapping[Key, WireItem], replacements: Sequence[Replacement]) -> dict[Key, WireItem]:
    """Typical items with values replaced, in keys and attributes, so that the new values find them.

    Shards stay those of the typical ids, which changes no cost.
    """
    if not replacements:
        return dict(items)
    in_keys, attributes = _key_replacement(replacements), _attribute_replacements(replacements)
    words = {r.old: r.new for r in replacements if r.name == "words"}
    # An id of one digit is replaced in its own entity alone: elsewhere the digit is something else.
    only_in = {r.name.removesuffix("_id") for r in replacements if type(r.old) is int and r.old < _LONG_ID}
    replaced = (
        item if only_in and kind_of(item) not in only_in else _replaced(item, attributes, in_keys, words)
        for item in items.values()
    )
    return {key_of(item): item for item in replaced}


def _in_list(text: str) -> str:
    return keys.escape(folded_name(text))


def _title_word(text: str) -> str:
    return (title_words(text) or [text])[0]


# How a key has the text of a parameter.
_KEY_FORMS: Mapping[str, Callable[[str], str]] = {
    "email": normal_email, "words": _title_word,
    **dict.fromkeys(("platform", "number", "difficulty", "tag"), _in_list),
}  # fmt: skip


def _key_replacement(replacements: Sequence[Replacement]) -> Callable[[str], str]:
    """A function that replaces the values in the text of a key."""
    texts: dict[str, str] = {}
    for name, old, new in ((r.name, r.old, r.new) for r in replacements):
        if type(old) is int:
            texts |= {str(old): str(new), f"{old:016}": f"{new:016}"}
        elif isinstance(old, str):
            form = _KEY_FORMS.get(name, str)
            texts[form(old)] = form(new)
        else:
            texts[old.isoformat()] = new.isoformat()
    alternatives = "|".join(re.escape(text) for text in texts)
    expression = re.compile(rf"(?<![^#:])(?:{alternatives})(?![^#])")
    return lambda text: expression.sub(lambda match: texts[match[0]], text)


def _attribute_replacements(replacements: Sequence[Replacement]) -> dict[tuple[str, str], str]:
    """What an attribute's value is replaced by, by its type and text; a text also in the form that keys have."""
    attributes: dict[tuple[str, str], str] = {}
    for name, old, new in ((r.name, r.old, r.new) for r in replacements):
        if type(old) is int:
            attributes["N", str(old)] = str(new)
        elif isinstance(old, str):
            form = _KEY_FORMS.get(name, str)
            attributes |= {("S", form(old)): new, ("S", old): new, ("SS", form(old)): form(new)}
    return attributes


def _replaced(
    item: WireItem,
    attributes: Mapping[tuple[str, str], str],
    in_keys: Callable[[str], str],
    words: Mapping[str, str],
) -> WireItem:
    new: WireItem = {}
    for name, value in item.items():
        ((kind, inner),) = value.items()
        if name in KEY_ATTRIBUTES:
            new[name] = {kind: in_keys(inner)}
        elif kind in ("N", "S"):
            new[name] = {kind: attributes.get((kind, inner), inner)}
        elif kind == "SS":
            new[name] = {kind: [attributes.get((kind, text), text) for text in inner]}
        else:
            new[name] = value
        for typical, replacement in words.items():
            if "S" in new[name] and name not in KEY_ATTRIBUTES:
                text = re.sub(rf"\b{re.escape(typical)}\b", replacement, new[name]["S"], flags=re.IGNORECASE)
                new[name] = {"S": text}
    if kind_of(new) == "word_entry":
        new[PK] = {"S": keys.word_pk(str(key_fields(new)["word"]))}
    return new


def with_values(
    parameters: Sequence[Parameter], values: Mapping[str, str]
) -> tuple[tuple[Parameter, ...], tuple[Replacement, ...]]:
    """The parameters with `values` (texts by name) in place of typical ones, and what they replaced.

    A mapping may be given further fields. Raises `InvalidInput` for a name that is no parameter, and a text that is
    no such value.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    replacements: list[Replacement] = []
    for name, text in values.items():
        parameter = by_name.get(name)
        if parameter is None:
            mapping = by_name.get(name.partition(".")[0])
            if "." not in name or mapping is None or not isinstance(mapping.value, Mapping):
                raise InvalidInput(f"there is no value {name!r}; there are {', '.join(by_name)}")
            by_name[name] = Parameter(name, _json_or_text(text))
            continue
        value = _parsed(parameter, text)
        by_name[name] = replace(parameter, value=value, is_typical=True)
        replacements += _replacements(name, parameter.value, value)
    return tuple(by_name.values()), tuple(replacements)


def _replacements(name: str, old: Any, new: Any) -> list[Replacement]:
    """What typical items hold of a parameter; those of a new record are in none of them."""
    if "." in name or name in ("limit", "action"):
        return []
    if isinstance(old, _SEQUENCES):
        return [each for a, b in zip(old, new, strict=False) for each in _replacements(name, a, b)]
    is_id = type(old) is int and name.endswith(("_id", "_ids"))
    is_text = isinstance(old, str | date) and type(old) is type(new)
    return [Replacement(name, old, new)] if is_id or is_text else []


def _parsed(parameter: Parameter, text: str) -> Any:
    """A text as a value like the parameter's typical one. Raises `InvalidInput`."""
    try:
        return _parse(parameter.value, parameter.annotation, text)
    except (ValueError, TypeError, KeyError):
        expected = parameter.annotation if parameter.value is None else parameter.text
        raise InvalidInput(
            f"{parameter.name}: {text!r} is no such value; a typical one is {expected}"
        ) from None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# By type, in the order in which they are tried: a bool is an int, and a datetime a date.
_PARSERS: tuple[tuple[type, Callable[[str], Any]], ...] = (
    (bool, lambda text: {"true": True, "1": True, "false": False, "0": False}[text.lower()]),
    (int, int),
    (float, float),
    (datetime, _moment),
    (date, date.fromisoformat),
    (str, str),
)


def _parse(typical: Any, annotation: str, text: str) -> Any:
    """A text as a value of the typical one's type, or of the annotation's if there is none."""
    if text == "None" and "None" in annotation:
        return None
    for kind, parse in _PARSERS:
        if isinstance(typical, kind) or (typical is None and re.search(rf"\b{kind.__name__}\b", annotation)):
            return parse(text)
    if isinstance(typical, _SEQUENCES) and not text.startswith("["):
        first = next(iter(typical), "")
        return [_parse(first, "", part.strip()) for part in text.split(",")]
    return orjson.loads(text)


def _json_or_text(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return text
