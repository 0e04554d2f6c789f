"""What a person meets when something is missing or wrong: one line with the next step, exit code 2, no password."""

from __future__ import annotations

import resource
import secrets
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engines.processes import free_port
from tests.integration.migration.migration_harness import LegacySource, Move
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.sources import connect

Done = subprocess.CompletedProcess[str]


def one_line(done: Done, *parts: str) -> None:
    """Checks an error's form and that it says these things."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stdout
    for part in parts:
        assert part in done.stderr


def hides(done: Done, password: str) -> None:
    assert password not in done.stdout
    assert password not in done.stderr


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"MYSQL_HOST": ""}, "no source is configured: set MYSQL_HOST"),
        ({"MYSQL_PORT": "3306x"}, "MYSQL_PORT is '3306x': set it to a whole number from 1 to 65535"),
        ({"MYSQL_PORT": "70000"}, "MYSQL_PORT is '70000'"),
        (
            {"LOCALSTACK_URL": "localhost:4566"},
            "LOCALSTACK_URL is not a URL: set it like http://localhost:4566",
        ),
        ({"ALGOITNY_TIME_ZONE": "Seoul"}, "ALGOITNY_TIME_ZONE is 'Seoul'"),
        (
            {"MYSQL_HOST": "", "LEGACY_SQLITE": "nowhere.sqlite3"},
            "does not exist: create it with `make demo-source`",
        ),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(
    quick_move: Move, settings: dict[str, str], says: str
) -> None:
    quick_move.more.update(settings)
    for arguments in ([], ["--dry-run"]):
        one_line(quick_move.call(*arguments), says)


def test_a_source_that_is_down_is_named(quick_move: Move) -> None:
    quick_move.more["MYSQL_PORT"] = str(free_port())
    done = quick_move.call()
    one_line(done, "nothing answers at mysql://", "start MySQL, or correct MYSQL_HOST and MYSQL_PORT")
    hides(done, quick_move.legacy.source.password)


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_wrong_password_is_never_shown(quick_move: Move, debug: list[str]) -> None:
    quick_move.more["MYSQL_PASSWORD"] = "sesame-sesame"
    done = quick_move.call(*debug)
    hides(done, "sesame-sesame")
    if debug:
        assert done.stderr.startswith("Traceback (most recent call last):")
        assert "MySQL refused the user" in done.stderr
    else:
        one_line(done, "MySQL refused the user at mysql://", "check MYSQL_USER, MYSQL_PASSWORD")


def test_a_password_in_the_engines_url_is_never_shown(quick_move: Move) -> None:
    quick_move.endpoint_url = "http://user:sesame@127.0.0.1:9"
    done = quick_move.call()
    hides(done, "sesame")
    one_line(done, "nothing answers at http://127.0.0.1:9")


def test_a_database_that_is_not_there_is_named(quick_move: Move) -> None:
    quick_move.more["MYSQL_DATABASE"] = "nowhere"
    one_line(quick_move.call(), "there is no such database", "nowhere: set MYSQL_DATABASE")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP TABLE usage_logs", "has no table usage_logs"),
        ("ALTER TABLE users DROP COLUMN picture", "table users has no column picture"),
        ("ALTER TABLE problems MODIFY time_limit BLOB NULL", "problems.time_limit is of type blob"),
        ("ALTER TABLE users ADD nickname TEXT NULL", "--ignore-column users.nickname"),
    ],
)
def test_a_source_whose_schema_is_another_is_refused(quick_move: Move, change: str, says: str) -> None:
    quick_move.legacy.sql(change)
    one_line(quick_move.call(), says)
    one_line(quick_move.call("--dry-run"), says)
    assert quick_move.dump() == {}


def test_a_column_can_be_left_behind_on_purpose(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE users ADD nickname TEXT NULL")
    done = quick_move.call("--ignore-column", "users.nickname")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def poor_user(legacy: LegacySource) -> Iterator[Callable[[str], dict[str, str]]]:
    """Makes a MySQL account with the given grants on the test's database."""
    name, password = f"poor_{secrets.token_hex(4)}", secrets.token_hex(8)
    account = f"'{name}'@'%'"
    with connect(replace(legacy.source), "") as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER {account} IDENTIFIED BY '{password}'")

        def grant(privileges: str) -> dict[str, str]:
            if privileges:
                for each in privileges.replace("DB", f"`{legacy.source.database}`").split(", SELECT"):
                    cursor.execute(f"GRANT {'' if each[:1].isalpha() else 'SELECT'}{each} TO {account}")
            return {"MYSQL_USER": name, "MYSQL_PASSWORD": password}

        yield grant
        cursor.execute(f"DROP USER {account}")


@pytest.mark.parametrize(
    ("grants", "says"),
    [
        ("", "check MYSQL_USER, MYSQL_PASSWORD and their grants"),
        ("INSERT ON DB.*", "may not read"),
        ("SELECT ON DB.users", "may not read the table subscription_plans"),
        (
            "SELECT (id, email) ON DB.users, SELECT ON DB.subscription_plans",
            "may not read users.name, users.picture",
        ),
    ],
)
def test_a_mysql_user_who_may_not_read_is_told_so(
    quick_move: Move, poor_user: Callable[[str], dict[str, str]], grants: str, says: str
) -> None:
    quick_move.more.update(poor_user(grants))
    done = quick_move.call()
    one_line(done, says)
    hides(done, quick_move.more["MYSQL_PASSWORD"])
    if grants.startswith("SELECT"):
        name = quick_move.more["MYSQL_USER"]
        assert f"GRANT SELECT ON `{quick_move.legacy.source.database}`.* TO '{name}'@'%'" in done.stderr


def test_a_mysql_user_who_may_only_read_is_enough(
    quick_move: Move, poor_user: Callable[[str], dict[str, str]]
) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.more.update(poor_user("SELECT ON DB.*"))
    done = quick_move.call()
    assert (done.returncode, done.stderr) == (0, "")


def test_an_engine_that_is_down_is_named(quick_move: Move) -> None:
    quick_move.endpoint_url = f"http://127.0.0.1:{free_port()}"
    one_line(quick_move.call(), "nothing answers at http://127.0.0.1:", "make engine")


def test_a_table_that_is_missing_is_made_by_the_command_that_the_message_names(quick_move: Move) -> None:
    quick_move.table = "algoitny_missing"
    one_line(quick_move.call(), "table algoitny_missing", "MISSING", "make dynamodb-init")


@pytest.mark.parametrize(
    ("operation", "advice"),
    [
        ("DescribeTable", "allow dynamodb:DescribeTable on table/"),
        ("UpdateItem", "check the credentials and their permissions"),
        ("BatchWriteItem", "check the credentials and their permissions"),
    ],
)
def test_an_aws_user_who_may_not_is_told_what_was_refused(
    quick_move: Move, operation: str, advice: str
) -> None:
    quick_move.legacy.add("users", {"id": 1})

    def deny(call: Call) -> Fault | None:
        return Fault.DENY if call.operation == operation else None

    with FaultProxy(quick_move.engine.endpoint_url, deny) as proxy:
        quick_move.endpoint_url = proxy.url
        one_line(quick_move.call(), f"AWS refused {operation}", advice)


def test_no_credentials_for_aws_are_named(quick_move: Move) -> None:
    quick_move.more.update(LOCALSTACK_URL="", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    one_line(quick_move.call(), "no AWS credentials were found", "set AWS_ACCESS_KEY_ID")


@pytest.mark.parametrize("room", [0, 100, 2_000, 9_000])
def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(quick_move: Move, room: int) -> None:
    quick_move.legacy.add("users", *[{"id": n, "is_staff": 9 * (n % 2)} for n in range(1, 400)])

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    quick_move.more["PYTHONDONTWRITEBYTECODE"] = "1"
    done = quick_move.call("--json", "--batch-size", "20", preexec_fn=limit)
    one_line(done, "cannot write", "free some space or set another folder with ALGOITNY_STATE_DIR")
    assert quick_move.run().dead == 200
    assert len(quick_move.letters()) == 200
    assert len([pk for pk, sk in quick_move.dump() if sk == "META"]) == 199


def test_a_state_folder_that_is_a_file_is_named(quick_move: Move) -> None:
    quick_move.state_dir.write_text("not a folder")
    one_line(quick_move.call(), "Not a directory")


@pytest.mark.parametrize(
    "damage",
    ["{", "[]", "{}", '{"format": 2, "steps": []}', '{"format": 99}', "null"],
)
def test_a_damaged_checkpoint_is_refused_until_the_table_may_be_overwritten(
    quick_move: Move, damage: str
) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.run()
    quick_move.write_checkpoint(damage)
    advice = f"--entity all --restart --overwrite-live {quick_move.table}"
    one_line(quick_move.call(), f"the checkpoint in table {quick_move.table} cannot be used", advice)
    one_line(quick_move.call("--restart", "--yes"), "cannot be used")
    assert quick_move.run(restart=True, overwrite_live=quick_move.table).fresh


def test_a_damaged_key_book_is_refused_until_a_restart(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    quick_move.run()
    (book,) = quick_move.state_dir.glob("migration/*/keys-users.sqlite3")
    Path(book).write_bytes(b"no book " * 1_000)
    one_line(quick_move.call("--retry-dead-letter"), "keys-users.sqlite3", "--restart")
    assert quick_move.run(restart=True).fresh


@pytest.mark.parametrize(
    "content",
    [
        b"{\n",
        b'{"entity": "users"}\n',
        b"\xff\xff\n",
        b'{"entity": "x", "key": "1", "row": {}}\n',
        b'{"entity": "users", "key": "1"}\n',
        b'{"entity": "users", "key": "1", "row": [1]}\n',
    ],
)
def test_a_file_that_holds_no_dead_letters_is_refused(quick_move: Move, content: bytes) -> None:
    quick_move.run()
    file = quick_move.state_dir / "letters"
    file.write_bytes(content)
    one_line(
        quick_move.call("--retry-dead-letter", "--dead-letter", str(file)),
        "letters, line 1: not a dead letter",
    )


def test_a_replay_without_a_move_says_what_to_run_first(quick_move: Move) -> None:
    one_line(
        quick_move.call("--retry-dead-letter"),
        "nothing was moved into this table yet",
        "make dynamodb-migrate",
    )
