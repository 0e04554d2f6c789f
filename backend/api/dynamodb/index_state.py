"""Readers choose by an index's state: ACTIVE, it is used; missing or being built, the older way gives the same results.

So code may be deployed before an index is built, while it is, and after it was dropped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from api.dynamodb.errors import DataLayerError, IndexMissing, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

logger = logging.getLogger(__name__)

SECONDS = 5.0
T = TypeVar("T")
Describe = Callable[[], Mapping[str, str]]


class IndexState:
    """What is known of a table's indexes, for some seconds; share one per table between all threads.

    Params: `table_name` for the log. `describe` gives the state of every index by name, as DynamoDB names
    states; it is asked once in `seconds` at most, by one thread. Without it no call is made for the state:
    an index counts as ACTIVE until a query is refused, and is tried again `seconds` later. `clock` in seconds.
    """

    def __init__(
        self,
        table_name: str,
        describe: Describe | None = None,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table_name = table_name
        self._describe = describe
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._states: Mapping[str, str] | None = None
        self._refused: dict[str, float] = {}
        self._told: dict[str, bool] = {}

    def choose(self, index_name: str, *, by_index: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """The result of `by_index` where the index is ACTIVE, of `otherwise` where it is not.

        `by_index` that is refused because the index is missing or backfilling, or that the engine fails to
        answer with an error of its own, is done by `otherwise` too, and the next `seconds` go there at
        once. Whatever else either raises is raised. One line is logged when the way changes. Costs what
        the way costs; one DescribeTable in `seconds` at most where there is a `describe`.
        """
        if not self.is_usable(index_name):
            self._tell(index_name, usable=False)
            return otherwise()
        try:
            found = by_index()
        except (IndexMissing, Unavailable) as failure:
            if isinstance(failure, Unavailable) and not failure.code:  # nothing answers: neither way would
                raise
            self._refused[index_name] = self._clock()
            self._tell(index_name, usable=False)
            return otherwise()
        self._tell(index_name, usable=True)
        return found

    def is_usable(self, index_name: str) -> bool:
        """Whether a query of the index is worth trying now."""
        refused = self._refused.get(index_name)
        if refused is not None:
            if self._clock() - refused < self._seconds:
                return False
            self._refused.pop(index_name, None)
        if self._describe is None:
            return True
        self._refresh(self._describe)
        return self._states is None or self._states.get(index_name) == "ACTIVE"

    def _refresh(self, describe: Describe) -> None:
        """Asks for the states when they are old; the threads that come meanwhile use the old ones."""
        now = self._clock()
        if self._asked is not None and now - self._asked < self._seconds:
            return
        if not self._lock.acquire(blocking=self._asked is None):
            return
        try:
            if self._asked is not None and now - self._asked < self._seconds:
                return
            try:
                self._states = describe()
            except DataLayerError as failure:
                # The state is a help, not a need: the queries themselves tell.
                logger.debug("the indexes of %s could not be described: %s", self._table_name, failure)
            self._asked = now
        finally:
            self._lock.release()

    def _tell(self, index_name: str, *, usable: bool) -> None:
        if self._told.get(index_name, True) == usable:
            return
        with self._lock:
            if self._told.get(index_name, True) == usable:
                return
            self._told[index_name] = usable
        if usable:
            logger.warning("index %s of %s is ACTIVE: it is used again", index_name, self._table_name)
        else:
            logger.warning(
                "index %s of %s is missing or being built: reading the older way",
                index_name,
                self._table_name,
            )


@lru_cache(maxsize=64)
def index_state(target: str, table_name: str) -> IndexState:
    """The state of a table's indexes as this process knows it from its queries; no call is made for it.

    `target` tells tables of one name at several endpoints apart.
    """
    return IndexState(table_name)


def described(client: BotoClient, table_name: str) -> Describe:
    """A `describe` for `IndexState`: one DescribeTable through boto3, no capacity."""

    def states() -> dict[str, str]:
        from botocore.exceptions import BotoCoreError, ClientError

        from api.dynamodb.boto3_transport import translate

        try:
            table: Any = client.describe_table(TableName=table_name)["Table"]
        except (ClientError, BotoCoreError) as error:
            raise translate(error, operation="DescribeTable", is_write=False) from error
        return {
            index["IndexName"]: index.get("IndexStatus", "ACTIVE")
            for index in table.get("GlobalSecondaryIndexes", [])
        }

    return states
