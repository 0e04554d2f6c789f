"""Problem listings by platform: numbers, addresses, difficulties and unique titles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from legacy.demo.vocabulary import (
    ENGLISH_ENDINGS,
    ENGLISH_OPENINGS,
    KOREAN_ENDINGS,
    KOREAN_SETTINGS,
    TOPICS,
    Topic,
)

PLATFORMS = ("baekjoon", "leetcode", "programmers", "codeforces", "atcoder")
_PLATFORM_WEIGHTS = (45, 20, 15, 12, 8)

_RANKS = ("Bronze", "Silver", "Gold", "Platinum", "Diamond")
_DIFFICULTIES: dict[str, tuple[str, ...]] = {
    "baekjoon": tuple(f"{rank} {step}" for rank in _RANKS for step in ("V", "IV", "III", "II", "I")),
    "leetcode": ("Easy", "Medium", "Hard"),
    "programmers": ("Lv. 0", "Lv. 1", "Lv. 2", "Lv. 3", "Lv. 4", "Lv. 5"),
    "codeforces": tuple(str(rating) for rating in range(800, 2900, 100)),
    "atcoder": ("Gray", "Brown", "Green", "Cyan", "Blue", "Yellow"),
}
_URLS = {
    "baekjoon": "https://www.acmicpc.net/problem/{number}",
    "leetcode": "https://leetcode.com/problems/{number}/",
    "programmers": "https://school.programmers.co.kr/learn/courses/30/lessons/{number}",
    "codeforces": "https://codeforces.com/problemset/problem/{contest}/{letter}",
    "atcoder": "https://atcoder.jp/contests/{contest}/tasks/{number}",
}


class Listing(NamedTuple):
    """One problem as its platform lists it."""

    platform: str
    number: str
    title: str
    topic: Topic
    url: str
    difficulty: str | None
    is_korean: bool

    @property
    def topic_name(self) -> str:
        """The topic in the language of the title."""
        return self.topic.korean if self.is_korean else self.topic.english


def _korean_title(rng: Random, topic: Topic) -> str:
    if rng.random() < 0.12:
        return topic.korean
    return f"{rng.choice(KOREAN_SETTINGS)} {topic.korean}{rng.choice(KOREAN_ENDINGS)}"


def _english_title(rng: Random, topic: Topic) -> str:
    if rng.random() < 0.12:
        return topic.english
    return f"{rng.choice(ENGLISH_OPENINGS)} {topic.english}{rng.choice(ENGLISH_ENDINGS)}"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def listings(rng: Random) -> Iterator[Listing]:
    """Yields problems endlessly; titles are unique, and numbers are unique on each platform."""
    used: dict[str, int] = {}
    latest = {"baekjoon": 999, "programmers": 12_000, "codeforces": 1_000, "atcoder": 100}
    while True:
        platform = rng.choices(PLATFORMS, _PLATFORM_WEIGHTS)[0]
        topic = rng.choice(TOPICS)
        korean = platform in ("baekjoon", "programmers") and rng.random() < 0.92
        title = _korean_title(rng, topic) if korean else _english_title(rng, topic)
        slug = title if korean else _slug(title)
        used[slug] = used.get(slug, 0) + 1
        if used[slug] > 1:
            title = f"{title} #{used[slug]}"
        contest, letter = "", ""
        if platform == "leetcode":
            number = _slug(title)
        else:
            latest[platform] += rng.randint(1, 40) if platform == "programmers" else rng.randint(1, 3)
            number = str(latest[platform])
            if platform == "codeforces":
                contest, letter = number, rng.choice("ABCDEF") + rng.choice(("", "", "", "1", "2"))
                number = contest + letter
            elif platform == "atcoder":
                contest = f"abc{number}"
                number = f"{contest}_{rng.choice('abcdefg')}"
        url = _URLS[platform].format(number=number, contest=contest, letter=letter)
        difficulty = rng.choice(_DIFFICULTIES[platform]) if rng.random() < 0.95 else None
        yield Listing(platform, number, title, topic, url, difficulty, korean)
