"""Opens what a follower needs of the source, checks that it is the same server, and goes on after a lost connection."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from api.dynamodb.transport.http import Transport
from config.environment import MySQLSource
from live.follow.applier import Applier
from live.follow.batch import ChangeCollector, DayOfLog
from live.follow.contents import UnitBuilder
from live.follow.follower import Follower
from live.follow.lag import LagWindow
from live.follow.lanes import Lanes
from live.follow.ledger import Ledger
from live.source.binlog import BinlogReader
from live.source.changes import Position, SourceLost, SourceRefused
from live.source.server import SourceServer
from migration.mapping import USAGE
from migration.row_encoder import MigrationPolicy
from migration.source import LegacyDatabase

RECONNECT_SECONDS = 120.0
# Replicas of a server need different ids; a small one may be somebody's.
_SERVER_IDS = range(2**31, 2**32 - 1)


@dataclass
class Following:
    """What one run follows with. `identity` is the server's as it was noted."""

    source: MySQLSource
    identity: str
    ledger: Ledger
    transport: Transport
    table: str
    policy: MigrationPolicy
    lanes: Lanes
    check: Callable[[], None] = lambda: None
    on_status: Callable[[dict[str, Any]], None] = lambda status: None
    on_lost: Callable[[SourceLost], None] = lambda lost: None
    at_step: Callable[[str], None] = lambda step: None
    lag: LagWindow = field(default_factory=LagWindow)

    def run(self, until: Position | None = None) -> None:
        """Follows until everything up to `until` is applied, or without end.

        A lost connection is opened again from the ledger's position, for two minutes, if the server is the same one.
        Raises `SourceRefused`, `Fenced`, `MigrationError`, and `SourceLost` when the source does not come back.
        """
        lost_at: float | None = None
        while True:
            before = self.ledger.position
            try:
                return self._follow(until)
            except SourceLost as lost:
                now = time.monotonic()
                if lost_at is None or self.ledger.position != before:
                    lost_at = now
                if now - lost_at > RECONNECT_SECONDS:
                    raise
                self.check()
                self.on_lost(lost)
                time.sleep(min(5.0, 0.2 + (now - lost_at) / 4))

    def _follow(self, until: Position | None) -> None:
        position = self.ledger.position
        assert position is not None  # noqa: S101 (noted before a row is read)
        with ExitStack() as opened:
            server = opened.enter_context(SourceServer(self.source))
            gtid = str(self.ledger.report("status").get("gtid", ""))
            require_same_server(server, self.identity)
            require_same_history(server, position, gtid)
            watched = server.watched_tables()
            database = opened.enter_context(LegacyDatabase(self.source))
            database.table_names()
            changes = opened.enter_context(
                closing(BinlogReader(self.source, watched, position, server_id=secrets.choice(_SERVER_IDS)))
            )
            column = database.columns(USAGE.table).get("created_at")
            source_zone = None if column == "timestamp" else self.source.time_zone
            collector = ChangeCollector(
                {name: name.lower() for name in watched}, DayOfLog(self.policy.time_zone, source_zone)
            )
            collector.position, collector.gtid = position, gtid
            builder = UnitBuilder(self.policy)
            applier = Applier(
                self.ledger, self.lanes, self.transport, self.table, server, database, builder, self.at_step
            )
            Follower(changes, collector, applier, self.check, self.on_status, self.lag).run(until)


def require_same_server(server: SourceServer, identity: str) -> None:
    """Raises `SourceRefused` unless this is the server that was prepared. Two queries."""
    if server.identity().text != identity:
        raise SourceRefused(
            "another server answers at the source's address than the one that is followed (after a fail-over, for "
            "example): its binlog has other positions. Point MYSQL_HOST at the first one, or begin the live move again"
        )


def require_same_history(server: SourceServer, position: Position, gtid: str) -> None:
    """Raises `SourceRefused` unless this is the transaction that the server's binlog has at the position.

    A MariaDB server has no UUID by which one that was replaced or restored is known, so its GTIDs are compared. Empty
    for none. Three queries.
    """
    gtids = server.gtid_at(position) if gtid and server.identity().is_mariadb else ""
    if gtids and gtid not in gtids.split(","):
        raise SourceRefused(
            f"the source's binlog has another transaction at {position} than the one that was applied: it is another "
            "server, or one that was restored. Begin the live move again, first with make dynamodb-live-abort"
        )
