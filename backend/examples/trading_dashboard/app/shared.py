"""What the trading pages share: what the dashboard is made of, and what they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from dashboard.app import parts
from dashboard.app.parts import Site, secrets, view
from dashboard.client import Advice, Reads
from dashboard.reading import Range
from dashboard.settings import read_settings
from dashboard.targets import Target, target_of
from examples.trading_dashboard.analysis import BY_HOUR, Mark, RiskLimits, pnl_by_day, pnl_by_hour
from examples.trading_dashboard.memory import MemoryTables
from examples.trading_dashboard.reading import MOST_ROWS, TradingReader
from examples.trading_dashboard.table_configs import READ_IN
from examples.trading_dashboard.tables import TRADES, Log, Row

_HOURLY = MOST_ROWS - 1


def _target(env: str, region: str | None, secrets: Mapping[str, object]) -> Target:
    return target_of(env, region, secrets, is_shared=True)


def _demo(now: datetime, env: str) -> Reads:
    return MemoryTables(now, env)


SITE = Site(
    name="Trading",
    pages={
        "Home": "views/home.py",
        "Market": "views/market.py",
        "Reconciliation": "views/reconciliation.py",
        "Compare": "views/compare.py",
        "Replay": "views/replay.py",
    },
    envs=lambda: READ_IN, target=_target,
    tables=lambda target: f"dora_*_{target.env} at {target.settings.target}",
    demo=_demo, demo_minutes=10, demo_name="A generated month", demo_envs=READ_IN,
    advice=Advice(
        no_table="Create the tables with python scripts/dynamodb_migrations.py migrate --changes "
        "examples/trading_dashboard/changes --env demo, wait a minute if they are being created, or choose another "
        "environment or region.",
        no_index="Wait until it is ACTIVE, or add it with python scripts/add_gsi.py; the README of the example "
        "decision_log says how.",
        refused="Give the credentials the policy infra/examples/trading_dashboard-reader.json.",
        no_engine="Start an engine with make engine, correct LOCALSTACK_URL, choose another region, or look at "
        "generated figures with make trading-dashboard ARGS=--demo.",
    ),
    lookback="7 days", days=90,
)  # fmt: skip


def limits() -> RiskLimits:
    """The limits of risks. Raises `Unreadable` for one that is no number."""
    return read_settings(RiskLimits(), secrets(), "risk")


def read(name: tuple[Any, ...], call: Callable[[TradingReader], Any]) -> Any:
    """What a call of the reader returns, kept for half a minute. Raises `Unreadable`."""
    env = view().target.env
    return parts.read((env, *name), lambda reads: call(TradingReader(reads, env)))


def markets() -> tuple[list[Row], list[Row]]:
    """Configurations and states; says how many could not be read. Raises `Unreadable`."""
    configs, states = read(("markets",), lambda reader: reader.markets())
    complain(configs, "configurations of markets")
    complain(states, "states of markets")
    return configs.rows, states.rows


def marks(names: tuple[str, ...], at: datetime) -> dict[str, Mark]:
    """Position and realised P&L of markets at a moment. Raises `Unreadable`."""
    current: dict[str, Mark] = read(("marks", names, at), lambda reader: reader.marks(names, at))
    return current


def end_of_now() -> datetime:
    """The end of the present minute, up to which everything is read."""
    return view().now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def log(table: str, span: Range, market: str | None = None, most: int = MOST_ROWS) -> list[Row]:
    """Rows of a log, newest first; says what could not be read or shown. Raises `Unreadable`."""
    rows: Log = read(
        (table, span.start, span.end, market, most), lambda reader: reader.log(table, span, market, most)
    )
    complain(rows, f"rows of {table}")
    if rows.is_cut and most >= MOST_ROWS:
        st.info(f"Only the newest {len(rows.rows):,} rows of {table} are read.", icon=":material/info:")
    return rows.rows


def pnl(states: list[Row], market: str | None = None) -> tuple[list[Row], str]:
    """Realised P&L of the range, and whether it is by hour or day. Raises `Unreadable`.

    By hour from the trades of up to two days, unless there are more than are read of them; of one market, or of all.
    """
    span = view().span
    if span.length <= BY_HOUR:
        trades = log(TRADES.name, span, market, _HOURLY)
        if len(trades) < _HOURLY:
            return pnl_by_hour(trades, span), "hour"
    names = tuple(sorted(state["market_id"] for state in states))
    last = (
        {state["market_id"]: (state["position"], state["realised_cents"]) for state in states}
        if span.end >= end_of_now()
        else marks(names, span.end)
    )
    return pnl_by_day(states, marks(names, span.start), last, span), "day"


def complain(rows: Log, subject: str) -> None:
    """Says how many rows could not be read."""
    if rows.unreadable:
        st.warning(
            f"**{rows.unreadable:,} {subject} cannot be read and are left out**\n\nTheir form is not known here: "
            "look at what wrote them, and whether this dashboard is older.",
            icon=":material/error:",
        )  # fmt: skip


def nothing(subject: str) -> None:
    """Says that there are none, and what may be the reason."""
    st.info(
        f"No {subject} found. Choose a longer lookback or another environment, or see whether the bot runs and writes "
        "to these tables.",
        icon=":material/info:",
    )  # fmt: skip


def choose_market(states: list[Row], *, with_all: bool = False) -> str | None:
    """The market of the page's address or of the picker; None for all. Ends the page without markets."""
    names = sorted(state["market_id"] for state in states)
    if not names:
        nothing("markets")
        raise parts.PageEnd
    requested = st.query_params.get("market")
    if requested and requested not in names and requested != ALL:
        st.warning(f"**The market {requested} has vanished**\n\nChoose one of {len(names)} others.")
    market: str = st.selectbox(
        "Market", [ALL, *names] if with_all else names, key="market", bind="query-params"
    )
    return None if market == ALL else market


ALL = "all markets"
