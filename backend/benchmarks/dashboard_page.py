"""Draws the first page of a dashboard in a new process, and prints as JSON how long it took and what it read.

Runs in .venv-dashboard: `dashboard_page.py MAIN ROUNDS`. After the first one the page is drawn by its Refresh button,
which reads everything again.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SECONDS = 300


def timed(draw: Callable[[], Any]) -> dict[str, float]:
    """Seconds until the page stands, and the RCU of its foot."""
    began, cpu = time.perf_counter(), time.process_time()
    page = draw()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    if page.exception or page.warning:
        raise SystemExit(
            f"the page is not whole: {[each.value for each in (*page.exception, *page.warning)]}"
        )
    foot = next(each.value for each in page.caption if "this page read" in each.value)
    units, requests = re.findall(r"([\d,.]+) (?:RCU|requests)", foot)
    return {
        "seconds": seconds, "cpu_seconds": cpu, "rcu": float(units.replace(",", "")),
        "requests": float(requests.replace(",", "")),
    }  # fmt: skip


def main(path: str, rounds: int) -> None:
    """Draws and prints."""
    from streamlit.testing.v1 import AppTest

    sys.argv = [path]
    app = AppTest.from_file(path, default_timeout=SECONDS)
    first = timed(app.run)
    refresh = next(button for button in app.button if button.label == "Refresh")
    again = [timed(lambda: refresh.click().run()) for _ in range(rounds)]
    print(json.dumps({"first": [first], "refreshed": again}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
