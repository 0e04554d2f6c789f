"""The option `--torture`, and samples: what `make test` does in part and `make torture` wholly."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")


def add_options(parser: pytest.Parser) -> None:
    """Adds `--torture`."""
    group = parser.getgroup("torture")
    group.addoption(
        "--torture",
        action="store_true",
        help="run the torture tests at full size, each sampled test wholly, and on both engines what runs on any",
    )
    group.addoption(
        "--torture-json", metavar="FILE", type=Path, help="write the torture tests' figures to FILE"
    )


def is_full(config: pytest.Config) -> bool:
    """Whether this run does everything."""
    return bool(config.getoption("torture"))


def is_long(item: pytest.Item) -> bool:
    """Whether a test takes ten seconds or more."""
    return any(item.get_closest_marker(name) for name in ("sampled", "long"))


class Sample:
    """Draws what a long test tries in this run: everything with `--torture`.

    Otherwise the draw depends on the test and on the run's seed, which pytest prints at its start: runs differ, and
    `--randomly-seed=N` draws the same again.
    """

    def __init__(self, seed: str, *, full: bool) -> None:
        self.is_full = full
        self._random = random.Random(seed)

    def of(self, points: Sequence[T], between: int = 3) -> list[T]:
        """The points to try, in their order: the first, the last, and `between` of those in between."""
        if self.is_full or len(points) <= between + 2:
            return list(points)
        chosen = sorted(self._random.sample(range(1, len(points) - 1), between))
        return [points[0], *(points[index] for index in chosen), points[-1]]

    def one_of(self, points: Sequence[T]) -> T:
        """Any of the points."""
        return self._random.choice(points)


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Sample:
    """Draws the points that this test tries in this run. Mark the test `sampled`, so that `make torture` runs it."""
    assert request.node.get_closest_marker("sampled"), "a test that draws a sample is marked `sampled`"
    seed = request.config.getoption("randomly_seed", default=0)
    return Sample(f"{seed} {request.node.nodeid}", full=is_full(request.config))
