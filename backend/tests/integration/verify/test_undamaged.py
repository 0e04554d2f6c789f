"""No false alarm: an undamaged table agrees, whatever declared policies leave out."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.dynamodb.codec.items import CODECS, with_keys
from config.environment import environment
from migration.verify import VerificationOptions, verification, verify_counts, verify_sample
from migration.verify.bucket_comparison import BucketComparison
from migration.verify.item_kinds import SERVICE_KINDS
from migration.verify.report import text
from tests.integration.verify.verification_harness import DEAD, C, Item, L, MigratedTable, P, R, U, shape
from tests.support.sources import EACH_SERVER

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine


@EACH_SERVER
def test_an_undamaged_table_agrees_in_every_kind(migrated: MigratedTable) -> None:
    report = migrated.verify()
    assert report.agrees, text(report)
    assert report.differences.total == 0
    assert all(line.agrees and line.source == line.table for line in report.lines)
    assert min(line.table for line in report.lines) > 0
    assert report.dead_letters == DEAD
    assert text(report).splitlines()[-1].startswith("everything agrees: ")


def test_every_entity_agrees_by_itself(migrated: MigratedTable) -> None:
    for entity in ("users", "problems", "history", "usage"):
        report = migrated.verify(entity=entity)
        assert report.agrees, text(report)


def oldest_ledger(migrated: MigratedTable) -> Item:
    """A ledger that expires in some days."""
    return migrated.find(f"USR#{U + 2}#USE#hint", "DAY#")[0]


def test_logs_that_have_expired_by_now_may_be_there_or_not(migrated: MigratedTable) -> None:
    later = datetime.now(UTC) + timedelta(days=10)
    report = migrated.verify(now=later)
    assert report.agrees, text(report)
    assert report.ignored_table["expired usage_log"] > 0
    assert "expired items in the table, compared with the source: " in text(report)
    migrated.delete(oldest_ledger(migrated))
    assert migrated.verify(now=later).agrees
    assert not migrated.verify().agrees


def test_a_log_that_expires_while_it_is_compared_is_no_difference(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated.delete(oldest_ledger(migrated))
    assert not migrated.verify().agrees
    at_the_second_look = int(datetime.now(UTC).timestamp()) + 10 * 86_400
    monkeypatch.setattr(verification, "_clock", lambda: at_the_second_look)
    report = migrated.verify()
    assert report.agrees, text(report)


def test_a_reference_that_was_stored_before_lengths_were_agrees(migrated: MigratedTable) -> None:
    case = next(item for item in migrated.find(f"PRB#{P + 1}") if item["id"]["N"] == str(C + 3))
    older = {name: value for name, value in case["in"]["M"].items() if name != "l"}
    assert set(older) == {"d", "n"}
    migrated.change(case, **{"in": {"M": older}})
    report = migrated.verify()
    assert report.agrees, text(report)
    assert "1 references to large texts of an older form" in text(report)
    assert verify_sample(environment(), VerificationOptions(workers=2), 500).agrees


def test_an_expired_item_that_is_still_there_must_be_the_one_of_the_source(migrated: MigratedTable) -> None:
    later = datetime.now(UTC) + timedelta(days=10)
    ledger = oldest_ledger(migrated)
    (entry,) = ledger["us"]["SS"]
    migrated.change(ledger, us={"SS": [f"{entry},5"]}, n={"N": "9"})
    report = migrated.verify(now=later)
    assert {shape(difference)[:2] for difference in report.differences.listed} == {
        ("changed", "usage_log"),
        ("changed", "usage_day"),
    }


def test_an_expired_text_may_be_gone_in_part_but_not_be_another(migrated: MigratedTable) -> None:
    later = datetime.now(UTC) + timedelta(days=200)
    (part,) = migrated.find(f"TXT#USE#{L + 4}")
    report = migrated.verify(now=later)
    assert report.agrees, text(report)
    assert report.ignored_table["expired text_part"] == 1
    migrated.delete(part)
    assert migrated.verify(now=later).agrees
    data = part["b"]["B"]
    migrated.put({**part, "b": {"B": data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]}})
    (difference,) = migrated.verify(now=later).differences.listed
    assert shape(difference)[:3] == ("changed", "text_part", f"USE#{L + 4} met")
    migrated.put({**part, "PK": {"S": f"TXT#USE#{L + 1}"}})
    assert ("extra", "text_part") in {shape(d)[:2] for d in migrated.verify(now=later).differences.listed}


def test_dead_lettered_rows_are_counted_and_their_file_is_named(migrated: MigratedTable) -> None:
    report = migrated.verify()
    assert f"{DEAD} dead-lettered rows are left out; their reasons are in {report.dead_letter_file}" in text(
        report
    )
    assert text(report).splitlines()[-1].endswith(f"; {DEAD} rows are dead letters and are not in the table")


def test_without_the_dead_letter_file_its_rows_are_differences(migrated: MigratedTable) -> None:
    empty = migrated.state_dir / "empty.jsonl"
    empty.write_text("")
    report = migrated.verify(dead_letter=empty)
    assert {(d.problem, d.kind) for d in report.differences.listed} == {
        ("unmovable", "user"),
        ("unmovable", "run"),
        ("unmovable", "usage_log"),
    }


def test_expired_logs_must_be_there_when_they_were_to_be_kept(migrated: MigratedTable) -> None:
    report = migrated.verify(keep_expired=True)
    assert {(d.problem, d.kind) for d in report.differences.listed} == {("missing", "usage_log")}


def test_a_text_may_be_stored_in_any_form_that_a_reader_can_read(migrated: MigratedTable) -> None:
    import zlib

    run = migrated.get("RUN#600001")
    assert "S" in run["cod"]
    migrated.change(run, cod={"B": zlib.compress(run["cod"]["S"].encode(), 1)})
    other = migrated.get("RUN#600002")
    migrated.change(other, cod={"S": zlib.decompress(other["cod"]["B"]).decode()})
    assert migrated.verify().agrees


def test_counts_and_a_sample_agree_as_well(migrated: MigratedTable) -> None:
    counts = verify_counts(environment(), VerificationOptions(workers=2))
    assert counts.agrees, text(counts)
    sample = verify_sample(environment(), VerificationOptions(workers=2), 40)
    assert sample.agrees, text(sample)
    assert sample.items > 40


def test_a_move_that_is_still_running_is_named(migrated: MigratedTable) -> None:
    lease = {"PK": {"S": "OPS#migration"}, "SK": {"S": "LEASE"}, "until": {"N": str(int(time.time()) + 30)}}
    migrated.put(lease)
    assert any("is running" in note for note in migrated.verify().notes)
    migrated.delete(lease)
    assert not any("is running" in note for note in migrated.verify().notes)


NOW = datetime(2026, 11, 2, tzinfo=UTC)
SERVICE_RECORDS: dict[str, dict[str, Any]] = {
    "session": {"session_id": 1, "user_id": U + 1, "kind": "web", "token_hash": "h", "device": None, "created_at": NOW,
                "used_at": NOW, "rotations": 0, "expires_at": 4_000_000_000},
    "progress": {"user_id": U + 1, "folded_to": None, "totals": None, "solved": None, "stamp": "s"},
    "practice": {"user_id": U + 1, "bookmarks": [1], "reviewed": None, "time_zone": "Europe/Berlin", "version": 1},
    "problem_note": {"problem_id": 1, "user_id": U + 1, "text": "a note", "updated_at": NOW, "version": 1},
    "opened_hints": {"user_id": U + 1, "problem_id": 1, "nudge_at": NOW},
    "used_nonce": {"use_id": "u", "expires_at": 4_000_000_000},
    "address_window": {"count": 1, "expires_at": 4_000_000_000},
    "audit": {"audit_id": 1, "staff_id": 1, "action": "a", "target": "t", "changes": None, "created_at": NOW},
    "audit_month": {},
    "erasure": {"user_id": U + 1, "asked_at": NOW},
    "problem_change": {"problem_id": 1, "version": 2, "expires_at": 4_000_000_000},
    "pending_parts": {"note_id": 1, "user_id": U + 1, "main_pk": "RUN#1", "main_sk": "META", "owner": "RUN#1",
                      "part_sks": {"cod#0123456789abcdef.r#0000"}, "created_at": NOW},
}  # fmt: skip
SERVICE_KEYS = {
    "session": (f"USR#{U + 1}#SES", f"{1:016}"), "progress": (f"USR#{U + 1}#PRG", "META"),
    "practice": (f"USR#{U + 1}#PRC", "META"), "problem_note": (f"USR#{U + 1}#NTE", f"{1:016}"),
    "opened_hints": (f"USR#{U + 1}#HNT", f"{1:016}"),
    "used_nonce": ("NON#abc", "GUARD"), "address_window": ("ADR#192.0.2.1", "SGN#1"),
    "audit": ("AUD#2026-11", f"2026-11-02T00:00:00.000000#{1:016}"), "audit_month": ("AUD", "2026-11"),
    "erasure": ("ERASURE", f"{U + 1:016}"),
    "problem_change": ("PRBLOG", f"2026-11-02T00:00:00.000000#{1:016}"),
    "pending_parts": ("PND#1", f"2026-11-02T00:00:00.000000#{1:016}"),
}  # fmt: skip


def test_what_the_service_alone_writes_is_counted_by_kind_and_no_difference(migrated: MigratedTable) -> None:
    for kind, record in SERVICE_RECORDS.items():
        migrated.put(with_keys(*SERVICE_KEYS[kind], CODECS[kind].encode(record)))
    for entity in ("all", "users"):
        report = migrated.verify(entity=entity)
        assert report.agrees, text(report)
        for kind in SERVICE_KINDS:
            assert report.ignored_table[f"service {kind}"] == 1
            assert f"1 {kind}" in text(report)
        assert "an unfinished account deletion" in text(report)
    counts = verify_counts(environment(), VerificationOptions(workers=2))
    assert counts.agrees, text(counts)
    assert sum(counts.ignored_table[f"service {kind}"] for kind in SERVICE_KINDS) == len(SERVICE_KINDS)


def test_records_of_the_tools_are_counted(migrated: MigratedTable) -> None:
    before = migrated.verify().ignored_table["operation"]
    migrated.put({"PK": {"S": "OPS#demo"}, "SK": {"S": "MOVED"}, "at": {"N": "1"}})
    report = migrated.verify()
    assert report.agrees, text(report)
    assert report.ignored_table["operation"] == before + 1
    assert f"{before + 1} records of this project's tools" in text(report)


def test_digests_that_differ_without_a_difference_are_never_agreement(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second look is made blind for one item: whatever hides it there, it is not agreement."""
    migrated.put({**migrated.get(f"RUN#{R + 1}"), "PK": {"S": "RUN#600777"}, "id": {"N": "600777"}})
    collect = BucketComparison.add_records
    monkeypatch.setattr(
        BucketComparison,
        "add_records",
        lambda self, records: collect(self, [record for record in records if record.pk != "RUN#600777"]),
    )
    report = migrated.verify()
    (difference,) = report.differences.listed
    assert not report.agrees
    assert (difference.problem, difference.kind) == ("unexplained", "run")
