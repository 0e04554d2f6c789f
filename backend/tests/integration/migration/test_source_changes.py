"""What happens when the source changes between two runs, or between a dead letter and its replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration.commit_queue import CommitQueue
from migration.errors import MigrationError
from tests.integration.migration.migration_harness import Move
from tests.integration.migration.test_usage_policy import counters_of, logs_of, midnight_today, text
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine


def _add_usage(move: Move, *rows: tuple[int, int]) -> None:
    """Usage logs of this moment of the day: (id, user)."""
    now = text(midnight_today())
    move.legacy.add("usage_logs", *[{"id": n, "user_id": user, "created_at": now} for n, user in rows])


def test_a_log_that_came_to_a_counted_user_does_not_spoil_the_counter_of_a_resumed_run(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_usage(quick_move, (1, 7), (2, 7), (3, 7), (4, 8), (5, 8))
    with monkeypatch.context() as patch:
        # The run is cut off when the first chunk, user 7's logs, has been committed.
        def stop(self: CommitQueue) -> None:
            if self._state.step("usage").after is not None:
                raise KeyboardInterrupt
            commit(self)

        commit = CommitQueue._commit_first
        patch.setattr(CommitQueue, "_commit_first", stop)
        with pytest.raises(KeyboardInterrupt):
            quick_move.run(batch_size=1)
    _add_usage(quick_move, (9, 7))
    report = quick_move.run(batch_size=1)
    assert sorted(counters_of(quick_move).values()) == [2, 3]
    assert report.added_since == {"usage": 1}


def test_usage_logs_of_nobody_are_dead_letters(move: Move) -> None:
    move.legacy.sql("SET SESSION foreign_key_checks = 0")
    move.legacy.sql("ALTER TABLE usage_logs MODIFY user_id BIGINT NULL")
    now = text(midnight_today())
    move.legacy.add("usage_logs", {"id": 1, "user_id": None, "created_at": now}, {"id": 2, "created_at": now})
    move.legacy.add("usage_logs", {"id": 3, "user_id": None, "created_at": now})
    report = move.run(batch_size=1)
    assert (report.steps["usage"].counts.read, report.dead) == (3, 2)
    assert [(letter["key"], letter["reason"]) for letter in move.letters()] == [
        ("1", "user_id is NULL"), ("3", "user_id is NULL"),
    ]  # fmt: skip
    assert set(logs_of(move)) == {2}
    assert list(counters_of(move).values()) == [1]


def test_a_mended_log_counts_once_it_is_replayed(quick_move: Move) -> None:
    now = text(midnight_today())
    quick_move.legacy.add(
        "usage_logs",
        {"id": 1, "action": "hint", "created_at": now},
        {"id": 2, "action": "Hint!", "created_at": now},
    )
    assert quick_move.run().dead == 1
    assert list(counters_of(quick_move).values()) == [1]
    quick_move.legacy.sql("UPDATE usage_logs SET action = 'hint'")
    assert quick_move.replay().moved == 1
    assert list(counters_of(quick_move).values()) == [2]


def test_a_key_that_its_holder_let_go_is_free_for_the_replayed_row(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    quick_move.legacy.add("users", {"id": 1, "email": "a@x.org"}, {"id": 2, "email": "A@x.org"})
    assert quick_move.run().dead == 1
    assert quick_move.replay().moved == 0
    quick_move.legacy.sql("UPDATE users SET email = 'first@x.org' WHERE id = 1")
    assert quick_move.replay().moved == 1
    items = quick_move.items()
    assert items["EML#a@x.org", "GUARD"]["uid"] == {"N": "2"}
    assert items["EML#first@x.org", "GUARD"]["uid"] == {"N": "1"}
    assert items["USR#1", "META"]["em"] == {"S": "first@x.org"}
    assert quick_move.letters() == []


@pytest.mark.parametrize("dry", [True, False])
def test_a_file_that_holds_something_is_never_overwritten(
    quick_move: Move, tmp_path: Path, dry: bool
) -> None:
    quick_move.legacy.add("users", {"id": 1})
    file = tmp_path / "letters.jsonl"
    file.write_text("somebody's work\n")
    with pytest.raises(MigrationError, match="name another file"):
        (quick_move.dry_run if dry else quick_move.run)(dead_letter=file)
    assert file.read_text() == "somebody's work\n"


def test_a_restart_that_is_refused_has_forgotten_nothing(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    quick_move.run()
    before = quick_move.checkpoint(), quick_move.letter_file().read_bytes()
    with pytest.raises(MigrationError, match="--entity all --restart"):
        quick_move.run(entity="usage", restart=True, keep_expired=True)
    assert (quick_move.checkpoint(), quick_move.letter_file().read_bytes()) == before


def test_letters_that_were_being_rewritten_when_the_run_was_killed_are_made_good(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9}, {"id": 2, "is_staff": 9}, {"id": 3})
    quick_move.run()
    quick_move.legacy.sql("UPDATE users SET is_staff = 0 WHERE id = 1")

    def killed(state: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("migration.dead_letters.recover", killed)
        with pytest.raises(KeyboardInterrupt):
            quick_move.replay()
    assert quick_move.replay().moved == 0
    assert [letter["key"] for letter in quick_move.letters()] == ["2"]
    assert quick_move.run().dead == 1


def test_the_files_of_a_job_into_an_earlier_table_are_kept(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    quick_move.run()
    file = quick_move.letter_file()
    letters = file.read_bytes()
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    for script, *words in (("delete_dynamodb", "--yes", "--no-backup"), ("init_dynamodb",)):
        assert run_script(script, *words, settings=quick_move.settings()).returncode == 0
    report = quick_move.run()
    assert report.dead == 0
    assert quick_move.letter_file() != file
    assert file.read_bytes() == letters
