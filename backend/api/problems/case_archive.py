"""All test cases of a problem as one ZIP archive, made while it is sent: `1.in`, `1.out`, `2.in` and so on.

Samples come first and have the entry comment `sample`, by which an upload of the archive knows them again. The same
cases make the same bytes.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from api.composition import repositories
from api.dynamodb.errors import DataLayerError
from api.dynamodb.repositories.test_case_repository import OpenTestCase
from api.http.bounded_streams import BoundedStream

logger = logging.getLogger("algoitny.case_archive")

SAMPLE_COMMENT = b"sample"
CONTENT_TYPE = "application/zip"
_CASES_AT_ONCE = 50
# An archive of at most so many bytes, and so many pieces of text, is made before it is sent, so that a slow reader
# takes no thread from others.
_AT_ONCE_BYTES, _AT_ONCE_PIECES = 1_000_000, 400
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644 << 16
_UNIX = 3


class _Sink(io.RawIOBase):
    """Where `zipfile` writes: keeps what was not passed on yet. It cannot be rewound."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        """What was written since the last call."""
        written = b"".join(self._pieces)
        self._pieces.clear()
        return written


def archive_pieces(cases: Iterable[OpenTestCase]) -> Iterator[bytes]:
    """The archive: what each piece of text adds to it, which may be nothing. Raises what reading a text raises."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for number, case in enumerate(cases, 1):
            for ending, text in (("in", case.input), ("out", case.output)):
                entry = zipfile.ZipInfo(f"{number}.{ending}", _EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system, entry.external_attr = _UNIX, _READABLE_FILE
                entry.file_size = text.bytes or 0
                entry.comment = SAMPLE_COMMENT if case.is_sample else b""
                with archive.open(entry, "w") as file:
                    for piece in text:
                        file.write(piece)
                        yield sink.drain()
    yield sink.drain()


def open_cases(problem_id: int, *, samples_only: bool) -> Iterator[OpenTestCase]:
    """The cases, read a page at a time. Raises `InvalidInput` if they are replaced meanwhile.

    For each 50 cases two Queries and one GetItem, consistent: 1 RCU per 4 KB.
    """
    cursor: str | None = None
    while True:
        page = repositories().problems.open_test_cases(
            problem_id, samples_only=samples_only, limit=_CASES_AT_ONCE, cursor=cursor
        )
        yield from page
        cursor = page.cursor
        if cursor is None:
            return


def archive_response(problem_id: int, *, samples_only: bool, reader: str) -> HttpResponseBase:
    """The download. Memory: a megabyte, and what one text takes while it is read.

    reader: who downloads; an archive of more than a megabyte, or of much text, is streamed, and each reader has one of
    those at a time.

    Raises `ApiError`, 503, when too many are streamed, and what reading a text raises within the first megabyte; after
    that the download breaks off without the archive's directory, so that no program takes it for whole. Reads all
    cases once: 1 RCU per 4 KB.
    """
    pieces = archive_pieces(open_cases(problem_id, samples_only=samples_only))
    first: list[bytes] = []
    size = 0
    for piece in pieces:
        first.append(piece)
        size += len(piece)
        if size > _AT_ONCE_BYTES or len(first) > _AT_ONCE_PIECES:
            everything = filter(None, chain(first, _logged(pieces, problem_id)))
            stream = BoundedStream(everything, ("cases", reader))
            return _named(StreamingHttpResponse(stream, content_type=CONTENT_TYPE), problem_id, samples_only)
    response = HttpResponse(b"".join(first), content_type=CONTENT_TYPE)
    response["Content-Length"] = str(size)
    return _named(response, problem_id, samples_only)


def _logged(pieces: Iterator[bytes], problem_id: int) -> Iterator[bytes]:
    try:
        yield from pieces
    except DataLayerError as failure:
        logger.warning("the archive of problem %d broke off: %s", problem_id, failure)
        raise


def _named(response: HttpResponseBase, problem_id: int, samples_only: bool) -> HttpResponseBase:
    name = f"{problem_id}-samples.zip" if samples_only else f"{problem_id}-test-cases.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
