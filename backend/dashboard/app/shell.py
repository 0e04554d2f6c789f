"""Runs one page of a dashboard: its title, the sidebar, the page that was chosen, the foot."""

from __future__ import annotations

import streamlit as st

from dashboard.app import sidebar
from dashboard.app.parts import Site, foot, guarded, set_site

_STYLE = (
    "<style>[data-testid='stMetricValue'] { font-size: 1.6rem }"
    "[data-testid='stCaptionContainer'], [data-testid='stCaptionContainer'] p { opacity: 1; color: inherit }</style>"
)


def run(site: Site) -> None:
    """Draws the page that the address names, the first one without a name."""
    st.set_page_config(page_title=f"{site.name} dashboard", layout="wide")
    first = next(iter(site.pages))
    page = st.navigation(
        [st.Page(path, title=title, default=title == first) for title, path in site.pages.items()],
        position="sidebar",
    )
    st.html(_STYLE)
    set_site(site)
    with guarded():
        sidebar.show(site)
        page.run()
    foot()
