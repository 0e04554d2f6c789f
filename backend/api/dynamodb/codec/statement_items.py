"""The attributes of a problem's item that its statements are in, and the item that has nothing but them.

A move from MySQL, which has no statements, writes around these attributes. Where it removes a problem whose statements
are there, they stay as an item with the problem's id alone: no reader takes it for a problem, and the statements are
back when the problem is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, PROBLEM, SK, STATEMENT_FIELDS
from api.dynamodb.schema.entity import LARGE_KINDS

STATEMENT_ATTRIBUTES = frozenset(PROBLEM.short(name) for name in STATEMENT_FIELDS)
# There since the first change of a statement.
STATEMENT_VERSION = PROBLEM.short("statement_version")
_PROBLEM_PREFIX = keys.PROBLEM_PK.text.partition("{")[0]
_PARTS_PREFIX = keys.parts_pk(_PROBLEM_PREFIX)
_TEXTS = tuple(
    f"{PROBLEM.short(name)}#" for name in STATEMENT_FIELDS if PROBLEM.field(name).kind in LARGE_KINDS
)
_VERSION = PROBLEM.short("version")

Item = Mapping[str, Mapping[str, Any]]


def is_problem(item: Item) -> bool:
    """Whether an item, or the key of one, is a problem's main item."""
    return item[SK]["S"] == keys.META and str(item[PK]["S"]).startswith(_PROBLEM_PREFIX)


def is_statement_part(item: Item) -> bool:
    """Whether an item, or the key of one, is a part of a statement that is too large for its problem's item."""
    return str(item[SK]["S"]).startswith(_TEXTS) and str(item[PK]["S"]).startswith(_PARTS_PREFIX)


def is_statement_alone(item: Item) -> bool:
    """Whether an item has the statements of a problem that was removed."""
    return _VERSION not in item and is_problem(item)


def without_statements(item: Item) -> Item:
    """A problem's item without the attributes of its statements."""
    return {name: value for name, value in item.items() if name not in STATEMENT_ATTRIBUTES}
