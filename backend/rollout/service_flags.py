"""The service's flags: one for each read path, named and valued as the paths and their strategies are."""

from __future__ import annotations

from api.dynamodb.table.read_paths import PATHS, ReadPath
from rollout.flags import Flag


def _flag(path: ReadPath) -> Flag:
    return Flag(
        path.name, path.purpose, tuple(strategy.name for strategy in path.strategies), phase=2,
        indexes={strategy.name: strategy.index for strategy in path.strategies if strategy.index is not None},
    )  # fmt: skip


FLAGS = tuple(map(_flag, PATHS))
