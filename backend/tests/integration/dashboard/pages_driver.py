"""Runs pages of the dashboard by Streamlit's AppTest and prints what they show as JSON; runs in .venv-dashboard.

Standard input has a list of scenarios: `main` (which dashboard), `page`, `query` (its address), `arguments` and
`settings` (the environment), `clicks` (labels of buttons), `secrets`, `keeps_cache` (goes on with what the scenario
before has read). The caller is `conftest.py`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

BACKEND = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(BACKEND))

import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from config.environment import environment  # noqa: E402

MAIN = {
    "dashboard": BACKEND / "dashboard" / "app" / "main.py",
    "trading": BACKEND / "examples" / "trading_dashboard" / "app" / "main.py",
}
SECONDS = 120


def show(scenario: dict[str, Any]) -> dict[str, Any]:
    """Runs the page of a scenario from nothing, and describes it."""
    for name, value in scenario.get("settings", {}).items():
        os.environ[name] = value
    environment.cache_clear()
    if not scenario.get("keeps_cache"):
        st.cache_resource.clear()
    sys.argv = ["main.py", *scenario.get("arguments", ())]
    app = AppTest.from_file(str(MAIN[scenario.get("main", "dashboard")]), default_timeout=SECONDS)
    for name, value in scenario.get("secrets", {}).items():
        app.secrets[name] = value
    for name, value in scenario.get("query", {}).items():
        app.query_params[name] = value
    app.run()
    if scenario.get("page", "home") != "home":
        app.switch_page(f"views/{scenario['page']}.py")
        for name, value in scenario.get("query", {}).items():
            app.query_params[name] = value
        app.run()
    for label in scenario.get("clicks", ()):
        next(button for button in app.button if button.label == label).click().run()
    return describe(app)


def describe(app: AppTest) -> dict[str, Any]:
    """What a page shows, as JSON."""
    return {
        "exceptions": [f"{each.message} {each.stack_trace}" for each in app.exception],
        "titles": [each.value for each in (*app.title, *app.subheader)],
        "texts": [each.value for each in (*app.markdown, *app.caption)],
        "metrics": {each.label: [each.value, each.delta] for each in app.metric},
        "messages": [each.value for each in (*app.warning, *app.error, *app.info, *app.success)],
        "choices": {each.label: list(each.options) for each in app.selectbox},
        "chosen": {each.label: each.value for each in app.selectbox},
        "dates": [each.label for each in app.date_input],
        "buttons": [each.label for each in app.button],
        "tabs": [each.label for each in app.tabs],
        "downloads": [each.proto.label for each in app.get("download_button")],
        "charts": [
            json.loads(each.proto.spec)["layout"]["title"]["text"] for each in app.get("plotly_chart")
        ],
        "tables": [json.loads(each.value.to_json(orient="records")) for each in app.dataframe],
        "json": [json.loads(each.value) for each in app.json],
    }


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())  # without anybody's secrets
    print(json.dumps([show(scenario) for scenario in json.load(sys.stdin)]))
