"""The generated tables that say what the table is: entities, keys, indexes, names, source tables."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from api.dynamodb.codec.item_size import STORAGE_OVERHEAD_BYTES, projected_size
from api.dynamodb.schema import entities as e
from api.dynamodb.schema.entity import Entity, Field
from api.dynamodb.schema.indexes import INDEXES
from design.markdown import code
from design.samples import long_named_size, samples, saved_by_compression
from migration.mapping import STEPS
from reporting.text import markdown_table

_READABLE_CHARACTERS = 20
_KEY_ATTRIBUTES = frozenset({e.PK, e.SK, *(name for index in INDEXES for name in (index.pk, index.sk))})


def items() -> str:
    """One stored item of each entity as JSON, with what it is."""
    blocks = []
    for entity in e.ENTITIES:
        item = {
            name: value["S"] if name in _KEY_ATTRIBUTES else _readable(value)
            for name, value in samples().items[entity.name].items()
        }
        text = json.dumps(item, ensure_ascii=False)
        blocks.append(f"**{code(entity.name)}** {entity.purpose}\n\n```json\n{text}\n```")
    return "\n\n".join(blocks)


def _readable(value: Mapping[str, Any]) -> Any:
    """An attribute's value in wire form as a person reads it: long texts cut, binaries as their sizes."""
    ((kind, content),) = value.items()
    if kind == "B":
        return f"<{len(base64.b64decode(content)):,} bytes>"
    if kind == "N":
        return json.loads(content)
    if kind == "SS":
        return [_cut(member) for member in sorted(content)]
    return _cut(content) if isinstance(content, str) else content


def _cut(text: str) -> str:
    return text if len(text) <= _READABLE_CHARACTERS else f"{text[:_READABLE_CHARACTERS]}…"


def entities() -> str:
    """One line an entity: purpose, keys, expiry and the size of a typical item."""
    rows = [
        [
            code(entity.name), entity.purpose, code(entity.pk), code(entity.sk),
            "yes" if entity.expires else "", f"{samples().size(entity.name):,}",
        ]
        for entity in e.ENTITIES
    ]  # fmt: skip
    return markdown_table(("entity", "what it is", "PK", "SK", "TTL", "bytes"), rows, right=1)


def _fields(entity: Entity) -> str:
    rows = [
        [field.name, code(field.short), field.kind.value, "yes" if field.required else ""]
        for field in entity.fields
    ]
    return markdown_table(("field", "attribute", "stored as", "required"), rows)


def fields() -> str:
    """Every entity's fields and their short names; entities with the same fields stand together."""
    groups: dict[tuple[Field, ...], list[Entity]] = {}
    for entity in e.ENTITIES:
        if entity.fields:
            groups.setdefault(entity.fields, []).append(entity)
    blocks = []
    for members in groups.values():
        names = ", ".join(code(entity.name) for entity in members)
        blocks.append(f"**{names}**\n\n{_fields(members[0])}")
    part = (
        f"**`text_part`** has one attribute, {code(e.PART)} (B, at most 400,000 bytes), and {code(e.TTL)}; "
        "**`audit_month`** has its keys alone. **`user`** and **`problem`** also note how their keys were made: "
        f"{code(e.KEY_RULES)} (N) is the version of the rules, without it 1, and {code(e.SHARDS)} (NS) the numbers of "
        "shards over which their list entries are spread, without it 4."
    )
    return "\n\n".join([*blocks, part])


def indexes() -> str:
    """Each index: keys, who stands in it, what it carries."""
    rows = []
    for number, index in enumerate(INDEXES, 1):
        for entity in e.ENTITIES:
            keys = entity.gsi1 if number == 1 else entity.gsi2
            if keys is None:
                continue
            key, _, only = keys[0].partition("}, ")
            key = f"{key}}}" if only else key
            image = projected_size(samples().items[entity.name], index.carried())
            carried = "whole items" if index.attributes is None else ", ".join(map(code, index.attributes))
            rows.append(
                [
                    f"**{index.name}**: {index.purpose}", code(entity.name) + (f", {only}" if only else ""),
                    f"{index.pk} = {code(key)}", f"{index.sk} = {code(keys[1])}", carried, f"{image:,}",
                ]
            )  # fmt: skip
    return markdown_table(
        ("index", "items", "partition key", "sort key", "carries beside keys", "bytes"), rows, right=1
    )


def names() -> str:
    """What short names and compression save, for a typical item of each entity."""
    members = {code(entity.name): [entity.name] for entity in e.ENTITIES}
    members["**a user with guards and entry**"] = ["user", "email_guard", "google_guard", "user_entry"]
    members["**a run with its two entries**"] = ["run", "user_run", "user_problem_run"]
    rows = []
    for label, entity_names in members.items():
        stored, long = sum(map(samples().size, entity_names)), sum(map(long_named_size, entity_names))
        compressed = sum(map(saved_by_compression, entity_names))
        saved, billed = long - stored, long + STORAGE_OVERHEAD_BYTES * len(entity_names)
        rows.append([
            label, f"{long:,}", f"{stored + compressed:,}", f"{stored:,}", f"{saved / long:.0%}",
            f"{saved / billed:.0%}",
        ])  # fmt: skip
    heading = (
        "entity", "bytes, long names", "short names", "and compressed", "saved", "of billed storage",
    )  # fmt: skip
    return markdown_table(heading, rows, right=5)


def source() -> str:
    """Each MySQL table: what its rows become, how zero dates are treated, in which order it is read."""
    rows = []
    for step in STEPS:
        nullable = [c.name for c in step.columns if c.read == "time" and c.zero_date == "null"]
        refused = [c.name for c in step.columns if c.read == "time" and c.zero_date == "dead_letter"]
        zero = [f"{', '.join(map(code, nullable))}: no value"] if nullable else []
        zero += [f"{', '.join(map(code, refused))}: dead letter"] if refused else []
        rows.append(
            [code(step.table), _BECOMES[step.name], "; ".join(zero), ", ".join(map(code, step.order_by))]
        )
    return markdown_table(("MySQL table", "a row becomes", "zero date in", "read in order of"), rows)


_BECOMES = {
    "plans": "`plan`",
    "users": "`user`, `user_entry`, and a guard each for an e-mail address and a Google account",
    "problems": "`problem`, `number_guard`, a `problem_entry` for each list, a `word_entry` for each word",
    "test_cases": "`test_case`",
    "history": "`run`, and `user_run` and `user_problem_run` where it has a user and a problem",
    "usage": "an entry in the `usage_day` of its user, action and local day; without room there, a `usage_log`",
}
