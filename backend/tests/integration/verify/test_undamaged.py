"""No false alarm: an undamaged table agrees, whatever declared policies leave out."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from config.environment import environment
from migration.verify import Options, run, verify_counts, verify_sample
from migration.verify.report import text
from tests.integration.verify.world import DEAD, C, P, Proof, U


def test_an_undamaged_table_agrees_in_every_kind(proof: Proof) -> None:
    found = proof.verify()
    assert found.agrees, text(found)
    assert found.differences.total == 0
    assert all(line.agrees and line.source == line.table for line in found.lines)
    assert min(line.table for line in found.lines) > 0
    assert found.dead_letters == DEAD
    assert text(found).splitlines()[-1].startswith("everything agrees: ")


def test_every_entity_agrees_by_itself(proof: Proof) -> None:
    for entity in ("users", "problems", "history", "usage"):
        found = proof.verify(entity=entity)
        assert found.agrees, text(found)


def test_logs_that_have_expired_by_now_may_be_there_or_not(proof: Proof) -> None:
    later = datetime.now(UTC) + timedelta(days=10)
    found = proof.verify(now=later)
    assert found.agrees, text(found)
    assert found.ignored_table["expired"] > 0
    (log, *_) = proof.find(f"USR#{U + 2}#USE#hint", "LOG#")
    proof.drop(log)
    assert proof.verify(now=later).agrees
    assert not proof.verify().agrees


def test_a_log_that_expires_while_it_is_compared_is_no_difference(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    (log, *_) = proof.find(f"USR#{U + 2}#USE#hint", "LOG#")
    proof.drop(log)
    assert not proof.verify().agrees
    at_the_second_look = int(datetime.now(UTC).timestamp()) + 10 * 86_400
    monkeypatch.setattr(run, "_clock", lambda: at_the_second_look)
    found = proof.verify()
    assert found.agrees, text(found)


def test_a_reference_that_was_stored_before_lengths_were_agrees(proof: Proof) -> None:
    case = next(item for item in proof.find(f"PRB#{P + 1}") if item["id"]["N"] == str(C + 3))
    older = {name: value for name, value in case["in"]["M"].items() if name != "l"}
    assert set(older) == {"d", "n"}
    proof.change(case, **{"in": {"M": older}})
    found = proof.verify()
    assert found.agrees, text(found)
    assert verify_sample(environment(), Options(workers=2), 500).agrees


def test_what_the_table_holds_of_dead_letters_is_ignored_and_counted(proof: Proof) -> None:
    user = proof.get(f"USR#{U + 1}")
    proof.change(user, PK={"S": f"USR#{U + 9}"}, id={"N": str(U + 9)})
    found = proof.verify()
    assert found.agrees, text(found)
    assert found.ignored_table["dead-lettered"] == 1
    assert str(found.dead_letter_file) in text(found)


def test_without_the_dead_letter_file_its_rows_are_differences(proof: Proof) -> None:
    empty = proof.state_dir / "empty.jsonl"
    empty.write_text("")
    found = proof.verify(dead_letter=empty)
    assert {(d.what, d.kind) for d in found.differences.kept} == {
        ("unmovable", "user"),
        ("unmovable", "run"),
        ("unmovable", "usage_log"),
    }


def test_expired_logs_must_be_there_when_they_were_to_be_kept(proof: Proof) -> None:
    found = proof.verify(keep_expired=True)
    assert {(d.what, d.kind) for d in found.differences.kept} == {("missing", "usage_log")}


def test_a_text_may_be_stored_in_any_form_that_a_reader_can_read(proof: Proof) -> None:
    import zlib

    run = proof.get("RUN#600001")
    proof.change(run, cod={"B": zlib.compress(run["cod"]["S"].encode(), 1)})
    assert proof.verify().agrees


def test_counts_and_a_sample_agree_as_well(proof: Proof) -> None:
    counts = verify_counts(environment(), Options(workers=2))
    assert counts.agrees, text(counts)
    sample = verify_sample(environment(), Options(workers=2), 40)
    assert sample.agrees, text(sample)
    assert sample.items > 40


def test_a_move_that_is_still_running_is_named(proof: Proof) -> None:
    lease = {"PK": {"S": "OPS#migration"}, "SK": {"S": "LEASE"}, "until": {"N": str(int(time.time()) + 30)}}
    proof.put(lease)
    assert any("is running" in note for note in proof.verify().notes)
    proof.drop(lease)
    assert not any("is running" in note for note in proof.verify().notes)


def test_what_the_service_alone_writes_is_no_difference(proof: Proof) -> None:
    for pk, sk in (
        (f"USR#{U + 1}#SES", "0000000000000001"), (f"USR#{U + 1}#PRG", "1"), ("NON#abc", "GUARD"),
        ("ADR#192.0.2.1", "SGN#1"), ("AUD#2026-11", "1"), ("ERASURES", "1"),
    ):  # fmt: skip
        proof.put({"PK": {"S": pk}, "SK": {"S": sk}, "id": {"N": "1"}})
    for entity in ("all", "users"):
        found = proof.verify(entity=entity)
        assert found.agrees, text(found)
        assert found.differences.total == 0
    counts = verify_counts(environment(), Options(workers=2))
    assert counts.agrees, text(counts)
