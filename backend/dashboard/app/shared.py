"""What all pages share: where they read, the cache, messages, metric cards, tables with downloads, and the foot."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.alerts import Thresholds
from dashboard.client import ReadOnlyClient, Reads
from dashboard.demo import HISTORY, METRICS, TABLE, DemoClient
from dashboard.errors import Unreadable
from dashboard.reading import Range, Reader, Timeline
from dashboard.targets import Target

PAGES = {
    "Home": "views/home.py",
    "Groups": "views/group.py",
    "Problems": "views/problem.py",
    "Limiter": "views/limiter.py",
    "Jobs": "views/job.py",
    "Logs": "views/logs.py",
    "Compare": "views/compare.py",
}
CACHE_SECONDS = 30
Row = dict[str, Any]


@dataclass(frozen=True)
class View:
    """What a page shows: a target and a range. `now` is aware."""

    target: Target
    span: Range
    now: datetime


def is_demo() -> bool:
    """Whether a generated week is shown."""
    return "--demo" in sys.argv


def secrets() -> Mapping[str, Any]:
    """Streamlit's secrets; empty without a file."""
    try:
        return dict(st.secrets)
    except FileNotFoundError:
        return {}


def set_view(view: View) -> None:
    """Sets what the page of this run shows."""
    st.session_state["view"] = view
    st.session_state["cost"] = [0.0, 0]


def view() -> View:
    """What the page of this run shows."""
    current: View = st.session_state["view"]
    return current


def thresholds() -> Thresholds:
    """The thresholds of alerts."""
    return Thresholds.of(secrets())


def forget() -> None:
    """Drops what was read, so that it is read again."""
    _read.clear()


@st.cache_resource(max_entries=4)
def _client(key: tuple[str, ...], _target: Target) -> Reads:
    if key[0] == "demonstration":
        return DemoClient(datetime.fromisoformat(key[1]))
    return ReadOnlyClient(_target)


def reader_of(target: Target) -> Reader:
    """The reader of a target."""
    if is_demo():
        moment = view().now.replace(second=0, microsecond=0).isoformat()
        return Reader(_client(("demonstration", moment), target), METRICS, HISTORY, TABLE)
    settings = target.settings
    return Reader(
        _client(target.key, target), settings.metrics_table, settings.history_table, settings.table_name
    )


@st.cache_resource(ttl=CACHE_SECONDS, max_entries=128, show_spinner="Reading …")
def _read(key: tuple[Any, ...], _call: Callable[[Reader], Any], _target: Target) -> tuple[Any, float, int]:
    reader = reader_of(_target)
    units, requests = reader.reads.units, reader.reads.requests
    value = _call(reader)
    return value, reader.reads.units - units, reader.reads.requests - requests


def read(name: tuple[Any, ...], call: Callable[[Reader], Any], target: Target | None = None) -> Any:
    """What a call of the reader returns, kept for half a minute. `name` tells calls apart. Raises `Unreadable`."""
    chosen = target or view().target
    value, units, requests = _read((*chosen.key, is_demo(), *name), call, chosen)
    cost = st.session_state["cost"]
    cost[0] += units
    cost[1] += requests
    return value


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


class PageEnd(Exception):
    """The page ends here; its foot comes nevertheless, other than after `st.stop`."""


@contextmanager
def guarded(part: str = "") -> Iterator[None]:
    """Shows what could not be read in place of the block; the rest of the page stays."""
    try:
        yield
    except PageEnd:
        return
    except Unreadable as error:
        prefix = f"{part}: " if part else ""
        st.warning(f"**{prefix}{error.title}**\n\n{error.advice}", icon=":material/error:")


def nothing(subject: str) -> None:
    """Says that the range has none, and what may be the reason."""
    st.info(
        f"No {subject} in this range. Choose a longer lookback, or see whether the service has ALGOITNY_METRICS=1.",
        icon=":material/info:",
    )


def cards(cells: Sequence[tuple[str, str, str | None, bool]]) -> None:
    """Metric cards: label, value, change, and whether more is worse. Each has a change, so that heights agree."""
    for column, (label, value, change, is_worse) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(
            label, value, change or "no change known",
            delta_color=("inverse" if is_worse else "normal") if change else "off",
            delta_arrow="auto" if change else "off", border=True,
        )  # fmt: skip


def table(
    rows: Sequence[Row],
    name: str,
    *,
    opens: Callable[[Row], None] | None = None,
    columns: Mapping[str, Any] | None = None,
    height: int | None = None,
) -> None:
    """A table with its downloads; a click on a row calls `opens`. `name` is the files' and the widgets'."""
    frame = pd.DataFrame(list(rows))
    selection = st.dataframe(
        frame, hide_index=True, key=f"{name} table", on_select="rerun" if opens else "ignore",
        selection_mode="single-row", column_config=dict(columns or {}), height=height or "auto", alt=name,
    )  # fmt: skip
    with st.container(horizontal=True):
        st.download_button(
            "CSV", lambda: frame.to_csv(index=False), f"{name}.csv", "text/csv", key=f"{name} csv", on_click="ignore"
        )  # fmt: skip
        st.download_button(
            "Excel", lambda: excel(frame), f"{name}.xlsx", key=f"{name} excel", on_click="ignore"
        )  # fmt: skip
    if opens is not None and selection["selection"]["rows"]:
        opens(rows[selection["selection"]["rows"][0]])


def excel(frame: pd.DataFrame) -> bytes:
    """The table as an Excel file; times lose their zone, which Excel does not know."""
    plain = frame.copy()
    for column in plain.columns:
        if isinstance(plain[column].dtype, pd.DatetimeTZDtype):
            plain[column] = plain[column].dt.tz_localize(None)
    file = io.BytesIO()
    plain.to_excel(file, index=False)
    return file.getvalue()


def open_page(title: str, **address: str) -> None:
    """Goes to a page with a part of its address."""
    st.switch_page(PAGES[title], query_params=address)


def picked(points: Any) -> Any:
    """The first point that was clicked in a chart; None without one."""
    chosen = points["selection"]["points"] if points else []
    return chosen[0] if chosen else None


def foot() -> None:
    """What the page's reads took."""
    units, requests = st.session_state.get("cost", (0.0, 0))
    current = st.session_state.get("view")
    if current is None:
        return
    where = (
        "generated figures"
        if is_demo()
        else f"{current.target.settings.metrics_table} at {current.target.settings.target}"
    )
    st.caption(
        f"{where} · {current.span.start:%Y-%m-%d %H:%M} to {current.span.end:%Y-%m-%d %H:%M} UTC · "
        f"this page read {units:,.1f} RCU in {requests:,} requests; figures are kept for {CACHE_SECONDS} s"
    )
