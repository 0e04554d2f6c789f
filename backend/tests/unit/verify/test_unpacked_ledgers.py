"""The verification takes a ledger apart into the records that its logs have as items of their own."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from migration.mapping import USAGE, Row
from migration.pipeline import encode_chunks
from migration.row_encoder import MigrationPolicy, RowEncoder
from migration.usage_ledgers import UsageLedgers
from migration.verify.digest import render
from migration.verify.ledgers import unpack

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
ZONES = ("Asia/Seoul", "America/New_York", "Asia/Kathmandu", "UTC", "Pacific/Apia", "America/St_Johns")
METADATA = (None, "{}", '{"a":  1}', '"정답 =1,2"', "null", "[1.50]")


def rows(number: int) -> list[Row]:
    """Logs around local midnights, two months of which clocks change in."""
    rng = random.Random(1)
    return [
        (
            str(n), "7", rng.choice(("hint", "execution")), rng.choice((None, "5")), rng.choice(METADATA),
            str(datetime(2026, 9, 20) + timedelta(minutes=97 * n, microseconds=n))  # noqa: DTZ001
        )
        for n in range(number)
    ]  # fmt: skip


def items_of(zone: str) -> list[dict[str, Any]]:
    policy = MigrationPolicy(AS_OF, keep_expired=False, time_zone=ZoneInfo(zone))
    chunks = encode_chunks(USAGE, rows(900), RowEncoder(USAGE, policy, None), 100, lambda number: None)
    return [pending.item for _, items in chunks for pending in items]


@pytest.mark.parametrize("zone", ZONES)
def test_a_log_has_one_record_in_a_ledger_and_apart(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledgers = items_of(zone)
    assert len(ledgers) < 200
    unpacked = [log for item in ledgers for log in unpack(item, ZoneInfo(zone))]
    monkeypatch.setattr(UsageLedgers, "add", lambda self, log, encoder: False)
    apart = items_of(zone)
    assert len(apart) == len(ledgers) + 900
    assert sorted(map(render, [*ledgers, *unpacked])) == sorted(map(render, apart))


def ledger(*entries: str, **attributes: Any) -> dict[str, Any]:
    return {
        "PK": {"S": "USR#7#USE#hint"}, "SK": {"S": "DAY#2026-11-29"}, "us": {"SS": list(entries)}, **attributes
    }  # fmt: skip


@pytest.mark.parametrize(
    "entry",
    [
        "q3Zk0a_V1815123,100", "=7", "=07,1", "=7,01", "=7,1.5", "=7,1,x", "= 7,1", "=-7,1", "=7,1,07",
        "=7,54000000000", "=7,-32400000001", "=7,99999999999999999999999", "",
    ],
)  # fmt: skip
def test_what_no_reader_of_that_day_finds_stays_in_the_ledger(entry: str) -> None:
    item = ledger(entry, "=8,0", n={"N": "2"})
    (log,) = unpack(item, ZoneInfo("Asia/Seoul"))
    assert log["id"] == {"N": "8"}
    assert item == ledger(entry, n={"N": "3"})


@pytest.mark.parametrize("offset", [-32_400_000_000, 0, 53_999_999_999])
def test_a_day_has_the_moments_of_its_zone(offset: int) -> None:
    item = ledger(f"=8,{offset}")
    assert len(unpack(item, ZoneInfo("Asia/Seoul"))) == 1
    assert "us" not in item
    assert item["n"] == {"N": "1"}


def test_other_items_and_keys_that_no_ledger_has_are_left_alone() -> None:
    for changes in ({"SK": {"S": "DAY#2026-11-2x"}}, {"PK": {"S": "USR#7#USE#peek"}}, {"us": {"S": "=8,0"}}):
        item = {**ledger("=8,0"), **changes}
        before = dict(item)
        assert unpack(item, ZoneInfo("UTC")) == []
        assert item == before
    for day in ("2026-02-30", "0001-01-01"):
        item = {**ledger("=8,0"), "SK": {"S": f"DAY#{day}"}}
        unpack(item, ZoneInfo("Asia/Seoul"))
