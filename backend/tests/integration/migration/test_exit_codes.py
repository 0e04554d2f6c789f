"""Exit code 1 means differences and nothing else: whatever fails ends with 2 and one line, or a traceback on demand."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from scripts import _entry
from tests.integration.migration.migration_harness import Move
from tests.integration.migration.test_errors import one_line
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.scripts import finished, run_script

FAILURES = [KeyError("Table"), RecursionError("too deep"), UnicodeEncodeError("latin-1", "정", 0, 1, "no"),
            RuntimeError("a\nb"), MemoryError(), ZeroDivisionError()]  # fmt: skip


def run(error: Exception, *, debug: bool) -> int:
    def fail(options: argparse.Namespace) -> int:
        raise error

    return _entry.run(fail, argparse.Namespace(json=False, debug=debug))


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_any_exception_ends_with_2_and_one_line_that_names_it(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(error, debug=False) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"error: unexpected {type(error).__name__}: ")
    assert line.endswith("run the command again with --debug and report what it shows\n")
    assert line.count("\n") == 1


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_any_exception_ends_with_2_with_its_traceback_on_demand(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(error, debug=True) == 2
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):")


@pytest.mark.any_engine
@pytest.mark.parametrize("script", ["migrate_to_dynamodb", "verify_migration"])
def test_answers_that_are_cut_short_are_no_differences(quick_move: Move, script: str) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.run()

    def cut(call: Call) -> Fault | None:
        return Fault.EMPTY if call.operation == "DescribeTable" else None

    with FaultProxy(quick_move.engine.endpoint_url, cut) as proxy:
        quick_move.endpoint_url = proxy.url
        one_line(run_script(script, settings=quick_move.settings()))


@pytest.mark.any_engine
def test_texts_of_the_data_do_not_control_the_terminal(quick_move: Move, tmp_path: Path) -> None:
    quick_move.legacy.sql("ALTER TABLE users DROP INDEX email")
    hostile = "\x1b]0;owned\x07\x9b31m\u202e@x.org"
    quick_move.legacy.add(
        "users", {"id": 1, "email": hostile}, {"id": 2, "email": hostile, "google_id": "\x1b[2J"}
    )
    quick_move.legacy.sql("CREATE TABLE `\x1b[2J` (id INT)")
    for arguments in (["--dry-run"], [], ["--retry-dead-letter"], ["--dry-run", "--json"]):
        done = quick_move.call(*arguments)
        assert done.returncode in (0, 3)
        assert set(done.stdout + done.stderr) & set("\x1b\x07\x9b\u202e") == set()
    quick_move.legacy.sql("UPDATE users SET name = '\x1b[31m\x9b', email = 'a\x1b' WHERE id = 1")
    for arguments in ([], ["--json"], ["--counts-only"], ["--sample", "9"]):
        done = run_script("verify_migration", *arguments, settings=quick_move.settings())
        assert done.returncode in (0, 1, 3)
        assert set(done.stdout + done.stderr) & set("\x1b\x07\x9b\u202e") == set()


@pytest.mark.any_engine
def test_a_dry_run_that_is_stopped_says_that_nothing_was_written(quick_move: Move) -> None:
    import os
    import signal

    quick_move.legacy.add("users", {"id": 1})
    pids: list[int] = []

    def stop(call: Call) -> None:
        for pid in pids:
            os.kill(pid, signal.SIGTERM)

    with FaultProxy(quick_move.engine.endpoint_url, stop) as proxy:
        quick_move.endpoint_url = proxy.url
        with quick_move.start("--dry-run") as process:
            pids.append(process.pid)
            _, err = finished(process)
    assert (process.returncode, err) == (130, "stopped: nothing was written\n")
