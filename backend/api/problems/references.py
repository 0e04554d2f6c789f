"""Problems as people name them: `1249`, `BOJ 1249`, `백준 1249번`, `1077A`, `abc 123 a`, a pasted address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from api.dynamodb.schema.folding import folded

# What platforms are called, beside their stored names.
PLATFORM_ALIASES: Mapping[str, str] = {
    "algoitny": "algoitny", "알고잇니": "algoitny",
    "baekjoon": "baekjoon", "boj": "baekjoon", "백준": "baekjoon", "acmicpc": "baekjoon",
    "programmers": "programmers", "프로그래머스": "programmers", "프로그래머즈": "programmers", "pgs": "programmers",
    "leetcode": "leetcode", "리트코드": "leetcode", "릿코드": "leetcode", "lc": "leetcode",
    "codeforces": "codeforces", "코드포스": "codeforces", "코드포시스": "codeforces", "cf": "codeforces",
    "atcoder": "atcoder", "앳코더": "atcoder", "엣코더": "atcoder",
}  # fmt: skip

_ADDRESSES = tuple(
    (platform, re.compile(pattern))
    for platform, pattern in (
        ("baekjoon", r"(?:^|\.)acmicpc\.net/(?:problem|submit|status)/(?P<number>\d+)"),
        ("baekjoon", r"(?:^|\.)boj\.kr/(?P<number>\d+)"),
        ("programmers", r"(?:^|\.)programmers\.co\.kr/(?:learn|app)/(?:.*/)?lessons/(?P<number>\d+)"),
        ("leetcode", r"(?:^|\.)leetcode\.(?:com|cn)/problems/(?P<number>[a-z0-9-]+)"),
        ("codeforces", r"(?:^|\.)codeforces\.com/(?:problemset/problem|contest|gym)/(?P<contest>\d+)/"
                       r"(?:problem/)?(?P<letter>[a-z]\d?)(?:$|/)"),
        ("atcoder", r"(?:^|\.)atcoder\.jp/contests/[a-z0-9_-]+/tasks/(?P<number>[a-z0-9_]+)"),
    )
)  # fmt: skip
_ALIAS = "|".join(sorted(map(re.escape, PLATFORM_ALIASES), key=len, reverse=True))
_NAMED = re.compile(
    rf"(?P<platform>{_ALIAS})\s*[#:no.]*\s*(?P<number>[a-z0-9][a-z0-9_ /\-]*?)\s*번?(?:\s*문제)?"
)
_PLAIN = re.compile(r"#?(?P<number>\d+)\s*번?(?:\s*문제)?")
_CODEFORCES = re.compile(r"(?P<contest>\d{1,5})\s*[-/]?\s*(?P<letter>[a-z]\d?)")
_ATCODER = re.compile(r"(?P<contest>(?:abc|arc|agc|ahc)\s*\d{1,4})\s*[_\- ]?\s*(?P<letter>[a-z]\d?)")


class Reference(NamedTuple):
    """A problem's number in the form in which numbers are compared; `platform` is None if it was not named.

    is_certain: it can be nothing but a number, so no other text is searched for.
    """

    number: str
    platform: str | None
    is_certain: bool


def named_platform(text: str) -> str | None:
    """The stored name of the platform that the text is a name of, None for another text."""
    return PLATFORM_ALIASES.get(folded(text.strip()))


def reference_in(text: str) -> Reference | None:
    """The problem that a text refers to as a whole; None for words."""
    typed = folded(text.strip(), "NFKC")
    if re.match(r"https?://|www\.", typed) or ("/" in typed and "." in typed.partition("/")[0]):
        return _of_address(typed)
    if match := _NAMED.fullmatch(typed):
        platform = PLATFORM_ALIASES[match["platform"]]
        named = _contest_number(match["number"]) or re.sub(r"\s+", "-", match["number"])
        # "lc two sum" may be words as well; a number has a digit or a hyphen.
        is_certain = bool(re.search(r"\d|\w-\w", match["number"]))
        return Reference(named, platform, is_certain)
    if match := _PLAIN.fullmatch(typed):
        return Reference(match["number"], None, is_certain=False)
    number = _contest_number(typed)
    return None if number is None else Reference(number, None, is_certain=False)


def _contest_number(text: str) -> str | None:
    """`1077 A` as Codeforces has it, `ABC 123 A` as AtCoder has it."""
    if match := _ATCODER.fullmatch(text):
        return f"{match['contest'].replace(' ', '')}_{match['letter']}"
    if match := _CODEFORCES.fullmatch(text):
        return match["contest"] + match["letter"]
    return None


def _of_address(typed: str) -> Reference | None:
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
    except ValueError:
        return None
    location = f"{parts.hostname or ''}{parts.path}"
    for platform, pattern in _ADDRESSES:
        if match := pattern.search(location):
            fields = match.groupdict()
            return Reference(fields.get("number") or fields["contest"] + fields["letter"], platform, True)
    return None
