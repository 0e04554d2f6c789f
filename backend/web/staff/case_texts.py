"""Test cases out of what staff paste or upload: one text with markers, or files in pairs. Nothing is stored here.

The text's format, which the page explains too: a line `=== input` (or `=== input sample`) begins a case, a line
`=== output` its expected output. Empty lines at the end of a text are left out, and it ends with a line end.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext as _

from api.problems.editing_rules import MAX_CASES

# Bytes of all texts together, unpacked: what one request stores in time, and its confirmation can carry.
MAX_BYTES = 8_000_000
_MARKER = re.compile(
    r"^===[ \t]*(?P<what>input|output)(?P<sample>[ \t]+sample)?[ \t]*$", re.IGNORECASE | re.MULTILINE
)
_PAIRED = re.compile(r"(?P<stem>.+)\.(?P<ending>in|out|ans)", re.IGNORECASE)
_SAMPLE = re.compile("sample|example", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")
_NAMED = 5


class NewCase(NamedTuple):
    """A case as it was read; `name` says where it stood."""

    name: str
    input: str
    output: str
    is_sample: bool


class File(NamedTuple):
    """A file's name and content."""

    name: str
    content: bytes


@dataclass
class Reading:
    """What was read: cases in order, faults that forbid to store them, remarks that staff should look at."""

    cases: list[NewCase] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all texts."""
        return sum(len(text.encode()) for case in self.cases for text in (case.input, case.output))


def read_pasted(text: str) -> Reading:
    """The cases of a pasted text."""
    text = _unix(text)
    found = Reading()
    markers = list(_MARKER.finditer(text))
    before = text[: markers[0].start()] if markers else text
    if before.strip():
        found.faults.append(_("Something stands before the first line “=== input”."))
        return found
    ends = [marker.start() for marker in markers[1:]] + [len(text)]
    blocks = [
        (marker["what"].lower(), marker["sample"] is not None, _ended(text[marker.end() : end]))
        for marker, end in zip(markers, ends, strict=False)
    ]
    for (what, is_sample, content), (following, _sample, answer) in pairwise([*blocks, ("input", False, "")]):
        number = str(len(found.cases) + 1)
        if (what, following) == ("input", "output"):
            found.cases.append(NewCase(number, content, answer, is_sample))
        elif what == following == "input":
            found.faults.append(_("The input of case %(number)s has no output.") % {"number": number})
        elif following == "output" or not found.cases:
            found.faults.append(_("An output before case %(number)s has no input.") % {"number": number})
    return _checked(found)


def _ended(text: str) -> str:
    text = text.removeprefix("\n").rstrip("\n")
    return f"{text}\n" if text else ""


def read_files(files: Iterable[File]) -> Reading:
    """The cases of files: `NAME.in` with `NAME.out` or `NAME.ans`, loose or in ZIP archives, in the order of
    their names; those with `sample` or `example` in their path are samples, and come first.
    """
    found = Reading()
    texts: dict[str, dict[str, str]] = {}
    ignored = []
    room = MAX_BYTES
    for file in _unpacked(files, found):
        if room < 0:
            break
        room -= len(file.content)
        paired = _PAIRED.fullmatch(file.name)
        if paired is None:
            ignored.append(file.name)
            continue
        what = "input" if paired["ending"].lower() == "in" else "output"
        pair = texts.setdefault(paired["stem"], {})
        if what in pair:
            found.faults.append(_("%(name)s stands there twice.") % {"name": file.name})
            continue
        text = _decoded(file, found)
        if text is not None:
            pair[what] = text
    if room < 0:
        return Reading(faults=[too_large()])
    if ignored:
        found.remarks.append(
            _("Files that are no .in, .out or .ans were left out: %(names)s.") % {"names": _some(ignored)}
        )
    _match(texts, found)
    return _checked(found)


def _match(texts: dict[str, dict[str, str]], found: Reading) -> None:
    lonely = []
    for stem, pair in sorted(texts.items(), key=lambda entry: _order(entry[0])):
        if len(pair) == 2:
            found.cases.append(NewCase(stem, pair["input"], pair["output"], _is_sample(stem)))
        else:
            lonely.append(f"{stem}.{'in' if 'input' in pair else 'out'}")
    if lonely and not found.faults:
        found.faults.append(_("Files without their counterpart: %(names)s.") % {"names": _some(lonely)})


def _is_sample(stem: str) -> bool:
    return _SAMPLE.search(stem) is not None


def _order(stem: str) -> tuple[bool, list[tuple[int, str]]]:
    """Samples first, then as people count: 2 before 10."""
    parts = _DIGITS.split(stem.casefold())
    return not _is_sample(stem), [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _unpacked(files: Iterable[File], found: Reading) -> Iterator[File]:
    """The files, and those in archives; at most a little more than `MAX_BYTES` is unpacked of each archive."""
    for file in files:
        if not file.name.lower().endswith(".zip"):
            yield file
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
                room = MAX_BYTES + 1
                for entry in archive.infolist():
                    if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                        continue
                    with archive.open(entry) as content:
                        data = content.read(room)
                    room -= len(data)
                    yield File(entry.filename, data)
                    if room <= 0:
                        return
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError):
            found.faults.append(_("%(name)s is damaged, encrypted, or no ZIP archive.") % {"name": file.name})


def _decoded(file: File, found: Reading) -> str | None:
    try:
        return _unix(file.content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        found.faults.append(_("%(name)s is not a text in UTF-8.") % {"name": file.name})
        return None


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown}, … ({len(names)})" if len(names) > _NAMED else shown


def too_large() -> str:
    """What to do about too much of it."""
    return _("All texts together may have %(megabytes)d MB: add the cases in several goes.") % {
        "megabytes": MAX_BYTES // 1_000_000
    }


def _checked(found: Reading) -> Reading:
    """Adds what is wrong or odd with the cases as a whole."""
    if found.faults:
        return found
    if not found.cases:
        found.faults.append(_("There is no test case in this."))
    elif len(found.cases) > MAX_CASES:
        found.faults.append(
            _("These are %(count)d cases; at most %(most)d can be stored at once.")
            % {"count": len(found.cases), "most": MAX_CASES}
        )
    elif found.size > MAX_BYTES:
        found.faults.append(too_large())
    else:
        _remark(found)
    return found


def _remark(found: Reading) -> None:
    seen: set[str] = set()
    repeated = []
    for case in found.cases:
        if case.input in seen:
            repeated.append(case.name)
        seen.add(case.input)
    for message, names in (
        (_("With the input of an earlier case: %(names)s."), repeated),
        (_("Without input: %(names)s."), [case.name for case in found.cases if not case.input.strip()]),
        (_("Without output: %(names)s."), [case.name for case in found.cases if not case.output.strip()]),
    ):
        if names:
            found.remarks.append(message % {"names": _some(names)})
    if not any(case.is_sample for case in found.cases):
        found.remarks.append(_("None of these is a sample: visitors will see no case of them."))
