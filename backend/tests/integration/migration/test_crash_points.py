"""A run that dies at any single write of its own files ends, when run again, like an undisturbed one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from migration.uniqueness import KeyBook
from tests.integration.migration.world import Move


class Died(BaseException):
    """Stands for the death of the process."""


class Fuse:
    """Lets a number of file operations pass and then ends the run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        self.count = 0
        for owner, name in ((os, "fsync"), (os, "replace"), (KeyBook, "save")):
            monkeypatch.setattr(owner, name, self.guard(getattr(owner, name)))

    def guard(self, operation: Any) -> Any:
        def burn(*arguments: Any) -> Any:
            self.count += 1
            self.left -= 1
            if self.left < 0:
                raise Died
            return operation(*arguments)

        return burn


def finished(move: Move) -> tuple[bytes, dict[str, Any]]:
    steps = json.loads(move.checkpoint().read_text())["steps"]
    return move.letter_file().read_bytes(), {
        name: {**step["counts"], "consumed": 0, "done": step["done"]} for name, step in steps.items()
    }


def test_every_file_operation_may_be_the_last(
    quick_move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": n, "is_staff": 9 * (n % 3 == 0), "last_login": "0000-00-00"} for n in range(1, 10)]
    quick_move.legacy.add("users", *rows)
    quick_move.legacy.add("subscription_plans", {"id": 1})
    fuse = Fuse(monkeypatch)
    quick_move.run(batch_size=4)
    operations, expected, dump = fuse.count, finished(quick_move), quick_move.dump()
    assert operations > 15
    for deaths in range(operations):
        quick_move.state_dir = tmp_path / f"state-{deaths}"
        fuse.left = deaths
        with pytest.raises(Died):
            quick_move.run(batch_size=4)
        fuse.left = 10**9
        quick_move.run(batch_size=4)
        assert finished(quick_move) == expected
    assert quick_move.dump() == dump


def test_a_restart_that_dies_at_once_never_loses_the_letters_of_a_finished_job(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.add("users", *[{"id": n, "is_staff": 9 * (n % 2)} for n in range(1, 6)])
    quick_move.run()
    expected = finished(quick_move)
    fuse = Fuse(monkeypatch)
    for deaths in range(12):
        fuse.left = deaths
        with pytest.raises(Died):
            quick_move.run(restart=True)
        fuse.left = 10**9
        assert quick_move.run().dead == 3
        assert finished(quick_move) == expected
