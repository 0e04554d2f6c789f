"""What staff paste and upload becomes test cases, or says what is wrong with it."""

from __future__ import annotations

import io
import zipfile

import pytest

from web.staff import case_parser
from web.staff.case_archives import File
from web.staff.case_parser import NewCase, parse_files, parse_text

TWO = "=== input sample\n3\n1 2 3\n=== output\n6\n\n=== input\n\n=== output\n0\n"


def archive(files: dict[str, bytes]) -> File:
    """A ZIP archive of files by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return File("cases.zip", content.getvalue())


def test_a_pasted_text_is_read_case_by_case() -> None:
    assert parse_text(TWO).cases == [
        NewCase("1", "3\n1 2 3\n", "6\n", True),
        NewCase("2", "", "0\n", False),
    ]


def test_a_browsers_line_ends_and_a_marker_in_capitals_make_no_difference() -> None:
    text = TWO.replace("\n", "\r\n").replace("=== output", "=== OUTPUT  ")
    assert parse_text(text).cases == parse_text(TWO).cases


def test_a_line_that_only_looks_like_a_marker_is_text() -> None:
    (case,) = parse_text("=== input\n=== inputs\n ===input\n=== output\n====\n").cases
    assert (case.input, case.output) == ("=== inputs\n ===input\n", "====\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "No test cases found."),
        ("1 2\n=== input\n1\n=== output\n1\n", "Remove the text before the first"),
        ("=== input\n1\n=== input\n2\n=== output\n3\n", "The input of case 1 has no output."),
        ("=== input\n1\n=== output\n2\n=== input\n3\n", "The input of case 2 has no output."),
        ("=== output\n1\n", "The output before case 1 has no input."),
        ("=== input\n1\n=== output\n2\n=== output\n3\n", "The output before case 2 has no input."),
    ],
)
def test_a_text_that_is_not_in_the_format_says_where(text: str, fault: str) -> None:
    (found,) = parse_text(text).faults
    assert found.startswith(fault)


def test_files_are_paired_by_name_samples_first_and_then_as_people_count() -> None:
    files = [
        File("10.in", b"10"), File("10.ans", b"x"), File("2.in", b"2\r\n"), File("2.OUT", b"\xef\xbb\xbfy"),
        File("sample/1.in", b"s"), File("sample/1.out", b"z"),
    ]  # fmt: skip
    found = parse_files(files)
    assert found.faults == []
    assert found.cases == [
        NewCase("sample/1.in", "s", "z", True),
        NewCase("2.in", "2\n", "y", False),
        NewCase("10.in", "10", "x", False),
    ]


def test_an_archive_is_unpacked_and_what_is_no_case_is_named() -> None:
    packed = archive(
        {"data/": b"", "data/a.in": b"1", "data/a.out": b"2", "__MACOSX/data/a.in": b"?", "README.md": b"hi"}
    )
    found = parse_files([packed])
    assert [case.name for case in found.cases] == ["data/a.in"]
    assert "README.md" in found.remarks[0]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ([File("a.in", b"1")], "No output belongs to these inputs: a.in."),
        ([File("a.in", b"1"), File("a.out", b"\xff")], "a.out isn't UTF-8 text."),
        ([File("a.in", b"1"), File("a.in", b"1"), File("a.out", b"2")], "These files appear twice: a.in."),
        ([File("a.py", b"")], "Skipped because the name says neither input nor output: a.py."),
        ([], "No test cases found."),
    ],
)
def test_files_that_cannot_be_used_are_named(files: list[File], fault: str) -> None:
    assert parse_files(files).faults[0] == fault


def test_an_archive_whose_bytes_are_damaged_is_no_error_of_ours() -> None:
    packed = archive({"a.in": bytes(range(256)) * 40, "a.out": b"2"}).content
    assert parse_files([File("a.zip", packed[:60] + b"\xff\xff\xff\xff" + packed[64:])]).faults


def test_what_unpacks_to_too_much_is_refused_before_all_of_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(case_parser, "MAX_CASE_BYTES", 1_000)
    assert parse_files([archive({"a.in": b"0" * 600, "a.out": b"1" * 401})]).faults == [
        case_parser.too_large()
    ]
    assert parse_files([archive({f"{n}.in": b"0" * 5_000 for n in range(9)})]).faults == [
        case_parser.too_large()
    ]
    assert parse_files([archive({"a.in": b"0" * 600, "a.out": b"1" * 400})]).faults == []
    assert parse_text(f"=== input\n{'1' * 999}\n=== output\n1\n").faults == [case_parser.too_large()]


def test_more_cases_than_can_be_stored_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_parser, "MAX_CASES", 1)
    assert parse_text(TWO).faults == ["You've added 2 cases. You can store up to 1 at a time."]


def test_a_text_with_a_nul_is_refused_before_the_preview() -> None:
    files = [File("1.in", b"a\x00"), File("1.out", b"b")]
    assert parse_files(files).faults == ["NUL characters (U+0000) can't be stored: 1.in."]


def test_an_output_is_empty_by_the_rule_that_compares_outputs() -> None:
    (empty,) = parse_text("=== input sample\n1\n=== output\n \t\n").remarks
    assert empty == "Empty output: 1."
    assert parse_text("=== input sample\n1\n=== output\n\xa0\n").remarks == []


def test_what_is_odd_is_remarked_and_yet_allowed() -> None:
    found = parse_text("=== input\n\n=== output\n\n=== input\n\n=== output\n1\n")
    assert (len(found.cases), found.faults) == (2, [])
    assert found.remarks == [
        "Same input as an earlier case: 2.",
        "Empty input: 1, 2.",
        "Empty output: 1.",
        "None of these cases is a sample, so visitors won't see any of them.",
    ]
