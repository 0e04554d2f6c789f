"""All test cases as one ZIP archive: for whom, of which bytes, in bounded memory, and uploaded again."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from typing import Any, cast

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.errors import InvalidInput
from api.dynamodb.repositories.test_case_repository import OpenTestCase
from api.dynamodb.table.text_stream import OpenText
from api.problems import case_archive
from api.problems.case_archive import archive_pieces
from tests.integration.api.conftest import BOB, CHARLIE, bearer
from tests.integration.api.factories import a_problem, fault_of, get
from web.staff.case_archives import File
from web.staff.case_parser import parse_files

ADDRESS = "/api/problems/100/test-cases.zip"
# It does not compress well, so it is stored in parts.
LARGE = random.Random(1).randbytes(300_000).hex()
CASES: list[dict[str, Any]] = [
    {"input": "1 2\n", "output": "3\n", "is_sample": True},
    *({"input": f"{number} 0\n", "output": f"{number}\n"} for number in range(11)),
    {"input": LARGE, "output": "답\n"},
    {"input": "", "output": "\n"},
]


@pytest.fixture(autouse=True)
def _cases(cast: object) -> None:
    a_problem(100)
    repositories().problems.add_test_cases(100, CASES)


def files_of(response: Any) -> dict[str, str]:
    """The files of a downloaded archive."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_signed_in_user_gets_every_case_in_order(site: Client) -> None:
    response = get(site, ADDRESS, by=CHARLIE)
    files = files_of(response)
    assert list(files) == [f"{n}.{ending}" for n in range(1, 15) for ending in ("in", "out")]
    assert [(files[f"{n}.in"], files[f"{n}.out"]) for n in range(1, 15)] == [
        (case["input"], case["output"]) for case in CASES
    ]
    assert response["Content-Disposition"] == 'attachment; filename="100-test-cases.zip"'
    assert get(site, ADDRESS, by=BOB).getvalue() == response.getvalue(), "the same cases make the same bytes"


def test_visitors_get_samples(site: Client) -> None:
    assert fault_of(get(site, ADDRESS, by=None)) == (401, "unauthenticated")
    assert files_of(get(site, f"{ADDRESS}?samples=true", by=None)) == {"1.in": "1 2\n", "1.out": "3\n"}
    assert files_of(site.get("/problems/100/cases.zip")) == {"1.in": "1 2\n", "1.out": "3\n"}


def test_head_has_the_headers_and_options_the_methods(site: Client) -> None:
    whole, head = get(site, ADDRESS), site.head(ADDRESS, headers=bearer(CHARLIE))
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(whole.getvalue()))
    assert site.options(ADDRESS)["Allow"] == "GET, HEAD, OPTIONS"


def test_a_draft_is_not_there(site: Client) -> None:
    a_problem(101, is_completed=False)
    assert fault_of(get(site, ADDRESS.replace("100", "101"))) == (404, "not-found")


def test_what_was_downloaded_can_be_uploaded(site: Client) -> None:
    parsed = parse_files([File("100.zip", get(site, ADDRESS).getvalue())])
    assert parsed.faults == []
    assert [(case.input, case.output, case.is_sample) for case in parsed.cases] == [
        (case["input"], case["output"], bool(case.get("is_sample"))) for case in CASES
    ]


def test_a_long_archive_is_streamed_and_breaks_off_when_cases_are_replaced(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_archive, "_AT_ONCE_BYTES", 100)
    monkeypatch.setattr(case_archive, "_CASES_AT_ONCE", 3)
    assert len(files_of(get(site, ADDRESS))) == 28
    first, second = get(site, ADDRESS), get(site, ADDRESS, by=BOB)
    assert first.streaming
    for busy in (get(site, ADDRESS), get(site, ADDRESS, by=CHARLIE)):
        assert fault_of(busy) == (503, "unavailable")
    second.close()
    assert site.head(ADDRESS, headers=bearer(CHARLIE)).content == b""  # it takes no place
    assert get(site, ADDRESS, by=BOB).streaming
    repositories().problems.replace_test_cases(100, CASES[:1])
    pieces = iter(first.streaming_content)
    with pytest.raises(InvalidInput, match="cursor"):
        list(pieces)


class _Text:
    """A text of 16 MB that does not compress, made piece by piece."""

    def __init__(self) -> None:
        self.bytes = 16 << 20

    def __iter__(self) -> Iterator[bytes]:
        chance = random.Random(2)
        return (chance.randbytes(1 << 16) for _ in range(self.bytes >> 16))


def test_memory_is_that_of_a_piece() -> None:
    case = OpenTestCase(False, cast(OpenText, _Text()), cast(OpenText, _Text()))
    tracemalloc.start()
    try:
        size = sum(map(len, archive_pieces([case])))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 32 << 20
    assert peak < 2 << 20
