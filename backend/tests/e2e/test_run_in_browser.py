"""Code runs in the visitor's browser: verdicts, differences, limits, drafts; the service computes what is recorded."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.dynamodb.codec.compared_output import output_digest
from api.dynamodb.repositories import ProblemRepository
from tests.e2e.axe import violations
from tests.e2e.browsing import PHONE, Browsing, Visits
from tests.e2e.population import CODE, PROBLEM

SOLUTION = """\
const [n, ...lanterns] = require("fs").readFileSync(0, "utf8").trim().split(/\\s+/).map(Number);
console.log(lanterns.length > 5 ? "8\\n10" : n === 3 ? "4" : "7");
"""
# It begins like programs for judges: it closes standard input, and starts a thread for a larger stack.
IN_PYTHON = """\
import sys, threading
sys.setrecursionlimit(20000)
threading.stack_size(1 << 26)
def main():
    numbers = open(0).read().split()
    print("8\\n10" if len(numbers) > 5 else {"3": "4", "1": "7"}[numbers[0]])
thread = threading.Thread(target=main)
thread.start()
thread.join()
"""
HOSTILE = Path(__file__).parent / "hostile.js"


PLAIN = "try { localStorage.setItem('code-editor-plain', '1'); } catch {}"


def open_problem(
    browsing: Browsing,
    who: str | None,
    language: str = "javascript",
    *,
    page: Page | None = None,
    plain: bool = True,
) -> Page:
    """The problem's page with its code in a language, in the plain text field."""
    page = page or browsing.page(who)
    if plain:
        page.add_init_script(PLAIN)
    page.goto(f"/problems/{browsing.population.problem_id}/")
    page.locator("#language").select_option(language)
    return page


def run_code(page: Page, code: str, which: str = "samples") -> None:
    page.locator("#code").fill(code)
    page.locator(f"[data-run={which}]").click()


def expect_status(page: Page, text: str) -> None:
    expect(page.locator("#run-status")).to_have_text(text)


def test_a_visitor_runs_the_samples_without_an_account(browsing: Browsing) -> None:
    page = open_problem(browsing, None)
    run_code(page, SOLUTION)
    expect_status(page, "All 2 samples passed.")
    run_code(page, SOLUTION.replace("8\\n10", "8\\n9"))
    expect_status(page, "1 of 2 samples passed.")
    expect(page.locator("#run-results h3")).to_have_text("Sample 2: Wrong answer")
    expect(page.locator(".difference .missing")).to_contain_text("10")
    expect(page.locator(".difference .extra")).to_contain_text("9")
    assert violations(page) == []
    assert violations_on_a_phone(browsing) == []


def violations_on_a_phone(browsing: Browsing) -> list[str]:
    page = browsing.page(size=PHONE, scheme="dark", locale="ko-KR")
    open_problem(browsing, None, page=page)
    run_code(page, "console.log('4');")
    expect(page.locator("#run-results h3")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return violations(page)


FAILURES = {
    "Runtime error": "const a = 1;\nnull.x;",
    "Compile error": "const a = 1;\nconst = 2;",
    "Time limit exceeded": "for (;;);",
    "Output limit exceeded": "for (;;) console.log('x'.repeat(1000));",
}


def test_each_way_to_fail_has_its_verdict_and_its_line_and_the_next_run_works(browsing: Browsing) -> None:
    page = open_problem(browsing, None)
    for verdict, code in FAILURES.items():
        run_code(page, code)
        expect(page.locator(".case-result").first).to_contain_text(verdict)
        if "error" in verdict:
            expect(page.locator("#run-results")).to_contain_text("At line 2 of your code.")
    run_code(page, "setTimeout(() => console.log('\\0'), 5);")
    expect(page.locator(".case-result").first).to_contain_text("Wrong answer")
    run_code(page, "")
    expect(page.locator("#run-notice")).to_have_text("Write some code first.")
    run_code(page, "0")
    expect(page.locator("[data-empty]")).to_be_visible()
    run_code(page, "// " + "x" * 256_000)
    expect(page.locator("#run-notice")).to_contain_text("up to 256,000 characters")


def test_endless_allocation_ends(browsing: Browsing) -> None:
    page = open_problem(browsing, None)
    run_code(page, "const all = []; for (;;) all.push(new Array(1e5).fill(1.5));")
    expect(page.locator(".case-result").first).to_contain_text(re.compile("(Time|Memory) limit exceeded"))


def test_all_cases_are_run_and_recorded_by_one_button(browsing: Browsing) -> None:
    browsing.expect(401, 403)
    page = open_problem(browsing, "charlie")
    run_code(page, SOLUTION, "all")
    expect_status(page, "All 3 test cases passed.")
    expect(page.locator("#run-notice")).to_contain_text("3 of 3 · compared")
    assert violations(page) == []
    page.get_by_role("link", name="Open this run").click()
    expect(page.locator("header .badge-ok")).to_have_text("Accepted")
    page.get_by_role("link", name="Run again").click()
    expect(page.locator("#code")).to_have_value(SOLUTION)
    expect(page.locator("#language")).to_have_value("javascript")
    # The connection is lost, then the session: both say so and keep the code.
    page.route("**/runs/", lambda route: route.abort("connectionaborted"))
    page.locator("[data-run=all]").click()
    expect(page.locator("#run-notice")).to_contain_text("the service can't be reached")
    page.unroute("**/runs/")
    browsing.complaints.clear()
    page.context.clear_cookies()
    page.locator("[data-run=all]").click()
    expect(page.locator("#run-notice")).to_contain_text("Your session has ended.")
    expect(page.locator("#code")).to_have_value(SOLUTION)


def test_a_run_can_be_stopped(browsing: Browsing) -> None:
    page = open_problem(browsing, "charlie")
    run_code(page, "for (;;);", "all")
    page.get_by_role("button", name="Stop").click()
    expect_status(page, "Stopped. Nothing was recorded.")


def test_code_is_kept_by_language_through_theme_sign_in_and_the_next_visit(browsing: Browsing) -> None:
    page = open_problem(browsing, None)
    page.locator("#code").fill("// mine")
    page.locator("#language").select_option("cpp")
    expect(page.get_by_text("This language doesn't run in the browser.")).to_be_visible()
    expect(page.locator("[data-run=samples]")).to_be_disabled()
    page.locator("#code").fill("int main() {}")
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#code")).to_have_value("int main() {}")
    browsing.sign_in(page, "bob")
    open_problem(browsing, None, page=page)
    expect(page.locator("#code")).to_have_value("// mine")
    page.goto("/timeline/")
    page.go_back()
    expect(page.locator("#language")).to_have_value("javascript")
    expect(page.locator("#code")).to_have_value("// mine")
    page.context.clear_cookies()
    open_problem(browsing, None, page=page)
    expect(page.locator("#code")).to_have_value("")


def test_the_code_of_an_earlier_run_replaces_no_draft(browsing: Browsing) -> None:
    page = open_problem(browsing, "alice", "python")
    # Without a focus, for which Python would start.
    page.locator("#code").evaluate(
        "area => { area.value = '# draft'; area.dispatchEvent(new Event('input')); }"
    )
    page.goto(f"/problems/{browsing.population.problem_id}/?run={browsing.population.run_id}")
    expect(page.locator("#code")).to_have_value(CODE)
    page.get_by_role("button", name="Show the draft").click()
    expect(page.locator("#code")).to_have_value("# draft")


def test_the_plain_field_indents_and_can_be_left(browsing: Browsing) -> None:
    page = open_problem(browsing, None)
    page.get_by_label("Code", exact=True).focus()
    keyboard = page.keyboard
    keyboard.type("if (1) {")
    keyboard.press("Enter")
    keyboard.type("f();")
    keyboard.press("Enter")
    keyboard.press("Shift+Tab")
    keyboard.type("}")
    keyboard.press("Tab")
    expect(page.locator("#code")).to_have_value("if (1) {\n    f();\n}   ")
    keyboard.press("Control+A")
    keyboard.press("Tab")
    expect(page.locator("#code")).to_have_value("    if (1) {\n        f();\n    }   ")
    keyboard.press("Control+Z")
    expect(page.locator("#code")).to_have_value("if (1) {\n    f();\n}   ")
    keyboard.press("Escape")
    keyboard.press("Tab")
    expect(page.locator("#code")).not_to_be_focused()


def test_the_editor_takes_korean_and_fills_the_text_field(browsing: Browsing) -> None:
    page = open_problem(browsing, "charlie", "cpp", plain=False)
    page.locator(".cm-content").click()
    page.keyboard.type("int a;")
    page.keyboard.press("Enter")
    page.keyboard.type("int b; // ")
    devtools = page.context.new_cdp_session(page)
    for composition in (("ㅎ", "하", "한"), ("ㄱ", "그", "글")):
        for text in composition:
            end = len(text)
            devtools.send(
                "Input.imeSetComposition", {"text": text, "selectionStart": end, "selectionEnd": end}
            )
        devtools.send("Input.insertText", {"text": composition[-1]})
    expect(page.locator("#code")).to_have_value("int a;\nint b; // 한글")
    assert violations(page) == []
    page.get_by_label("Plain text field").check()
    expect(page.get_by_label("Code", exact=True)).to_be_visible()
    expect(page.locator("#code")).to_have_value("int a;\nint b; // 한글")


def test_without_scripts_the_text_field_leads_to_the_form_with_its_code(browsing: Browsing) -> None:
    page = browsing.page("charlie", javascript=False)
    response = page.goto(f"/problems/{browsing.population.problem_id}/")
    assert response is not None
    # This browser shows no noscript where its scripts are turned off from outside.
    assert '<noscript><p class="notice">Running code here needs JavaScript.' in response.text()
    page.get_by_label("Code", exact=True).fill("int main() {}")
    page.get_by_role("combobox", name="Language").select_option("cpp")
    page.get_by_role("button", name="Enter results by hand").click()
    expect(page.get_by_label("Your code")).to_have_value("int main() {}")
    expect(page.get_by_role("combobox", name="Language")).to_have_value("cpp")


@pytest.mark.long
def test_python_runs_from_its_snapshot_on_the_second_visit(browsing: Browsing, visits: Visits) -> None:
    page = open_problem(browsing, "finn", "python")
    run_code(page, IN_PYTHON, "all")
    expect_status(page, "All 3 test cases passed.")
    run_code(page, "if True:\n    raise KeyError(4)")
    expect(page.locator("#run-results")).to_contain_text("At line 2 of your code.")
    run_code(page, "print(1\n")
    expect(page.locator("#run-results")).to_contain_text("SyntaxError: '(' was never closed")
    run_code(page, "a = [0]\nwhile True:\n    a += a")
    expect(page.locator(".case-result").first).to_contain_text("Memory limit exceeded")
    snapshots = "caches.open('algoitny-runtimes').then(cache => cache.keys()).then(keys => keys.length)"
    assert page.evaluate(snapshots) == 1
    page.reload()
    run_code(page, IN_PYTHON)
    expect_status(page, "All 2 samples passed.")


def test_a_download_that_is_cut_off_is_told_and_tried_again(browsing: Browsing) -> None:
    page = open_problem(browsing, None, "python")
    page.route("**/python_stdlib.zip", lambda route: route.abort("connectionaborted"))
    run_code(page, "print(4)")
    expect(page.locator("#run-notice")).to_contain_text("Python can't be downloaded")
    expect(page.locator("#code")).to_have_value("print(4)")
    browsing.complaints.clear()


def test_a_browser_without_webassembly_is_told_so(browsing: Browsing) -> None:
    page = browsing.page()
    page.add_init_script("delete self.WebAssembly")
    open_problem(browsing, None, "python", page=page)
    run_code(page, "print(4)")
    expect(page.locator("#run-notice")).to_contain_text("Python needs WebAssembly")
    expect(page.locator("#code")).to_have_value("print(4)")


def test_a_frame_that_is_blocked_is_told_and_the_code_is_kept(browsing: Browsing) -> None:
    browsing.expect(403)
    page = browsing.page()
    page.route("**/runner/", lambda route: route.fulfill(status=403, body="blocked"))
    page.clock.install()
    open_problem(browsing, None, page=page)
    run_code(page, "console.log(4)")
    expect(page.locator("#run-status")).to_have_text("Starting JavaScript…")
    page.clock.fast_forward(40_000)
    expect(page.locator("#run-notice")).to_contain_text(
        "JavaScript can't be downloaded (the frame does not answer)"
    )
    expect(page.locator("#code")).to_have_value("console.log(4)")


def test_the_browser_and_the_service_compare_outputs_by_one_rule(browsing: Browsing) -> None:
    page = open_problem(browsing, None)
    outputs = [
        "",
        "abc",
        "한글 \r\n x\t\n\n",
        "a" * 128,
        "b" * 129 + "\n",
        " \t" * 9 + "y\n" * 5000,
        "\0\u2028\x85 ",
    ]
    digests = page.evaluate("outputs => outputs.map(output => runner.outputDigest(output))", outputs)
    assert digests == [output_digest(output) for output in outputs]


@pytest.fixture
def other_server() -> Iterator[tuple[str, list[bytes]]]:
    """A server that is not the site, and what it heard."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(200))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_hostile_code_reaches_neither_the_site_nor_another_server(
    visits: Visits, other_server: tuple[str, list[bytes]]
) -> None:
    other, heard = other_server
    problems = ProblemRepository(visits.live.table)
    values = {**PROBLEM, "problem_number": "990004", "title": "Ways Out of a Frame", "time_limit": 15.0}
    problem = problems.create_problem(values)["problem_id"]
    problems.replace_test_cases(problem, [{"input": "1", "output": "", "is_sample": True}])
    # No route of the tests stands between this browser and the network.
    context = visits.browser.new_context(base_url=visits.live.url)
    context.add_init_script(PLAIN)
    try:
        page = context.new_page()
        page.goto(f"/problems/{problem}/")
        page.evaluate(
            "() => { self.heard = []; new BroadcastChannel('site').onmessage = () => { heard.push(1); } }"
        )
        page.locator("#language").select_option("javascript")
        run_code(page, HOSTILE.read_text().replace("SITE", visits.live.url).replace("OTHER", other))
        expect(page.locator(".difference .extra")).to_contain_text(
            re.compile(r"2\d tried from null, reached: nothing$")
        )
        assert page.evaluate("self.heard") == []
        assert page.evaluate("indexedDB.databases()") == []
    finally:
        context.close()
    assert heard == []
    paths = [str(request.get("path")) for request in visits.live.requests()]
    assert "/runner/" in paths
    assert not [path for path in paths if "leak" in path]
