"""From events to batches: units of rows and days, and a position that never passes what is not applied."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.follow.batch import ChangeCollector, DayOfLog, Unit
from live.source.changes import (
    COMMITTED,
    PREPARED,
    ROLLED_BACK,
    Commit,
    Event,
    Position,
    RowChange,
    SourceRefused,
    XaBegin,
)

SEOUL = ZoneInfo("Asia/Seoul")
TABLES = {
    "users": "users",
    "usage_logs": "usage_logs",
    "SEARCH_HISTORY": "search_history",
    "cdc_mark": "cdc_mark",
}


def collector() -> ChangeCollector:
    made = ChangeCollector(TABLES, DayOfLog(SEOUL, None))
    made.position = Position("bin.000001", 4)
    return made


def at(offset: int) -> Position:
    return Position("bin.000001", offset)


def test_a_usage_log_touches_its_row_and_the_local_days_of_both_images() -> None:
    found = collector()
    found.add(RowChange("usage_logs", 1, 9, ((5, "2024-01-01 14:59:59"), (6, "2024-01-01 15:00:00"))))
    first, second = date(2024, 1, 1).toordinal(), date(2024, 1, 2).toordinal()
    assert found.batch.units == {
        Unit("usage", 1), Unit("usage", 9), Unit("usage", 5, first), Unit("usage", 6, second),
    }  # fmt: skip


def test_the_day_is_that_of_the_columns_own_zone() -> None:
    assert DayOfLog(SEOUL, SEOUL)("2024-01-01 23:59:59") == date(2024, 1, 1)
    assert DayOfLog(SEOUL, None)("2024-01-01 23:59:59") == date(2024, 1, 2)


@pytest.mark.parametrize("time", [None, "0000-00-00 00:00:00", "2024-00-01 00:00:00", "9999-12-31 23:59:59"])
def test_a_log_without_a_day_touches_its_row_alone(time: str | None) -> None:
    found = collector()
    found.add(RowChange("usage_logs", 1, None, ((5, time),)))
    found.add(RowChange("usage_logs", 2, None, ((None, "2024-01-01 00:00:00"),)))
    assert found.batch.units == {Unit("usage", 1), Unit("usage", 2)}


def test_runs_name_the_users_whose_totals_change() -> None:
    found = collector()
    found.add(RowChange("SEARCH_HISTORY", 3, None, ((5,), (None,))))
    assert (found.batch.units, found.batch.users) == ({Unit("history", 3)}, {5})


def test_an_id_beyond_what_a_row_can_have_is_refused() -> None:
    with pytest.raises(SourceRefused, match="beyond 2"):
        collector().add(RowChange("users", 2**63))


def test_the_mark_is_the_last_one_and_touches_nothing() -> None:
    found = collector()
    found.add(RowChange("cdc_mark", 1, None, ((1, 5), (2, 7))))
    assert found.batch.mark == (2, 7) and not found.batch
    assert found.take().mark == found.batch.mark  # kept for the next batch


# The steps of transactions that overlap: (xa id or None, what happens).
_STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(("commit", "prepare", "finish", "drop"))), max_size=30
)


@given(_STEPS)
def test_the_position_never_passes_a_prepared_transaction_and_its_rows_come_back(
    steps: list[tuple[str, str]],
) -> None:
    """I5, for any interleaving of XA transactions: what is behind the position was in a batch after its commit."""
    found, offset, prepared, row = collector(), 4, dict[str, tuple[int, int]](), 0
    for xid, step in steps:
        row += 1
        events: list[Event]
        if step == "commit":
            events = [RowChange("users", row), Commit(at(offset + 10), 0)]
        elif step == "prepare" and xid not in prepared:
            events = [XaBegin(at(offset)), RowChange("users", row), Commit(at(offset + 10), 0, xid, PREPARED)]
            prepared[xid] = (offset, row)
        elif step in ("finish", "drop") and xid in prepared:
            events = [Commit(at(offset + 10), 0, xid, COMMITTED if step == "finish" else ROLLED_BACK)]
            _, row_then = prepared.pop(xid)
        else:
            continue
        found.take()
        for event in events:
            found.add(event)
        offset += 10
        if step == "finish":
            assert Unit("users", row_then) in found.batch.units
        expected = min([offset, *(start for start, _ in prepared.values())])
        assert found.safe_position == at(expected)
        assert found.open_xa == sorted(prepared)
