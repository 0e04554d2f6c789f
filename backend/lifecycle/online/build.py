"""Creates and drops one index of a table in use and waits until it is done.

Every step looks at the table anew and does what is missing, so that a call that is killed anywhere can be
made again, by anybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from api.dynamodb.errors import DataLayerError, InvalidInput, Throttled, Unavailable
from lifecycle.declaration import IndexConfig, TableConfig
from lifecycle.online.calls import Busy, IndexChangeError, ask
from lifecycle.online.state import IndexNow, TableNow, check_possible, check_same, describe, request_of
from lifecycle.online.watch import Watch, metric_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Say = Callable[[str], None]
Sleep = Callable[[float], None]
_FIRST_PAUSE, _MAX_PAUSE = 0.1, 10.0
# DescribeTable may lag behind what was accepted: so often an index may be missing before it counts as gone.
_LOOKS = 6
_FAILURES = 12


class _Steps:
    """Looks at a table again and again, with pauses that grow while nothing changes."""

    def __init__(self, client: BotoClient, table_name: str, sleep: Sleep) -> None:
        self._client, self._table_name, self._sleep = client, table_name, sleep
        self._pause = 0.0
        self._seen: Any = None
        self._failed = 0

    def look(self) -> TableNow:
        """The table as it is, after a pause if it is not the first look. A short outage is waited out."""
        while True:
            if self._pause:
                self._sleep(self._pause)
            self._pause = min(max(self._pause * 1.5, _FIRST_PAUSE), _MAX_PAUSE)
            try:
                table = describe(self._client, self._table_name)
            except (Unavailable, Throttled):
                self._failed += 1
                if self._failed > _FAILURES or self._seen is None:
                    raise
                continue
            self._failed = 0
            state = (table.status, {name: index.phase for name, index in table.indexes.items()})
            if state != self._seen and self._seen is not None:
                self._pause = _FIRST_PAUSE
            self._seen = state
            return table


def build_index(
    client: BotoClient,
    table_name: str,
    config: TableConfig,
    index: IndexConfig,
    *,
    progress: Say,
    detach: bool = False,
    sleep: Sleep = time.sleep,
) -> None:
    """Creates the index if it is not there and waits until it and the table are ACTIVE.

    Params: `config` declares the table, whose keys must be the real one's; `progress` is given lines of
    text; `detach` returns once the index is being created. Where the index exists or is being built it
    just waits. Another change under way is waited for: DynamoDB makes one at a time. Raises `TableMissing`,
    `AccessDenied` naming the IAM action, and `IndexChangeError` for an index of that name with other keys
    or projection, for one that the table cannot have, and when somebody drops it meanwhile. One
    DescribeTable every 0.1 to 10 s, one UpdateTable; the backfill costs the WCU of its entries.
    """
    steps = _Steps(client, table_name, sleep)
    watch = Watch(progress, metric_of(client, table_name, index.name))
    seen, accepted, missed = False, False, 0
    while True:
        table = steps.look()
        _check_keys(table, config)
        found = check_same(table, index)
        if found is None and accepted and missed < _LOOKS:
            missed += 1
            continue
        if seen and (found is None or found.status == "DELETING"):
            raise IndexChangeError(
                f"{index.name} of {table_name} was dropped by somebody while it was being built"
            )
        if found is None:
            accepted, missed = _create(client, table, index, watch), 0
            continue
        if found.status == "DELETING":
            accepted = False
        elif found.is_active and table.status == "ACTIVE":
            watch.look(table, found)
            return
        else:
            seen, accepted = True, True
        watch.look(table, found)
        if detach and seen:
            return


def _check_keys(table: TableNow, config: TableConfig) -> None:
    if table.keys != config.keys:
        have = ", ".join(f"{key.name}:{key.type}" for key in table.keys)
        want = ", ".join(f"{key.name}:{key.type}" for key in config.keys)
        raise IndexChangeError(f"{table.name} is not as declared: its keys are {have}, declared {want}")


def _create(client: BotoClient, table: TableNow, index: IndexConfig, watch: Watch) -> bool:
    """Asks for the index where nothing is in the way; whether it was accepted."""
    if table.under_way is not None:
        watch.note(f"{table.name}: waiting, {table.under_way}")
        return False
    check_possible(table, index)
    try:
        ask(client, "UpdateTable", table.name, **request_of(table, index))
    except Busy as busy:
        watch.note(f"{table.name}: waiting, {busy.aws_message}")
        return False
    except InvalidInput as failure:
        # An attempt whose answer was lost, or somebody else, was first: the next look decides.
        if index.name in describe(client, table.name).indexes:
            return False
        raise IndexChangeError(
            f"{table.name} cannot have {index.name}: {failure.aws_message or failure}",
            code=failure.code, aws_message=failure.aws_message,
        ) from failure  # fmt: skip
    watch.note(f"{table.name} {index.name}: accepted, it goes on by itself from here")
    return True


def drop_index(
    client: BotoClient,
    table_name: str,
    index_name: str,
    *,
    progress: Say,
    detach: bool = False,
    sleep: Sleep = time.sleep,
) -> None:
    """Drops the index if it is there and waits until it is gone and the table is ACTIVE.

    An index that is being built can be dropped once it backfills, so one that is being allocated is waited
    for, and so is any other change under way. `detach` returns once it is being deleted. Raises
    `TableMissing` and `AccessDenied`. One DescribeTable every 0.1 to 10 s, one UpdateTable, no capacity.
    """
    steps = _Steps(client, table_name, sleep)
    watch = Watch(progress)
    asked = 0
    while True:
        table = steps.look()
        found = table.indexes.get(index_name)
        if found is None:
            if table.status == "ACTIVE" or detach:
                watch.note(f"{table_name} {index_name}: " + ("gone" if asked else "there is none"))
                return
            watch.note(f"{table_name}: waiting, the table is {table.status}")
            continue
        if found.status == "DELETING":
            asked += 1
            watch.look(table, found)
            if detach:
                return
            continue
        if _in_the_way(table, found):
            watch.note(f"{table_name}: waiting, {table.under_way}")
            continue
        asked += _delete(client, table, found, watch)


def _in_the_way(table: TableNow, index: IndexNow) -> bool:
    """Whether the index cannot be dropped yet; while it backfills, it alone can."""
    if index.backfilling:
        return False
    return table.under_way is not None


def _delete(client: BotoClient, table: TableNow, index: IndexNow, watch: Watch) -> bool:
    try:
        ask(
            client, "UpdateTable", table.name,
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": index.name}}],
        )  # fmt: skip
    except Busy as busy:
        watch.note(f"{table.name}: waiting, {busy.aws_message}")
        return False
    except DataLayerError as failure:
        if failure.code != "ResourceNotFoundException" or index.name in describe(client, table.name).indexes:
            raise
    return True


def wait_for_indexes(
    client: BotoClient, table: TableNow, *, progress: Say, sleep: Sleep = time.sleep
) -> TableNow:
    """Waits until nothing of a table is being built, dropped or changed, and returns it as it is then."""
    steps = _Steps(client, table.name, sleep)
    watches: dict[str, Watch] = {}
    while True:
        now = steps.look()
        for name, index in now.indexes.items():
            if name not in watches and not index.is_active:
                watches[name] = Watch(progress, metric_of(client, table.name, name))
            if name in watches:
                watches[name].look(now, index)
        if now.under_way is None:
            return now
