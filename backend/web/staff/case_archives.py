"""Uploaded files, ZIP archives unpacked. An archive costs no more than its content may, whatever its bytes say."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from api.problems.case_archive import SAMPLE_COMMENT
from api.problems.validation import MAX_CASE_BYTES

# Far more than `MAX_CASES` cases have; each takes about a kilobyte while an archive is read.
MAX_ENTRIES = 2_000
# BZIP2 and LZMA take memory by what their headers say.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENTRY_SIGNATURE = b"PK\x01\x02"
# What `zipfile` raises for damaged archives; a name that is not the UTF-8 that it says is a `ValueError`.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, OSError, EOFError, ValueError, LookupError,
)  # fmt: skip


class File(NamedTuple):
    """The name and content of a file."""

    name: str
    content: bytes


def unpacked(files: Iterable[File], faults: list[str]) -> Iterator[File]:
    """The files, with archives unpacked; at most slightly more than `MAX_CASE_BYTES` of each archive.

    What is wrong with an archive is added to `faults`.
    """
    for file in files:
        if not file.name.lower().endswith(".zip"):
            yield file
            continue
        if file.content.count(_ENTRY_SIGNATURE) > MAX_ENTRIES:
            faults.append(
                _("%(name)s has more than %(most)s files. Split it into smaller ZIP files.")
                % {"name": file.name, "most": f"{MAX_ENTRIES:,}"}
            )
            continue
        try:
            yield from _entries(file, faults)
        except _DAMAGED:
            faults.append(
                _(
                    "%(name)s is damaged, password-protected, or not a ZIP file. Make it again, or upload its files "
                    "without a ZIP file."
                )
                % {"name": file.name}
            )


def _entries(file: File, faults: list[str]) -> Iterator[File]:
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
        if any(entry.compress_type not in _METHODS for entry in entries):
            faults.append(
                _(
                    "%(name)s is compressed by a method that isn't supported. Make it again with the usual method, "
                    "Deflate, or upload its files without a ZIP file."
                )
                % {"name": file.name}
            )
            return
        room = MAX_CASE_BYTES + 1
        for entry in entries:
            with archive.open(entry) as content:
                data = content.read(room)
            room -= len(data)
            # A sample in an archive that was downloaded from here has no folder that says so.
            is_sample = entry.comment == SAMPLE_COMMENT
            yield File(f"sample/{entry.filename}" if is_sample else entry.filename, data)
            if room <= 0:
                return
