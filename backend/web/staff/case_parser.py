"""Parses test cases that staff paste or upload: one text with markers, or pairs of files. Stores nothing.

The text format, also explained on the page: a line `=== input` (or `=== input sample`) starts a case, a line
`=== output` its expected output. Trailing empty lines are removed, and each text ends with one line break.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext as _

from api.history.output_comparison import compared_lines
from api.problems.validation import MAX_CASE_BYTES, MAX_CASES
from web.staff.case_archives import File, unpacked
from web.staff.case_pairs import Pairs, is_system_file, pair_files

_MARKER = re.compile(
    r"^===[ \t]*(?P<kind>input|output)(?P<sample>[ \t]+sample)?[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_NAMED = 10
_SHOWN = 80


class NewCase(NamedTuple):
    """A parsed case; `name` is its number or its file's name."""

    name: str
    input: str
    output: str
    is_sample: bool


@dataclass
class ParsedCases:
    """The parsed cases in order, faults that prevent saving, and remarks for staff to check."""

    cases: list[NewCase] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The total bytes of all texts."""
        return sum(len(text.encode()) for case in self.cases for text in (case.input, case.output))


def parse_text(text: str) -> ParsedCases:
    """Parses a pasted text."""
    text = _unix(text)
    parsed = ParsedCases()
    markers = list(_MARKER.finditer(text))
    before = text[: markers[0].start()] if markers else text
    if before.strip():
        parsed.faults.append(_("Remove the text before the first “=== input” line."))
        return parsed
    ends = [marker.start() for marker in markers[1:]] + [len(text)]
    blocks = [
        (marker["kind"].lower(), marker["sample"] is not None, _ended(text[marker.end() : end]))
        for marker, end in zip(markers, ends, strict=False)
    ]
    for (kind, is_sample, content), (following, _sample, answer) in pairwise([*blocks, ("input", False, "")]):
        number = str(len(parsed.cases) + 1)
        if (kind, following) == ("input", "output"):
            parsed.cases.append(NewCase(number, content, answer, is_sample))
        elif kind == following == "input":
            parsed.faults.append(_("The input of case %(number)s has no output.") % {"number": number})
        elif following == "output" or not parsed.cases:
            parsed.faults.append(_("The output before case %(number)s has no input.") % {"number": number})
    return _checked(parsed)


def _ended(text: str) -> str:
    text = text.removeprefix("\n").rstrip("\n")
    return f"{text}\n" if text else ""


def parse_files(files: Iterable[File]) -> ParsedCases:
    """Parses files, also in ZIP archives, in the layouts of `case_pairs`; samples come first.

    If there is no pair, the faults name the files and why each was not used.
    """
    parsed = ParsedCases()
    contents: dict[str, bytes] = {}
    repeated = []
    room = MAX_CASE_BYTES
    for file in unpacked(files, parsed.faults):
        room -= len(file.content)
        if room < 0:
            return ParsedCases(faults=[too_large()])
        if file.name in contents:
            repeated.append(file.name)
        elif not is_system_file(file.name):
            contents[file.name] = file.content
    if parsed.faults:
        return parsed
    pairs = pair_files(list(contents))
    for input_file, output_file in pairs.cases:
        input_text, output_text = (
            _decoded(File(file.path, contents[file.path]), parsed) for file in (input_file, output_file)
        )
        parsed.cases.append(NewCase(_short(input_file.path), input_text, output_text, input_file.is_sample))
    _report_unused(pairs, repeated, parsed)
    return _checked(parsed)


def _report_unused(pairs: Pairs, repeated: list[str], parsed: ParsedCases) -> None:
    """Adds why files are not used: faults, and a remark on files that need not belong to a case."""
    for message, paths in (
        (_("These files appear twice: %(names)s."), repeated + pairs.repeated),
        (_("No output belongs to these inputs: %(names)s."), pairs.without_output),
        (_("No input belongs to these outputs: %(names)s."), pairs.without_input),
    ):
        if paths:
            parsed.faults.append(message % {"names": _some(paths)})
    if pairs.unclear:
        message = _("Skipped because the name says neither input nor output: %(names)s.")
        (parsed.remarks if pairs.cases else parsed.faults).append(message % {"names": _some(pairs.unclear)})
    if parsed.faults and not pairs.cases:
        parsed.faults.append(
            _(
                "Name files like 1.in and 1.out, input1.txt and output1.txt, in/1.txt and out/1.txt, or 01 and 01.a."
            )
        )


def _decoded(file: File, parsed: ParsedCases) -> str:
    try:
        return _unix(file.content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        parsed.faults.append(_("%(name)s isn't UTF-8 text.") % {"name": _short(file.name)})
        return ""


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _short(name: str) -> str:
    """A name without what is too long to show."""
    return name if len(name) <= _SHOWN else f"…{name[-_SHOWN:]}"


def _some(names: list[str]) -> str:
    listed = ", ".join(map(_short, names[:_NAMED]))
    return f"{listed}, … ({len(names)})" if len(names) > _NAMED else listed


def too_large() -> str:
    """The message for texts that exceed `MAX_CASE_BYTES`."""
    return _("The total size limit is %(megabytes)d MB. Add the cases in smaller batches.") % {
        "megabytes": MAX_CASE_BYTES // 1_000_000
    }


def _checked(parsed: ParsedCases) -> ParsedCases:
    """Adds the faults and remarks that concern the cases as a whole."""
    if parsed.faults:
        return parsed
    if not parsed.cases:
        parsed.faults.append(_("No test cases found."))
    elif len(parsed.cases) > MAX_CASES:
        parsed.faults.append(
            _("You've added %(count)d cases. You can store up to %(most)d at a time.")
            % {"count": len(parsed.cases), "most": MAX_CASES}
        )
    elif parsed.size > MAX_CASE_BYTES:
        parsed.faults.append(too_large())
    elif with_nul := [case.name for case in parsed.cases if "\0" in case.input + case.output]:
        parsed.faults.append(
            _("NUL characters (U+0000) can't be stored: %(names)s.") % {"names": _some(with_nul)}
        )
    else:
        _remark(parsed)
    return parsed


def _remark(parsed: ParsedCases) -> None:
    inputs: set[str] = set()
    repeated = []
    for case in parsed.cases:
        if case.input in inputs:
            repeated.append(case.name)
        inputs.add(case.input)
    for message, names in (
        (_("Same input as an earlier case: %(names)s."), repeated),
        (_("Empty input: %(names)s."), [case.name for case in parsed.cases if not case.input.strip()]),
        (
            _("Empty output: %(names)s."),
            [case.name for case in parsed.cases if not compared_lines(case.output)],
        ),
    ):
        if names:
            parsed.remarks.append(message % {"names": _some(names)})
    if not any(case.is_sample for case in parsed.cases):
        parsed.remarks.append(_("None of these cases is a sample, so visitors won't see any of them."))
