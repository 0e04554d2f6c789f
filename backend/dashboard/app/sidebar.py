"""The sidebar: environment, region, range, refresh. All but the buttons are part of the page's address."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import streamlit as st

from dashboard.app.parts import Site, View, forget, is_demo, secrets, set_view
from dashboard.errors import Unreadable
from dashboard.reading import BY_MINUTE, Range
from dashboard.targets import REGIONS

LOOKBACKS = {
    "1 hour": timedelta(hours=1),
    "6 hours": timedelta(hours=6),
    **{f"{days} day{'s' if days > 1 else ''}": timedelta(days=days) for days in range(1, 31)},
}
CUSTOM = "custom range"
INTERVALS = {"off": 0, "30 s": 30, "1 min": 60, "5 min": 300}


def show(site: Site) -> None:
    """Draws the sidebar and sets what the page reads. Raises `Unreadable` for an environment that is not set up."""
    with st.sidebar:
        env, region = _place(site)
        lookback = st.selectbox(
            "Lookback",
            [*LOOKBACKS, CUSTOM],
            index=[*LOOKBACKS].index(site.lookback),
            key="range",
            bind="query-params",
        )
        now = datetime.now(UTC)
        span = _latest(now, LOOKBACKS[lookback]) if lookback in LOOKBACKS else _custom(now, site.days)
        if st.button("Refresh", help="Reads everything again", width="stretch"):
            forget()
        interval = st.selectbox("Refresh by itself", list(INTERVALS), key="auto", bind="query-params")
    _refresh_every(INTERVALS[interval or "off"])
    set_view(View(site.target(env, region, secrets()), span, now))


def _place(site: Site) -> tuple[str, str | None]:
    """The environment and the region that were chosen; generated figures have no region to choose."""
    if is_demo():
        st.caption(site.demo_name)
    envs = (site.demo_envs or site.envs()[:1]) if is_demo() else site.envs()
    env: str = envs[0]
    if len(envs) > 1:
        env = st.selectbox("Environment", envs, key="env", bind="query-params")
    if is_demo():
        return env, None
    try:
        configured = site.target(env, None, secrets()).region
    except Unreadable:
        configured = REGIONS[0]
    regions = tuple(dict.fromkeys((configured, *REGIONS)))
    region: str = st.selectbox("AWS region", regions, key="region", bind="query-params")
    return env, region


def _latest(now: datetime, length: timedelta) -> Range:
    """So much until now; from a day on it begins with an hour, since it is read by the hour."""
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    first = end if length <= BY_MINUTE else now.replace(minute=0, second=0, microsecond=0)
    return Range(first - length, end)


def _custom(now: datetime, days: int) -> Range:
    """The days that were chosen, in UTC. Raises `Unreadable` until both are."""
    oldest = (now - timedelta(days=days)).date()
    first = st.date_input(
        "From (UTC)", now.date() - timedelta(days=2), oldest, now.date(), key="from", bind="query-params"
    )
    last = st.date_input("To (UTC), included", now.date(), oldest, now.date(), key="to", bind="query-params")
    if first is None or last is None or first > last:
        raise Unreadable("The range is empty", "Choose a first day that is not after the last.")
    start = datetime.combine(first, time(), UTC)
    return Range(start, datetime.combine(last, time(), UTC) + timedelta(days=1))


def _refresh_every(seconds: int) -> None:
    """Runs the page again after so many seconds, and again."""
    st.session_state["is_whole_run"] = True
    if not seconds:
        return

    @st.fragment(run_every=seconds)
    def tick() -> None:
        if st.session_state.pop("is_whole_run", False):
            return
        forget()
        st.rerun()

    tick()
