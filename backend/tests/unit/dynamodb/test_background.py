"""Work in the background: one at a time, and a failure ends in the log."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from api.dynamodb.table.background import BackgroundWork


def test_it_is_never_done_twice_at_once() -> None:
    waiting: list[Callable[[], None]] = []
    work = BackgroundWork("it failed", (ValueError,), start=waiting.append)
    done: list[int] = []
    work.start(lambda: done.append(1))
    work.start(lambda: done.append(2))
    waiting.pop()()
    work.start(lambda: done.append(3))
    waiting.pop()()
    assert (done, waiting) == ([1, 3], [])


def test_a_failure_is_logged_and_the_next_one_begins(caplog: pytest.LogCaptureFixture) -> None:
    work = BackgroundWork("it failed", (ValueError,), start=lambda run: run())

    def fail() -> None:
        raise ValueError("no number")

    work.start(fail)
    assert "it failed: no number" in caplog.text
    done: list[int] = []
    work.start(lambda: done.append(1))
    assert done == [1]


def test_without_a_thread_it_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(run: Callable[[], None]) -> None:
        raise RuntimeError("can't start new thread")

    work = BackgroundWork("it failed", (ValueError,), start=refuse)
    work.start(lambda: None)
    work.start(lambda: None)
    assert caplog.text.count("it failed: can't start new thread") == 2


def test_it_runs_on_another_thread() -> None:
    ran = threading.Event()
    names: list[str] = []

    def note() -> None:
        names.append(threading.current_thread().name)
        ran.set()

    BackgroundWork("it failed", ()).start(note)
    assert ran.wait(10) and names != [threading.current_thread().name]
