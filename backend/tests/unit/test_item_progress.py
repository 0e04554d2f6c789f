"""The progress of reading items: a line every few seconds with share, rate and time left."""

from __future__ import annotations

from reporting.item_progress import LINE_SECONDS, ItemProgress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_shows_share_rate_and_time_left() -> None:
    clock, lines = Clock(), list[str]()
    progress = ItemProgress(lines.append, 10_000, 1_000, "  orders: ", clock)
    clock.now += LINE_SECONDS - 1
    progress.update(1_500, "1 changed")
    assert lines == []
    clock.now = 110.0
    progress.update(3_000, "1,234 changed")
    progress.update(3_100, "1,234 changed")
    assert lines == [
        "  orders: 3,000 of about 10,000 (30%) items read, 1,234 changed, 200 items/s, 35 s left"
    ]


def test_a_table_that_is_larger_than_its_count_has_no_time_left() -> None:
    clock, lines = Clock(), list[str]()
    progress = ItemProgress(lines.append, 0, 0, "  orders: ", clock)
    clock.now += 10
    progress.update(500, "0 changed")
    assert lines == ["  orders: 500 items read, 0 changed, 50 items/s"]
