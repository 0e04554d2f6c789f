"""The one way from the limiter to the table: every call passes the breaker and reports to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from api.dynamodb.decisions import AdmissionUnknown, Receipt
from api.dynamodb.errors import (
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    RefundTooLate,
    Throttled,
    Unavailable,
)
from api.limits.breaker import Breaker

T = TypeVar("T")


class Outage(Exception):
    """The table could not be asked: `cause` is what the call met, None when no call was made at all."""

    def __init__(self, cause: DataLayerError | None) -> None:
        super().__init__(self._name(cause))
        self.cause = cause

    @staticmethod
    def _name(cause: DataLayerError | None) -> str:
        return "breaker open" if cause is None else type(cause).__name__

    @property
    def why(self) -> str:
        """The cause's type, for logs."""
        return self._name(self.cause)

    @property
    def receipt(self) -> Receipt | None:
        """Names the use that may be charged nevertheless, if there is one."""
        return self.cause.receipt if isinstance(self.cause, AdmissionUnknown) else None


class Gate:
    """Makes calls as long as the breaker lets them pass. Safe to share between threads."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    @property
    def retry_after(self) -> int:
        """In how many whole seconds the table may be asked again, from 1."""
        return self._breaker.retry_after()

    def ask(self, call: Callable[[], T], was_asked: Callable[[T], bool] = lambda answer: True) -> T:
        """What `call` returns. Raises `Outage`, and whatever else the data layer raised, as it is.

        Calls without an answer (`Unavailable`, `OutcomeUnknown`) count for the breaker. A throttled one
        is an outage for its caller but counts as answered: DynamoDB throttles single partitions, so one
        busy user would close the service to all, and such answers come fast, so there is no waiting to
        spare. Refusals (a condition, a missing table or permission) are answers too. `was_asked` tells
        whether the answer came from the table: one from memory says nothing about it.
        """
        ticket = self._breaker.enter()
        if ticket is None:
            raise Outage(None)
        try:
            answer = call()
        except (Unavailable, OutcomeUnknown) as failure:
            self._breaker.failed(ticket)
            raise Outage(failure) from failure
        except Throttled as failure:
            self._breaker.succeeded(ticket)
            raise Outage(failure) from failure
        except (InvalidInput, RefundTooLate):
            self._breaker.cancelled(ticket)
            raise
        except DataLayerError:
            self._breaker.succeeded(ticket)
            raise
        except BaseException:
            self._breaker.cancelled(ticket)
            raise
        if was_asked(answer):
            self._breaker.succeeded(ticket)
        else:
            self._breaker.cancelled(ticket)
        return answer
