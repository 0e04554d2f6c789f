"""A move in parts: processes side by side end like one undisturbed run, and what does not fit together is refused."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.lease import LeaseHeld
from api.dynamodb.transport.http import Transport
from config.environment import environment
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, CheckpointStore, RowCounts
from migration.errors import MigrationError
from migration.job import split
from migration.lease import part_lease
from migration.mapping import STEPS
from migration.parts import KeyRange, Part
from migration.source import LegacyDatabase
from tests.integration.migration import mixed_rows
from tests.integration.migration.migration_harness import Dump, Move, agrees, another_move
from tests.integration.migration.test_crash_points import Died, Fuse
from tests.support.fault_proxy import Call, FaultProxy
from tests.support.scripts import finished, run_script
from tests.support.torture import Sample

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine

SMALL = ("--batch-size", "5", "--workers", "2")
PARTS = [Part(number, 3) for number in (1, 2, 3)]
NOW = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
FINISHED = 0, 3  # without and with dead letters


def transport_of(move: Move) -> Transport:
    move.use_settings(**move.settings())
    return Transport.of_environment()


def job_of(move: Move) -> Checkpoint:
    """The job with its parts, from the table."""
    transport = transport_of(move)
    try:
        job = checkpoints.load(CheckpointStore(transport, move.table), environment())
    finally:
        transport.close()
    assert job is not None
    return job


def letters_of(job: Checkpoint) -> list[str]:
    """The dead letters of a job or of all its parts, in one order."""
    lines = [line for path in job.letter_files if path.exists() for line in path.read_text().splitlines()]
    return sorted(json.dumps(json.loads(line), sort_keys=True) for line in lines)


def outcome(move: Move) -> tuple[Dump, list[str], dict[str, RowCounts]]:
    """What a finished job left: items, dead letters, counts without what the engine counted."""
    job = job_of(move)
    assert all(step.done for step in job.steps.values())
    counts = {name: step.counts for name, step in job.steps.items()}
    for count in counts.values():
        count.consumed = 0
    return move.dump(), letters_of(job), counts


def undisturbed(move: Move, folder: Path) -> tuple[Dump, list[str], dict[str, RowCounts]]:
    """What one run in one part leaves."""
    with another_move(move, folder) as other:
        other.run(batch_size=40)
        return outcome(other)


class Killer:
    """Kills a process before the engine sees its call of some number."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._calls = 0

    def arm(self, process: subprocess.Popen[str], calls: int) -> None:
        self._process, self._calls = process, calls

    def decide(self, call: Call) -> None:
        self._calls -= 1
        if self._calls == 0 and self._process is not None:
            self._process.kill()


@pytest.mark.sampled
def test_three_processes_of_which_one_is_killed_end_like_one_undisturbed_run(
    move: Move, tmp_path: Path, sample: Sample
) -> None:
    mixed_rows.fill(move.legacy)
    expected = undisturbed(move, tmp_path / "other")
    victim = sample.one_of(PARTS)
    steady = [move.start("--json", *option(part), *SMALL) for part in PARTS if part != victim]
    killer = Killer()
    with FaultProxy(move.engine.endpoint_url, killer.decide) as proxy:
        disturbed = Move(move.legacy, move.engine, move.table, move.state_dir, move.use_settings, proxy.url)
        for calls in sample.of(range(4, 40), between=2):
            process = disturbed.start(*option(victim), *SMALL)
            killer.arm(process, calls)
            _, err = finished(process)
            assert process.returncode in (-signal.SIGKILL, *FINISHED), err
    for process in steady:
        out, err = finished(process)
        assert process.returncode in FINISHED, err
        assert json.loads(out)["part"]["count"] == 3
    last = move.call(*option(victim), *SMALL)
    assert last.returncode in FINISHED, last.stderr
    assert f"{victim} is finished, and so are all others" in last.stdout
    assert outcome(move) == expected
    for part in PARTS:
        again = move.call(*option(part))
        assert f"nothing to do: {part} is finished" in again.stdout, again.stderr
    assert "nothing to do: this job is finished" in move.call().stdout
    assert outcome(move) == expected
    assert agrees(move)


def option(part: Part) -> tuple[str, str]:
    return "--part", f"{part.number}/{part.count}"


def test_a_part_says_which_others_are_not_finished(quick_move: Move) -> None:
    quick_move.legacy.add("users", *[{"id": n} for n in range(1, 10)])
    done = quick_move.call("--part", "2/3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "part 2 of 3 is finished; 1 and 3 are not"
    assert "make dynamodb-verify" not in done.stdout
    report = json.loads(quick_move.call("--part", "1/3", "--json").stdout)
    assert report["part"] == {"number": 1, "count": 3, "finished": [1, 2], "unfinished": [3]}
    assert report["steps"]["users"]["written"] == 3
    assert quick_move.run(part=Part(3, 3)).unfinished_parts == []
    assert agrees(quick_move)


def refusal(move: Move, **options: object) -> str:
    with pytest.raises((MigrationError, InvalidInput, LeaseHeld)) as refused:
        move.run(**options)
    return str(refused.value)


def test_another_number_of_parts_and_a_move_as_a_whole_are_refused(quick_move: Move) -> None:
    quick_move.legacy.add("users", *[{"id": n} for n in range(1, 10)])
    quick_move.run(part=Part(2, 3))
    before = quick_move.dump()
    assert refusal(quick_move, part=Part(1, 2)) == (
        "this job is in 3 parts: run it with --part 1/3 to --part 3/3, or start over with "
        "--entity all --restart --part 1/2"
    )
    assert "run it with --part 1/3 to --part 3/3" in refusal(quick_move)
    assert "run it with --part 1/3" in refusal(quick_move, entity="users", restart=True)
    assert "belongs to part 1" in refusal(quick_move, part=Part(2, 3), restart=True)
    assert "--entity all" in refusal(quick_move, part=Part(1, 3), restart=True, entity="users")
    assert "without --keep-expired" in refusal(quick_move, part=Part(1, 3), keep_expired=True)
    assert quick_move.dump() == before


def test_a_job_that_was_begun_as_a_whole_is_not_moved_in_parts(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.run()
    assert "begun without --part" in refusal(quick_move, part=Part(1, 2))
    quick_move.run(part=Part(1, 2), restart=True)
    quick_move.run(part=Part(2, 2))
    assert agrees(quick_move)


def test_starting_over_replaces_the_parts_by_others(quick_move: Move, tmp_path: Path) -> None:
    mixed_rows.fill(quick_move.legacy)
    for part in PARTS:
        quick_move.run(part=part)
    quick_move.legacy.sql("DELETE FROM users WHERE id = 3")
    for number in (1, 2):
        quick_move.run(part=Part(number, 2), restart=number == 1)
    assert outcome(quick_move) == undisturbed(quick_move, tmp_path / "other")
    quick_move.run(restart=True)
    assert outcome(quick_move) == undisturbed(quick_move, tmp_path / "third")


def test_a_restart_that_was_cut_off_is_finished_by_the_next_part(
    quick_move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.add("users", *[{"id": n} for n in range(1, 10)])
    quick_move.run()
    quick_move.legacy.sql("DELETE FROM users WHERE id = 2")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("migration.opening.remove_earlier_items", interrupt)
        quick_move.run(part=Part(1, 2), restart=True)
    with pytest.raises(MigrationError, match="a restart of this job is not finished"):
        quick_move.replay(part=Part(1, 2))
    for number in (2, 1):
        quick_move.run(part=Part(number, 2))
    assert outcome(quick_move) == undisturbed(quick_move, tmp_path / "other")


def interrupt(*arguments: object, **options: object) -> None:
    raise KeyboardInterrupt


def test_no_run_of_the_whole_table_begins_while_a_part_is_moved(quick_move: Move) -> None:
    quick_move.legacy.add("users", *[{"id": n} for n in range(1, 10)])
    quick_move.run(part=Part(1, 2))
    transport = transport_of(quick_move)
    try:
        with part_lease(transport, quick_move.table, Part(2, 2)):
            for options in ({"restart": True}, {"restart": True, "part": Part(1, 2)}, {"part": Part(2, 2)}):
                refused = refusal(quick_move, **options)
                assert re.match(
                    "the part 2 (of 2 )?of the move into table [a-z0-9_]+ is locked by ", refused
                ), refused
            assert quick_move.run(part=Part(1, 2)).unfinished_parts == [2]
    finally:
        transport.close()
    assert quick_move.run(part=Part(2, 2)).unfinished_parts == []


def test_the_ranges_are_settled_when_the_job_begins(quick_move: Move) -> None:
    quick_move.legacy.add("users", *[{"id": n} for n in range(2, 11)])
    quick_move.legacy.add(
        "usage_logs", *[{"id": n, "user_id": n % 4, "created_at": NOW} for n in range(1, 41)]
    )
    quick_move.run(part=Part(1, 3))
    quick_move.legacy.add("users", *[{"id": n} for n in range(11, 40)], {"id": 1})
    job = job_of(quick_move)
    assert job.bounds is not None
    assert [job.bounds.range_of(part, "users") for part in PARTS] == [
        KeyRange(None, 4), KeyRange(4, 7), KeyRange(7, None),
    ]  # fmt: skip
    assert quick_move.run(part=Part(3, 3)).steps["users"].counts.read == 32
    assert quick_move.run(part=Part(2, 3)).steps["users"].counts.read == 3
    assert quick_move.run(part=Part(1, 3)).added_since == {"users": 1}
    quick_move.legacy.sql("DELETE FROM users WHERE id = 1")
    assert agrees(quick_move)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_row_is_in_one_range(quick_move: Move, count: int) -> None:
    mixed_rows.fill(quick_move.legacy)
    quick_move.legacy.sql("ALTER TABLE usage_logs MODIFY user_id BIGINT NULL")
    quick_move.legacy.add("usage_logs", {"id": 900, "user_id": None, "created_at": NOW})
    quick_move.use_settings(**quick_move.settings())
    with LegacyDatabase(quick_move.legacy.source) as source:
        bounds = split(source, count)
        for step in STEPS:
            last_key, keys = (
                source.last_key(step),
                [bounds.range_of(part, step.name) for part in bounds.parts()],
            )
            assert last_key is not None
            parts = [
                [step.key(row) for row in source.rows(step, ids.start(len(step.order_by)), ids.end(last_key))]
                for ids in keys
            ]
            assert [key for part in parts for key in part] == [
                step.key(row) for row in source.rows(step, None, last_key)
            ]
            assert [source.count(step, ids) for ids in keys] == [len(part) for part in parts]
            assert count > 2 or all(parts), step.name


def test_dead_letters_of_a_part_are_retried_when_all_are_finished(move: Move, tmp_path: Path) -> None:
    mixed_rows.fill(move.legacy)
    for part in PARTS[:2]:
        move.run(part=part)
    with pytest.raises(MigrationError, match="when every part is finished: run --part with 3 of 3 first"):
        move.replay(part=Part(1, 3))
    move.run(part=Part(3, 3))
    with pytest.raises(MigrationError, match="add --part 1/3"):
        move.replay()
    move.legacy.sql(
        "UPDATE users SET is_active = 1, email = CONCAT('u', id, '@example.org'), google_id = NULL"
    )
    move.legacy.sql("UPDATE usage_logs SET metadata = NULL, action = 'hint' WHERE id > 60")
    move.legacy.sql("UPDATE search_history SET hints = NULL, test_results = NULL")
    replays = [move.replay(part=part, overwrite_live=move.table) for part in PARTS]
    assert sum(report.moved for report in replays) >= 10
    assert sum(report.left for report in replays) == len(letters_of(job_of(move)))
    move.run(restart=True)
    fresh = letters_of(job_of(move))
    assert len(fresh) == sum(report.left for report in replays)


def test_the_dry_runs_of_the_parts_predict_them(quick_move: Move) -> None:
    mixed_rows.fill(quick_move.legacy)
    whole = quick_move.dry_run()
    dry = [quick_move.dry_run(part=part) for part in PARTS]
    total = RowCounts()
    for report in dry:
        total.add(report.totals)
    assert total == whole.totals
    assert sorted(e["key"] for report in dry for e in report.dead) == sorted(e["key"] for e in whole.dead)
    assert (
        sum(report.orphans["test_cases.problem_id"] for report in dry)
        == whole.orphans["test_cases.problem_id"]
    )
    quick_move.run(part=PARTS[0])
    for part, predicted in zip(PARTS, dry, strict=True):
        steps = quick_move.run(part=part).steps
        for name, state in steps.items():
            state.counts.consumed = 0
            assert state.counts == predicted.steps[name].counts, (part, name)
    said = quick_move.call("--dry-run", "--part", "2/3").stdout
    assert "range      part 2 of 3: plans 2 to " in said
    with pytest.raises(MigrationError, match="this job is in 3 parts"):
        quick_move.dry_run(part=Part(1, 2))


@pytest.mark.sampled
def test_a_part_that_dies_at_any_write_of_a_file_or_checkpoint_ends_like_an_undisturbed_one(
    quick_move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    rows = [{"id": n, "is_staff": 9 * (n % 3 == 0), "last_login": "0000-00-00"} for n in range(1, 15)]
    quick_move.legacy.sql("ALTER TABLE users DROP INDEX email")
    rows[9]["email"] = "USER1@example.org"
    quick_move.legacy.add("users", *rows)
    expected = undisturbed(quick_move, tmp_path / "other")
    fuse = Fuse(monkeypatch)
    quick_move.run(batch_size=2, part=Part(2, 2))
    quick_move.run(batch_size=2, part=Part(1, 2))
    operations = fuse.count
    assert outcome(quick_move) == expected
    assert operations > 20
    for deaths in sample.of(range(operations), between=6):
        with another_move(quick_move, tmp_path / f"state-{deaths}") as other:
            fuse.left = deaths
            with pytest.raises(Died):
                other.run(batch_size=2, part=Part(2, 2))
                other.run(batch_size=2, part=Part(1, 2))
            fuse.left = 10**9
            for number in (1, 2):
                other.run(batch_size=2, part=Part(number, 2))
            assert outcome(other) == expected


def test_two_parts_do_not_share_a_named_file(quick_move: Move, tmp_path: Path) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9}, {"id": 2})
    path = tmp_path / "letters.jsonl"
    quick_move.run(part=Part(1, 2), dead_letter=path)
    assert "not empty" in refusal(quick_move, part=Part(2, 2), dead_letter=path)
    quick_move.run(part=Part(2, 2), dead_letter=tmp_path / "others.jsonl")
    assert agrees(quick_move)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/300", "a/b", "1/2/3"])
def test_what_is_no_part_is_refused(text: str) -> None:
    done = run_script("migrate_to_dynamodb", "--part", text)
    assert done.returncode == 2
    assert f"{text!r} is not a part K/N" in done.stderr
