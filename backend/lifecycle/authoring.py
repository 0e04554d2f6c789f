"""Writes new changes: an empty one to fill in, or the one that closes a difference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lifecycle.declaration import IndexConfig, Key, Throughput
from lifecycle.drift import Comparison, Difference
from lifecycle.errors import BadInput
from lifecycle.files import DEFAULT_GROUP, Change, Declared
from lifecycle.observed import Observed, billing_of, stream_of

_WORDS = re.compile(r"[a-z0-9][a-z0-9_]{0,80}")


@dataclass(frozen=True)
class Draft:
    """What a change does and what undoes it, as Python: a line per step."""

    imports: tuple[str, ...] = ()
    operations: frozenset[str] = frozenset()
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()


def code_of_index(index: IndexConfig) -> str:
    """An index as Python."""
    parts = [f'"{index.name}"', _key(index.partition), "None" if index.sort is None else _key(index.sort)]
    if isinstance(index.projection, str):
        parts.append(f'"{index.projection}"')
    else:
        parts.append("(" + "".join(f'"{name}", ' for name in index.projection).rstrip() + ")")
    return f"IndexConfig({', '.join(parts)})"


def _key(key: Key) -> str:
    return f'Key("{key.name}", "{key.type}")'


def _value(value: Any) -> str:
    if isinstance(value, Throughput):
        return f"Throughput({value.read}, {value.write})"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(k)}: {_value(v)}" for k, v in sorted(value.items())) + "}"
    return repr(value)


def index_found(observed: Observed, name: str) -> IndexConfig:
    """An index of the real table as a declaration."""
    described = observed.indexes[name]
    schema = sorted(described["KeySchema"], key=lambda part: str(part["KeyType"]) != "HASH")
    keys = [Key(part["AttributeName"], observed.types[part["AttributeName"]]) for part in schema]  # type: ignore[arg-type]
    projection = described["Projection"]
    kind = projection["ProjectionType"]
    carried = tuple(sorted(projection.get("NonKeyAttributes") or ())) if kind == "INCLUDE" else kind
    return IndexConfig(name, keys[0], keys[1] if len(keys) > 1 else None, carried)


def closing(number: int, declared: Declared, env: str, found: Comparison, observed: Observed | None) -> Draft:
    """The steps that bring one table to its declaration. Raises `BadInput` for what cannot be changed in place."""
    table = f"TABLE_{number}" if number else "TABLE"
    alias = "" if table == "TABLE" else f" as {table}"
    imports = (f"from {declared.module} import TABLE{alias}",)
    if observed is None:
        protected = ", even_protected=True" if declared.config.for_env(env).protection else ""
        made, unmade = f"CreateTable({table})", f"DeleteTable({table}{protected})"
        return Draft(imports, frozenset({"CreateTable", "DeleteTable"}), (made,), (unmade,))
    up: list[str] = []
    down: list[str] = []
    for one in _merged(found.differences):
        steps = _steps(one, table, declared, env, observed)
        if steps is None:
            raise BadInput(
                f"table {found.table}: {one}; that cannot be changed in place",
                hint="declare a new table, copy the items by a change of data, and delete this one",
            )
        up += steps[0]
        down[:0] = steps[1]
    names = frozenset(re.findall(r"\b([A-Z]\w+)\(", " ".join((*up, *down))))
    return Draft(imports, names, tuple(up), tuple(down))


def _merged(differences: Sequence[Difference]) -> list[Difference]:
    """One difference for each index and setting, in the order in which they are closed."""
    kept: dict[tuple[str, str | None], Difference] = {}
    for one in differences:
        kind = "billing" if one.kind == "billing" else ("index" if one.index else one.kind)
        kept.setdefault((kind, None if kind == "billing" else one.index), one)
    return sorted(kept.values(), key=_rank)


def _rank(one: Difference) -> int:
    """Indexes that go, indexes that come, settings; protection when all else is done."""
    if one.index is not None and one.kind != "billing":
        return 1 if one.found == "none" else 0
    return 3 if one.kind == "protection" else 2


def _steps(
    one: Difference, table: str, declared: Declared, env: str, observed: Observed
) -> tuple[list[str], list[str]] | None:
    here = declared.config.for_env(env)
    if one.index is not None and one.kind != "billing":
        wanted = next((index for index in here.indexes if index.name == one.index), None)
        have = index_found(observed, one.index) if one.index in observed.indexes else None
        if wanted is None and have is None:
            return None  # a local index
        add, drop = f"AddIndex({table}, {{}})", f'DropIndex({table}, "{one.index}")'
        if one.kind == "state" and wanted is not None:
            return [add.format(code_of_index(wanted))], []
        added = [] if wanted is None else [add.format(code_of_index(wanted))]
        restored = [] if have is None else [add.format(code_of_index(have))]
        return [drop] * len(restored) + added, [drop] * len(added) + restored
    described = observed.described
    found: dict[str, tuple[str, Any]] = {
        "ttl": ("SetTTL", observed.ttl),
        "stream": ("SetStream", stream_of(described)),
        "billing": ("SetBilling", billing_of(described)),
        "recovery": ("SetRecovery", observed.recovery),
        "tags": ("SetTags", dict(observed.tags or {})),
        "protection": ("SetProtection", bool(described.get("DeletionProtectionEnabled"))),
    }
    if one.kind not in found:
        return None
    operation, before = found[one.kind]
    return [f"{operation}({table})"], [f"{operation}({table}, {_value(before)})"]


def merge(drafts: Sequence[Draft]) -> Draft:
    """Several tables' steps as one change; it is undone in reverse."""
    return Draft(
        tuple(line for draft in drafts for line in draft.imports),
        frozenset().union(*(draft.operations for draft in drafts)),
        tuple(line for draft in drafts for line in draft.up),
        tuple(line for draft in reversed(drafts) for line in draft.down),
    )


def name_of(words: str, changes: Sequence[Change], now: datetime | None = None) -> str:
    """A name with a timestamp that is behind every other's. Raises `BadInput` for words that cannot stand in one."""
    slug = words.strip().lower().replace(" ", "_").replace("-", "_")
    if not _WORDS.fullmatch(slug):
        raise BadInput(f"{words!r} cannot be a change's name", hint="use words such as add_market_index")
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    last = max((change.timestamp for change in changes), default="")
    if f"{moment:%Y%m%d_%H%M%S}" <= last:
        moment = datetime.strptime(last, "%Y%m%d_%H%M%S").replace(tzinfo=UTC) + timedelta(seconds=1)
    return f"migration_{moment:%Y%m%d_%H%M%S}_{slug}"


def file_text(name: str, draft: Draft, changes: Sequence[Change], group: str | None) -> str:
    """The file of a new change; it depends on the newest one of its group."""
    group = group or (changes[-1].group if changes else DEFAULT_GROUP)
    before = [change.name for change in changes if change.group == group][-1:]
    words = name.split("_", 3)[3].replace("_", " ")
    operations = sorted(draft.operations - {"IndexConfig", "Key", "Throughput"})
    values = sorted(draft.operations & {"IndexConfig", "Key", "Throughput"})
    if "IndexConfig" in values and "Key" not in values:
        values.append("Key")
    lines = [f'"""{words.capitalize()}."""', "", "from __future__ import annotations", ""]
    if values:
        lines.append(f"from lifecycle.declaration import {', '.join(values)}")
    lines.append(f"from lifecycle.operations import {', '.join(sorted({*operations, 'Operation'}))}")
    lines += sorted(draft.imports)
    depends = "()" if not before else f'("{before[0]}",)'
    lines += ["", f'GROUP = "{group}"', f"DEPENDS_ON: tuple[str, ...] = {depends}"]
    lines += [f'DESCRIPTION = "{words.capitalize()}."', ""]
    lines += _function("up", "The steps that make it.", draft.up)
    lines += _function("down", "The steps that undo it.", draft.down)
    return "\n".join(lines)


def _function(name: str, told: str, steps: Sequence[str]) -> list[str]:
    body = ["    return []"]
    if steps:
        body = ["    return [", *(f"        {step}," for step in steps), "    ]"]
    return ["", f"def {name}() -> list[Operation]:", f'    """{told}"""', *body, ""]


def write_new(path: Path, text: str) -> None:
    """Writes the file of a new change. Raises `BadInput` if it is there already or cannot be written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"cannot write {path.name}: {error.strerror or error}") from error
