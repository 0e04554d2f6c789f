"""The limiter's calls to the table. All of them pass the circuit breaker and report to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from api.dynamodb.errors import (
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    RefundTooLate,
    Throttled,
    Unavailable,
)
from api.dynamodb.usage_limits.decisions import AdmissionUnknown, Receipt
from api.limits.circuit_breaker import CircuitBreaker

T = TypeVar("T")


class TableOutage(Exception):
    """The table could not be reached. `cause` is the error of the call; None if the breaker refused the call."""

    def __init__(self, cause: DataLayerError | None) -> None:
        super().__init__(self._name(cause))
        self.cause = cause

    @staticmethod
    def _name(cause: DataLayerError | None) -> str:
        return "breaker open" if cause is None else type(cause).__name__

    @property
    def reason(self) -> str:
        """The type of the cause, for logs."""
        return self._name(self.cause)

    @property
    def receipt(self) -> Receipt | None:
        """The receipt of a use that may be charged nevertheless, or None."""
        return self.cause.receipt if isinstance(self.cause, AdmissionUnknown) else None


class TableCalls:
    """Makes calls while the breaker allows them. Safe to share between threads."""

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker

    @property
    def retry_after(self) -> int:
        """After how many whole seconds to try again, at least 1."""
        return self._breaker.retry_after()

    def run(self, call: Callable[[], T], is_from_table: Callable[[T], bool] = lambda value: True) -> T:
        """Returns what `call` returns.

        is_from_table: whether a returned value came from the table; one from a cache says nothing about it.

        Raises `TableOutage`, and any other error of the data layer as it is. Calls without a response
        (`Unavailable`, `OutcomeUnknown`) are failures for the breaker. A throttled call is an outage for its
        caller but no failure: DynamoDB throttles single partitions, so one busy user would stop the service for
        all, and such responses come fast. Refusals (a condition, a missing table or permission) are responses
        too.
        """
        permit = self._breaker.enter()
        if permit is None:
            raise TableOutage(None)
        try:
            value = call()
        except (Unavailable, OutcomeUnknown) as failure:
            self._breaker.failed(permit)
            raise TableOutage(failure) from failure
        except Throttled as failure:
            self._breaker.succeeded(permit)
            raise TableOutage(failure) from failure
        except (InvalidInput, RefundTooLate):
            self._breaker.cancelled(permit)
            raise
        except DataLayerError:
            self._breaker.succeeded(permit)
            raise
        except BaseException:
            self._breaker.cancelled(permit)
            raise
        if is_from_table(value):
            self._breaker.succeeded(permit)
        else:
            self._breaker.cancelled(permit)
        return value
