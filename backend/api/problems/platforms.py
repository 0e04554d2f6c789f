"""The platforms that problems come from: stored name, title, and difficulties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Platform(NamedTuple):
    """A platform: its title, and its difficulties, the easiest first."""

    title: str
    difficulties: tuple[str, ...]


_RANKS = ("Bronze", "Silver", "Gold", "Platinum", "Diamond", "Ruby")

PLATFORMS: Mapping[str, Platform] = {
    "algoitny": Platform("AlgoItny", tuple(f"Level {level}" for level in range(1, 6))),
    "baekjoon": Platform(
        "Baekjoon", tuple(f"{rank} {step}" for rank in _RANKS for step in ("V", "IV", "III", "II", "I"))
    ),
    "programmers": Platform("Programmers", tuple(f"Lv. {level}" for level in range(6))),
    "leetcode": Platform("LeetCode", ("Easy", "Medium", "Hard")),
    "codeforces": Platform("Codeforces", tuple(str(rating) for rating in range(800, 3600, 100))),
    "atcoder": Platform(
        "AtCoder", ("Gray", "Brown", "Green", "Cyan", "Blue", "Yellow", "Orange", "Red")
    ),
}  # fmt: skip

# Common tags, offered as a choice of topics.
TOPICS = (
    "dp", "greedy", "graph", "bfs", "dfs", "tree", "math", "string", "sorting", "binary-search", "two-pointers",
    "stack", "heap", "hash-table", "backtracking", "bitmask", "segment-tree", "union-find", "geometry",
    "simulation",
)  # fmt: skip


def title_of(platform: str) -> str:
    """The title of a platform; an unknown one is unchanged."""
    entry = PLATFORMS.get(platform.casefold())
    return entry.title if entry else platform


def step_of(platform: str, difficulty: str) -> int | None:
    """The position of a difficulty on the platform's scale, 0 for the easiest; None if it is not on it."""
    return _STEPS.get(platform.casefold(), {}).get(difficulty.casefold())


def platform_with(difficulty: str) -> str | None:
    """The stored name of the first platform whose scale has the difficulty; None if none has it."""
    return next((name for name, steps in _STEPS.items() if difficulty.casefold() in steps), None)


_STEPS: Mapping[str, Mapping[str, int]] = {
    name: {step.casefold(): position for position, step in enumerate(platform.difficulties)}
    for name, platform in PLATFORMS.items()
}
