"""A scan gives each segment's pages to its reader in order, and never holds more pages than it has threads."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest

from migration.verify.scan import ScanPlan, scan


class Table:
    """A transport whose table has `pages` pages in each segment; remembers the most pages read at a time."""

    def __init__(self, pages: dict[int, int], fail_at: tuple[int, int] | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self._pages = pages
        self._fail_at = fail_at
        self._lock = threading.Lock()

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        time.sleep(random.random() / 500)
        with self._lock:
            self.requests.append(request)
        segment, page = request.get("Segment", 0), request.get("ExclusiveStartKey", 0)
        if (segment, page) == self._fail_at:
            raise ValueError("the engine is gone")
        response: dict[str, Any] = {"Items": [{"segment": segment, "page": page}] * 3}
        if page + 1 < self._pages[segment]:
            response["LastEvaluatedKey"] = page + 1
        return response

    def close(self) -> None:
        pass


class Reader:
    """Collects pages; `ended` counts the ends."""

    def __init__(self, pages: list[tuple[int, int]], ended: list[int]) -> None:
        self._pages = pages
        self._ended = ended

    def page(self, items: list[dict[str, Any]]) -> None:
        time.sleep(random.random() / 500)
        self._pages.append((items[0]["segment"], items[0]["page"]))
        items.clear()

    def end(self) -> None:
        self._ended.append(1)


@pytest.mark.parametrize("plan", [ScanPlan(1, 1), ScanPlan(1, 2), ScanPlan(5, 3), ScanPlan(2, 8)])
def test_every_page_of_every_segment_is_read_in_order(plan: ScanPlan) -> None:
    table: Any = Table({segment: 1 + 3 * segment % 7 for segment in range(plan.segments)})
    pages: list[tuple[int, int]] = []
    ended: list[int] = []
    counted: list[int] = []
    items = scan(table, "t", plan, lambda: Reader(pages, ended), progress=counted.append)
    for segment in range(plan.segments):
        own_pages = [page for other, page in pages if other == segment]
        assert own_pages == list(range(1 + 3 * segment % 7))
    assert len(ended) == plan.segments
    assert items == sum(counted) == 3 * len(pages)
    assert all(
        request["ConsistentRead"] and request["Limit"] == plan.page_items for request in table.requests
    )


def test_a_table_of_one_segment_is_scanned_without_segments() -> None:
    table: Any = Table({0: 3})
    scan(table, "t", ScanPlan(1, 2), lambda: Reader([], []))
    assert not any("TotalSegments" in request for request in table.requests)


@pytest.mark.parametrize("plan", [ScanPlan(1, 2), ScanPlan(5, 3)])
def test_a_failure_of_one_thread_ends_the_scan(plan: ScanPlan) -> None:
    table: Any = Table(dict.fromkeys(range(plan.segments), 20), fail_at=(0, 7))
    with pytest.raises(ValueError, match="the engine is gone"):
        scan(table, "t", plan, lambda: Reader([], []))


def test_aws_is_scanned_in_segments_and_a_local_engine_in_one() -> None:
    assert ScanPlan.of(1_000_000, 4, local=False).segments == 50
    assert ScanPlan.of(0, 4, local=False).segments == 4
    assert ScanPlan.of(1_000_000, 4, local=True).segments == 1
