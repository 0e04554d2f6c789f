"""Fixtures of the legacy source: a real MariaDB/MySQL, or the schema in a SQLite file."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection
from pymysql.constants import CLIENT

from config.databases import mysql_options
from config.environment import MySQLSource, SQLiteSource, read_environment
from engines.mariadb import RunningMariaDB, start_mariadb
from engines.mysql.server import start_mysql
from engines.processes import EngineUnavailable
from tests.support.isolation import OFFERED_MYSQL
from tests.support.scripts import run_manage


def connect(source: MySQLSource, database: str | None = None, **options: Any) -> Connection[Any]:
    """A PyMySQL connection in UTC that commits by itself; zero dates and the like need `sql_mode=""`."""
    own = mysql_options(source)
    if database is not None:
        own["database"] = database or None
    return pymysql.connect(**own, autocommit=True, init_command="SET time_zone='+00:00'", **options)


def settings_of(source: MySQLSource | SQLiteSource) -> dict[str, str]:
    """The environment by which the project reads this source."""
    if isinstance(source, SQLiteSource):
        return {"MYSQL_HOST": "", "LEGACY_SQLITE": str(source.path)}
    return {
        "MYSQL_HOST": source.host,
        "MYSQL_PORT": str(source.port),
        "MYSQL_USER": source.user,
        "MYSQL_PASSWORD": source.password,
        "MYSQL_DATABASE": source.database,
    }


EACH_SERVER = pytest.mark.servers("mariadb", "mysql")
MARIADB, MYSQL = pytest.mark.servers("mariadb"), pytest.mark.servers("mysql")
Starts = Callable[[], RunningMariaDB]


def draw_server(metafunc: pytest.Metafunc) -> None:
    """Gives a test marked `servers` each of the servers that it names in turn; others run on MariaDB."""
    mark = metafunc.definition.get_closest_marker("servers")
    if mark is not None and "mysql_server" in metafunc.fixturenames:
        metafunc.definition.add_marker(
            pytest.mark.parametrize("mysql_server", mark.args, indirect=True, scope="session")
        )


def started(start: Starts) -> RunningMariaDB:
    """A running server; skips where it cannot be had."""
    try:
        return start()
    except EngineUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MySQLSource]:
    """The server that MYSQL_HOST names, or a private MariaDB."""
    named = read_environment(OFFERED_MYSQL).source
    if isinstance(named, MySQLSource):
        yield named
        return
    with started(start_mariadb) as running:
        yield running.source


@pytest.fixture(scope="session")
def real_mysql() -> Iterator[MySQLSource]:
    """A private MySQL; skips where it cannot be had."""
    with started(start_mysql) as running:
        yield running.source


@pytest.fixture(scope="session")
def mysql_server(request: pytest.FixtureRequest) -> MySQLSource:
    """A server on which tests may make databases: MariaDB, and others for tests marked `servers`."""
    name = getattr(request, "param", "mariadb")
    server: MySQLSource = request.getfixturevalue("real_mysql" if name == "mysql" else "mariadb_server")
    return server


_TABLES: dict[MySQLSource, tuple[str, ...]] = {}


@pytest.fixture(scope="session")
def legacy_tables(mysql_server: MySQLSource) -> tuple[str, ...]:
    """The CREATE TABLE statements that Django's migrations of the app `legacy` give on this server."""
    if mysql_server not in _TABLES:
        _TABLES[mysql_server] = _migrated(mysql_server)
    return _TABLES[mysql_server]


def _migrated(server: MySQLSource) -> tuple[str, ...]:
    template = replace(server, database=f"algoitny_template_{secrets.token_hex(4)}")
    with _database(server, template.database):
        run_manage("migrate", "legacy", "--database", "legacy", settings=settings_of(template))
        with connect(template) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW TABLES")
            names = [row[0] for row in cursor.fetchall() if row[0] != "django_migrations"]
            statements = []
            for name in names:
                cursor.execute(f"SHOW CREATE TABLE `{name}`")
                statements.append(cursor.fetchone()[1])
    return tuple(statements)


def _end_connections(cursor: Any, database: str) -> None:
    """Ends what a failed test has left open: a transaction of it would keep its database from being dropped."""
    cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (database,))
    for (identity,) in cursor.fetchall():
        with contextlib.suppress(pymysql.Error):  # it has ended by itself
            cursor.execute(f"KILL CONNECTION {identity}")


@contextlib.contextmanager
def _database(server: MySQLSource, name: str) -> Iterator[None]:
    with connect(server, "") as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    try:
        yield
    finally:
        with connect(server, "") as connection, connection.cursor() as cursor:
            _end_connections(cursor, name)
            cursor.execute(f"DROP DATABASE `{name}`")


@contextlib.contextmanager
def legacy_database(server: MySQLSource, tables: tuple[str, ...]) -> Iterator[MySQLSource]:
    """A fresh database with the empty legacy tables, dropped afterwards (some 50 ms)."""
    source = replace(server, database=f"algoitny_test_{secrets.token_hex(6)}")
    with _database(server, source.database):
        with (
            connect(source, client_flag=CLIENT.MULTI_STATEMENTS) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(";\n".join(["SET foreign_key_checks=0", *tables]))
            while cursor.nextset():
                pass
        yield source


@pytest.fixture
def legacy_mysql(mysql_server: MySQLSource, legacy_tables: tuple[str, ...]) -> Iterator[MySQLSource]:
    """The empty legacy schema in a MySQL database of this test's own."""
    with legacy_database(mysql_server, legacy_tables) as source:
        yield source


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("legacy") / "template.sqlite3"
    run_manage("migrate", "legacy", "--database", "legacy", settings=settings_of(SQLiteSource(path)))
    return path


@pytest.fixture
def legacy_sqlite(_sqlite_template: Path, tmp_path: Path) -> SQLiteSource:
    """The empty legacy schema in a SQLite file of this test's own."""
    return SQLiteSource(Path(shutil.copy(_sqlite_template, tmp_path / "legacy.sqlite3")))
