"""Tells the entity of an item and the long names of its key's parts, from the declared key templates.

A new entity is known here as soon as it is declared. Whether a key is exactly what a reader asks for is not
checked: `migration.verify` does that, from a description of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from api.dynamodb.codec.item_size import WireValue
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import ENTITIES, PK, SK, USAGE_ACTIONS
from api.dynamodb.schema.entity import Entity

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
_OWNERS = (keys.RUN_PK, keys.PROBLEM_PK, keys.TEST_CASE_OWNER, keys.USAGE_LOG_OWNER)
_NUMBER = r"(?:0|[1-9]\d*)"
_FREE = ".+"  # may contain the separator
# The expressions of parts that are neither numbers nor any text without the separator.
_CONTENTS = {
    **dict.fromkeys(("address", "email", "google_id", "list", "nonce", "word", "word_prefix"), _FREE),
    "action": "|".join(USAGE_ACTIONS),
    "attribute": "[a-z]+",
    **dict.fromkeys(("changed_at", "created_at"), r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}"),
    "date": r"\d{4}-\d{2}-\d{2}",
    "kind": "SGN|RFR",
    "month": r"\d{4}-\d{2}",
    "owner": "|".join(re.escape(template.text.partition("{")[0]) + _NUMBER for template in _OWNERS),
}
_NUMBERS = {"generation", "number", "position", "shard", "window_start"}
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
    remainder = template if begins is None else begins[3]
    pieces, end, named = [prefix], 0, set[str]()
    for part in _PART.finditer(remainder):
        pieces.append(_literal(remainder[end : part.start()]))
        end = part.end()
        name = _part_name(part[1])
        content = _CONTENTS.get(name) or (_NUMBER if _is_number(name) else "[^#]*")
        if part[2]:
            content = rf"\d{{{part[2]},}}"
        pieces.append(f"({content})" if name in named else f"(?P<{name}>{content})")
        named.add(name)
    pieces.append(_literal(remainder[end:]))
    return re.compile("".join(pieces), re.DOTALL)


def _literal(text: str) -> str:
    """The text between two parts; what is in square brackets may be missing."""
    return re.escape(text).replace(r"\[", "(?:").replace(r"\]", ")?")


def _is_number(name: str) -> bool:
    return name in _NUMBERS or (name.endswith("_id") and name not in _TEXT_IDS)


@lru_cache(maxsize=1)
def _forms() -> Mapping[str, list[_Form]]:
    """The forms by the first three characters of the partition key."""
    forms: defaultdict[str, list[_Form]] = defaultdict(list)
    for entity in ENTITIES:
        forms[entity.pk[:3]].append(_Form(entity, _expression(entity.pk), _expression(entity.sk)))
    return forms


def entity_of(item: Mapping[str, WireValue]) -> Entity | None:
    """The entity of an item with this key; None when its key has no declared form."""
    return _match(*_key(item))[0]


def kind_of(item: Mapping[str, WireValue]) -> str:
    """The entity's name, `operation` for a record of the project's tools, `unknown` for everything else."""
    return kind_of_key(*_key(item)) or UNKNOWN


def kind_of_key(pk: str, sk: str) -> str | None:
    """The kind of the item with this key, as `kind_of` names it; None when the key has no declared form."""
    entity = _match(pk, sk)[0]
    if entity is not None:
        return entity.name
    return OPERATION if pk.startswith(keys.OPERATIONS_PREFIX) else None


def key_fields(item: Mapping[str, WireValue]) -> dict[str, str | int]:
    """The parts of an item's key by their long names, such as `user_id`; empty for a key without a form."""
    _, texts = _match(*_key(item))
    return {name: _value(name, text) for name, text in texts.items() if text is not None}


def _key(item: Mapping[str, WireValue]) -> tuple[str, str]:
    return item[PK].get("S", ""), item[SK].get("S", "")


def _match(pk: str, sk: str) -> tuple[Entity | None, dict[str, str | None]]:
    """The entity of a key, and the texts of its parts."""
    for form in _forms().get(pk[:3], ()):
        matched_sk = form.sk.fullmatch(sk)
        matched_pk = form.pk.fullmatch(pk) if matched_sk else None
        if matched_pk and matched_sk:
            return form.entity, {**matched_pk.groupdict(), **matched_sk.groupdict()}
    return None, {}


def _value(name: str, text: str) -> str | int:
    return int(text) - _OFFSETS.get(name, 0) if _is_number(name) and text.isdecimal() else text
