"""The SQL of the gate: its table, its triggers, and what a refused statement is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

GATE_TABLE = "algoitny_live_gate"
# The variable of a session that says which epoch a reverse writer belongs to.
EPOCH_VARIABLE = "@algoitny_live_epoch"
APPLICATION, REVERSE, NOBODY = "application", "reverse", "nobody"
# What a refused statement fails with: ER_SIGNAL_EXCEPTION.
REFUSED = 1644
_EVENTS = {"i": "INSERT", "u": "UPDATE", "d": "DELETE"}

CREATE_TABLE = (
    f"CREATE TABLE IF NOT EXISTS `{GATE_TABLE}` (id TINYINT NOT NULL PRIMARY KEY, writer VARCHAR(16) NOT NULL, "
    "epoch BIGINT NOT NULL) ENGINE=InnoDB"
)


@dataclass(frozen=True)
class Trigger:
    """One trigger of the gate: on which table, before which event, and its body."""

    name: str
    table: str
    event: str
    body: str

    def create(self) -> str:
        """The statement that creates it."""
        return f"CREATE TRIGGER `{self.name}` BEFORE {self.event} ON `{self.table}` FOR EACH ROW {self.body}"


def triggers(tables: list[str], gate_table: str = GATE_TABLE) -> Iterator[Trigger]:
    """The triggers for these tables, three each."""
    body = _body(gate_table)
    for table in tables:
        for letter, event in _EVENTS.items():
            yield Trigger(f"{gate_table}_{table}"[:62] + f"_{letter}", table, event, body)


def _body(gate_table: str) -> str:
    """What a trigger does: reads the row as it is now, under a lock, and refuses whoever it does not name.

    A locking read sees the newest row even in a transaction whose snapshot is older, and makes the gate wait for this
    transaction's end. A missing row refuses everybody. A reverse writer names its epoch, so one of an earlier epoch is
    refused even while the application writes.
    """
    return (
        "BEGIN DECLARE gate_writer VARCHAR(16) DEFAULT 'nobody'; DECLARE gate_epoch BIGINT DEFAULT 0; "
        f"SELECT writer, epoch INTO gate_writer, gate_epoch FROM `{gate_table}` WHERE id = 1 LOCK IN SHARE MODE; "
        f"IF NOT ((gate_writer = '{APPLICATION}' AND {EPOCH_VARIABLE} IS NULL) "
        f"OR (gate_writer = '{REVERSE}' AND {EPOCH_VARIABLE} <=> gate_epoch)) THEN "
        f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {REFUSED}, "
        "MESSAGE_TEXT = 'AlgoItny: these tables have moved to DynamoDB or are moving: writes to MySQL are refused'; "
        "END IF; END"
    )
