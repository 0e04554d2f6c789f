"""The generated tables that say what the table is: entities, keys, indexes, names, source tables."""

from __future__ import annotations

from api.dynamodb import entities as e
from api.dynamodb.entities import Entity
from api.dynamodb.indexes import INDEXES
from api.dynamodb.item_size import STORAGE_OVERHEAD_BYTES
from design.markdown import code, table
from design.samples import long_named_size, samples
from migration.mapping import STEPS


def entities() -> str:
    """One line an entity: purpose, keys, expiry and the size of a typical item."""
    rows = [
        [
            code(entity.name), entity.purpose, code(entity.pk), code(entity.sk),
            "yes" if entity.expires else "", f"{samples().size(entity.name):,}",
        ]
        for entity in e.ENTITIES
    ]  # fmt: skip
    return table(("entity", "what it is", "PK", "SK", "TTL", "bytes"), rows, right=1)


def _fields(entity: Entity) -> str:
    rows = [
        [field.name, code(field.short), field.kind.value, "yes" if field.required else ""]
        for field in entity.fields
    ]
    return table(("field", "attribute", "stored as", "required"), rows)


def fields() -> str:
    """Every entity's fields and their short names; entities with the same fields stand together."""
    groups: dict[tuple[e.Field, ...], list[Entity]] = {}
    for entity in e.ENTITIES:
        if entity.fields:
            groups.setdefault(entity.fields, []).append(entity)
    blocks = []
    for members in groups.values():
        names = ", ".join(code(entity.name) for entity in members)
        blocks.append(f"**{names}**\n\n{_fields(members[0])}")
    part = (
        f"**`text_part`** has one attribute, {code(e.PART)} (B, at most 400,000 bytes), and {code(e.TTL)}; "
        "**`audit_month`** has its keys alone."
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
            carried = "whole items" if index.attributes is None else ", ".join(map(code, index.attributes))
            image = samples().user_image if number == 1 else samples().run_image
            rows.append(
                [
                    f"**{index.name}**: {index.purpose}", code(entity.name) + (f", {only}" if only else ""),
                    f"{index.pk} = {code(key)}", f"{index.sk} = {code(keys[1])}", carried, f"{image:,}",
                ]
            )  # fmt: skip
    return table(
        ("index", "items", "partition key", "sort key", "carries beside keys", "bytes"), rows, right=1
    )


def names() -> str:
    """What short names save, for a typical item of each entity."""
    members = {code(entity.name): [entity.name] for entity in e.ENTITIES}
    members["**a user with guards and entry**"] = ["user", "email_guard", "google_guard", "user_entry"]
    members["**a run with its two entries**"] = ["run", "user_run", "user_problem_run"]
    rows = []
    for label, some in members.items():
        short, long = sum(map(samples().size, some)), sum(map(long_named_size, some))
        saved, billed = long - short, long + STORAGE_OVERHEAD_BYTES * len(some)
        rows.append([label, f"{long:,}", f"{short:,}", f"{saved / long:.0%}", f"{saved / billed:.0%}"])
    return table(
        ("entity", "bytes, long names", "bytes, short names", "saved", "of billed storage"), rows, right=4
    )


def source() -> str:
    """Each MySQL table: what its rows become, how zero dates are treated, in which order it is read."""
    rows = []
    for step in STEPS:
        kept = [c.name for c in step.columns if c.read == "time" and c.zero_date == "null"]
        refused = [c.name for c in step.columns if c.read == "time" and c.zero_date == "dead_letter"]
        zero = [f"{', '.join(map(code, kept))}: no value"] if kept else []
        zero += [f"{', '.join(map(code, refused))}: dead letter"] if refused else []
        rows.append(
            [code(step.table), _BECOMES[step.name], "; ".join(zero), ", ".join(map(code, step.order_by))]
        )
    return table(("MySQL table", "a row becomes", "zero date in", "read in order of"), rows)


_BECOMES = {
    "plans": "`plan`",
    "users": "`user`, `user_entry`, and a guard each for an e-mail address and a Google account",
    "problems": "`problem`, `number_guard`, a `problem_entry` for each list, a `word_entry` for each word",
    "test_cases": "`test_case`",
    "history": "`run`, and `user_run` and `user_problem_run` where it has a user and a problem",
    "usage": "`usage_log`; all logs of a user's local day and action make one `usage_day`",
}
