"""`--json [FILE]`, which every command has in one form."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from scripts import _entry


def options_of(*arguments: str) -> argparse.Namespace:
    parser = _entry.parser("A command.")
    parser.add_argument("--dry-run", action="store_true")
    return parser.parse_args(arguments)


def report(options: argparse.Namespace) -> int:
    print('{"rows": 1}' if options.json else "1 row")
    return 1


def test_without_it_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _entry.run(report, options_of()) == 1
    assert capsys.readouterr().out == "1 row\n"


def test_without_a_file_json_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _entry.run(report, options_of("--json", "--dry-run")) == 1
    assert capsys.readouterr().out == '{"rows": 1}\n'


def test_json_goes_into_the_file_and_the_exit_code_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    assert _entry.run(report, options_of("--json", str(file))) == 1
    assert file.read_text() == '{"rows": 1}\n'
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_missing_is_said_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def main(options: argparse.Namespace) -> int:
        raise AssertionError("the work began")

    assert _entry.run(main, options_of("--json", str(tmp_path / "missing" / "report.json"))) == 2
    assert "there is no folder" in capsys.readouterr().err
