"""The playground as a system whose read paths are rolled out (scripts/rollout.py --system)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from examples.playground_scores.flags import FLAGS
from examples.playground_scores.scores import GSI_QUERY, KEY_NAMES, PARTITION_QUERY, SCAN, Listing, Scores
from examples.playground_scores.table_configs.playground_scores import TABLE
from rollout.flag_cache import FlagCache
from rollout.system import Sample, System

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_PAGE = 50


def _measured(read: Callable[[], Listing]) -> tuple[Any, int, float]:
    page = read()
    return (page.entries, page.cursor), page.fetched, page.units


def samples(client: BotoClient, env: str, paths: tuple[str, ...], number: int) -> Iterator[Sample]:
    """The first pages of tables, and the users of the tables on the first one."""
    scores = Scores(env, client=client, flags=FlagCache(FLAGS, None))
    if "list_tables" in paths:
        for page, cursor in enumerate(islice(_cursors(scores), number), 1):
            strategies = {
                SCAN: partial(_measured, partial(scores.scan_tables, _PAGE, cursor, True)),
                GSI_QUERY: partial(_measured, partial(scores.query_tables, _PAGE, cursor)),
            }
            yield Sample("list_tables", f"page {page}", strategies)
    if "list_users" in paths:
        for table in scores.scan_tables(number, None, True).entries:
            table_id = table["tableId"]
            strategies = {
                name: partial(_measured, partial(scores.query_users, table_id, _PAGE, None, consistent))
                for name, consistent in ((PARTITION_QUERY, True), (f"{PARTITION_QUERY}_eventual", False))
            }
            yield Sample("list_users", f"table {table_id}", strategies)


def _cursors(scores: Scores) -> Iterator[str | None]:
    cursor: str | None = None
    while True:
        yield cursor
        cursor = scores.query_tables(_PAGE, cursor).cursor
        if cursor is None:
            return


SYSTEM = System(
    "playground_scores", FLAGS, TABLE.table_name, samples, ("list_tables", "list_users"), KEY_NAMES
)
