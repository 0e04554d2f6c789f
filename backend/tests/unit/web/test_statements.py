"""Statements as HTML: Markdown and formulas, and nothing that runs, whatever the text."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils.safestring import SafeString

from web.rendering.statements import MOST_CHARACTERS, HtmlCache, statement_html

BACKEND = Path(__file__).resolve().parents[3]


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: dict[str, list[dict[str, str | None]]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.setdefault(tag, []).append(dict(attrs))


def tags(text: str) -> dict[str, list[dict[str, str | None]]]:
    return _Tags(statement_html(text)).tags


def test_markdown_becomes_html_whose_headings_begin_below_the_title() -> None:
    html = statement_html("# Story\n\n## Input\n\n- `a`\n- **b**\n\n| n | m |\n|---|---|\n| 1 | 2 |")
    assert html.startswith(
        "<h2>Story</h2>\n<h2>Input</h2>\n<ul>\n<li><code>a</code></li>\n<li><strong>b</strong>"
    )
    assert '<div class="scroll" tabindex="0"><table>' in html
    assert "<h1" not in html


def test_formulas_become_mathml_in_a_line_and_apart() -> None:
    html = statement_html("Given $1 \\le n \\le 10^5$.\n\n$$\n\\sum_{i=1}^{n} a_i\n$$\n")
    assert '<math display="inline"><mrow><mn>1</mn><mo>≤</mo><mi>n</mi><mo>≤</mo><msup>' in html
    assert '<span class="formula"><math display="block"><mrow><munderover><mo>∑</mo>' in html


@pytest.mark.parametrize("text", ["It costs $5 and $6.", "\\$x\\$", "a $ b", "$ x $", "$$"])
def test_dollars_that_are_money_stay_dollars(text: str) -> None:
    assert "math" not in tags(text)
    assert "$" in statement_html(text)


@pytest.mark.parametrize("latex", [r"\frac{", r"x^2^3", r"\left( x", r"^", "\\sqrt{" * 600, "x" * 2_001])
def test_a_formula_that_cannot_be_read_is_shown_as_it_was_written(latex: str) -> None:
    html = statement_html(f"Before ${latex}$ after.")
    assert f'<code class="math-error">${latex}$</code>' in html
    assert html.endswith("after.</p>\n")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", '<b onclick="alert(1)">x</b>', "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)", "<javascript:alert(1)>", "![x](https://example.org/x.png)",
        r"$\text{<script>alert(1)</script>}$", r"$\href{javascript:alert(1)}{x}$", r"$\style{color:red}{x}$",
        r"$\class{button}{x}$", "<style>*{display:none}</style>", "<iframe src=/>", '<a href="/" style="x">x</a>',
        "<!-- --><img src=x onerror=alert(1)>", '[x](https://example.org "\" onmouseover=alert(1)")', "&#60;script>",
        "```js\" onclick=alert(1)\n```", "x\x00<script>",
    ],
)  # fmt: skip
def test_what_could_run_or_load_is_text(text: str) -> None:
    harmless = {
        "p": set(), "a": {"href", "title", "rel"}, "code": {"class"}, "pre": {"tabindex"}, "math": {"display"},
        "mrow": set(), "mtext": set(), "mi": set(), "mstyle": set(), "mn": set(), "mo": {"stretchy"},
    }  # fmt: skip
    for tag, elements in tags(text).items():
        for attributes in elements:
            assert attributes.keys() <= harmless[tag]
            assert (attributes.get("href") or "https:").startswith("https:")


@pytest.mark.parametrize(
    "text", ["[" * 3_000, ">" * 10_000, "- " * 5_000, "*" * 10_000, "$" * 10_000, "`" * 9_999]
)
def test_deep_nesting_is_no_error(text: str) -> None:
    assert statement_html(text).startswith("<")


def test_a_text_that_is_too_long_is_shown_as_it_is() -> None:
    text = "<b>" + "x" * 256_000
    assert statement_html(text) == f'<pre class="as-written" tabindex="0">&lt;b&gt;{"x" * 256_000}</pre>'
    assert len(text) > MOST_CHARACTERS


def test_a_renderer_that_fails_leaves_the_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: bool) -> None:
        raise RecursionError

    monkeypatch.setattr("web.rendering.statements._markup", fail)
    assert statement_html("a *new* text") == '<pre class="as-written" tabindex="0">a *new* text</pre>'


def test_the_cache_renders_once_and_drops_what_was_not_used_for_longest() -> None:
    rendered: list[str] = []

    def render(text: str) -> SafeString:
        rendered.append(text)
        return SafeString(text * 10)

    cache = HtmlCache(most_characters=25)
    for text in ("a", "b", "a", "c", "a", "b"):
        assert cache.get(text, render) == text * 10
    assert rendered == ["a", "b", "c", "b"]


def test_the_service_starts_without_the_libraries() -> None:
    code = (
        "import django, os, sys; os.environ['DJANGO_DEBUG'] = '1'; "
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings'); django.setup(); "
        "import config.urls; print(sorted({'markdown_it', 'nh3', 'latex2mathml'} & sys.modules.keys()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=BACKEND, capture_output=True, text=True, check=False
    )
    assert (run.stdout.strip(), run.returncode) == ("[]", 0), run.stderr
