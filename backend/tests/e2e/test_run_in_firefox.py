"""The same in Firefox, with `--torture` where it is installed: verdicts, the snapshot, and hostile code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.firefox import Firefox, firefox
from tests.e2e.live import Live
from tests.e2e.population import Population
from tests.e2e.test_run_in_browser import FAILURES, HOSTILE, other_server
from tests.support.torture import is_full

__all__ = ["other_server"]
_RUN = """
const form = document.querySelector("form[data-workbench]");
const [language, code] = arguments;
form.elements.language.value = language;
form.elements.language.dispatchEvent(new Event("change"));
form.elements.code.value = code;
document.getElementById("run-status").textContent = "";
form.querySelector("[data-run=samples]").click();
"""
_IS_OVER = """
return document.querySelector("[data-stop]").hidden && document.getElementById("run-status").textContent;
"""
_RESULTS = "return document.getElementById('run-results').innerText"


@pytest.fixture(scope="module")
def tab(
    live: Live, population: Population, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Firefox]:
    """Firefox on the problem's page, nobody signed in."""
    if not is_full(pytestconfig):
        pytest.skip("Firefox: tried with --torture")
    with firefox(tmp_path_factory.mktemp("firefox")) as tab:
        tab.open(f"{live.url}/problems/{population.problem_id}/")
        yield tab


def results_of(tab: Firefox, language: str, code: str) -> str:
    tab.evaluate(_RUN, language, code)
    tab.wait_for(_IS_OVER)
    return str(tab.evaluate(_RESULTS))


def test_each_way_to_fail_has_its_verdict_in_javascript(tab: Firefox) -> None:
    for verdict, code in FAILURES.items():
        assert f"Sample 1: {verdict}" in results_of(tab, "javascript", code)
    assert "Sample 1\nAccepted" in results_of(tab, "javascript", "console.log(4)")


def test_python_runs_and_starts_from_its_snapshot(tab: Firefox) -> None:
    assert "Sample 1\nAccepted" in results_of(tab, "python", "print(4)")
    assert "line 2" in results_of(tab, "python", "a = 1\nraise ValueError")
    assert "Memory limit exceeded" in results_of(tab, "python", "a = [0]\nwhile True:\n    a += a")
    keys = "return caches.open('algoitny-runtimes').then(cache => cache.keys()).then(keys => keys.length)"
    assert tab.evaluate(keys) == 1
    tab.open(str(tab.evaluate("return location.href")))
    assert "Sample 1\nAccepted" in results_of(tab, "python", "print(4)")


def test_hostile_code_reaches_nothing(
    tab: Firefox, live: Live, other_server: tuple[str, list[bytes]]
) -> None:
    other, heard = other_server
    code = HOSTILE.read_text().replace("SITE", live.url).replace("OTHER", other).replace("3000", "600")
    assert "tried from null, reached: nothing" in results_of(tab, "javascript", code)
    assert heard == []
    assert not [request for request in live.requests() if "leak" in str(request.get("path"))]
