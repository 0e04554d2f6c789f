"""A replay ends like a move of the mended source: nothing stale stays, and nothing of the service is overwritten."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.dynamodb.repositories import ProgressRepository, UsageLogRepository, UserRepository
from api.dynamodb.transport import factory
from api.dynamodb.usage_limits.windows import Limit
from migration.errors import MigrationError
from tests.integration.migration import mixed_rows
from tests.integration.migration.migration_harness import Move, another_move, only_letter
from tests.integration.migration.test_usage_policy import counters_of, midnight_today, text

pytestmark = pytest.mark.any_engine


@pytest.fixture(autouse=True)
def _fresh_clients() -> Iterator[None]:
    factory.clear_cache()
    yield
    factory.clear_cache()


def assert_like_a_fresh_move(move: Move, folder: Path) -> None:
    """The table holds what a move of the source as it is now gives."""
    with another_move(move, folder) as other:
        fresh = other.run()
        assert move.dump() == other.dump()
        assert len(move.letters()) == fresh.dead


def loose_emails(move: Move) -> None:
    """Lets the source hold addresses that differ in case alone, and a platform's number twice."""
    move.legacy.sql(
        "ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL, DROP INDEX google_id"
    )
    move.legacy.sql("ALTER TABLE problems DROP INDEX problems_platform_problem_id")


def test_mended_and_deleted_rows_of_every_kind(move: Move, tmp_path: Path) -> None:
    mixed_rows.fill(move.legacy)
    move.run()
    dead: dict[str, list[str]] = {}
    for letter in move.letters():
        dead.setdefault(letter["entity"], []).append(letter["key"])
    tables = {"test_cases": "test_cases", "history": "search_history", "usage": "usage_logs"}
    for entity, table in tables.items():
        gone, *mended = dead[entity]
        move.legacy.sql(f"DELETE FROM `{table}` WHERE id = %s", gone)
        dead[entity] = mended
    for key in dead["usage"]:
        moment = text(midnight_today() - timedelta(days=int(key) % 3))
        move.legacy.sql(
            "UPDATE usage_logs SET action = 'execution', user_id = %s, created_at = %s, metadata = NULL WHERE id = %s",
            9 + 3 * (int(key) % 4), moment, key,
        )  # fmt: skip
    for key in dead["history"]:
        move.legacy.sql(
            "UPDATE search_history SET created_at = '2024-02-02', hints = NULL, test_results = NULL, "
            "user_id = 3, problem_id = 2, is_code_public = 1 WHERE id = %s", key,
        )  # fmt: skip
    result = move.replay()
    assert result.gone == 3
    assert result.moved >= 6
    assert_like_a_fresh_move(move, tmp_path / "other")


@pytest.mark.parametrize(
    "mend",
    [
        "DELETE FROM usage_logs WHERE id = 2",
        "UPDATE usage_logs SET action = 'execution' WHERE id = 2",
        "UPDATE usage_logs SET user_id = 8, metadata = NULL WHERE id = 2",
        "UPDATE usage_logs SET created_at = created_at - INTERVAL 3 DAY, metadata = NULL WHERE id = 2",
        "UPDATE usage_logs SET created_at = created_at - INTERVAL 300 DAY, metadata = NULL WHERE id = 2",
        "UPDATE usage_logs SET action = 'nothing' WHERE id = 2",
    ],
)
def test_the_counters_of_a_log_that_was_deleted_or_became_another(
    quick_move: Move, tmp_path: Path, mend: str
) -> None:
    now = text(midnight_today())
    quick_move.legacy.drop_checks("usage_logs", "metadata")
    quick_move.legacy.add(
        "usage_logs",
        {"id": 1, "user_id": 8, "created_at": now},
        {"id": 2, "user_id": 7, "created_at": now, "metadata": "NaN"},
    )
    assert quick_move.run().dead == 1
    assert sorted(counters_of(quick_move).values()) == [1, 1]
    quick_move.legacy.sql(mend)
    quick_move.replay()
    assert_like_a_fresh_move(quick_move, tmp_path / "other")


@pytest.mark.parametrize(
    "mend",
    [
        "DELETE FROM users WHERE id = 1",
        "UPDATE users SET email = 'first@x.org', created_at = '2020-01-01', google_id = 'another' WHERE id = 1",
        "UPDATE users SET email = NULL, google_id = NULL WHERE id = 1",
    ],
)
@pytest.mark.parametrize("key", ["email", "google_id"])
def test_a_former_holder_that_was_deleted_or_changed(move: Move, tmp_path: Path, mend: str, key: str) -> None:
    loose_emails(move)
    rows = [
        {"id": 1, "email": "a@x.org", "google_id": "same"},
        {"id": 2, key: {"email": "A@x.org"}.get(key, "same")},
    ]
    move.legacy.add("users", *rows, {"id": 3})
    assert move.run().dead == 1
    assert move.replay().moved == 0
    move.legacy.sql(mend)
    result = move.replay()
    assert result.moved == 1
    assert len(result.overwritten) == 1
    assert next(iter(result.overwritten)).startswith("users 1, which had ")
    assert_like_a_fresh_move(move, tmp_path / "other")


@pytest.mark.parametrize(
    "mend",
    [
        "DELETE FROM problems WHERE id = 1",
        "UPDATE problems SET problem_id = '77', title = 'Quite another', created_at = '2021-01-01', "
        "tags = '[\"graph\"]', solution_code = NULL WHERE id = 1",
        "UPDATE problems SET problem_id = '77', is_completed = 0 WHERE id = 1",
    ],
)
def test_a_former_holder_of_a_platforms_number(move: Move, tmp_path: Path, mend: str) -> None:
    loose_emails(move)
    code = random.Random(1).randbytes(300_000).hex()
    move.legacy.add(
        "problems",
        {"id": 1, "platform": "A", "problem_id": "1", "solution_code": code, "tags": '["a", "b"]'},
        {"id": 2, "platform": "a", "problem_id": "1", "title": "Second words"},
    )
    assert move.run().dead == 1
    move.legacy.sql(mend)
    assert move.replay().moved == 1
    assert_like_a_fresh_move(move, tmp_path / "other")


def test_a_holder_that_the_service_changed_is_left_alone_until_the_table_is_named(quick_move: Move) -> None:
    loose_emails(quick_move)
    quick_move.legacy.add("users", {"id": 1, "email": "a@x.org"}, {"id": 2, "email": "A@x.org"})
    quick_move.legacy.add("users", {"id": 3, "is_staff": 9})
    quick_move.run()
    UserRepository().update_user(1, {"name": "Renamed"})
    quick_move.legacy.sql("UPDATE users SET email = 'first@x.org' WHERE id = 1")
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    live = {key: item for key, item in quick_move.dump().items() if "3" not in key[0]}
    result = quick_move.replay()
    assert (result.moved, result.left) == (1, 1)  # nothing is overwritten by a row that was not there
    reason = only_letter(quick_move, "users", 2)["reason"]
    assert "would overwrite users 1, which had EML#a@x.org, and the service has written" in reason
    assert f"--overwrite-live {quick_move.table}" in reason
    assert {key: item for key, item in quick_move.dump().items() if key in live} == live
    done = quick_move.call("--retry-dead-letter", "--overwrite-live", quick_move.table)
    assert done.returncode == 0, done.stderr
    assert "overwrote  users 1, which had EML#a@x.org" in done.stdout
    assert quick_move.items()["EML#a@x.org", "GUARD"]["uid"] == {"N": "2"}


def test_a_row_that_can_take_over_one_key_of_two_takes_none(quick_move: Move, tmp_path: Path) -> None:
    loose_emails(quick_move)
    quick_move.legacy.add("users", {"id": 1, "email": "a@x.org"}, {"id": 2, "google_id": "same"})
    quick_move.legacy.add("users", {"id": 3, "email": "A@x.org", "google_id": "same"})
    assert quick_move.run().dead == 1
    quick_move.legacy.sql("UPDATE users SET email = 'first@x.org' WHERE id = 1")
    before = quick_move.dump()
    result = quick_move.replay()
    assert (result.moved, result.left, list(result.overwritten)) == (0, 1, [])
    assert only_letter(quick_move, "users", 3)["reason"] == "Google account 'same' is already held by row 2"
    assert quick_move.dump() == before
    quick_move.legacy.sql("DELETE FROM users WHERE id = 2")
    assert quick_move.replay().moved == 1
    assert_like_a_fresh_move(quick_move, tmp_path / "other")


def test_an_address_that_the_service_gave_to_a_new_user_stays_theirs(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 2, "email": "a@x.org", "is_staff": 9})
    quick_move.run()
    user = UserRepository().create_user({"email": "a@x.org", "name": "New"})
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    assert quick_move.replay().moved == 0
    reason = only_letter(quick_move, "users", 2)["reason"]
    assert f"would overwrite users {user['user_id']}, which had EML#a@x.org" in reason
    assert quick_move.items()["EML#a@x.org", "GUARD"]["uid"] == {"N": str(user["user_id"])}


def test_a_count_of_the_service_stays_until_the_table_is_named(quick_move: Move) -> None:
    now = datetime.now(UTC)
    quick_move.more["ALGOITNY_TIME_ZONE"] = (
        f"Etc/GMT{now.hour - 12:+d}"  # where it is noon: the day does not end
    )
    quick_move.legacy.drop_checks("usage_logs", "metadata")
    quick_move.legacy.add("usage_logs", {"id": 1, "created_at": text(now), "metadata": "NaN"})
    quick_move.run()
    usage = UsageLogRepository()
    assert usage.admit(user_id=1, action="hint", limit=[Limit(9)]).allowed
    counted = usage.get_usage_count(1, "hint", consistent=True)
    quick_move.legacy.sql("UPDATE usage_logs SET metadata = NULL")
    letters = quick_move.letter_file().read_bytes()
    result = quick_move.replay()
    assert (result.moved, result.left) == (1, 0)
    name = f"user 1's count of the action hint on {max(day for _, day in counters_of_any(quick_move))}"
    assert list(result.kept) == [name]
    assert usage.get_usage_count(1, "hint", consistent=True) == counted
    file = quick_move.state_dir / "again.jsonl"
    file.write_bytes(letters)
    result = quick_move.replay(dead_letter=file, overwrite_live=quick_move.table)
    assert list(result.overwritten)[-1:] == [name]
    assert usage.get_usage_count(1, "hint", consistent=True) == 1


def counters_of_any(move: Move) -> list[tuple[str, str]]:
    """(partition key, day) of every counter, those of the service included."""
    return [(pk, sk.removeprefix("DAY#")) for pk, sk in move.items() if sk.startswith("DAY#")]


def test_a_run_that_moves_now_is_part_of_its_users_progress(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.legacy.add("search_history", *[{"id": n, "problem_id": n} for n in range(1, 150)])
    quick_move.legacy.add("search_history", {"id": 200, "problem_id": 777, "created_at": "0000-00-00"})
    assert quick_move.run().dead == 1
    progress = ProgressRepository()
    before = progress.get_progress(1)
    quick_move.legacy.sql("UPDATE search_history SET created_at = '2020-02-02' WHERE id = 200")
    assert quick_move.replay().moved == 1
    after = progress.get_progress(1)
    assert set(after["solved_ids"]) - set(before["solved_ids"]) == {777}


def test_a_replay_needs_no_file_but_the_letters(quick_move: Move, tmp_path: Path) -> None:
    loose_emails(quick_move)
    quick_move.legacy.add(
        "users", {"id": 1, "email": "a@x.org"}, {"id": 2, "email": "A@x.org"}, {"id": 3, "is_staff": 9}
    )
    quick_move.run()
    letters = tmp_path / "letters.jsonl"
    letters.write_bytes(quick_move.letter_file().read_bytes())
    quick_move.state_dir = tmp_path / "elsewhere"
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    result = quick_move.replay(dead_letter=letters)
    assert (result.moved, result.left) == (1, 1)
    assert quick_move.items()["EML#a@x.org", "GUARD"]["uid"] == {"N": "1"}


def test_letters_of_another_file_are_counted_once(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9}, {"id": 2})
    quick_move.run()
    copy = quick_move.state_dir / "copy.jsonl"
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    for _ in range(2):
        copy.write_bytes(quick_move.letter_file().read_bytes())
        assert quick_move.replay(dead_letter=copy).moved == 1
        assert copy.read_bytes() == b""
    counts = quick_move.checkpoint()["steps"]["users"]["counts"]
    assert (counts["written"], counts["dead"]) == (2, 1)
    assert quick_move.replay().moved == 1
    counts = quick_move.checkpoint()["steps"]["users"]["counts"]
    assert (counts["read"], counts["written"], counts["dead"]) == (2, 2, 0)
    assert quick_move.run(restart=True).dead == 0  # and the service is not suspected of having removed one


def test_a_replay_waits_for_a_restart_that_was_cut_off(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9}, {"id": 2})
    quick_move.run()
    quick_move.legacy.sql("DELETE FROM users WHERE id = 2")
    for _ in range(2):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("migration.run.remove_earlier_items", interrupt)
            quick_move.run(restart=True)
        with pytest.raises(MigrationError, match="a restart of this job is not finished"):
            quick_move.replay()
    quick_move.run()
    assert quick_move.dump() == {}


def interrupt(*arguments: object, **options: object) -> None:
    raise KeyboardInterrupt


def test_a_move_with_dead_letters_ends_with_3_and_says_so_last(quick_move: Move) -> None:
    quick_move.legacy.add("users", *[{"id": n, "is_staff": 9} for n in range(1, 7)])
    done = quick_move.call()
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.splitlines()[-1].startswith("6 of 6 rows could not be moved, each with its reason in ")
    assert quick_move.call().returncode == 3
    done = quick_move.call("--retry-dead-letter")
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == "0 rows moved, 0 no longer in the source, 6 still dead"
    quick_move.legacy.sql("UPDATE users SET is_staff = 0")
    assert quick_move.call("--retry-dead-letter", "--json").returncode == 0
    assert quick_move.call().returncode == 0
