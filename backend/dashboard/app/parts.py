"""The parts of every dashboard: what it is made of, where it reads, the cache, messages, cards, tables, the foot."""

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

from dashboard.client import Advice, ReadOnlyClient, Reads
from dashboard.errors import Unreadable
from dashboard.reading import Range
from dashboard.targets import Target

CACHE_SECONDS = 30
_COLORS = {True: "inverse", False: "normal", None: "off"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """A dashboard on these parts.

    pages: files beside its main file, by title. envs: its environments, the first one chosen. target: where an
    environment is read, in a region, by the secrets. tables: the tables of an environment, for the foot. demo: what
    `--demo` reads instead, and for how many minutes it stays the same. demo_name: what that is; demo_envs: its
    environments, without any the first one of `envs`. advice: the next step where tables are missing or forbidden.
    lookback: the one that is chosen first. days: how long figures are kept.
    """

    name: str
    pages: Mapping[str, str]
    envs: Callable[[], tuple[str, ...]]
    target: Callable[[str, str | None, Mapping[str, object]], Target]
    tables: Callable[[Target], str]
    demo: Callable[[datetime, str], Reads]
    demo_minutes: int
    demo_name: str
    demo_envs: tuple[str, ...]
    advice: Advice
    lookback: str
    days: int


@dataclass(frozen=True)
class View:
    """What a page shows: a target and a range. `now` is aware."""

    target: Target
    span: Range
    now: datetime


def is_demo() -> bool:
    """Whether generated figures are shown."""
    return "--demo" in sys.argv


def secrets() -> Mapping[str, Any]:
    """Streamlit's secrets; empty without a file."""
    try:
        return dict(st.secrets)
    except FileNotFoundError:
        return {}


def set_site(site: Site) -> None:
    """Sets which dashboard this run is of."""
    st.session_state["site"] = site


def site() -> Site:
    """The dashboard of this run."""
    current: Site = st.session_state["site"]
    return current


def set_view(view: View) -> None:
    """Sets what the page of this run shows."""
    st.session_state["view"] = view
    st.session_state["cost"] = [0.0, 0]


def view() -> View:
    """What the page of this run shows."""
    current: View = st.session_state["view"]
    return current


def forget() -> None:
    """Drops what was read, so that it is read again."""
    _read.clear()


@st.cache_resource(max_entries=4)
def _client(key: tuple[str, ...], _open: Callable[[], Reads]) -> Reads:
    return _open()


def reads_of(target: Target) -> Reads:
    """What reads a target: its client, or the generated figures."""
    current, now = site(), view().now
    if not is_demo():
        client: Reads = _client((current.name, *target.key), lambda: ReadOnlyClient(target, current.advice))
        return client
    now = now.replace(
        minute=now.minute // current.demo_minutes * current.demo_minutes, second=0, microsecond=0
    )
    key = (current.name, "generated", target.env, now.isoformat())
    generated: Reads = _client(key, lambda: current.demo(now, target.env))
    return generated


@st.cache_resource(ttl=CACHE_SECONDS, max_entries=128, show_spinner="Reading …")
def _read(key: tuple[Any, ...], _call: Callable[[Reads], Any], _target: Target, _cost: list[float]) -> Any:
    """`_cost` gets what was consumed; nothing where the value was kept."""
    reads = reads_of(_target)
    units, requests = reads.units, reads.requests
    value = _call(reads)
    _cost[:] = reads.units - units, reads.requests - requests
    return value


def read(name: tuple[Any, ...], call: Callable[[Reads], Any], target: Target | None = None) -> Any:
    """What a call returns, kept for half a minute. `name` tells calls apart. Raises `Unreadable`."""
    chosen = target or view().target
    cost = [0.0, 0.0]
    value = _read((site().name, *chosen.key, is_demo(), *name), call, chosen, cost)
    units, requests = cost
    total = st.session_state["cost"]
    total[0] += units
    total[1] += int(requests)
    return value


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


def cards(cells: Sequence[tuple[str, str, str | None, bool | None]]) -> None:
    """Metric cards: label, value, change, and whether more is worse, None for neither.

    Each has a change, so that heights agree.
    """
    for column, (label, value, change, is_worse) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(
            label, value, change or "–",
            delta_color=_COLORS[is_worse] if change else "off",
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
    st.switch_page(site().pages[title], query_params=address)


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
    source = "generated figures" if is_demo() else site().tables(current.target)
    st.caption(
        f"{source} · {current.span.start:%Y-%m-%d %H:%M} to {current.span.end:%Y-%m-%d %H:%M} UTC · "
        f"this page read {units:,.1f} RCU in {requests:,} requests; figures are kept for {CACHE_SECONDS} s"
    )
