"""Archives of test cases: unpacked within bounds, or refused with what to do, whatever their bytes say."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping

import pytest

from api.problems.validation import MAX_CASE_BYTES
from web.staff.case_archives import MAX_ENTRIES, File, unpacked


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return content.getvalue()


def unpack(content: bytes) -> tuple[list[File], list[str]]:
    faults: list[str] = []
    return list(unpacked([File("cases.zip", content)], faults)), faults


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_stored_and_deflated_files_are_unpacked(method: int) -> None:
    assert unpack(archive({"a": b"1", "b": b"2"}, method)) == ([File("a", b"1"), File("b", b"2")], [])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 93, 99])
def test_other_methods_are_refused_unread(method: int) -> None:
    content = archive({"a": b"1"})
    at = content.index(b"PK\x01\x02") + 10
    files, faults = unpack(content[:at] + method.to_bytes(2, "little") + content[at + 2 :])
    assert files == []
    assert faults == [
        "cases.zip is compressed by a method that isn't supported. Make it again with the usual method, Deflate, or "
        "upload its files without a ZIP file."
    ]


def test_no_more_is_unpacked_than_all_cases_may_hold() -> None:
    files, faults = unpack(archive({"a": bytes(30_000_000), "b": b"2"}))
    assert [len(file.content) for file in files] == [MAX_CASE_BYTES + 1]
    assert faults == []


def test_a_name_that_is_not_the_utf_8_it_says_is_damage() -> None:
    content = archive({"é.in": b"1"})
    _, faults = unpack(content.replace("é".encode(), b"\xff\xfe"))
    assert faults == [
        "cases.zip is damaged, password-protected, or not a ZIP file. Make it again, or upload its files without a "
        "ZIP file."
    ]


def test_more_files_than_any_problem_has_are_refused_before_they_are_listed() -> None:
    _, faults = unpack(archive({str(n): b"" for n in range(MAX_ENTRIES + 1)}))
    assert faults == ["cases.zip has more than 2,000 files. Split it into smaller ZIP files."]


def test_no_damage_is_more_than_a_fault() -> None:
    originals = [
        archive({"a.in": bytes(range(256)), "é.out": b"x" * 999, "d/": b""}, method)
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    ]
    for seed in range(2_000):
        chance = random.Random(seed)
        content = bytearray(chance.choice(originals))
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(content))
            if chance.random() < 0.5:
                content[at] = chance.randrange(256)
            else:
                del content[at : at + chance.randrange(1, 20)]
        unpack(bytes(content))
