"""Previews of test case inputs and outputs: short texts in full, the beginning of long ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.urls import reverse

from api.composition import repositories
from api.dynamodb.schema.records import ListedTestCase

MAX_LINES = 40
MAX_CHARACTERS = 4000
# A text up to 25 % longer than the limits is shown in full.
_LEEWAY = 1.25


class TextPreview(NamedTuple):
    """The beginning of a text (None if it is too large to show), its size, and the URL of the full text.

    `lines` is None if only the beginning was read.
    """

    name: str
    element_id: str
    beginning: str | None
    lines: int | None
    bytes: int | None
    is_whole: bool
    address: str

    @property
    def shown_lines(self) -> int:
        """The number of lines shown."""
        return _lines(self.beginning or "")

    @property
    def shown_characters(self) -> int:
        """The number of characters shown."""
        return len(self.beginning or "")

    @property
    def is_cut_in_line(self) -> bool:
        """Whether the text was cut because of long lines, not because of their number."""
        return not self.is_whole and self.shown_lines < MAX_LINES

    @property
    def copied_from(self) -> str | None:
        """The URL that the copy button reads, None if it can copy the text from the page.

        HTML preserves neither carriage returns nor NUL.
        """
        on_page = self.is_whole and not set("\r\0") & set(self.beginning or "")
        return None if on_page else self.address


class CasePreview(NamedTuple):
    """A test case; `number` starts at 1."""

    number: int
    is_sample: bool
    texts: tuple[TextPreview, TextPreview]


def case_previews(cases: Sequence[ListedTestCase], first: int = 1) -> list[CasePreview]:
    """Previews of test cases, numbered from `first`.

    Makes no call unless the text of a sample is stored in separate items; see `sample_beginnings` for the cost.
    """
    separate = next(
        (case for case in cases if case["is_sample"] and None in (case["input"], case["output"])), None
    )
    beginnings = repositories().problems.sample_beginnings(separate["problem_id"]) if separate else {}
    return [
        CasePreview(
            number,
            case["is_sample"],
            (_preview(case, "input", beginnings), _preview(case, "output", beginnings)),
        )
        for number, case in enumerate(cases, first)
    ]


def _preview(case: ListedTestCase, name: str, beginnings: Mapping[tuple[int, str], str]) -> TextPreview:
    text = case["input"] if name == "input" else case["output"]
    size = case["input_bytes"] if name == "input" else case["output_bytes"]
    number = case["test_case_id"]
    element_id = f"case-{number}-{name}"
    address = reverse("case-text", args=[case["problem_id"], number, name])
    if text is None:
        read = beginnings.get((number, name))
        beginning = None if read is None else beginning_of(read)
        return TextPreview(name, element_id, beginning, None, size, False, address)
    beginning = beginning_of(text)
    return TextPreview(name, element_id, beginning, _lines(text), size, len(beginning) == len(text), address)


def beginning_of(text: str) -> str:
    """The first lines of a text, or the start of a very long line. A slightly longer text is returned in full."""
    if len(text) <= MAX_CHARACTERS * _LEEWAY and _lines(text) <= MAX_LINES * _LEEWAY:
        return text
    cut = text[:MAX_CHARACTERS]
    lines = cut.split("\n", MAX_LINES)
    return cut if len(lines) <= MAX_LINES else "\n".join(lines[:MAX_LINES]) + "\n"


def _lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n")) if text else 0
