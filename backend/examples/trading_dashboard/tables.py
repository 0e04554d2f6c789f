"""The five tables, and how their items are written and read: plain values, and DynamoDB's form of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from examples.trading_dashboard.table_configs import (
    dora_decision_log,
    dora_execution_log,
    dora_market_config,
    dora_state,
    dora_trade_log,
)

CONFIGS, STATES = dora_market_config.TABLE, dora_state.TABLE
TRADES, DECISIONS, EXECUTIONS = dora_trade_log.TABLE, dora_decision_log.TABLE, dora_execution_log.TABLE
TABLES = (CONFIGS, STATES, TRADES, DECISIONS, EXECUTIONS)
BY_MARKET = "market_id-timestamp-index"

Row = dict[str, Any]
# What a row of a table cannot be shown without.
_REQUIRED: Mapping[str, Mapping[str, type]] = {
    CONFIGS.name: {"market_id": str},
    STATES.name: {
        "market_id": str, "position": int, "cost_cents": int, "realised_cents": int, "best_bid_cents": int,
        "best_ask_cents": int, "days": dict, "updated_at": str,
    },
    TRADES.name: {
        "market_id": str, "timestamp": str, "trade_id": str, "side": str, "price_cents": int, "quantity": int,
        "realised_cents": int, "position_after": int, "realised_after_cents": int,
    },
    DECISIONS.name: {"market_id": str, "timestamp": str, "decision_id": str, "action": str},
    EXECUTIONS.name: {"market_id": str, "timestamp": str, "event": str, "order_id": str},
}  # fmt: skip


@dataclass
class Log:
    """Rows of a log. unreadable: how many could not be read. is_cut: there are more than were asked for."""

    rows: list[Row] = field(default_factory=list)
    unreadable: int = 0
    is_cut: bool = False


def stamp(moment: datetime, sequence: int | None = None) -> str:
    """A time as the logs sort it: UTC with microseconds, and the sequence of its row."""
    text = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    return text if sequence is None else f"{text}#{sequence:07}"


def moment_of(timestamp: str) -> datetime:
    """The moment of a row. Raises `ValueError`."""
    moment = datetime.fromisoformat(timestamp.partition("#")[0])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_wire(value: Any) -> dict[str, Any]:
    """A plain value in DynamoDB's form; floats are written as they print."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: to_wire(each) for name, each in value.items() if each is not None}}
    return {"L": [to_wire(each) for each in value]}


def to_item(row: Row) -> dict[str, Any]:
    """A row as an item; what is None is left out."""
    return {name: to_wire(value) for name, value in row.items() if value is not None}


def from_wire(value: Mapping[str, Any]) -> Any:
    """The plain value. Raises `ValueError` for a form that no row has."""
    ((kind, content),) = value.items()
    if kind == "S":
        return content
    if kind == "N":
        number = float(content)
        return int(number) if number.is_integer() else number
    if kind == "M":
        return {name: from_wire(each) for name, each in content.items()}
    if kind == "L":
        return [from_wire(each) for each in content]
    raise ValueError(f"a value of the type {kind}")


def read_rows(table: str, items: Iterable[Mapping[str, Any]]) -> Log:
    """The rows of a table by its declared name; those of a log get `at`, their moment as text."""
    log = Log()
    for item in items:
        try:
            row = {name: from_wire(value) for name, value in item.items()}
            if not all(isinstance(row[name], kind) for name, kind in _REQUIRED[table].items()):
                raise ValueError("a value of another type")
            if "timestamp" in row:
                row["at"] = (
                    moment_of(row["timestamp"]).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                )
        except (KeyError, TypeError, ValueError, AttributeError):
            log.unreadable += 1
        else:
            log.rows.append(row)
    return log
