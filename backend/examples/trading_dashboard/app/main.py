"""What `streamlit run` starts for the trading dashboard."""

from __future__ import annotations

import sys
from pathlib import Path

_BACKEND = str(Path(__file__).resolve().parents[3])
if _BACKEND not in sys.path:
    sys.path.insert(0, _BACKEND)

from dashboard.app.shell import run  # noqa: E402  (Streamlit puts this file's folder on the path)
from examples.trading_dashboard.app.shared import SITE  # noqa: E402

run(SITE)
