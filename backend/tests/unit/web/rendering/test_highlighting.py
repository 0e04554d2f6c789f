"""Highlighting: every part of every language in its colour, in time that grows with the code and no faster."""

from __future__ import annotations

from functools import partial
from html import unescape
from re import findall, sub

import pytest

from api.history.languages import LANGUAGES
from tests.support.cpu_time import cpu_seconds
from tests.support.hostile_code import FRAGMENTS, hostile_code
from tests.support.torture import Sample
from web.rendering.highlighting import MAX_COLOURED, MAX_HIGHLIGHTED, highlighted
from web.rendering.syntaxes import SYNTAXES

# Less CPU time than this is bounded whatever the growth, and too short to be measured.
MEASURABLE_SECONDS = 0.003


def html_of(code: str, language: str) -> str:
    html = highlighted(code, language)
    assert html is not None
    return html


def parts(code: str, language: str) -> dict[str, str]:
    """The coloured parts and their classes."""
    spans = findall(r'<span class="(\w)">(.*?)</span>', html_of(code, language))
    return {unescape(text): name for name, text in spans}


def test_every_language_has_a_syntax() -> None:
    assert SYNTAXES.keys() == LANGUAGES.keys()


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ('python', '@cache\ndef f(n: int): # a', {'@cache': 'a', 'def': 'k', 'f': 'f', 'int': 't', '# a': 'c'}),
        ('python', 'rf"a{n}" + b\'c\' + 1_0.5e-3', {'rf"a{n}"': 's', "b'c'": 's', '1_0.5e-3': 'n'}),
        ('cpp', '#include <vector>\nR"(a"b)" 1\'000LL', {'#include <vector>': 'a', 'R"(a"b)"': 's', "1'000LL": 'n'}),
        ('c', 'struct node x; printf(0x1F)', {'struct': 'k', 'node': 't', 'printf': 'f', '0x1F': 'n'}),
        ('java', "@Override public Node f() 'x'", {'@Override': 'a', 'public': 'k', 'Node': 't', 'f': 'f', "'x'": 's'}),
        ('javascript', 'a.b(/x"[/]y/g, `c`) / 2', {'b': 'f', '/x"[/]y/g': 's', '`c`': 's', '2': 'n'}),
        ('typescript', 'interface A { b: number }', {'interface': 'k', 'A': 't', 'number': 't'}),
        ('go', 'func main() { fmt.Println(`a`) }', {'func': 'k', 'main': 'f', 'Println': 'f', '`a`': 's'}),
        ('csharp', 'var s = @"a\\"; /* b */', {'var': 'k', '@"a\\"': 's', '/* b */': 'c'}),
        ('kotlin', 'fun main() { val s = """a"b""" }', {'fun': 'k', 'main': 'f', 'val': 'k', '"""a"b"""': 's'}),
        ('rust', "#[a] fn f<'a>(c: char) 'b'", {'#[a]': 'a', 'fn': 'k', 'f': 'f', "'a": 'a', 'char': 't', "'b'": 's'}),
        ('swift', '@main struct S { #if A }', {'@main': 'a', 'struct': 'k', 'S': 't', '#if': 'a'}),
        ('ruby', 'def f\n  @if = :sym / 2\n# a', {'def': 'k', 'f': 'f', ':sym': 's', '2': 'n', '# a': 'c'}),
        ('php', '$if = 1; # a\n#[B]', {'1': 'n', '# a': 'c', '#[B]': 'a'}),
        ('scala', "object Main { 'c' }", {'object': 'k', 'Main': 't', "'c'": 's'}),
    ],
)  # fmt: skip
def test_each_part_has_its_class(language: str, code: str, expected: dict[str, str]) -> None:
    assert parts(code, language) == expected


def test_a_part_of_many_lines_has_a_span_on_each() -> None:
    assert html_of("/* a\n\nb */ 1", "java") == (
        '<span class="c">/* a</span>\n\n<span class="c">b */</span> <span class="n">1</span>'
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_stays_as_it_is_whatever_it_is(language: str) -> None:
    for name in FRAGMENTS:
        code = hostile_code(name, 300)
        assert unescape(sub(r"</?span[^>]*>", "", html_of(code, language))) == code


def test_too_long_code_and_code_of_too_many_parts_has_no_colours() -> None:
    assert highlighted("x" * MAX_HIGHLIGHTED, "python") is not None
    assert highlighted("x" * (MAX_HIGHLIGHTED + 1), "python") is None
    assert highlighted("1 " * MAX_COLOURED, "python") is not None
    assert highlighted("1 " * (MAX_COLOURED + 1), "python") is None


@pytest.mark.sampled
@pytest.mark.parametrize("language", LANGUAGES)
def test_four_times_the_hostile_code_takes_about_four_times_the_cpu_time(
    language: str, sample: Sample
) -> None:
    for name in sample.of(list(FRAGMENTS), between=6):
        codes = [hostile_code(name, size) for size in (MAX_HIGHLIGHTED // 4, MAX_HIGHLIGHTED)]
        for _attempt in range(3):  # other processes can slow a measurement down
            little, much = (cpu_seconds(partial(highlighted, code, language)) for code in codes)
            if much < max(MEASURABLE_SECONDS, 8 * little):
                break
        else:
            pytest.fail(f"{name}: {little:.4f} s grew to {much:.4f} s")
