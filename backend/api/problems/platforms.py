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
