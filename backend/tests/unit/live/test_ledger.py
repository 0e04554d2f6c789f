"""The ledger: keys, dead letters, what waits, and a disk that is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from live.follow.batch import Unit
from live.follow.lag import LagWindow, Pace
from live.follow.ledger import Ledger, LedgerTaken
from live.source.changes import Position
from migration.errors import MigrationError

ALICE, BOB, DAY = Unit("users", 1), Unit("users", 2), Unit("usage", 1, 738_000)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "live" / "ledger.sqlite3")
    yield opened
    opened.close()


def letter(unit: Unit) -> dict[str, object]:
    return {"entity": unit.step, "key": str(unit.id), "reason": "x", "row": {}}


def test_keys_belong_to_units(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.add_keys(
            [(ALICE, ("USR#1", "META")), (DAY, ("USR#1#USE#hint", "DAY#2021-07-20")), (ALICE, ("a", "b"))]
        )
        ledger.add_keys([(ALICE, ("a", "b"))])  # again
    assert ledger.keys_of(ALICE) == {("USR#1", "META"), ("a", "b")}
    assert ledger.count_keys() == 3 and ledger.has_key(("a", "b"))
    with ledger.transaction():
        ledger.remove_keys([(ALICE, ("a", "b"))])
    assert not ledger.has_key(("a", "b")) and ledger.keys_of(BOB) == set()


def test_rows_that_wait_are_tried_again_once_when_the_key_is_free(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.bury(ALICE, letter(ALICE), ["EML#a"])
        ledger.bury(BOB, letter(BOB), ["EML#b"])
    with ledger.transaction():
        ledger.retry_waiting(["EML#a", "EML#c"])
    assert ledger.retries(10) == {ALICE}
    with ledger.transaction():
        ledger.revive(ALICE)
    assert (ledger.retries(10), ledger.count_letters()) == (set(), 1)
    assert [entry["key"] for entry in ledger.letters()] == ["2"]


def test_what_a_failed_block_did_is_not_there(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.transaction():
        ledger.set_notes(position="bin.000001:9")
        ledger.add_keys([(ALICE, ("a", "b"))])
        raise ZeroDivisionError
    assert ledger.position is None and ledger.count_keys() == 0


def test_the_position_is_there_when_it_is_opened_again(ledger: Ledger) -> None:
    ledger.set_notes(position=str(Position("bin.000009", 77)))
    again = Ledger(ledger.path)
    assert again.position == Position("bin.000009", 77)
    again.close()


def test_what_was_touched_is_known_until_it_is_proved(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.touch([ALICE, DAY], 3)
        ledger.touch([ALICE, BOB], 5)
    assert set(ledger.touched_since(3)) == {ALICE, BOB}
    ledger.forget_touched(3)
    assert set(ledger.touched_since(0)) == {ALICE, BOB}


def test_a_full_disk_is_one_line_and_changes_nothing(ledger: Ledger) -> None:
    (pages,) = ledger._db.execute("PRAGMA page_count").fetchone()
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    with (
        pytest.raises(MigrationError, match=r"cannot write ledger\.sqlite3 .*free some space"),
        ledger.transaction(),
    ):
        ledger.add_keys([(ALICE, (f"key {n}", "x" * 100)) for n in range(1_000)])
    assert ledger.count_keys() == 0
    ledger._db.execute("PRAGMA max_page_count = 100000")
    with ledger.transaction():
        ledger.add_keys([(ALICE, ("a", "b"))])
    assert ledger.count_keys() == 1


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look like one" * 30])
def test_a_damaged_file_is_named_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(content)
    with pytest.raises(MigrationError, match=r"remove it, then make dynamodb-live-start makes it"):
        Ledger(path)


def test_lags_are_counted_once_a_mark_and_a_barrier_alone_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 100.0)
    lag = LagWindow()
    lag.applied((1, 0))
    assert lag.report() == {"mark": 1}
    for number, seconds in ((2, 0.5), (3, 0.1), (3, 9.0), (4, 0.2), (5, -4.0)):
        lag.applied((number, int((100.0 - seconds) * 1e6)))
    report = lag.report()
    assert (report["mark"], report["lag_s"], report["worst_s"], report["median_s"]) == (5, 0.0, 0.5, 0.2)


def test_a_backlog_that_shrinks_has_an_end_and_one_that_grows_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter((0.0, 10.0))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    pace = Pace()
    pace.applied(1_000)
    pace.applied(1_030)  # 30 s of the source's time in 10 s: 2 s are gained in each
    assert pace.seconds_left(1_130) == 50.0
    assert pace.seconds_left(1_031) == 0.0
    clock = iter((0.0, 10.0))
    slow = Pace()
    slow.applied(1_000)
    slow.applied(1_005)
    assert slow.seconds_left(1_130) is None


def test_a_run_that_slept_while_another_took_over_notes_nothing(ledger: Ledger) -> None:
    """Else it would forget keys of items that the other run has written again meanwhile (I1)."""
    ledger.take_over("1/1")
    with ledger.transaction():
        ledger.add_keys([(ALICE, ("USR#1", "META"))])
    with closing(Ledger(ledger.path)) as later:
        later.take_over("1/2")
        with pytest.raises(LedgerTaken, match="a later run follows"), ledger.transaction():
            ledger.remove_keys([(ALICE, ("USR#1", "META"))])
        with later.transaction():
            later.note_position(Position("bin.000001", 4))
        assert later.has_key(("USR#1", "META"))


def test_i5_the_position_never_goes_back(ledger: Ledger) -> None:
    ledger.note_position(Position("bin.999999", 700))
    ledger.note_position(Position("bin.1000000", 4))
    with pytest.raises(AssertionError):
        ledger.note_position(Position("bin.999999", 701))
