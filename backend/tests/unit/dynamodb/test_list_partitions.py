"""`ListPartitions`: when the table is asked, and from which partitions a list is read then."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from api.dynamodb.schema import keys
from api.dynamodb.table.list_partitions import FIRST_SECONDS, MOST_SECONDS, ListPartitions
from api.dynamodb.table.store import Store


class FilledPartitions:
    """A transport on which some partitions have an entry; it keeps the partitions that were asked."""

    seconds = 1.0

    def __init__(self, *filled: str) -> None:
        self.filled = set(filled)
        self.asked: list[str] = []

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        (value,) = request["ExpressionAttributeValues"].values()
        self.asked.append(value["S"])
        return {"Items": [{}] if value["S"] in self.filled else []}, 0


class Seconds:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def list_partitions(transport: FilledPartitions, seconds: Callable[[], float]) -> ListPartitions:
    return ListPartitions(Store(transport, "table"), monotonic=seconds)


PROBLEMS = [f"PRBLIST#ALL#{shard}" for shard in range(4)]


def test_a_new_table_is_asked_at_growing_intervals_and_read_from_one_partition(
    use_settings: Callable[..., None],
) -> None:
    use_settings()
    transport, seconds = FilledPartitions("PRBLIST#ALL#0"), Seconds()
    lists = list_partitions(transport, seconds)
    asked_at: list[float] = []
    while seconds.now < 4 * MOST_SECONDS:
        transport.asked.clear()
        assert lists.partitions(keys.ALL_PROBLEMS) == PROBLEMS[:1]
        if transport.asked:
            assert transport.asked == PROBLEMS[1:]
            asked_at.append(seconds.now)
        seconds.now += FIRST_SECONDS / 2
    intervals = [later - earlier for earlier, later in pairwise(asked_at)]
    assert intervals == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_entries_elsewhere_are_read_as_soon_as_they_are_known_and_until_they_are_gone(
    use_settings: Callable[..., None],
) -> None:
    use_settings()
    transport, seconds = FilledPartitions("PRBLIST#ALL#2"), Seconds()
    lists = list_partitions(transport, seconds)
    platform = keys.named_problem_list("PLT", "baekjoon")
    assert lists.partitions(platform) == [f"PRBLIST#PLT:baekjoon#{shard}" for shard in range(4)]
    assert lists.partitions(keys.ALL_PROBLEMS) == PROBLEMS
    assert transport.asked == ["PRBLIST#ALL#1", "PRBLIST#ALL#2"]
    transport.filled.clear()
    seconds.now = FIRST_SECONDS
    assert lists.partitions(keys.ALL_PROBLEMS) == PROBLEMS[:1]
    # A process of the earlier version is still there.
    transport.filled.add("PRBLIST#ALL#3")
    seconds.now += FIRST_SECONDS
    assert lists.partitions(keys.ALL_PROBLEMS) == PROBLEMS


@pytest.mark.parametrize(
    ("writers", "readers", "partitions"), [("1", "1", 1), ("4", "8", 8), ("8", "", 8), ("4", "", 4)]
)
def test_what_is_set_is_not_asked(
    use_settings: Callable[..., None], writers: str, readers: str, partitions: int
) -> None:
    use_settings(DYNAMODB_TIMELINE_SHARDS=writers, DYNAMODB_TIMELINE_READ_SHARDS=readers)
    transport = FilledPartitions("PUB#3")
    lists = list_partitions(transport, Seconds())
    assert lists.partitions(keys.TIMELINE) == [f"PUB#{shard}" for shard in range(partitions)]
    assert lists.partitions(keys.DRAFT_PROBLEMS) == ["PRBLIST#DRAFT#0"]
    assert transport.asked == []


def test_writers_that_are_set_alone_never_hide_what_an_earlier_version_stored(
    use_settings: Callable[..., None],
) -> None:
    use_settings(DYNAMODB_USER_LIST_SHARDS="2")
    transport = FilledPartitions()
    assert list_partitions(transport, Seconds()).partitions(keys.USER_LIST) == ["USRLIST#0", "USRLIST#1"]
    assert transport.asked == ["USRLIST#2", "USRLIST#3"]
    transport = FilledPartitions("USRLIST#3")
    assert len(list_partitions(transport, Seconds()).partitions(keys.USER_LIST)) == 4
