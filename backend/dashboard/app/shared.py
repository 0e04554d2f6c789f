"""What the operator's pages share: what the dashboard is made of, and what they read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard.alerts import Thresholds
from dashboard.app import parts
from dashboard.app.parts import Row, Site, is_demo, secrets, view
from dashboard.client import Advice, Reads
from dashboard.demo import HISTORY, METRICS, TABLE, DemoClient
from dashboard.reading import Range, Reader, Timeline
from dashboard.settings import read_settings
from dashboard.targets import Target, env_choices, target_of


def _demo(now: datetime, env: str) -> Reads:
    return DemoClient(now)


SITE = Site(
    name="AlgoItny",
    pages={
        "Home": "views/home.py",
        "Groups": "views/group.py",
        "Problems": "views/problem.py",
        "Limiter": "views/limiter.py",
        "Jobs": "views/job.py",
        "Logs": "views/logs.py",
        "Read paths": "views/reads.py",
        "Compare": "views/compare.py",
    },
    envs=env_choices, target=target_of,
    tables=lambda target: f"{target.settings.metrics_table} at {target.settings.target}",
    demo=_demo, demo_minutes=1, demo_name="A generated week", demo_envs=(),
    advice=Advice(), lookback="1 day", days=90,
)  # fmt: skip


def thresholds() -> Thresholds:
    """The thresholds of alerts. Raises `Unreadable` for one that is no number."""
    return read_settings(Thresholds(), secrets(), "thresholds")


def read(name: tuple[Any, ...], call: Callable[[Reader], Any], target: Target | None = None) -> Any:
    """What a call of the reader returns, kept for half a minute. `name` tells calls apart. Raises `Unreadable`."""
    settings = (target or view().target).settings
    names = (settings.metrics_table, settings.history_table, settings.table_name)
    tables = (METRICS, HISTORY, TABLE) if is_demo() else names
    return parts.read(name, lambda reads: call(Reader(reads, *tables)), target)


def timeline(span: Range | None = None, target: Target | None = None) -> Timeline:
    """The figures of the page's range, or of another one. Raises `Unreadable`."""
    span, now = span or view().span, view().now
    current: Timeline = read(
        ("timeline", span.start, span.end), lambda reader: reader.timeline(span, now), target
    )
    return current


def events(kind: str, limit: int = 200) -> list[Row]:
    """The newest events of a kind in the page's range, newest first. Raises `Unreadable`."""
    span = view().span
    newest: list[Row] = read(
        ("events", kind, span.start, span.end, limit), lambda reader: reader.events(kind, span, limit)
    )
    return newest


def nothing(subject: str) -> None:
    """Says that the range has none, and what may be the reason."""
    st.info(
        f"No {subject} in this range. Choose a longer lookback, or see whether the service has ALGOITNY_METRICS=1.",
        icon=":material/info:",
    )
