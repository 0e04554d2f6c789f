"""What staff paste and upload becomes test cases, or says what is wrong with it."""

from __future__ import annotations

import io
import zipfile

import pytest

from web.staff import case_texts
from web.staff.case_texts import File, NewCase, read_files, read_pasted

TWO = "=== input sample\n3\n1 2 3\n=== output\n6\n\n=== input\n\n=== output\n0\n"


def archive(files: dict[str, bytes]) -> File:
    """A ZIP archive of files by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return File("cases.zip", content.getvalue())


def test_a_pasted_text_is_read_case_by_case() -> None:
    assert read_pasted(TWO).cases == [
        NewCase("1", "3\n1 2 3\n", "6\n", True),
        NewCase("2", "", "0\n", False),
    ]


def test_a_browsers_line_ends_and_a_marker_in_capitals_make_no_difference() -> None:
    text = TWO.replace("\n", "\r\n").replace("=== output", "=== OUTPUT  ")
    assert read_pasted(text).cases == read_pasted(TWO).cases


def test_a_line_that_only_looks_like_a_marker_is_text() -> None:
    (case,) = read_pasted("=== input\n=== inputs\n ===input\n=== output\n====\n").cases
    assert (case.input, case.output) == ("=== inputs\n ===input\n", "====\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "There is no test case in this."),
        ("1 2\n=== input\n1\n=== output\n1\n", "Something stands before"),
        ("=== input\n1\n=== input\n2\n=== output\n3\n", "The input of case 1 has no output."),
        ("=== input\n1\n=== output\n2\n=== input\n3\n", "The input of case 2 has no output."),
        ("=== output\n1\n", "An output before case 1 has no input."),
        ("=== input\n1\n=== output\n2\n=== output\n3\n", "An output before case 2 has no input."),
    ],
)
def test_a_text_that_is_not_in_the_format_says_where(text: str, fault: str) -> None:
    (found,) = read_pasted(text).faults
    assert found.startswith(fault)


def test_files_are_paired_by_name_samples_first_and_then_as_people_count() -> None:
    files = [
        File("10.in", b"10"), File("10.ans", b"x"), File("2.in", b"2\r\n"), File("2.OUT", b"\xef\xbb\xbfy"),
        File("sample/1.in", b"s"), File("sample/1.out", b"z"),
    ]  # fmt: skip
    found = read_files(files)
    assert found.faults == []
    assert found.cases == [
        NewCase("sample/1", "s", "z", True),
        NewCase("2", "2\n", "y", False),
        NewCase("10", "10", "x", False),
    ]


def test_an_archive_is_unpacked_and_what_is_no_case_is_named() -> None:
    packed = archive(
        {"data/": b"", "data/a.in": b"1", "data/a.out": b"2", "__MACOSX/data/a.in": b"?", "README.md": b"hi"}
    )
    found = read_files([packed])
    assert [case.name for case in found.cases] == ["data/a"]
    assert "README.md" in found.remarks[0]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ([File("a.in", b"1")], "Files without their counterpart: a.in."),
        ([File("a.in", b"1"), File("a.out", b"\xff")], "a.out is not a text in UTF-8."),
        ([File("a.in", b"1"), File("a.in", b"1"), File("a.out", b"2")], "a.in stands there twice."),
        ([File("cases.zip", b"PK what")], "cases.zip is damaged, encrypted, or no ZIP archive."),
        ([], "There is no test case in this."),
    ],
)
def test_files_that_cannot_be_used_are_named(files: list[File], fault: str) -> None:
    assert read_files(files).faults[0] == fault


def test_an_archive_whose_bytes_are_damaged_is_no_error_of_ours() -> None:
    packed = archive({"a.in": bytes(range(256)) * 40, "a.out": b"2"}).content
    assert read_files([File("a.zip", packed[:60] + b"\xff\xff\xff\xff" + packed[64:])]).faults


def test_what_unpacks_to_too_much_is_refused_before_all_of_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(case_texts, "MAX_BYTES", 1_000)
    assert read_files([archive({"a.in": b"0" * 600, "a.out": b"1" * 401})]).faults == [case_texts.too_large()]
    assert read_files([archive({f"{n}.in": b"0" * 5_000 for n in range(9)})]).faults == [
        case_texts.too_large()
    ]
    assert read_files([archive({"a.in": b"0" * 600, "a.out": b"1" * 400})]).faults == []
    assert read_pasted(f"=== input\n{'1' * 999}\n=== output\n1\n").faults == [case_texts.too_large()]


def test_more_cases_than_can_be_stored_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_texts, "MAX_CASES", 1)
    assert read_pasted(TWO).faults == ["These are 2 cases; at most 1 can be stored at once."]


def test_what_is_odd_is_remarked_and_yet_allowed() -> None:
    found = read_pasted("=== input\n\n=== output\n\n=== input\n\n=== output\n1\n")
    assert (len(found.cases), found.faults) == (2, [])
    assert found.remarks == [
        "With the input of an earlier case: 2.",
        "Without input: 1, 2.",
        "Without output: 1.",
        "None of these is a sample: visitors will see no case of them.",
    ]
