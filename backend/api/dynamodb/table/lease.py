"""A lease: one holder at a time of a table or an environment, kept in one item and renewed by a heartbeat.

The item holds a fencing token that grows with every holder, so that a write can be made conditional on
it. A holder on this host whose process has ended is replaced at once. Any other is watched, and replaced when its
heartbeat has stood still for the lease's whole length by this machine's own clock: clocks of two hosts are never
compared. "How to do distributed locking" (M. Kleppmann, 2016) explains why a fence is needed.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from api.dynamodb.errors import ConditionFailed, DataLayerError, OutcomeUnknown, Throttled
from config import process_identity

LEASE_SECONDS = 30
HEARTBEAT_SECONDS = 8.0
WATCH_SECONDS = 1.0  # between two looks at another's heartbeat
RETRY_SECONDS = 0.5  # at most this long between two attempts of a beat that failed

_T = TypeVar("_T")
logger = logging.getLogger(__name__)
# One call of DynamoDB: (operation, request in wire form) -> response. Raises the typed errors.
Call = Callable[[str, dict[str, Any]], Any]


class LeaseHeld(DataLayerError):
    """Another process holds the lease: `holder`, None when it changed hands during the attempt."""

    def __init__(self, message: str, holder: Holder | None, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.holder = holder


class LeaseLost(DataLayerError):
    """This process no longer holds the lease, or could not renew it in time."""


def seconds_since_boot() -> float:
    """A clock for leases: unlike `time.monotonic` it goes on while the machine sleeps, where the system has one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def owner() -> str:
    """This process's owner as lease items name it: user@host."""
    return f"{process_identity.user()}@{process_identity.host().partition('/')[0]}"


@dataclass(frozen=True)
class Holder:
    """Who holds a lease. `until` is in seconds of the epoch by the holder's clock; each heartbeat moves it."""

    token: str
    owner: str
    host: str
    pid: int
    started: str
    since: str
    until: int

    @classmethod
    def decode(cls, item: Mapping[str, Any] | None) -> Self | None:
        """The holder that a lease item names; None for a missing item and for a lease that is free."""
        if not item or "token" not in item:
            return None
        # Leases of moves named the user and the host apart before they had a fence.
        name = (
            item["owner"]["S"]
            if "owner" in item
            else f"{item['user']['S']}@{item['host']['S'].partition('/')[0]}"
        )
        return cls(
            token=item["token"]["S"], owner=name, host=item["host"]["S"], pid=int(item["pid"]["N"]),
            started=item["started"]["S"], since=item["since"]["S"], until=int(item["until"]["N"]),
        )  # fmt: skip

    @classmethod
    def of_this_process(cls) -> Self:
        """This process as a new holder, with a token of its own."""
        return cls(
            token=secrets.token_hex(8), owner=owner(), host=process_identity.host(), pid=os.getpid(),
            started=process_identity.process_start(os.getpid()),
            since=datetime.now(UTC).isoformat(timespec="seconds"), until=int(time.time()) + LEASE_SECONDS,
        )  # fmt: skip

    def encode(self) -> dict[str, Any]:
        """The holder's attributes in wire form."""
        numbers = ("pid", "until")
        return {f.name: {"N" if f.name in numbers else "S": str(getattr(self, f.name))} for f in fields(self)}

    @property
    def is_on_this_host(self) -> bool:
        """Whether the holder's process id means a process of this host."""
        return self.host == process_identity.host()

    @property
    def is_process_alive(self) -> bool:
        """Whether the process of a holder on this host still runs."""
        return process_identity.is_alive(self.pid, self.started)

    def seems_ended(self) -> bool:
        """Whether the holder's process on this host is gone, or its lease ran out if both clocks agree: for reports."""
        return (self.is_on_this_host and not self.is_process_alive) or self.until < time.time()

    def __str__(self) -> str:
        return f"{self.owner} (process {self.pid}) since {self.since}"


_FIELDS = tuple(f.name for f in fields(Holder))


def _names(*expressions: str) -> dict[str, str]:
    text = " ".join(expressions)
    return {f"#{name}": name for name in (*_FIELDS, "fence") if f"#{name}" in text}


@dataclass(frozen=True)
class LeaseItem:
    """Where a lease is kept, and what it guards: `resource` is a noun for messages, "environment dev".

    `unlock_command` is the command that ends somebody's lease, where there is one.
    """

    call: Call
    table_name: str
    key: Mapping[str, Any]
    resource: str
    unlock_command: str = ""

    def holder(self) -> Holder | None:
        """The present holder, None when the lease is free. One consistent GetItem, 1 RCU."""
        request = {"TableName": self.table_name, "Key": dict(self.key), "ConsistentRead": True}
        return Holder.decode(self.call("GetItem", request).get("Item"))

    def take(self, holder: Holder, previous: Holder | None) -> int:
        """Makes `holder` the holder and returns the fencing token. One UpdateItem, 1 WCU.

        Raises `ConditionFailed` unless the lease is free, or held by `previous` with the same last heartbeat.
        """
        values = holder.encode()
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in values) + " ADD #fence :one"
        condition, extra = "attribute_not_exists(#token)", {}
        if previous:
            condition += " OR (#token = :previous AND #until = :beat)"
            extra = {":previous": {"S": previous.token}, ":beat": {"N": str(previous.until)}}
        request = {
            **self._update(update, condition),
            "ExpressionAttributeValues": {
                **{f":{name}": value for name, value in values.items()}, ":one": {"N": "1"}, **extra,
            },
            "ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }  # fmt: skip
        return int(self.call("UpdateItem", request)["Attributes"]["fence"]["N"])

    def renew(self, token: str) -> None:
        """Moves the end of the lease. One UpdateItem, 1 WCU. Raises `ConditionFailed` when it is another's by now."""
        values = {":until": {"N": str(int(time.time()) + LEASE_SECONDS)}, ":token": {"S": token}}
        request = self._update("SET #until = :until", "#token = :token")
        self.call("UpdateItem", {**request, "ExpressionAttributeValues": values})

    def release(self, token: str) -> None:
        """Ends a lease; the item keeps its fencing token. One UpdateItem, 1 WCU.

        Raises `ConditionFailed` when it is another's by now.
        """
        update = "REMOVE " + ", ".join(f"#{name}" for name in _FIELDS) + " ADD #fence :one"
        values = {":one": {"N": "1"}, ":token": {"S": token}}
        request = self._update(update, "#token = :token")
        self.call("UpdateItem", {**request, "ExpressionAttributeValues": values})

    def held_by(self, holder: Holder | None) -> LeaseHeld:
        """The error for a lease that is held, with who holds it and what to do."""
        if holder is None:
            return LeaseHeld(f"another process has just locked the {self.resource}", None, hint="try again")
        unlock = (
            f", or end its lease with: {self.unlock_command} {holder.owner}" if self.unlock_command else ""
        )
        return LeaseHeld(
            f"the {self.resource} is locked by {holder}", holder,
            hint=f"wait for that process, or stop it there{unlock}; once it has died, the same command takes over "
            f"within {LEASE_SECONDS} s",
        )  # fmt: skip

    def _update(self, update: str, condition: str) -> dict[str, Any]:
        return {
            "TableName": self.table_name, "Key": dict(self.key), "UpdateExpression": update,
            "ConditionExpression": condition, "ExpressionAttributeNames": _names(update, condition),
        }  # fmt: skip


def _patiently(call: Callable[[], _T], seconds: float | None = None) -> _T:
    """Repeats a call while it is throttled or its response is lost, for at most `seconds`, or a lease's length."""
    deadline = seconds_since_boot() + (LEASE_SECONDS if seconds is None else seconds)
    while True:
        try:
            return call()
        except (Throttled, OutcomeUnknown):
            if seconds_since_boot() > deadline:
                raise
        time.sleep(random.uniform(0, RETRY_SECONDS))  # noqa: S311 (no secret)


class Lease:
    """Holds a lease while a block runs; a context manager. Entering it raises `LeaseHeld` naming the holder.

    `close` is called by the heartbeat's thread when it ends, to give up that thread's connections.
    """

    def __init__(self, item: LeaseItem, close: Callable[[], None] = lambda: None) -> None:
        self._item = item
        self._close = close
        self._holder = Holder.of_this_process()
        self._stop = threading.Event()
        self._taken_over = False
        self._renewed = threading.Condition()
        self._renewed_at = 0.0
        self._thread = threading.Thread(target=self._renew_until_stopped, name="lease", daemon=True)
        self.fence = 0

    def __enter__(self) -> Self:
        self.fence = self._acquire()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        # If this fails, the lease runs out by itself; what made the call fail is reported by the run.
        with suppress(DataLayerError):
            _patiently(partial(self._item.release, self._holder.token), HEARTBEAT_SECONDS)

    def check(self, seconds: float = 0.0) -> None:
        """Raises `LeaseLost` when the lease was lost or could not be renewed in time. No call.

        Called before every batch and every record of progress, so that a process that was suspended does
        not write over its successor's work. With `seconds`, waits until the lease lasts for that long: what is
        sent then ends before anybody may take over.
        """
        with self._renewed:
            while not self._taken_over and 0 < self._seconds_left() < seconds:
                self._renewed.wait(WATCH_SECONDS)
        if self._taken_over:
            raise LeaseLost(
                f"this run lost its lease on the {self._item.resource} to another one and stopped"
            )
        if self._seconds_left() < 0:
            raise LeaseLost(
                f"this run could not renew its lease on the {self._item.resource} for {LEASE_SECONDS} s and stopped",
                hint="run the command again to continue",
            )

    def _seconds_left(self) -> float:
        return self._renewed_at + LEASE_SECONDS - seconds_since_boot()

    def _acquire(self) -> int:
        """Takes the lease, from a holder that has ended or from an attempt of ours whose response was lost."""
        ended: Holder | None = None
        for _ in range(3):
            self._renewed_at = seconds_since_boot()
            try:
                return _patiently(partial(self._item.take, self._holder, ended))
            except ConditionFailed as error:
                current = Holder.decode(error.item) if error.item else _patiently(self._item.holder)
            if current is not None and current.token != self._holder.token and not self._has_ended(current):
                raise self._item.held_by(current)
            ended = current
        raise self._item.held_by(ended)

    def _has_ended(self, holder: Holder) -> bool:
        """Whether a holder's process is gone, or its heartbeat stands still for the lease's whole length.

        A live process of this host whose lease has not run out is not watched: there is one clock then.
        """
        if holder.is_on_this_host:
            if not holder.is_process_alive:
                return True
            if holder.until > time.time():
                return False
        logger.warning(
            "the %s is locked by %s: watching its heartbeat for at most %s s",
            self._item.resource, holder, LEASE_SECONDS,
        )  # fmt: skip
        seen_at = seconds_since_boot()
        while seconds_since_boot() - seen_at < LEASE_SECONDS:
            time.sleep(WATCH_SECONDS)
            current = _patiently(self._item.holder)
            if current is None:
                return True
            if current != holder:
                return False
        return True

    def _renew_until_stopped(self) -> None:
        pause = HEARTBEAT_SECONDS
        try:
            while not self._stop.wait(pause):
                started = seconds_since_boot()
                pause = HEARTBEAT_SECONDS
                try:
                    self._item.renew(self._holder.token)
                except ConditionFailed:
                    self._taken_over = True
                except DataLayerError:
                    # A beat is tried again for as long as the lease lasts; `check` stops the run after that.
                    pause = random.uniform(0, RETRY_SECONDS)  # noqa: S311 (no secret)
                    continue
                with self._renewed:
                    self._renewed_at = started
                    self._renewed.notify_all()
                if self._taken_over:
                    return
        finally:
            self._close()
