"""Tells the entity of an item and the long names of its key's parts, from the declared key templates.

A new entity is known here as soon as it is declared. Whether a key is exactly what a reader asks for is not
checked: `migration.verify` does that, from a description of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from api.dynamodb.codec.item_size import WireValue
from api.dynamodb.schema.entities import ENTITIES, PK, SK, Entity
from api.dynamodb.schema.keys import OPERATIONS_PREFIX

# The names of parts whose text in a template is a description.
_NAMES = {
    "email, normalised": "email",
    "first two characters": "word_prefix",
    "month of created_at": "month",
    "position + 2^31": "position",
    "window start, epoch seconds": "window_start",
    "SGN or RFR": "kind",
}
_OFFSETS = {"position": 2**31}
# Parts that may contain the separator.
_FREE = {"address", "email", "google_id", "list", "nonce", "owner", "word", "word_prefix"}
_TEXT_IDS = {"google_id", "use_id"}
_PART = re.compile(r"\{([^}:]+)(?::0(\d+))?\}")
_ALTERNATIVES = re.compile(r"([^\s{[]+) or ([^\s{[]+)(.*)")

OPERATION = "operation"
UNKNOWN = "unknown"


class _Form(NamedTuple):
    entity: Entity
    pk: re.Pattern[str]
    sk: re.Pattern[str]


def _part_name(text: str) -> str:
    if "%" in text:
        return "shard"
    return _NAMES.get(text) or re.sub(r"\W+", "_", text)


def _expression(template: str) -> re.Pattern[str]:
    """The regular expression of a template, with a group for each of its parts."""
    begins = _ALTERNATIVES.fullmatch(template)
    prefix = "" if begins is None else f"(?:{re.escape(begins[1])}|{re.escape(begins[2])})"
    rest = template if begins is None else begins[3]
    pieces, end, seen = [prefix], 0, set[str]()
    for part in _PART.finditer(rest):
        pieces.append(_literal(rest[end : part.start()]))
        end = part.end()
        name = _part_name(part[1])
        content = ".+" if name in _FREE else "[^#]*"
        if part[2] or name == "shard" or (name.endswith("_id") and name not in _TEXT_IDS):
            content = rf"\d{{{part[2]},}}" if part[2] else r"\d+"
        pieces.append(f"({content})" if name in seen else f"(?P<{name}>{content})")
        seen.add(name)
    pieces.append(_literal(rest[end:]))
    return re.compile("".join(pieces), re.DOTALL)


def _literal(text: str) -> str:
    """The text between two parts; what is in square brackets may be missing."""
    return re.escape(text).replace(r"\[", "(?:").replace(r"\]", ")?")


@lru_cache(maxsize=1)
def _forms() -> tuple[_Form, ...]:
    forms = [_Form(entity, _expression(entity.pk), _expression(entity.sk)) for entity in ENTITIES]
    # A form without free text is tried before one with it.
    return tuple(sorted(forms, key=lambda form: ".+" in form.pk.pattern))


def entity_of(item: Mapping[str, WireValue]) -> Entity | None:
    """The entity of an item with this key; None when its key has no declared form."""
    return _match(item)[0]


def kind_of(item: Mapping[str, WireValue]) -> str:
    """The entity's name, `operation` for a record of the project's tools, `unknown` for everything else."""
    entity = entity_of(item)
    if entity is not None:
        return entity.name
    return OPERATION if item[PK].get("S", "").startswith(OPERATIONS_PREFIX) else UNKNOWN


def key_fields(item: Mapping[str, WireValue]) -> dict[str, str | int]:
    """The parts of an item's key by their long names, such as `user_id`; empty for a key without a form."""
    return _match(item)[1]


def _match(item: Mapping[str, WireValue]) -> tuple[Entity | None, dict[str, str | int]]:
    pk, sk = item[PK].get("S", ""), item[SK].get("S", "")
    for form in _forms():
        matched_pk, matched_sk = form.pk.fullmatch(pk), form.sk.fullmatch(sk)
        if matched_pk and matched_sk:
            texts = {**matched_pk.groupdict(), **matched_sk.groupdict()}
            return form.entity, {name: _value(name, text) for name, text in texts.items() if text is not None}
    return None, {}


def _value(name: str, text: str) -> str | int:
    is_number = name in ("generation", "number", "position", "shard", "window_start") or (
        name.endswith("_id") and name not in _TEXT_IDS
    )
    return int(text) - _OFFSETS.get(name, 0) if is_number and text.isdecimal() else text
