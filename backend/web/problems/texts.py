"""Inputs and outputs of test cases as pages show them: short ones whole, of long ones the beginning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.urls import reverse

from api.composition import repositories
from api.dynamodb.repositories.records import ListedTestCase

MAX_LINES = 40
MAX_CHARACTERS = 4000
# So much more is no reason to cut a text.
_LEEWAY = 1.25


class ShownText(NamedTuple):
    """A text: what of it is shown (None: it is too large for that), how much it all is, where all of it is.

    `lines` of the whole text are None where only its beginning was read.
    """

    name: str
    place: str
    beginning: str | None
    lines: int | None
    bytes: int | None
    is_whole: bool
    address: str

    @property
    def shown_lines(self) -> int:
        """How many lines of it are shown."""
        return _lines(self.beginning or "")

    @property
    def shown_characters(self) -> int:
        """How many characters of it are shown."""
        return len(self.beginning or "")

    @property
    def is_cut_in_line(self) -> bool:
        """Whether it is the length of its lines, not their number, that is too much."""
        return not self.is_whole and self.shown_lines < MAX_LINES

    @property
    def copied_from(self) -> str | None:
        """Where copying takes the text from, None for the page itself.

        A page keeps neither a carriage return nor a NUL as it was.
        """
        on_page = self.is_whole and not set("\r\0") & set(self.beginning or "")
        return None if on_page else self.address


class ShownCase(NamedTuple):
    """A test case; `number` counts from one."""

    number: int
    is_sample: bool
    texts: tuple[ShownText, ShownText]


def shown_cases(cases: Sequence[ListedTestCase], first: int = 1) -> list[ShownCase]:
    """Test cases as pages show them; `first` is the first one's number.

    No call, unless there is a sample among them whose text stands apart: then see `sample_beginnings`.
    """
    apart = next(
        (case for case in cases if case["is_sample"] and None in (case["input"], case["output"])), None
    )
    beginnings = repositories().problems.sample_beginnings(apart["problem_id"]) if apart else {}
    return [
        ShownCase(
            number,
            case["is_sample"],
            (_shown(case, "input", beginnings), _shown(case, "output", beginnings)),
        )
        for number, case in enumerate(cases, first)
    ]


def _shown(case: ListedTestCase, name: str, beginnings: Mapping[tuple[int, str], str]) -> ShownText:
    text = case["input"] if name == "input" else case["output"]
    size = case["input_bytes"] if name == "input" else case["output_bytes"]
    number = case["test_case_id"]
    place = f"case-{number}-{name}"
    address = reverse("case-text", args=[case["problem_id"], number, name])
    if text is None:
        read = beginnings.get((number, name))
        beginning = None if read is None else beginning_of(read)
        return ShownText(name, place, beginning, None, size, False, address)
    beginning = beginning_of(text)
    return ShownText(name, place, beginning, _lines(text), size, len(beginning) == len(text), address)


def beginning_of(text: str) -> str:
    """The first lines of a text, or of its first line as much as a page holds; all of one that is little longer."""
    if len(text) <= MAX_CHARACTERS * _LEEWAY and _lines(text) <= MAX_LINES * _LEEWAY:
        return text
    cut = text[:MAX_CHARACTERS]
    lines = cut.split("\n", MAX_LINES)
    return cut if len(lines) <= MAX_LINES else "\n".join(lines[:MAX_LINES]) + "\n"


def _lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n")) if text else 0
