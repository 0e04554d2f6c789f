"""Outputs are compared by one rule: ASCII blanks at line ends and final line feeds do not count, all else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.codec.compared_output import is_current, output_digest
from api.history.output_comparison import compared_lines
from migration.verify.row_values import compared_digest

outputs = st.text("ab \t\r\n\u00a0\f", max_size=12)


def is_same_output(printed: str, expected: str) -> bool:
    return output_digest(printed) == output_digest(expected)


@given(outputs)
def test_the_lines_of_an_output_are_those_of_the_rule(text: str) -> None:
    lines = [line.rstrip(" \t\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    assert compared_lines(text) == lines


@given(outputs, outputs | st.just(""), st.sampled_from(("", " ", "\r", "\n", " \n\t\n")))
def test_digests_are_equal_exactly_if_the_compared_lines_are(text: str, other: str, end: str) -> None:
    for second in (other, text + end, text.replace("\n", f"{end}\n")):
        assert is_same_output(text, second) == (compared_lines(text) == compared_lines(second))


@given(outputs | st.text())
def test_the_verification_computes_the_same_digest(text: str) -> None:
    assert compared_digest(text) == output_digest(text)


@pytest.mark.parametrize("text", ["a" * 300_000, "a \n" * 200_000, "정" * 262_144 + "\n"], ids=len)
def test_a_long_output_is_digested_in_pieces(text: str) -> None:
    assert is_same_output(text, "\n".join(compared_lines(text)))
    assert not is_same_output(text, text[1:])
    assert compared_digest(text) == output_digest(text)


def test_the_digests_of_stored_cases_are_these() -> None:
    assert output_digest("1 2 \n3\n") == output_digest("1 2\n3") == "14AUxX0X01Mi-poZboAf9"
    assert (is_current("1abc"), is_current("2abc"), is_current(None)) == (True, False, False)


@pytest.mark.parametrize(
    "printed",
    ["1 2\n3\n", "1 2\n3", "1 2  \n3\t\n", "1 2\r\n3\r\n", "1 2 \t\r\n3\n\n\n", "1 2\n3\n \n\t\r\n"],
)
def test_blanks_at_line_ends_and_final_line_breaks_do_not_count(printed: str) -> None:
    assert is_same_output(printed, "1 2\n3\n")


@pytest.mark.parametrize(
    "end",
    ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u3000", "\u200b",
     "\ufeff", "\x00", "\x08"],
)  # fmt: skip
@pytest.mark.parametrize("text", ["1{}\n2\n", "1\n2{}\n", "1\n2\n{}\n", "1\n{}2\n"])
def test_any_other_character_counts_wherever_it_stands(text: str, end: str) -> None:
    assert not is_same_output(text.format(end), text.format(""))


@pytest.mark.parametrize(
    "printed", [" 1 2\n3", "1  2\n3", "1\t2\n3", "1 2\n\n3", "\n1 2\n3", "1 2 3", "1 2\r3", "1 2\u20283"]
)
def test_blanks_elsewhere_and_other_line_breaks_count(printed: str) -> None:
    assert not is_same_output(printed, "1 2\n3")


def test_only_a_line_feed_ends_a_line() -> None:
    assert compared_lines("a\u2028b\x0cc\x85d\re\nf\n") == ["a\u2028b\x0cc\x85d\re", "f"]


@pytest.mark.parametrize("text", ["", "\n", " \n\t\r\n"])
def test_an_output_of_blanks_is_an_empty_one(text: str) -> None:
    assert compared_lines(text) == []
