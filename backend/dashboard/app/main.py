"""What `streamlit run` starts: the sidebar, the navigation, and the page that was chosen."""

from __future__ import annotations

import sys
from pathlib import Path

_BACKEND = str(Path(__file__).resolve().parents[2])
if _BACKEND not in sys.path:
    sys.path.insert(0, _BACKEND)

import streamlit as st  # noqa: E402  (Streamlit puts this file's folder on the path, not the project's)

from dashboard.app import sidebar  # noqa: E402
from dashboard.app.shared import PAGES, foot, guarded  # noqa: E402

st.set_page_config(page_title="AlgoItny dashboard", layout="wide")
page = st.navigation(
    [st.Page(path, title=title, default=title == "Home") for title, path in PAGES.items()], position="sidebar"
)
st.html(
    "<style>[data-testid='stMetricValue'] { font-size: 1.6rem }"
    "[data-testid='stCaptionContainer'], [data-testid='stCaptionContainer'] p { opacity: 1; color: inherit }</style>"
)
with guarded():
    sidebar.show()
    page.run()
foot()
