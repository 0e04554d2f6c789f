"""Tells why the write of an aggregate was refused."""

from __future__ import annotations

from collections.abc import Sequence

from api.dynamodb.codec.codec import Record
from api.dynamodb.errors import ConditionFailed, DataLayerError, Duplicate, TransactionCancelled
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.write_actions import Put, WriteAction


class VersionConflict(Exception):
    """The main item is not as it was when it was read: another writer changed it.

    `in_doubt`: it may also have been this writer, in an attempt whose response was lost.
    """

    def __init__(self, in_doubt: bool) -> None:
        super().__init__()
        self.in_doubt = in_doubt


def is_version_conflict(failure: DataLayerError) -> bool:
    """Whether the condition of the main item, the first of the actions, failed."""
    if isinstance(failure, TransactionCancelled):
        return failure.is_refused(0)
    return isinstance(failure, ConditionFailed)


def raise_duplicate(
    aggregate: Aggregate, actions: Sequence[WriteAction], record: Record, failure: DataLayerError
) -> None:
    """Raises `Duplicate` if a guard belongs to another aggregate, or if the form was sent before (`form_token`)."""
    if not isinstance(failure, TransactionCancelled):
        return
    # A form that is sent twice meets its own guards too.
    for prefix, field in ((keys.NONCE_PREFIX, "form_token"), *aggregate.unique.items()):
        for number, action in enumerate(actions):
            if not isinstance(action, Put) or not action.item[PK]["S"].startswith(prefix):
                continue
            if failure.is_refused(number):
                raise Duplicate(
                    field, record.get(field), code=failure.code, aws_message=failure.aws_message
                ) from failure
