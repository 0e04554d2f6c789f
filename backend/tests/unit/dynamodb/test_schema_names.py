"""Key attributes and short attribute names are written in the schema and nowhere else."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.dynamodb.schema import entities
from api.dynamodb.table import expressions

BACKEND = Path(entities.__file__).parents[3]
SCHEMA = "api/dynamodb/schema/"
PRODUCT = ("api", "config", "migration", "scripts", "web")
KEY_NAMES = frozenset(entities.KEY_ATTRIBUTES)
SHORT_NAMES = (
    frozenset(field.short for entity in entities.ENTITIES for field in entity.fields)
    | {entities.PART, entities.TEXT_DIGEST, entities.TEXT_PARTS, entities.TEXT_BYTES, entities.TEXT_REVISION}
) - KEY_NAMES
TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})
CONDITIONS = frozenset(vars(expressions)) | {"set", "add", "remove"}

# Files that still write such names themselves, and how many times. A file leaves the list when it is done.
ALLOWED = {
    "api/dynamodb/control_plane/comparison.py": 1,
    "api/dynamodb/table/lease.py": 1,
    "scripts/_demo_state.py": 2,
}
# The check of a move computes expected items without the service's encoder, names included.
INDEPENDENT = "migration/verify/"


def text_of(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def is_attribute_value(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Dict) and len(node.keys) == 1 and text_of(node.keys[0]) in TYPES


def short_names_in(node: ast.AST) -> Iterator[str]:
    """The short names that a node uses as an item's attribute names."""
    candidates: list[ast.AST | None] = []
    if (
        isinstance(node, ast.Subscript) and text_of(node.slice) in TYPES
    ):  # item["em"]["S"], item.get("em")["S"]
        inner = node.value
        if isinstance(inner, ast.Subscript):
            candidates.append(inner.slice)
        elif isinstance(inner, ast.Call):
            candidates += inner.args[:1]
    elif isinstance(node, ast.Dict):  # {"em": {"S": ...}}
        candidates += [
            key for key, value in zip(node.keys, node.values, strict=True) if is_attribute_value(value)
        ]
    elif isinstance(node, ast.Call):  # equals("em", ...), Changes().set("em", ...)
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if name in CONDITIONS:
            candidates += node.args[:1]
    for candidate in candidates:
        if candidate is not None and (text := text_of(candidate)) in SHORT_NAMES:
            yield str(text)


def names_written_in(source: str) -> list[str]:
    written: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if (text := text_of(node)) in KEY_NAMES:
            written.append(str(text))
        written += short_names_in(node)
    return written


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('item["em"]["S"]', ["em"]),
        ('item.get("em")["S"]', ["em"]),
        ('{"uid": {"N": "1"}}', ["uid"]),
        ('equals("v", value)', ["v"]),
        ('item["PK"]', ["PK"]),
        ('x = "GSI1SK"', ["GSI1SK"]),
        ('row["id"]', []),
        ('{"id": 7, "url": text}', []),
        ('item[USER.short("email")]["S"]', []),
    ],
)
def test_a_name_in_the_place_of_an_attribute_is_found(source: str, expected: list[str]) -> None:
    assert names_written_in(source) == expected


def test_no_attribute_name_is_written_outside_the_schema() -> None:
    counts: Counter[str] = Counter()
    for top in PRODUCT:
        for path in sorted((BACKEND / top).rglob("*.py")):
            name = path.relative_to(BACKEND).as_posix()
            if not name.startswith((SCHEMA, INDEPENDENT)) and (
                written := names_written_in(path.read_text(encoding="utf-8"))
            ):
                counts[name] = len(written)
    beyond = {name: count for name, count in counts.items() if count > ALLOWED.get(name, 0)}
    assert beyond == {}, "use the schema's constants and Entity.short"
