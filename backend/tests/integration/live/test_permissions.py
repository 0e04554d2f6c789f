"""The grants of the page, and the policies of the table, are what following needs, and no more."""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from config.environment import PROJECT_DIR, MySQLSource
from lifecycle.infrastructure.grants import by_itself
from lifecycle.infrastructure.policies import LIVE, MIGRATION
from live.preflight import checks
from live.source.changes import SourceRefused
from live.source.server import SourceServer
from tests.integration.live.live_harness import Live, fill, random_change
from tests.integration.migration.migration_harness import LegacySource
from tests.support.iam import record, refused
from tests.support.sources import EACH_SERVER, MYSQL

LINES = re.findall(r"^GRANT .*$", (PROJECT_DIR / "docs/live.md").read_text(), re.MULTILINE)
MONITOR = {"mariadb": "BINLOG MONITOR", "mysql": "REPLICATION CLIENT"}


def grants(server: str) -> list[str]:
    """The grants of the page for a server."""
    other = {"mariadb": "MySQL", "mysql": "MariaDB"}[server]
    return [line.partition(" -- ")[0] for line in LINES if f"-- {other}" not in line]


@pytest.fixture
def server(legacy: LegacySource) -> str:
    """Which server the source is."""
    return "mariadb" if "mariadb" in str(legacy.sql("SELECT VERSION()")).lower() else "mysql"


@pytest.fixture
def mover(live: Live, server: str) -> Iterator[MySQLSource]:
    """An account that has the grants of the page and nothing else."""
    password = secrets.token_hex(8)
    live.legacy.sql("DROP USER IF EXISTS 'mover'@'127.0.0.1'")
    live.legacy.sql(f"CREATE USER 'mover'@'127.0.0.1' IDENTIFIED BY '{password}'")
    for grant in grants(server):
        statement = grant.rstrip("; ").replace("algoitny.", f"`{live.legacy.source.database}`.")
        live.legacy.sql(statement.replace("'%'", "'127.0.0.1'"))
    yield replace(live.legacy.source, user="mover", password=password)
    live.legacy.sql("DROP USER 'mover'@'127.0.0.1'")


@EACH_SERVER
@pytest.mark.any_engine
def test_an_account_with_the_grants_of_the_page_can_follow(live: Live, mover: MySQLSource) -> None:
    fill(live.legacy, 10)
    live.move.more = {"MYSQL_USER": mover.user, "MYSQL_PASSWORD": mover.password}
    assert [str(check) for check in checks(mover) if not check.passed] == []
    live.begin()
    live.legacy.sql("DELETE FROM users WHERE id = 1")
    live.catch_up()
    assert live.differences() == []
    live.live_move().abort()


@EACH_SERVER
@pytest.mark.any_engine
def test_an_account_without_grants_is_told_which(live: Live, mover: MySQLSource, server: str) -> None:
    monitor = MONITOR[server]
    live.legacy.sql(f"REVOKE REPLICATION SLAVE, {monitor} ON *.* FROM 'mover'@'127.0.0.1'")
    failed = {check.name: check.remedy for check in checks(mover) if not check.passed}
    assert list(failed) == ["binlog position"] and monitor in failed["binlog position"]
    live.legacy.sql(f"GRANT {monitor} ON *.* TO 'mover'@'127.0.0.1'")
    failed = {check.name: check.remedy for check in checks(mover) if not check.passed}
    assert list(failed) == ["reading the binlog"] and "REPLICATION SLAVE" in failed["reading the binlog"]
    live.legacy.sql(f"REVOKE UPDATE ON `{mover.database}`.cdc_mark FROM 'mover'@'127.0.0.1'")
    with (
        SourceServer(mover) as connection,
        pytest.raises(SourceRefused, match=r"docs/live\.md for the grants"),
    ):
        connection.create_mark()
        connection.mark(0)


@MYSQL
def test_an_account_that_may_not_see_xa_transactions_is_told_so(
    mover: MySQLSource, legacy: LegacySource
) -> None:
    legacy.sql("REVOKE XA_RECOVER_ADMIN ON *.* FROM 'mover'@'127.0.0.1'")
    failed = {check.name: check.remedy for check in checks(mover) if not check.passed}
    assert list(failed) == ["prepared XA transactions"]
    assert failed["prepared XA transactions"] == "GRANT XA_RECOVER_ADMIN to the account"


@pytest.mark.any_engine
def test_the_policies_of_the_move_and_of_following_suffice_together(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(live.legacy)
    seen: Any = record(monkeypatch)
    live.begin()
    rng = random.Random(1)
    for number in range(60):
        random_change(live.legacy, rng, number)
    live.catch_up()
    live.live_move().abort()
    documents = [policy.document(by_itself(live.move.table)) for policy in (MIGRATION, LIVE)]
    assert set(refused(documents[0], seen.needs)) & set(refused(documents[1], seen.needs)) == set()
    assert LIVE.actions - seen.actions == set()
