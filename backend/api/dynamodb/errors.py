"""Typed errors of the data layer: callers branch on the type, logs keep AWS's code and message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DataLayerError(Exception):
    """Base class of the data layer's errors.

    code, aws_message: AWS's error code and message, empty if AWS sent none.
    hint: the next step for the person who reads the message.
    in_doubt: True for a write whose condition failed after an earlier attempt got no response; that attempt
    may have been carried out, and may be the reason.
    retries: how often the call was repeated.
    """

    in_doubt = False
    retries = 0

    def __init__(self, message: str, *, code: str = "", aws_message: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.aws_message = aws_message
        self.hint = hint

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}: {self.hint}" if self.hint else text


class NotFound(DataLayerError):
    """The record to change is not in the table."""


class Duplicate(DataLayerError):
    """A value that must be unique is already in use; `field` is the domain's name of the field."""

    def __init__(self, field: str, value: object, **kw: Any) -> None:
        super().__init__(f"{field} {value!r} is already in use", **kw)
        self.field = field


class ConditionFailed(DataLayerError):
    """The condition of a write failed; `item` is the stored item, None if the engine did not return it."""

    def __init__(self, message: str, *, item: Mapping[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(message, **kw)
        self.item = item


class TransactionCancelled(DataLayerError):
    """A transaction was cancelled as a whole; `reasons` has one (code, stored item) per action, in order."""

    def __init__(
        self, message: str, *, reasons: list[tuple[str, Mapping[str, Any] | None]], **kw: Any
    ) -> None:
        super().__init__(message, **kw)
        self.reasons = reasons

    def is_refused(self, number: int) -> bool:
        """Whether the condition of the action at that index failed; negative indexes count from the end."""
        try:
            return self.reasons[number][0] == "ConditionalCheckFailed"
        except IndexError:
            return False


class Throttled(DataLayerError):
    """A request exceeded the capacity of the table or account; `reasons` are AWS's ThrottlingReasons."""

    def __init__(self, message: str, *, reasons: tuple[str, ...] = (), **kw: Any) -> None:
        super().__init__(message, **kw)
        self.reasons = reasons


class Unavailable(DataLayerError):
    """The endpoint did not respond. The call changed nothing, or only read."""


class WritesPaused(Unavailable):
    """The data is being moved and somebody else has the writes, for seconds as a rule. Nothing was sent."""


class OutcomeUnknown(DataLayerError):
    """A write was sent and got no response: it may or may not have been carried out.

    record_id: the new id of the record that the write creates, if it creates one.
    """

    record_id: int | None = None


class RefundTooLate(DataLayerError):
    """A use can be refunded for a few minutes only; this one stays counted."""


class TokenReplayed(DataLayerError):
    """An already exchanged token was used again, so it may be stolen; its session was ended."""


class TableMissing(DataLayerError):
    """The table does not exist at the endpoint."""


class IndexMissing(DataLayerError):
    """The table lacks the index, or the index is not ACTIVE yet."""


class AccessDenied(DataLayerError):
    """The credentials are missing, expired or not allowed to do this."""


class InvalidInput(DataLayerError, ValueError):
    """A value of the caller cannot be stored or queried; nothing was sent."""


class KeyTooLong(InvalidInput):
    """A key value has more bytes than DynamoDB allows (2,048 partition, 1,024 sort)."""


class ItemTooLarge(InvalidInput):
    """An item would exceed DynamoDB's 409,600 bytes, even with its large texts stored apart."""


class Corrupt(DataLayerError):
    """A stored item cannot be decoded: a part is missing or does not match its digest."""
