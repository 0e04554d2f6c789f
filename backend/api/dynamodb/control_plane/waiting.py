"""Waiting until a change of a table is complete, with pauses that grow while nothing changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.description import TableDescription, describe_table, find_table
from api.dynamodb.errors import Throttled, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

WAIT_SECONDS = 3600.0
_FIRST_PAUSE, _MAX_PAUSE = 0.05, 5.0
_FIRST_POLL_PAUSE, _MAX_POLL_PAUSE = 0.1, 10.0
_MAX_FAILURES = 12

CheckLease = Callable[[], None]


def without_lease() -> None:
    """The lease check of a caller that holds no lease: it always passes."""


def wait_until(
    is_done: Callable[[], bool],
    activity: str,
    check_lease: CheckLease = without_lease,
    seconds: float = WAIT_SECONDS,
) -> None:
    """Waits until `is_done`, with pauses of 0.05 to 5 s.

    Params: `activity` for the message, such as "deleting orders"; `check_lease` is called before each pause and
    raises once the caller's lease is lost. Raises `Unavailable` after `seconds`.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while not is_done():
        check_lease()
        if time.monotonic() > deadline:
            raise Unavailable(f"{activity} is not done after {seconds:.0f} s", hint="run the command again")
        time.sleep(pause)
        pause = min(pause * 1.5, _MAX_PAUSE)


def wait_until_active(
    client: BotoClient, name: str, check_lease: CheckLease = without_lease, seconds: float = WAIT_SECONDS
) -> TableDescription:
    """Waits until the table and all its indexes are ACTIVE and returns its description.

    A table that is not there yet is waited for too: DescribeTable may lag behind CreateTable.
    """
    table: TableDescription | None = None

    def is_active() -> bool:
        nonlocal table
        table = find_table(client, name)
        return table is not None and table.is_active

    wait_until(is_active, f"making table {name} and its indexes ACTIVE", check_lease, seconds)
    assert table is not None  # noqa: S101 (is_active has set it)
    return table


def wait_until_deleted(
    client: BotoClient, name: str, check_lease: CheckLease = without_lease, seconds: float = WAIT_SECONDS
) -> None:
    """Waits until there is no table of that name."""
    wait_until(lambda: find_table(client, name) is None, f"deleting table {name}", check_lease, seconds)


class TablePoller:
    """Describes a table again and again. Pauses grow from 0.1 to 10 s while no status changes."""

    def __init__(
        self, client: BotoClient, table_name: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client, self._table_name, self._sleep = client, table_name, sleep
        self._pause = 0.0
        self._last_state: Any = None

    def poll(self) -> TableDescription:
        """The table as it is, after a pause unless this is the first call.

        An outage of up to a dozen calls is waited out, but not on the first call.
        """
        failures = 0
        while True:
            if self._pause:
                self._sleep(self._pause)
            self._pause = min(max(self._pause * 1.5, _FIRST_POLL_PAUSE), _MAX_POLL_PAUSE)
            try:
                table = describe_table(self._client, self._table_name)
            except (Unavailable, Throttled):
                failures += 1
                if failures > _MAX_FAILURES or self._last_state is None:
                    raise
                continue
            state = (table.status, {name: index.phase for name, index in table.indexes.items()})
            if self._last_state is not None and state != self._last_state:
                self._pause = _FIRST_POLL_PAUSE
            self._last_state = state
            return table
