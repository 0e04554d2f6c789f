"""Dead letters are replayed after a fix; a job is begun anew, or moved entity by entity, to the same end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migration.errors import MigrationError
from tests.integration.migration import mixed_rows
from tests.integration.migration.migration_harness import Move, another_move, only_letter, record

pytestmark = pytest.mark.any_engine


def test_mended_rows_move_and_the_others_stay(move: Move) -> None:
    move.legacy.add("users", *[{"id": n, "is_staff": 9} for n in range(1, 5)], {"id": 5})
    move.legacy.add("search_history", {"id": 1, "created_at": "0000-00-00"})
    move.run()
    assert len(move.letters()) == 5
    move.legacy.sql("UPDATE users SET is_staff = 1 WHERE id IN (1, 2)")
    move.legacy.sql("DELETE FROM users WHERE id = 3")
    result = move.replay()
    assert (result.moved, result.gone, result.left) == (2, 1, 2)
    assert [(letter["entity"], letter["key"]) for letter in move.letters()] == [
        ("users", "4"),
        ("history", "1"),
    ]
    assert record("user", move.items(), "USR#1")["is_staff"] is True
    finished = move.run()
    assert not finished.fresh
    assert finished.dead == 2
    counts = finished.steps["users"].counts
    assert (counts.read, counts.written, counts.dead) == (5, 3, 1)
    move.legacy.sql("UPDATE users SET is_staff = 0")
    move.legacy.sql("UPDATE search_history SET created_at = '2020-02-02'")
    assert move.replay().moved == 2
    assert move.letters() == []
    assert len([sk for _, sk in move.dump() if sk == "META"]) == 5


def test_a_job_whose_letters_were_mended_equals_one_that_never_had_any(move: Move, tmp_path: Path) -> None:
    rows = [{"id": n, "tags": '["a", "b"]', "is_deleted": 9 * (n % 2)} for n in range(1, 30)]
    move.legacy.add("problems", *rows)
    move.run()
    assert len(move.letters()) == 15
    move.legacy.sql("UPDATE problems SET is_deleted = 0")
    assert move.replay().moved == 15
    replayed = move.dump()
    with another_move(move, tmp_path / "anew") as second_move:
        assert second_move.run().dead == 0
        assert second_move.dump() == replayed


def test_only_the_asked_entity_is_replayed(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    quick_move.legacy.add("problems", {"id": 1, "is_deleted": 9})
    quick_move.run()
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    quick_move.legacy.sql("UPDATE problems SET is_deleted = 0")
    assert quick_move.replay(entity="problems").moved == 1
    only_letter(quick_move, "users", 1)


def test_a_loser_that_got_another_email_moves_and_one_that_did_not_stays(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    quick_move.legacy.add(
        "users", *[{"id": n, "email": email} for n, email in enumerate(["a@x", "A@x", "a@X"], 1)]
    )
    quick_move.run()
    quick_move.legacy.sql("UPDATE users SET email = 'b@x' WHERE id = 2")
    assert quick_move.replay().moved == 1
    assert only_letter(quick_move, "users", 3)["reason"] == "e-mail 'a@x' is already held by row 1"
    assert quick_move.items()["EML#b@x", "GUARD"]["uid"] == {"N": "2"}


def test_a_killed_runs_half_written_letter_does_not_stop_a_replay(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    quick_move.run()
    with quick_move.letter_file().open("ab") as file:
        file.write(b'{"entity": "us')
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    assert quick_move.replay().moved == 1
    assert quick_move.letters() == []


def test_letters_go_to_the_file_that_was_named(quick_move: Move, tmp_path: Path) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    file = tmp_path / "elsewhere" / "letters.jsonl"
    report = quick_move.run(dead_letter=file)
    assert report.dead_letter == file
    assert json.loads(file.read_text())["key"] == "1"
    with pytest.raises(MigrationError, match="omit --dead-letter, or start over"):
        quick_move.run(dead_letter=tmp_path / "another")
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    assert quick_move.replay().moved == 1
    assert file.read_text() == ""


def test_a_restart_begins_anew(move: Move) -> None:
    mixed_rows.fill(move.legacy)
    first = move.run()
    letters, dump = move.letter_file().read_bytes(), move.dump()
    move.legacy.add("users", {"id": 5_000})
    assert move.run().added_since == {"users": 1}
    second = move.run(restart=True)
    assert second.fresh
    assert second.steps["users"].counts.read == first.steps["users"].counts.read + 1
    assert move.letter_file().read_bytes() == letters
    assert set(move.dump()) - set(dump) == {
        ("USR#5000", "META"), ("EML#user5000@example.org", "GUARD"), ("GID#g-5000", "GUARD"),
        ("USRLIST#0", "2024-05-06T07:08:09.123456#0000000000005000"),
    }  # fmt: skip


def test_one_entity_begins_anew_and_keeps_the_letters_of_the_others(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    quick_move.legacy.add("problems", {"id": 1, "is_deleted": 9})
    quick_move.run()
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    report = quick_move.run(entity="users", restart=True)
    assert report.steps["users"].counts.written == 1
    only_letter(quick_move, "problems", 1)


def test_entity_by_entity_gives_the_same_table_as_all_at_once(move: Move, tmp_path: Path) -> None:
    mixed_rows.fill(move.legacy)
    for entity in ("usage", "history", "problems", "users"):
        move.run(entity=entity)
    separate, letters = move.dump(), move.letters()
    assert not move.run().fresh
    key = lambda letter: (letter["entity"], int(letter["key"]))  # noqa: E731
    with another_move(move, tmp_path / "once") as once:
        once.run()
        assert once.dump() == separate
        assert sorted(once.letters(), key=key) == sorted(letters, key=key)


def test_a_job_goes_on_with_the_policy_that_it_was_begun_with(quick_move: Move) -> None:
    quick_move.run()
    with pytest.raises(MigrationError, match="started without --keep-expired"):
        quick_move.run(keep_expired=True)
    assert quick_move.run(keep_expired=True, restart=True).fresh


def test_a_table_that_was_made_again_is_filled_again(quick_move: Move) -> None:
    from api.dynamodb.table_schema import create_table, delete_table

    quick_move.legacy.add("users", {"id": 1})
    quick_move.run()
    client = quick_move.engine.client()
    delete_table(client, quick_move.table)
    create_table(client, quick_move.table)
    client.close()
    assert quick_move.run().fresh
    assert ("USR#1", "META") in quick_move.dump()
