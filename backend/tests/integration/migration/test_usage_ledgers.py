"""Usage logs move as ledgers of the day: what is in them, what has no room, and what happens when one is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.repositories import ErasureRepository, UsageLogRepository
from api.dynamodb.transport import factory
from api.dynamodb.usage_limits import ledger
from api.dynamodb.usage_limits.ledger import LEDGER_BYTES
from api.dynamodb.usage_limits.windows import Limit
from migration.usage_ledgers import UsageLedgers
from tests.integration.migration.migration_harness import Move, agrees, another_move
from tests.integration.migration.test_loader import local_days
from tests.integration.migration.test_replays import assert_like_a_fresh_move
from tests.integration.migration.test_usage_policy import counters_of, logs_of, midnight_today, text
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine

SEOUL = ZoneInfo("Asia/Seoul")
HINTS = "USR#1#USE#hint"
TEXTS = (
    '{"a": 1.50, "b": [1,2]}',
    "{}",
    "null",
    '"정답 🎓, =1,2"',
    '[{"n": 12345678901234567890}]',
    '{"a":1,"a":2}',
)


@pytest.fixture(autouse=True)
def _fresh_clients() -> Iterator[None]:
    factory.clear_cache()
    yield
    factory.clear_cache()


def noon(days_ago: int = 3) -> datetime:
    """A noon in Seoul, from which minutes do not lead into another day."""
    return midnight_today() - timedelta(days=days_ago) + timedelta(hours=3)


def day_of(moment: datetime) -> date:
    return moment.astimezone(SEOUL).date()


def fill(move: Move, number: int, **values: Any) -> list[dict[str, Any]]:
    """Logs of one user, action and day, a minute and some microseconds apart."""
    rows = [
        {"id": n, "created_at": text(noon() + timedelta(minutes=n, microseconds=n)), **values}
        for n in range(1, number + 1)
    ]
    move.legacy.add("usage_logs", *rows)
    return rows


def separate_logs(move: Move) -> list[tuple[str, str]]:
    return [key for key in move.dump() if key[1].startswith("LOG#")]


def all_logs(user_id: int, action: str, day: date) -> list[dict[str, Any]]:
    """The logs of a day as the service lists them, page by page."""
    usage, logs, cursor = UsageLogRepository(), [], None
    while True:
        page = usage.get_usage_of_day(user_id, action, day, limit=7, cursor=cursor)
        logs += [dict(log) for log in page.items]
        cursor = page.cursor
        if cursor is None:
            return logs


def refusing(move: Move, is_refused: Callable[[dict[str, Any]], bool]) -> Callable[[Call], Fault | None]:
    """Refuses batches with an item of that kind."""

    def refuse(call: Call) -> Fault | None:
        writes = call.request["RequestItems"][move.table] if call.operation == "BatchWriteItem" else []
        puts = [write["PutRequest"]["Item"] for write in writes if "PutRequest" in write]
        return Fault.REFUSE if any(map(is_refused, puts)) else None

    return refuse


def failing_after(batches: int) -> Callable[[Call], Fault | None]:
    """Lets a number of batches pass and denies all others."""
    seen = 0

    def deny(call: Call) -> Fault | None:
        nonlocal seen
        seen += call.operation == "BatchWriteItem"
        return Fault.DENY if call.operation == "BatchWriteItem" and seen > batches else None

    return deny


def test_the_service_lists_each_log_with_its_id_its_microseconds_and_its_metadata(move: Move) -> None:
    move.legacy.drop_checks("usage_logs", "metadata")
    rows = [
        {"id": n, "created_at": text(noon() + timedelta(seconds=40 - n, microseconds=n)), "metadata": metadata,
         "problem_id": n if n % 2 else None}
        for n, metadata in enumerate((None, None, *TEXTS), 1)
    ]  # fmt: skip
    move.legacy.add("usage_logs", *rows)
    report = move.run()
    assert report.steps["usage"].counts.items == 1
    (item,) = move.items().values()
    assert set(item) == {"PK", "SK", "us", "ttl"}
    assert agrees(move)
    logs = all_logs(1, "hint", day_of(noon()))
    assert [log["log_id"] for log in logs] == [row["id"] for row in rows]  # the newest comes first
    for log, row in zip(logs, rows, strict=True):
        assert text(log["created_at"]) == row["created_at"]
        assert log["problem_id"] == row["problem_id"]
        assert log["metadata"] == (None if row["metadata"] is None else json.loads(str(row["metadata"])))


def test_logs_without_room_in_their_ledger_are_items_of_their_own(metered_move: Move) -> None:
    move = metered_move
    rows = fill(move, 300, metadata='{"history_id": 123456}', problem_id=4321)
    move.legacy.add(
        "usage_logs", {"id": 900, "created_at": text(noon()), "metadata": json.dumps("m" * 5_000)}
    )
    prediction = move.dry_run()
    report = move.run(batch_size=5)
    item = move.items()[HINTS, f"DAY#{day_of(noon())}"]
    entries = item["us"]["SS"]
    assert LEDGER_BYTES - 60 < sum(map(len, entries)) <= LEDGER_BYTES
    assert len(separate_logs(move)) == int(item["n"]["N"]) == 301 - len(entries)
    counts = report.steps["usage"].counts
    assert counts.wcu == counts.consumed == prediction.steps["usage"].counts.wcu
    assert counts.wcu < 240
    assert agrees(move)
    logs = all_logs(1, "hint", day_of(noon()))
    assert {log["log_id"] for log in logs} == {900, *(row["id"] for row in rows)}
    assert logs == sorted(logs, key=lambda log: log["created_at"], reverse=True)
    assert UsageLogRepository().get_usage_count(1, "hint", day_of(noon())) == 301


def test_moved_logs_of_today_count_against_the_limit(move: Move) -> None:
    now = datetime.now(UTC)
    move.more["ALGOITNY_TIME_ZONE"] = f"Etc/GMT{now.hour - 12:+d}"  # where it is noon: the day does not end
    move.legacy.drop_checks("usage_logs", "metadata")
    move.legacy.add(
        "usage_logs",
        *({"id": n, "created_at": text(now - timedelta(minutes=n))} for n in (1, 2, 3)),
        {"id": 4, "created_at": text(now), "metadata": "NaN"},
    )
    assert move.run().dead == 1
    usage = UsageLogRepository()
    assert usage.check_rate_limit(1, "hint", 5)[:2] == (True, 4)
    assert usage.admit(1, "hint", [Limit(5)]).allowed
    assert not usage.admit(1, "hint", [Limit(5)]).allowed
    usage.log_usage(1, "hint", 77, {"a": 1})
    today = now.astimezone(ZoneInfo(move.more["ALGOITNY_TIME_ZONE"])).date()
    assert usage.get_usage_count(1, "hint", today, consistent=True) == 6
    logs = all_logs(1, "hint", today)
    assert {log["log_id"] for log in logs} > {1, 2, 3}
    assert len(logs) == 5


def test_the_logs_of_a_ledger_that_is_refused_arrive_one_by_one(quick_move: Move) -> None:
    fill(quick_move, 60, metadata='{"a": 1}')
    quick_move.legacy.add("usage_logs", {"id": 99, "user_id": 2, "created_at": text(noon())})

    refuse = refusing(quick_move, lambda item: len(item.get("us", {"SS": ()})["SS"]) > 1)
    with FaultProxy(quick_move.engine.endpoint_url, refuse) as proxy:
        quick_move.endpoint_url = proxy.url
        report = quick_move.run()
    quick_move.endpoint_url = ""
    counts = report.steps["usage"].counts
    assert (counts.written, counts.dead) == (61, 0)
    assert len(separate_logs(quick_move)) == 60
    assert sorted(counters_of(quick_move).values()) == [1, 60]
    assert agrees(quick_move)


def test_one_log_of_a_refused_ledger_that_is_refused_itself_is_a_dead_letter(quick_move: Move) -> None:
    fill(quick_move, 9)
    refuse = refusing(quick_move, lambda item: "us" in item or item["SK"]["S"].endswith(f"#{4:016}"))
    with FaultProxy(quick_move.engine.endpoint_url, refuse) as proxy:
        quick_move.endpoint_url = proxy.url
        assert quick_move.run().dead == 1
    quick_move.endpoint_url = ""
    (letter,) = quick_move.letters()
    assert (letter["key"], "the engine refused" in letter["reason"]) == ("4", True)
    assert set(logs_of(quick_move)) == set(range(1, 10)) - {4}
    assert agrees(quick_move)
    assert quick_move.replay().left == 0
    assert set(logs_of(quick_move)) == set(range(1, 10))
    assert set(counters_of(quick_move).values()) == {9}
    assert agrees(quick_move)


def test_a_mended_log_joins_the_ledger_of_its_day_and_its_neighbours_stay(move: Move, tmp_path: Path) -> None:
    move.legacy.drop_checks("usage_logs", "metadata")
    fill(move, 12)
    move.legacy.sql("UPDATE usage_logs SET metadata = 'NaN' WHERE id % 3 = 0")
    assert move.run().dead == 4
    assert set(counters_of(move).values()) == {12}
    letters = move.letter_file().read_bytes()
    move.legacy.sql("UPDATE usage_logs SET metadata = '{\"a\": 1}' WHERE id IN (3, 9)")
    result = move.replay()
    assert (result.moved, result.left) == (2, 2)
    assert_like_a_fresh_move(move, tmp_path / "other")
    again = move.state_dir / "again.jsonl"
    again.write_bytes(letters)
    before = move.dump()
    result = move.replay(dead_letter=again)  # of letters that were replayed already, as after a kill
    assert (result.moved, result.left) == (2, 2)
    assert move.dump() == before
    assert agrees(move)


def test_a_mended_log_replaces_what_its_ledger_has_of_it(quick_move: Move, tmp_path: Path) -> None:
    fill(quick_move, 5, metadata='{"a": 1}')
    quick_move.run()
    letters = tmp_path / "letters.jsonl"
    rows = quick_move.legacy.sql("SELECT id, user_id, action, created_at FROM usage_logs WHERE id IN (2, 4)")
    names = ("id", "user_id", "action", "created_at")
    letters.write_text("".join(
        json.dumps({"entity": "usage", "key": str(row[0]), "reason": "", "row": {
            name: str(value) for name, value in zip(names, row, strict=True)
        }}) + "\n" for row in rows
    ))  # fmt: skip
    quick_move.legacy.sql("UPDATE usage_logs SET metadata = '{\"a\": 2}', problem_id = 8 WHERE id = 2")
    quick_move.legacy.sql("UPDATE usage_logs SET metadata = '\"%s\"' WHERE id = 4" % ("m" * 4_000))
    result = quick_move.replay(dead_letter=letters)
    assert (result.moved, list(result.overwritten)) == (2, ["usage 2", "usage 4"])
    assert_like_a_fresh_move(quick_move, tmp_path / "other")
    assert agrees(quick_move)


def test_a_mended_log_stays_out_of_a_ledger_in_which_the_service_counts(quick_move: Move) -> None:
    now = datetime.now(UTC)
    quick_move.more["ALGOITNY_TIME_ZONE"] = f"Etc/GMT{now.hour - 12:+d}"
    quick_move.legacy.drop_checks("usage_logs", "metadata")
    quick_move.legacy.add("usage_logs", {"id": 1, "created_at": text(now), "metadata": "NaN"})
    quick_move.legacy.add("usage_logs", {"id": 2, "created_at": text(now)})
    quick_move.run()
    usage = UsageLogRepository()
    assert usage.admit(1, "hint", [Limit(3)]).allowed
    before = [item for (_, sk), item in quick_move.items().items() if sk.startswith("DAY#")]
    quick_move.legacy.sql("UPDATE usage_logs SET metadata = NULL")
    assert quick_move.replay().moved == 1
    after = [item for (_, sk), item in quick_move.items().items() if sk.startswith("DAY#")]
    assert after == before
    assert len(separate_logs(quick_move)) == 1
    assert usage.get_usage_count(1, "hint", consistent=True) == 3
    assert not usage.admit(1, "hint", [Limit(3)]).allowed


def test_a_refused_ledger_of_mended_logs_loses_none_of_them(quick_move: Move) -> None:
    quick_move.legacy.drop_checks("usage_logs", "metadata")
    fill(quick_move, 6, metadata="NaN")
    assert quick_move.run().dead == 6
    quick_move.legacy.sql("UPDATE usage_logs SET metadata = NULL")

    refuse = refusing(quick_move, lambda item: "us" in item)
    with FaultProxy(quick_move.engine.endpoint_url, refuse) as proxy:
        quick_move.endpoint_url = proxy.url
        assert quick_move.replay().left == 0
    quick_move.endpoint_url = ""
    assert set(logs_of(quick_move)) == set(range(1, 7))
    assert set(counters_of(quick_move).values()) == {6}
    assert agrees(quick_move)


def test_a_run_that_ends_at_any_batch_goes_on_to_the_same_table(quick_move: Move, tmp_path: Path) -> None:
    rng = random.Random(5)
    rows = [
        {"id": n, "user_id": rng.randrange(1, 9), "created_at": text(noon(rng.randrange(3, 40))),
         "action": rng.choice(("hint", "execution")), "metadata": rng.choice((None, json.dumps("m" * 900)))}
        for n in range(1, 400)
    ]  # fmt: skip
    quick_move.legacy.add("usage_logs", *rows)
    with FaultProxy(quick_move.engine.endpoint_url) as proxy:
        quick_move.endpoint_url = proxy.url
        quick_move.run(batch_size=20)
        batches = proxy.operations().count("BatchWriteItem")
    expected = quick_move.dump()
    quick_move.endpoint_url = ""
    for last in sorted(rng.sample(range(batches), 4)):
        with another_move(quick_move, tmp_path / f"state-{last}") as other:
            with FaultProxy(other.engine.endpoint_url, failing_after(last)) as proxy:
                other.endpoint_url = proxy.url
                with pytest.raises(Exception, match="AccessDenied"):
                    other.run(batch_size=20)
            other.endpoint_url = ""
            report = other.run(batch_size=50)
            assert report.steps["usage"].counts.written == len(rows)
            assert other.dump() == expected


def test_a_table_that_an_earlier_version_filled_is_read_proven_and_moved_anew(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(quick_move, 20, metadata='{"a": 1}')
    with monkeypatch.context() as earlier:
        earlier.setattr(UsageLedgers, "add", lambda self, log, encoder: False)
        quick_move.run()
    assert len(separate_logs(quick_move)) == 20
    assert quick_move.items()[HINTS, f"DAY#{day_of(noon())}"]["n"] == {"N": "20"}
    assert agrees(quick_move)
    listed = all_logs(1, "hint", day_of(noon()))
    quick_move.run(entity="usage", restart=True)
    assert separate_logs(quick_move) == []
    assert agrees(quick_move)
    assert all_logs(1, "hint", day_of(noon())) == listed


def test_a_move_that_an_earlier_version_began_starts_its_usage_logs_over(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": n, "user_id": n % 7, "created_at": text(noon(n % 5))} for n in range(1, 90)]
    quick_move.legacy.add("usage_logs", *rows)
    with (
        monkeypatch.context() as earlier,
        FaultProxy(quick_move.engine.endpoint_url, failing_after(2)) as proxy,
    ):
        earlier.setattr(UsageLedgers, "add", lambda self, log, encoder: False)
        quick_move.endpoint_url = proxy.url
        with pytest.raises(Exception, match="AccessDenied"):
            quick_move.run(batch_size=20)
    quick_move.endpoint_url = ""
    assert separate_logs(quick_move)
    state = quick_move.checkpoint()
    del state["packs_usage"]
    quick_move.write_checkpoint(json.dumps(state))
    assert quick_move.run().steps["usage"].counts.written == len(rows)
    assert separate_logs(quick_move) == []
    assert agrees(quick_move)


def test_inspection_checks_and_erasure_know_moved_logs(quick_move: Move) -> None:
    fill(quick_move, 5, metadata='{"a": 1}', problem_id=7)
    quick_move.legacy.add("users", {"id": 1})
    quick_move.legacy.add("problems", {"id": 7})
    quick_move.run()
    settings = quick_move.settings()
    day = str(day_of(noon()))
    shown = run_script("inspect_table", "usage", "1", day, "--json", settings=settings)
    assert shown.returncode == 0, shown.stderr
    (item,) = json.loads(shown.stdout)["items"]
    assert [log["log_id"] for log in item["fields"]["uses"]] == [1, 2, 3, 4, 5]
    assert item["fields"]["uses"][0]["metadata"] == {"a": 1}
    checked = run_script("check_data", "--json", settings=settings)
    assert checked.returncode == 0, checked.stderr + checked.stdout
    assert list(ErasureRepository().sweep(1))
    assert [key for key in quick_move.dump() if key[0].startswith(HINTS)] == []


def test_ledgers_of_too_many_days_take_no_more_memory(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migration.usage_ledgers._MOST_BYTES", 100)
    rows = [{"id": n, "created_at": text(noon(n))} for n in range(1, 30)]
    quick_move.legacy.add("usage_logs", *rows)
    quick_move.run()
    assert 20 < len(separate_logs(quick_move)) < 29
    assert len(counters_of(quick_move)) == len(local_days(noon(n) for n in range(1, 30)))
    assert agrees(quick_move)


def test_an_entry_is_read_as_the_log_that_it_was_made_of() -> None:
    day = date(2026, 11, 29)
    logs: list[dict[str, Any]] = [
        {"log_id": 7, "created_at": datetime(2026, 11, 28, 15, 0, tzinfo=UTC), "problem_id": None, "metadata": None},
        {"log_id": 2**53 - 1, "created_at": datetime(2026, 11, 29, 14, 59, 59, 999_999, tzinfo=UTC), "problem_id": 0,
         "metadata": None},
        *({"log_id": 0, "created_at": datetime(2026, 11, 29, tzinfo=UTC), "problem_id": problem, "metadata": metadata}
          for problem in (None, 5) for metadata in TEXTS),
    ]  # fmt: skip
    for log in logs:
        assert ledger.moved_log(ledger.moved_entry(log, day), day) == log
