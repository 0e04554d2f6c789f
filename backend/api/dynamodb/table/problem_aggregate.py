"""A problem as an aggregate: main item, guard of its number, entries in lists and under the words of its title."""

from __future__ import annotations

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.derivation import PROBLEM_DERIVATIONS
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet, problem_items
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PROBLEM
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.argument_checks import check_id

_IS_COMPLETED, _IS_DELETED = PROBLEM.short("is_completed"), PROBLEM.short("is_deleted")
_UNIQUE = {keys.NUMBER_PREFIX: "problem_number"}


def _new_items(record: Record) -> ItemSet:
    return problem_items(record, record.get("tags"))


def stored_problem_items(record: Record, main: WireItem) -> ItemSet:
    """The items of a problem as they are stored beside the main item. Raises `Corrupt`."""
    return problem_items(record, record.get("tags"), PROBLEM_DERIVATIONS.stored(main))


def _changed_items(record: Record, main: WireItem) -> ItemSet:
    """A changed problem by today's rules. One that was not in the lists of all is listed as a new one is."""
    was_listed = main[_IS_COMPLETED] == {"BOOL": True} and main[_IS_DELETED] == {"BOOL": False}
    derivation = PROBLEM_DERIVATIONS.changed(main) if was_listed else PROBLEM_DERIVATIONS.new()
    return problem_items(record, record.get("tags"), derivation)


def problem_aggregate(problem_id: int) -> Aggregate:
    """The aggregate of a problem. Raises `InvalidInput`."""
    return stored_problem_aggregate(check_id("problem_id", problem_id))


def stored_problem_aggregate(problem_id: int) -> Aggregate:
    """The aggregate of a problem whose id was read from the table, and is not checked again."""
    pk = keys.problem_pk(problem_id)
    return Aggregate(
        CODECS["problem"], _new_items, (pk, keys.META), pk, _UNIQUE, derived_from=("tags",),
        build_stored=stored_problem_items, build_changed=_changed_items,
    )  # fmt: skip
