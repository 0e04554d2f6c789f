"""Writes problems around their statements, which only the service has: a move changes and deletes none of them.

A problem's main item is updated, not put, and deleted only if it has never had a statement.
"""

from __future__ import annotations

from typing import Any

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.statement_items import STATEMENT_ATTRIBUTES, STATEMENT_VERSION
from api.dynamodb.schema.entities import DERIVATION_ATTRIBUTES, PK, PROBLEM, SK

_MOVED = tuple(
    name
    for name in (*(field.short for field in PROBLEM.fields), *DERIVATION_ATTRIBUTES)
    if name not in STATEMENT_ATTRIBUTES
)


def update_request(problem: WireItem) -> dict[str, Any]:
    """The parameters of an UpdateItem by which a stored problem becomes this one, with the statements that it has."""
    sets = [f"#{name} = :{name}" for name in _MOVED if name in problem]
    removes = [f"#{name}" for name in _MOVED if name not in problem]
    return {
        "Key": {PK: problem[PK], SK: problem[SK]},
        "UpdateExpression": f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else ""),
        "ExpressionAttributeNames": {f"#{name}": name for name in _MOVED},
        "ExpressionAttributeValues": {f":{name}": problem[name] for name in _MOVED if name in problem},
    }


def removal_request(problem: WireItem) -> dict[str, Any]:
    """The parameters of a DeleteItem that fails for a problem with statements: `emptied` replaces it then."""
    return {
        "Key": {PK: problem[PK], SK: problem[SK]},
        "ConditionExpression": "attribute_not_exists(#statements)",
        "ExpressionAttributeNames": {"#statements": STATEMENT_VERSION},
    }


def emptied(problem: WireItem) -> WireItem:
    """What `update_request` makes of a problem that is removed: its id, beside its statements."""
    number = problem[PK]["S"].partition("#")[2]
    return {PK: problem[PK], SK: problem[SK], PROBLEM.short("problem_id"): {"N": number}}
