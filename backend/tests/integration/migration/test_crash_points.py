"""A run that dies at any write of its files or its checkpoint ends, when run again, like an undisturbed one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from migration.checkpoint import CheckpointStore
from migration.unique_key_index import UniqueKeyIndex
from tests.integration.migration.migration_harness import Move, another_move
from tests.support.torture import Sample


class Died(BaseException):
    """Stands for the death of the process."""


class Fuse:
    """Lets a number of writes of files and checkpoints pass and then ends the run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        self.count = 0
        operations = (
            (os, "fsync"), (Path, "replace"), (UniqueKeyIndex, "save"), (CheckpointStore, "write"),
        )  # fmt: skip
        for owner, name in operations:
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
    steps = move.checkpoint()["steps"]
    return move.letter_file().read_bytes(), {
        name: {**step["counts"], "consumed": 0, "done": step["done"]} for name, step in steps.items()
    }


@pytest.mark.sampled
def test_every_file_operation_may_be_the_last(
    quick_move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    rows = [{"id": n, "is_staff": 9 * (n % 3 == 0), "last_login": "0000-00-00"} for n in range(1, 10)]
    quick_move.legacy.add("users", *rows)
    quick_move.legacy.add("subscription_plans", {"id": 1})
    fuse = Fuse(monkeypatch)
    quick_move.run(batch_size=4)
    operations, expected, dump = fuse.count, finished(quick_move), quick_move.dump()
    assert operations > 15
    for deaths in sample.of(range(operations), between=6):
        with another_move(quick_move, tmp_path / f"state-{deaths}") as other:
            fuse.left = deaths
            with pytest.raises(Died):
                other.run(batch_size=4)
            fuse.left = 10**9
            other.run(batch_size=4)
            assert finished(other) == expected
            assert other.dump() == dump


def test_a_restart_that_dies_at_once_never_loses_the_letters_of_a_finished_job(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.add("users", *[{"id": n, "is_staff": 9 * (n % 2)} for n in range(1, 6)])
    quick_move.run()
    expected = finished(quick_move)
    fuse = Fuse(monkeypatch)
    quick_move.run(restart=True)
    assert fuse.count >= 12
    for deaths in range(fuse.count):
        fuse.left = deaths
        with pytest.raises(Died):
            quick_move.run(restart=True)
        fuse.left = 10**9
        assert quick_move.run().dead == 3
        assert finished(quick_move) == expected
