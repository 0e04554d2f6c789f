"""Every JavaScript solution of the practice set prints, on every case, what the Python solution prints."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from legacy.demo.practice import PROBLEMS, practice_problems

SLUGS = sorted(path.parent.name for path in PROBLEMS.glob("*/problem.toml"))
# What judges' Node.js has and solutions use: standard input by `fs`, and `console.log` of texts and numbers.
RUN_ALL = """
([code, inputs]) => inputs.map((input) => {
  let printed = "";
  const write = (text) => { printed += text; return true; };
  const log = (...values) => write(values.map(String).join(" ") + "\\n");
  const readFileSync = (path) => {
    if (path !== 0) throw new Error(`solutions read descriptor 0, not ${path}`);
    return input;
  };
  const require = (name) => ({ fs: { readFileSync } })[name];
  new Function("require", "console", "process", code)(require, { log }, { stdout: { write } });
  return printed;
})
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page for all solutions."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("slug", SLUGS)
def test_both_solutions_print_the_same(page: Page, slug: str) -> None:
    problem = next(problem for problem in practice_problems() if problem.folder.slug == slug)
    inputs, outputs = zip(*((case.input, case.output) for case in problem.cases), strict=True)
    assert page.evaluate(RUN_ALL, [problem.folder.javascript, inputs]) == list(outputs)
