"""Which database a source is, by what its server says of itself and not by how its host is spelled."""

from __future__ import annotations

from config.environment import SQLiteSource
from migration.checkpoint import JobSource
from migration.source import LegacyDatabase


def identify(database: LegacyDatabase) -> JobSource:
    """The source as a checkpoint names it. Two queries."""
    source = database.source
    if isinstance(source, SQLiteSource):
        return JobSource(str(source), f"sqlite:{source.path.resolve()}")
    rows = database.query(
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
        "('server_uuid', 'server_uid', 'server_id', 'hostname', 'port')"
    )
    variables = {str(row[0]): row[1] for row in rows}
    ((name,),) = database.query("SELECT DATABASE()")
    # MariaDB has no server_uuid, and its server_uid is made of the network card and the port.
    names = (
        ("server_uuid",) if variables.get("server_uuid") else ("server_uid", "server_id", "hostname", "port")
    )
    # Rows are other items in another time zone.
    zone = () if source.time_zone is None else (source.time_zone,)
    return JobSource(str(source), "/".join(str(value) for value in (*map(variables.get, names), name, *zone)))


def written_at(database: LegacyDatabase, table: str) -> str:
    """When a table was last written, to the second; empty where the server does not know. Two or three queries.

    InnoDB keeps this in memory: it is unknown after a restart until the next write.
    """
    if isinstance(database.source, SQLiteSource):
        return ""
    # MySQL 8 answers from a cache of a day; MariaDB has neither the cache nor the variable.
    if database.query("SHOW VARIABLES WHERE Variable_name = 'information_schema_stats_expiry'"):
        database.query("SET SESSION information_schema_stats_expiry = 0")
    rows = database.query(
        "SELECT update_time FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s",
        [database.actual_name(table)],
    )
    return str(rows[0][0] or "") if rows else ""
