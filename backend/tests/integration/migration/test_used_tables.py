"""A table that was moved into, or that the service uses, is overwritten only by somebody who names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.errors import InvalidInput
from api.dynamodb.repositories import (
    PracticeRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table.lease import LeaseLost
from api.dynamodb.transport import factory
from api.dynamodb.transport.http import Transport
from api.dynamodb.usage_limits.windows import Limit
from config.environment import MySQLSource, environment
from migration import checkpoint as checkpoints
from migration.checkpoint import CheckpointStore
from migration.commit_queue import CommitQueue
from migration.errors import MigrationError
from migration.job import refuse_unconfirmed
from migration.table_contents import step_of
from tests.integration.migration import mixed_rows
from tests.integration.migration.migration_harness import LegacySource, Move, another_move
from tests.support.sources import legacy_database

pytestmark = pytest.mark.any_engine


def rename() -> None:
    UserRepository().update_user(1, {"name": "Renamed", "email": "renamed@example.org"})


def admit_hint() -> None:
    assert UsageLogRepository().admit(user_id=1, action="hint", limit=[Limit(5)]).allowed


def sign_up() -> None:
    UserRepository().create_user({"email": "new@example.org", "name": "New"})


def delete_run() -> None:
    SearchHistoryRepository().delete_history(1)


def delete_user() -> None:
    UserRepository().delete_user(2)


WRITES: dict[Callable[[], None], str] = {
    rename: "user 1, which was changed",
    admit_hint: "a use that was counted on ",
    sign_up: ", which was created since the move began",
    delete_run: "the totals of a user's runs",
    delete_user: "1 of the users that were moved are gone",
}


@pytest.fixture
def moved(move: Move) -> Iterator[Move]:
    """A finished move of a user with a run and a log of today, by which the service can be used."""
    now = datetime.now(UTC).replace(microsecond=0)
    move.legacy.add("users", {"id": 1}, {"id": 2})
    move.legacy.add("problems", {"id": 1})
    move.legacy.add("search_history", {"id": 1}, {"id": 2})
    move.legacy.add("usage_logs", {"id": 1, "created_at": now.strftime("%Y-%m-%d %H:%M:%S")})
    move.run()
    factory.clear_cache()
    yield move
    factory.clear_cache()


@pytest.mark.parametrize("spelling", ["state folder", "host"])
def test_the_everyday_command_leaves_a_live_table_alone_wherever_it_runs(
    moved: Move, tmp_path: Path, spelling: str
) -> None:
    rename()
    admit_hint()
    live = moved.dump()
    moved.state_dir = tmp_path / "elsewhere"
    if spelling == "host":
        assert moved.legacy.source.host == "127.0.0.1"
        moved.more["MYSQL_HOST"] = "localhost"
    done = moved.call()
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing to do: this job is finished" in done.stdout
    assert "--restart removes their items, reads 6 rows and writes about" in done.stdout
    assert moved.call("--entity", "usage").returncode == 0
    assert moved.dump() == live


def test_a_table_that_is_filled_from_another_source_is_refused(
    moved: Move, mysql_server: MySQLSource, legacy_tables: tuple[str, ...]
) -> None:
    before = moved.dump()
    first_source = moved.legacy
    with legacy_database(mysql_server, legacy_tables) as another:
        moved.legacy = LegacySource(another)
        moved.legacy.add("users", {"id": 1, "name": "Somebody else"})
        with pytest.raises(MigrationError, match=r"is filled from .*, and .* is another database"):
            moved.run()
        with pytest.raises(MigrationError, match="is another database"):
            moved.run(entity="users", restart=True)
        assert moved.dump() == before
        moved.run(restart=True)
        assert moved.items()["USR#1", "META"]["nm"] == {"S": "Somebody else"}
        assert ("USR#2", "META") not in moved.dump()
        moved.legacy.close()
    moved.legacy = first_source


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_starting_over_refuses_while_the_service_has_written(
    moved: Move, write: Callable[[], None], tmp_path: Path
) -> None:
    write()
    live = moved.dump()
    for entity in ("all", "users"):
        with pytest.raises(MigrationError, match="Nothing was changed") as refused:
            moved.run(entity=entity, restart=True)
        assert WRITES[write] in str(refused.value)
        assert f"--overwrite-live {moved.table}" in str(refused.value)
    with pytest.raises(MigrationError, match=r"names another_table, but the configured table is"):
        moved.run(restart=True, overwrite_live="another_table")
    assert moved.confirmed == []
    assert moved.dump() == live
    moved.run(restart=True, overwrite_live=moved.table)
    with another_move(moved, tmp_path / "other") as other:
        other.run()
        assert moved.dump() == other.dump()


def keep_practice() -> None:
    """A bookmark, a review, a time zone and a note of user 1."""
    practice = PracticeRepository()
    practice.add_bookmark(1, 7)
    practice.mark_reviewed(1, 7, date(2026, 11, 21))
    practice.set_time_zone(1, ZoneInfo("Europe/Berlin"))
    practice.put_note(1, 7, "a note")


def practice_items(move: Move) -> dict[Any, Any]:
    return {key: item for key, item in move.dump().items() if key[0].endswith(("#PRC", "#NTE"))}


def test_starting_over_leaves_bookmarks_and_notes_alone(moved: Move) -> None:
    keep_practice()
    kept = practice_items(moved)
    assert len(kept) == 2
    with pytest.raises(MigrationError, match=r"bookmarks or a setting of a user|a note on a problem"):
        moved.run(restart=True)
    for entity in ("all", "users", "history"):
        moved.run(entity=entity, restart=True, overwrite_live=moved.table)
        assert practice_items(moved) == kept


def test_a_table_with_data_of_unknown_origin_is_refused_and_emptied_when_it_is_named(
    move: Move, tmp_path: Path
) -> None:
    move.legacy.add("users", {"id": 1})
    move.use_settings(**move.settings())
    factory.clear_cache()
    sign_up()
    live = move.dump()
    refused = move.call()
    assert refused.returncode == 2
    assert "holds data and no record of a move" in refused.stderr
    assert f"--entity all --restart --overwrite-live {move.table}" in refused.stderr
    assert move.dump() == live
    assert move.call("--restart", "--yes").returncode == 2
    done = move.call("--entity", "all", "--restart", "--overwrite-live", move.table)
    assert (done.returncode, done.stderr) == (0, "")
    with another_move(move, tmp_path / "other") as other:
        other.run()
        assert move.dump() == other.dump()
    factory.clear_cache()


def test_starting_over_wants_the_tables_name_typed_or_a_yes(moved: Move) -> None:
    before = moved.checkpoint()
    refused = moved.call("--restart")
    assert refused.returncode == 2
    assert "must be confirmed by typing the name: run it on a terminal, or give --yes" in refused.stderr
    with pytest.raises(InvalidInput, match=r"removing plans, users from table .* must be confirmed"):
        moved.run(entity="users", restart=True, confirm=refuse_unconfirmed)
    assert moved.checkpoint() == before
    done = moved.call("--restart", "--yes")
    assert done.returncode == 0
    assert "WARNING: removing plans, users" in done.stderr
    assert moved.checkpoint()["job"] != before["job"]


def test_a_later_entity_is_refused_when_the_service_has_written_meanwhile(move: Move) -> None:
    move.legacy.add("users", {"id": 1})
    move.legacy.add("usage_logs", {"id": 1, "created_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")})
    for entity in ("users", "problems", "history"):
        move.run(entity=entity)
    factory.clear_cache()
    admit_hint()
    live = move.dump()
    with pytest.raises(MigrationError, match="a use that was counted on"):
        move.run(entity="usage")
    assert move.dump() == live
    assert move.run(entity="usage", overwrite_live=move.table).fresh
    factory.clear_cache()


def test_starting_over_leaves_nothing_that_the_source_does_not_want(move: Move, tmp_path: Path) -> None:
    mixed_rows.fill(move.legacy)
    move.run(keep_expired=True)
    move.legacy.sql("DELETE FROM users WHERE id % 2 = 0")
    move.legacy.sql("UPDATE users SET email = CONCAT('x', email), created_at = '2023-01-01' WHERE id < 90")
    move.legacy.sql("UPDATE problems SET title = CONCAT('anew ', title), is_completed = 1 - is_completed")
    move.legacy.sql("UPDATE test_cases SET position = position + 1, output = REVERSE(output)")
    move.legacy.sql(
        "UPDATE search_history SET user_id = 3, code = CONCAT(code, '#'), created_at = '2024-01-01'"
    )
    move.legacy.sql("UPDATE usage_logs SET user_id = 6, action = 'execution' WHERE id % 3 = 0")
    move.legacy.sql("DELETE FROM usage_logs WHERE id % 5 = 0")
    move.more["ALGOITNY_TIME_ZONE"] = "America/New_York"
    with pytest.raises(MigrationError, match="this job was started with --keep-expired"):
        move.run(entity="usage", restart=True)
    with pytest.raises(MigrationError, match="counts uses by the days of Asia/Seoul"):
        move.run(entity="usage", restart=True, keep_expired=True)
    move.run(restart=True)
    with another_move(move, tmp_path / "other") as other:
        other.run()
        assert move.dump() == other.dump()


def test_one_entity_that_is_started_over_leaves_the_others_alone(move: Move, tmp_path: Path) -> None:
    mixed_rows.fill(move.legacy)
    move.run()
    before = move.items()
    move.legacy.sql("DELETE FROM search_history WHERE id % 2 = 0")
    move.legacy.sql("DELETE FROM users")
    report = move.run(entity="history", restart=True)
    assert report.consumed < sum(state.counts.wcu for state in report.steps.values())
    after = move.items()
    others = {key: item for key, item in before.items() if step_of(item) != "history"}
    assert {key: item for key, item in after.items() if step_of(item) != "history"} == others
    with another_move(move, tmp_path / "other") as other:
        other.run(entity="history")
        history = {key for key, item in after.items() if step_of(item) == "history"}
        assert history == set(other.items())


def test_every_item_of_a_move_belongs_to_the_step_that_wrote_it(quick_move: Move) -> None:
    mixed_rows.fill(quick_move.legacy)
    seen: set[tuple[str, str]] = set()
    for entity in ("users", "problems", "history", "usage"):
        quick_move.run(entity=entity)
        items = quick_move.items()
        steps = {step_of(item) for key, item in items.items() if key not in seen}
        seen |= set(items)
        expected = {"users": {"users", "plans"}, "problems": {"problems", "test_cases"}}
        assert steps == expected.get(entity, {entity})


def stop_after_first_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = CommitQueue._commit_first

    def stop(self: CommitQueue) -> None:
        if self._state.step(self._step.name).after is not None:
            raise KeyboardInterrupt
        commit(self)

    monkeypatch.setattr(CommitQueue, "_commit_first", stop)


@pytest.mark.parametrize("dead", [0, 1])
def test_a_job_goes_on_in_another_folder_unless_its_dead_letters_are_missing_there(
    quick_move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dead: int
) -> None:
    quick_move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    quick_move.legacy.add("users", *[{"id": n, "is_staff": 9 * dead * (n == 1)} for n in range(1, 9)])
    quick_move.legacy.add("users", {"id": 9, "email": "USER2@example.org"})
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after_first_commit(patch)
        quick_move.run(batch_size=3, entity="users")
    first_folder, quick_move.state_dir = quick_move.state_dir, tmp_path / "elsewhere"
    if dead:
        with pytest.raises(
            MigrationError, match=r"has 0 of the .* bytes of dead letters that this job wrote on "
        ):
            quick_move.run()
        quick_move.state_dir = first_folder
    quick_move.run()
    letters = [(letter["key"], letter["reason"]) for letter in quick_move.letters()]
    assert letters[dead:] == [("9", "e-mail 'user2@example.org' is already held by row 2")]


def test_dead_letters_that_were_cut_off_are_never_made_anew(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9}, {"id": 2, "is_staff": 9})
    quick_move.run(entity="users")
    content = quick_move.letter_file().read_bytes()
    quick_move.letter_file().write_bytes(content[:-1])
    for action in (quick_move.run, quick_move.replay):
        with pytest.raises(MigrationError, match="copy the file from there"):
            action()
    assert quick_move.letter_file().read_bytes() == content[:-1]


def test_a_run_that_was_replaced_cannot_write_over_its_successors_checkpoint(quick_move: Move) -> None:
    quick_move.run()
    settings = environment()
    transport = Transport.of_environment()
    late = checkpoints.load(CheckpointStore(transport, quick_move.table, fence=1), settings)
    successor = checkpoints.load(CheckpointStore(transport, quick_move.table, fence=99), settings)
    assert late is not None and successor is not None
    successor.save()
    with pytest.raises(LeaseLost, match="another run has gone on"):
        late.save()
    transport.close()


def test_the_move_tells_that_the_source_was_written_meanwhile(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.add("users", {"id": 1})
    later = datetime.now(UTC) + timedelta(seconds=2)
    assert quick_move.run().changed_since == {}
    while datetime.now(UTC) < later:  # the server knows the second of a write
        quick_move.legacy.sql("SELECT SLEEP(0.2)")
    quick_move.legacy.sql("UPDATE users SET name = 'Changed'")
    report = quick_move.run()
    assert list(report.changed_since) == ["users"]
    assert report.added_since == {}
    done = quick_move.call()
    assert "users was written at " in done.stdout
    assert "every row was moved" not in done.stdout
    assert "see what differs with make dynamodb-verify" in done.stdout
