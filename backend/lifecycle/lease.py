"""One runner at a time in an environment: an item of the history's table with a heartbeat and a fencing token.

The token grows with every holder, and every write of the history checks it. A runner of this host
whose process is gone is replaced at once, one of another host when its lease has run out.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from api.dynamodb.errors import ConditionFailed, DataLayerError
from config import whereabouts
from lifecycle.errors import BadInput, Held, LeaseLost
from lifecycle.history import LEASE_SK, PK, SK, History, partition_of
from lifecycle.tables import ask

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

LEASE_SECONDS = 30
HEARTBEAT_SECONDS = 8.0
# Hosts' clocks may differ by this much: a lease of another host is over when it ended this long ago.
CLOCK_MARGIN_SECONDS = 30
_HOLDER = ("token", "owner", "host", "pid", "started", "since", "until")
_NAMES = {f"#{name}": name for name in (*_HOLDER, "fence")}


def owner() -> str:
    """Who this is, as the history and `unlock --owner` name it: user@host."""
    return f"{whereabouts.user()}@{whereabouts.host().partition('/')[0]}"


def _names(*expressions: str) -> dict[str, str]:
    text = " ".join(expressions)
    return {short: name for short, name in _NAMES.items() if short in text}


def is_over(holder: Any) -> bool:
    """Whether its holder is surely gone: its process on this host ended, or its lease ran out elsewhere."""
    if int(holder["until"]["N"]) + CLOCK_MARGIN_SECONDS < time.time():
        return True
    same_host = holder["host"]["S"] == whereabouts.host()
    return same_host and not whereabouts.is_alive(int(holder["pid"]["N"]), holder["started"]["S"])


def told(holder: Any) -> str:
    """Who holds it, and since when."""
    return f"{holder['owner']['S']} (process {holder['pid']['N']}) since {holder['since']['S']}"


class Lease:
    """Holds the environment of a history for this run; a context manager. Raises `Held` naming the holder."""

    def __init__(self, client: BotoClient, history: History) -> None:
        self._client, self._history = client, history
        self._key = {PK: {"S": partition_of(history.env)}, SK: {"S": LEASE_SK}}
        self._token = secrets.token_hex(8)
        self._stop = threading.Event()
        self._lost = False
        self._beat = time.monotonic()
        self._thread = threading.Thread(target=self._renew_forever, name="lease", daemon=True)
        self.fence = 0

    def __enter__(self) -> Lease:
        try:
            item = self._take("attribute_not_exists(#owner)", {})
        except ConditionFailed as error:
            holder: Any = error.item or self._history.lease()
            if holder and "token" in holder and holder["token"]["S"] == self._token:
                item = holder  # the answer to the first attempt was lost
            elif holder and "owner" in holder and not is_over(holder):
                raise self._held(holder) from None
            else:
                item = self._take_over(holder)
        self.fence = int(item["fence"]["N"])
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
            release(self._client, self._history, {"fence": {"N": str(self.fence)}})

    def check(self) -> None:
        """Raises `LeaseLost` when the hold was lost or could not be renewed in time. No call."""
        if self._lost:
            raise LeaseLost(
                f"this run lost its hold on the environment {self._history.env} to another one and stopped",
                hint="see who holds it with: status",
            )
        if time.monotonic() - self._beat > LEASE_SECONDS:
            raise LeaseLost(
                f"this run could not renew its hold for {LEASE_SECONDS} s and stopped",
                hint="run the command again, it goes on where it was",
            )

    def _take_over(self, holder: Any) -> Any:
        fence = (holder or {}).get("fence", {"N": "0"})
        try:
            return self._take("attribute_not_exists(#owner) OR #fence = :old", {":old": fence})
        except ConditionFailed as error:
            found: Any = error.item or self._history.lease()
            if found and found.get("token", {}).get("S") == self._token:
                return found
            raise self._held(found) from None

    def _take(self, condition: str, values: dict[str, Any]) -> Any:
        now = time.time()
        holder = {
            "token": {"S": self._token},
            "owner": {"S": owner()},
            "host": {"S": whereabouts.host()},
            "pid": {"N": str(os.getpid())},
            "started": {"S": whereabouts.process_start(os.getpid())},
            "since": {"S": datetime.now(UTC).isoformat(timespec="seconds")},
            "until": {"N": str(int(now) + LEASE_SECONDS)},
        }
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in holder) + " ADD #fence :one"
        return ask(
            self._client, "UpdateItem", self._history.table_name, Key=self._key, UpdateExpression=update,
            ConditionExpression=condition, ExpressionAttributeNames=_names(update, condition),
            ExpressionAttributeValues={
                **{f":{name}": value for name, value in holder.items()}, ":one": {"N": "1"}, **values,
            },
            ReturnValues="ALL_NEW", ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )["Attributes"]  # fmt: skip

    def _held(self, holder: Any) -> Held:
        if not holder or "owner" not in holder:
            return Held(f"the environment {self._history.env} was taken by another runner: try again")
        left = max(0, int(holder["until"]["N"]) + CLOCK_MARGIN_SECONDS - int(time.time()))
        return Held(
            f"another runner holds the environment {self._history.env}: {told(holder)}",
            hint=f"wait for it, or stop it there; if it has died, its hold ends by itself in {left} s, "
            f"or at once with: unlock --owner {holder['owner']['S']}",
        )

    def _renew_forever(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            began = time.monotonic()
            try:
                ask(
                    self._client, "UpdateItem", self._history.table_name, Key=self._key,
                    UpdateExpression="SET #until = :until", ConditionExpression="#fence = :fence",
                    ExpressionAttributeNames=_names("#until #fence"),
                    ExpressionAttributeValues={
                        ":until": {"N": str(int(time.time()) + LEASE_SECONDS)},
                        ":fence": {"N": str(self.fence)},
                    },
                )  # fmt: skip
            except ConditionFailed:
                self._lost = True
                return
            except DataLayerError:
                continue  # The next beat tries again; `check` stops the run when none gets through in time.
            self._beat = began


def release(client: BotoClient, history: History, holder: Any) -> None:
    """Ends a hold: the item stays, its token moves on. Raises `ConditionFailed` if it is another's by now."""
    update = "REMOVE " + ", ".join(f"#{name}" for name in _HOLDER) + " ADD #fence :one"
    ask(
        client, "UpdateItem", history.table_name,
        Key={PK: {"S": partition_of(history.env)}, SK: {"S": LEASE_SK}},
        UpdateExpression=update, ConditionExpression="#fence = :fence",
        ExpressionAttributeNames=_names(update),
        ExpressionAttributeValues={":one": {"N": "1"}, ":fence": holder["fence"]},
    )  # fmt: skip


def unlock(client: BotoClient, history: History, name: str) -> str | None:
    """Ends the hold of `name` (user@host) whether its runner lives or not; that one's next write is refused.

    Returns who held it, None if nobody did. Raises `BadInput` when somebody else does.
    """
    holder = history.lease()
    if holder is None:
        return None
    if holder["owner"]["S"] != name:
        raise BadInput(
            f"the environment {history.env} is held by {told(holder)}, not by {name}",
            hint=f"unlock --owner {holder['owner']['S']}",
        )
    try:
        release(client, history, holder)
    except ConditionFailed:
        raise BadInput(f"the hold of {name} has just changed", hint="look again with: status") from None
    return told(holder)
