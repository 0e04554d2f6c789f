"""The local servers: they answer on loopback alone, keep what they should, and end with their parent."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR, MySQLSource, MySQLSsl
from engines import mariadb
from engines.dynamodb_local.fetch import fetch
from engines.ministack import ENGINE_PYTHON, SERVER, is_healthy, start_ministack
from engines.mysql.fetch import fetch as fetch_mysql
from engines.mysql.server import start_mysql
from engines.processes import (
    EngineFailed,
    EngineUnavailable,
    free_port,
    is_listening,
    start,
    terminate,
    wait_until,
)
from tests.support.engines import Engine
from tests.support.scripts import finished, script_environment
from tests.support.sources import MYSQL, connect


def port_of(engine: Engine) -> int:
    return int(engine.endpoint_url.rsplit(":", 1)[1])


def listening_addresses(port: int) -> set[str]:
    """The local addresses, as the kernel lists them, on which a TCP port listens."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, hexadecimal = local.split(":")
            if state == "0A" and int(hexadecimal, 16) == port:
                found.add(address)
    return found


LOOPBACK_ADDRESSES = {"0100007F", "0000000000000000FFFF00000100007F"}


def make_table(engine: Engine, name: str) -> None:
    engine.client().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_an_engine_stores_an_item(engine: Engine, table_name: str) -> None:
    make_table(engine, table_name)
    engine.client().put_item(TableName=table_name, Item={"PK": {"S": "정답"}})
    assert engine.client().scan(TableName=table_name)["Items"] == [{"PK": {"S": "정답"}}]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no Linux: listeners cannot be listed")
def test_every_server_listens_on_loopback_alone(engine: Engine, mysql_server: MySQLSource) -> None:
    ports = [port_of(engine)]
    if mysql_server.host == "127.0.0.1":
        ports.append(mysql_server.port)
    for port in ports:
        assert listening_addresses(port)
        assert listening_addresses(port) <= LOOPBACK_ADDRESSES


def test_ministack_keeps_its_state_over_a_clean_stop(tmp_path: Path) -> None:
    with start_ministack(tmp_path, keep_state=True) as first:
        make_table(Engine(first.name, first.endpoint_url), "kept")
    assert first.process.poll() is not None
    with start_ministack(tmp_path, keep_state=True) as second:
        assert Engine(second.name, second.endpoint_url).client().list_tables()["TableNames"] == ["kept"]


# What MiniStack's TTL thread does, without a pause: it removes items and holds the lock meanwhile.
ENCODES_WHILE_ITEMS_EXPIRE = """
import itertools, runpy, sys, threading
server = runpy.run_path(sys.argv[1])
from ministack.services import dynamodb
items = {str(number): {"SK": {"S": "x"}} for number in range(2000)}
dynamodb._tables["kept"] = {"TableName": "kept", "items": {"PK": items}}

def expire():
    for number in itertools.count():
        with dynamodb._lock:
            items[f"new{number}"] = items.pop(next(iter(items)))
            items[f"more{number}"] = {"SK": {"S": "x"}}

threading.Thread(target=expire, daemon=True).start()
for _ in range(50):
    server["encode"]("dynamodb", server["get_state"]())
print("encoded")
"""


def test_ministack_encodes_its_tables_while_items_expire() -> None:
    process = subprocess.run(
        [ENGINE_PYTHON, "-P", "-c", ENCODES_WHILE_ITEMS_EXPIRE, SERVER],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stdout) == (0, "encoded\n"), process.stderr


def test_ministack_without_its_virtual_environment_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"make \.venv-engine"):
        start_ministack(tmp_path, python=tmp_path / "none")


def test_a_port_that_is_no_engine_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_healthy(server.getsockname()[1], seconds=0.2)
    assert not is_healthy(free_port())


def test_a_server_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start([sys.executable, "-c", "raise SystemExit('no room')"], log=log)
    with pytest.raises(EngineFailed, match=r"Thing ended with code 1: no room"):
        wait_until(lambda: False, process, name="Thing", log=log, seconds=20)


def test_a_server_that_never_answers_is_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start([sys.executable, "-c", "import time; time.sleep(600)"], log=log)
    with pytest.raises(EngineFailed, match="not ready after"):
        wait_until(lambda: False, process, name="Thing", log=log, seconds=0.2)
    assert process.poll() is not None


def test_a_process_that_ignores_sigterm_is_killed_in_the_end(tmp_path: Path) -> None:
    program = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    log = tmp_path / "log"
    process = start([sys.executable, "-c", program], log=log)
    wait_until(lambda: "up" in log.read_text(), process, name="Thing", log=log, seconds=20)
    assert not terminate(process, seconds=0.2)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no Linux: no parent-death signal")
def test_no_engine_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom engines.ministack import start_ministack\n"
        f"start_ministack(Path({str(tmp_path)!r}), port={port})\nprint('up', flush=True)\ntime.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=BACKEND_DIR, env=script_environment(), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"up\n"
    parent.kill()
    finished(parent)
    deadline = time.monotonic() + 20
    while is_listening(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_listening(port)


def test_dynamodb_local_without_java_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailable, match=r"^DynamoDB Local needs Java: install .+Maven"):
        fetch(tmp_path / "cache")


def test_dynamodb_local_with_an_old_java_says_how_to_get_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(EngineUnavailable, match="17 or later"):
        fetch(tmp_path / "cache")


def test_a_failed_download_is_one_line_without_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "java": "echo 'openjdk version \"21.0.1\"' >&2",
        "mvn": "echo '[ERROR] could not transfer from http://host.example/x'; exit 1",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(EngineUnavailable, match="Maven failed") as caught:
        fetch(tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert "host.example" not in str(caught.value)
    assert not list((tmp_path / "cache").iterdir())


def test_mysql_without_apt_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineUnavailable, match=r"^MySQL needs apt-get"):
        fetch_mysql(tmp_path / "cache")


def _apt(folder: Path, update: str) -> str:
    """A PATH whose `apt-get` names two mirrors, of which the second is no Debian's."""
    uris = "\n".join(f"'http://{host}/dists/some/InRelease' x 0" for host in ("deb.example", "other.example"))
    (folder / "apt-get").write_text(
        f'#!/bin/sh\ncase "$*" in *--print-uris*) echo "{uris}";; *) {update};; esac\n'
    )
    (folder / "dpkg-deb").write_text("#!/bin/sh\n")
    for name in ("apt-get", "dpkg-deb"):
        (folder / name).chmod(0o755)
    return f"{folder}:/bin:/usr/bin"


def test_mysql_that_no_mirror_has_is_one_line_without_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = "cat $(grep -o '/[^\"]*sources.list' $APT_CONFIG) >>" + str(tmp_path / "tried")
    failure = "echo 'E: Failed to fetch http://host.example/x  404' >&2; exit 100"
    monkeypatch.setenv("PATH", _apt(tmp_path, f"{tried}; {failure}"))
    with pytest.raises(EngineUnavailable, match=r"^MySQL: apt-get update failed: Failed to fetch") as caught:
        fetch_mysql(tmp_path / "cache")
    assert "\n" not in str(caught.value) and "host.example" not in str(caught.value)
    hosts = [line.rsplit("//")[1] for line in (tmp_path / "tried").read_text().splitlines()]
    assert hosts == ["deb.example unstable main", "other.example unstable main"]
    assert not list((tmp_path / "cache").iterdir())


def test_a_fetched_mysql_that_never_ran_here_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.mysql.server.fetch", lambda cache: cache)
    with pytest.raises(EngineUnavailable, match=r"^MySQL: what was fetched does not run here: .*ld-linux"):
        start_mysql(cache=tmp_path)
    loader = tmp_path / "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text("#!/bin/sh\necho 'GLIBC_9.99 not found' >&2\nexit 1\n")
    loader.chmod(0o755)
    with pytest.raises(
        EngineUnavailable, match=r"^MySQL: what was fetched does not run here: .*GLIBC_9.99 not"
    ):
        start_mysql(cache=tmp_path)
    assert not (tmp_path / "data").exists()


@MYSQL
@pytest.mark.parametrize("mode", ["required", "disabled"])
def test_an_account_of_mysqls_default_plugin_signs_in_with_tls_and_without(
    legacy_mysql: MySQLSource, mode: str
) -> None:
    """An account that has not signed in before sends its password: over TLS, or encrypted with the server's key."""
    name, password = f"fresh_{mode}", "a b'c"
    with connect(legacy_mysql) as connection, connection.cursor() as cursor:
        cursor.execute("DROP USER IF EXISTS %s@'%%'", [name])
        cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", [name, password])
        cursor.execute("SELECT plugin, VERSION() FROM mysql.user WHERE user = %s", [name])
        ((plugin, version),) = cursor.fetchall()
        cursor.execute(f"GRANT SELECT ON `{legacy_mysql.database}`.* TO %s@'%%'", [name])
    assert plugin == "caching_sha2_password" and "MariaDB" not in version
    account = replace(legacy_mysql, user=name, password=password, ssl=MySQLSsl(mode=mode))
    with connect(account) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        assert bool(cursor.fetchall()[0][1]) == (mode == "required")


def test_no_database_server_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mariadb, "_SEARCH_PATH", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineUnavailable, match=r"apt-get install mariadb-server.*MYSQL_HOST"):
        mariadb.find_server()


def test_the_source_has_the_six_tables_and_speaks_utc_and_utf8mb4(legacy_mysql: MySQLSource) -> None:
    with connect(legacy_mysql) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        assert {row[0] for row in cursor.fetchall()} == {
            "problems",
            "search_history",
            "subscription_plans",
            "test_cases",
            "usage_logs",
            "users",
        }
        cursor.execute(
            "INSERT INTO users (name, is_active, is_staff, created_at, updated_at) "
            "VALUES ('🙂', 1, 0, '2026-01-01', '2026-01-01')"
        )
        cursor.execute("SELECT name, @@time_zone FROM users")
        assert cursor.fetchall() == (("🙂", "+00:00"),)


def test_each_test_finds_the_source_empty(legacy_mysql: MySQLSource) -> None:
    with connect(legacy_mysql) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM users")
        assert cursor.fetchall() == ((0,),)
