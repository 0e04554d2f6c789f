"""Typed failures of the data layer: callers branch on the type, logs keep AWS's code and message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DataLayerError(Exception):
    """Base of everything the data layer raises on purpose.

    `code` and `aws_message` are AWS's own words where AWS was asked; `hint` is the
    next thing to do, for the person who reads the message. `in_doubt` is true of a refused write
    when an attempt before the refused one got no answer, and may be what it was refused for. `retries`
    is how often the call was repeated.
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
    """The thing that was to be changed is not in the table."""


class Duplicate(DataLayerError):
    """Something that must be unique is taken; `field` names it in the domain's words."""

    def __init__(self, field: str, value: object, **kw: Any) -> None:
        super().__init__(f"{field} {value!r} is already in use", **kw)
        self.field = field


class ConditionFailed(DataLayerError):
    """The stored item was not as required; `item` is the stored one, None if the engine left it out."""

    def __init__(self, message: str, *, item: Mapping[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(message, **kw)
        self.item = item


class TransactionCancelled(DataLayerError):
    """No action of a transaction was carried out; `reasons` has one (code, stored item) per action, in order."""

    def __init__(
        self, message: str, *, reasons: list[tuple[str, Mapping[str, Any] | None]], **kw: Any
    ) -> None:
        super().__init__(message, **kw)
        self.reasons = reasons


class Throttled(DataLayerError):
    """The table or account is asked for more than it gives; `reasons` are AWS's ThrottlingReasons."""

    def __init__(self, message: str, *, reasons: tuple[str, ...] = (), **kw: Any) -> None:
        super().__init__(message, **kw)
        self.reasons = reasons


class Unavailable(DataLayerError):
    """The endpoint did not answer, and the call surely changed nothing or only read."""


class OutcomeUnknown(DataLayerError):
    """A write was sent and no answer came: it may or may not have been carried out."""


class RefundTooLate(DataLayerError):
    """A use can be given back for a few minutes only; this one stays counted."""


class TokenReplayed(DataLayerError):
    """A token that was exchanged before came again, so somebody may have stolen it: its whole session was ended."""


class TableMissing(DataLayerError):
    """The table does not exist at the endpoint."""


class IndexMissing(DataLayerError):
    """The table lacks the index, or the index is not ACTIVE yet."""


class AccessDenied(DataLayerError):
    """The credentials are missing, expired or not allowed to do this."""


class InvalidInput(DataLayerError, ValueError):
    """The caller's value cannot be stored or asked for; nothing was sent."""


class KeyTooLong(InvalidInput):
    """A key value has more bytes than DynamoDB allows (2,048 partition, 1,024 sort)."""


class ItemTooLarge(InvalidInput):
    """An item would exceed DynamoDB's 409,600 bytes, large text already moved out of it."""


class Corrupt(DataLayerError):
    """A stored item cannot be read as what it should be: a part is missing or does not match its digest."""
