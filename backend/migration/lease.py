"""One run at a time on one table: a lease item in the table itself, renewed by a heartbeat.

The holder names its host, process and start. A run on the same host whose process is
gone is taken over at once; one on another host when its lease has run out.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from api.dynamodb.errors import ConditionFailed, DataLayerError
from api.dynamodb.keys import OPERATIONS_PREFIX
from api.dynamodb.transport import Transport
from config.whereabouts import host as _host
from config.whereabouts import is_alive as _alive
from config.whereabouts import process_start as _process_start
from config.whereabouts import user as _user
from migration.errors import MigrationError
from migration.patience import patiently

LEASE_SECONDS = 30
HEARTBEAT_SECONDS = 8.0
# Hosts' clocks may differ by this much: a lease of another host is over when it ended this long ago.
CLOCK_MARGIN_SECONDS = 30
LEASE_PK = f"{OPERATIONS_PREFIX}migration"
LEASE_SK = "LEASE"
_KEY = {"PK": {"S": LEASE_PK}, "SK": {"S": LEASE_SK}}


class Lease:
    """Holds the table for this run; a context manager. Raises `MigrationError` naming the holder when it is taken."""

    def __init__(self, transport: Transport, table_name: str, now: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._table = table_name
        self._now = now
        self._token = secrets.token_hex(8)
        self._stop = threading.Event()
        self._lost: str | None = None
        self._beat = time.monotonic()
        self._thread = threading.Thread(target=self._renew_forever, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        try:
            self._take(
                "attribute_not_exists(PK) OR #until < :now",
                {":now": {"N": str(int(self._now()) - CLOCK_MARGIN_SECONDS)}},
            )
        except ConditionFailed as error:
            holder: Any = error.item or self._read()
            mine = bool(holder) and holder["token"]["S"] == self._token
            if holder and not mine and not self._is_gone(holder):
                raise MigrationError(self._taken_by(holder)) from None
            self._take(
                "attribute_not_exists(PK) OR #token = :token",
                {":token": (holder or {}).get("token", {"S": ""})},
            )
        self._beat = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        # If it fails, the lease runs out by itself; what made the call fail is reported by the run.
        with suppress(DataLayerError):
            self._transport.call(
                "DeleteItem",
                {
                    "TableName": self._table, "Key": _KEY,
                    "ConditionExpression": "attribute_not_exists(PK) OR #token = :token",
                    "ExpressionAttributeNames": {"#token": "token"},
                    "ExpressionAttributeValues": {":token": {"S": self._token}},
                },
            )  # fmt: skip

    def check(self) -> None:
        """Raises `MigrationError` when the hold was lost or could not be renewed in time.

        Called before every batch and every checkpoint, so that a run that slept does not write over another's.
        """
        if self._lost is not None:
            raise MigrationError(self._lost)
        if time.monotonic() - self._beat > LEASE_SECONDS:
            raise MigrationError(
                f"this run could not renew its hold on {self._table} for {LEASE_SECONDS} s and stopped: "
                "run the command again, it goes on where it was"
            )

    def _take(self, condition: str, values: dict[str, Any]) -> None:
        pid = os.getpid()
        item = {
            **_KEY,
            "token": {"S": self._token},
            "host": {"S": _host()},
            "pid": {"N": str(pid)},
            "started": {"S": _process_start(pid)},
            "user": {"S": _user()},
            "since": {"S": datetime.now(UTC).isoformat(timespec="seconds")},
            "until": {"N": str(int(self._now()) + LEASE_SECONDS)},
        }
        names = {"#until": "until"} if "#until" in condition else {"#token": "token"}
        patiently(
            self._transport,
            "PutItem",
            {
                "TableName": self._table, "Item": item, "ConditionExpression": condition,
                "ExpressionAttributeNames": names, "ExpressionAttributeValues": values,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )  # fmt: skip

    def _read(self) -> Any:
        return patiently(
            self._transport, "GetItem", {"TableName": self._table, "Key": _KEY, "ConsistentRead": True}
        ).get("Item")

    def _is_gone(self, holder: Any) -> bool:
        same_host = holder["host"]["S"] == _host()
        return same_host and not _alive(int(holder["pid"]["N"]), holder["started"]["S"])

    def _taken_by(self, holder: Any) -> str:
        left = max(0, int(holder["until"]["N"]) + CLOCK_MARGIN_SECONDS - int(self._now()))
        who = (
            f"{holder['user']['S']} on {holder['host']['S'].partition('/')[0]} (process {holder['pid']['N']})"
        )
        return (
            f"another migration of {self._table} is running: {who}, since {holder['since']['S']}; wait for it, "
            f"or stop it there; if it has died, its hold ends by itself in {left} s"
        )

    def _renew_forever(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                began = time.monotonic()
                try:
                    self._renew()
                except ConditionFailed:
                    self._lost = f"this run lost its hold on {self._table} to another one and stopped"
                    return
                except DataLayerError:
                    continue  # The next beat tries again; `check` stops the run when none gets through in time.
                self._beat = began
        finally:
            self._transport.close()

    def _renew(self) -> None:
        self._transport.call(
            "UpdateItem",
            {
                "TableName": self._table, "Key": _KEY,
                "UpdateExpression": "SET #until = :until",
                "ConditionExpression": "#token = :token",
                "ExpressionAttributeNames": {"#until": "until", "#token": "token"},
                "ExpressionAttributeValues": {
                    ":until": {"N": str(int(self._now()) + LEASE_SECONDS)},
                    ":token": {"S": self._token},
                },
            },
        )  # fmt: skip
