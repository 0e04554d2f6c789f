"""Numbers and addresses of problems, as people type them."""

from __future__ import annotations

import pytest

from api.problems.references import Reference, reference_in


@pytest.mark.parametrize(
    ("text", "number", "platform", "is_certain"),
    [
        ("1249", "1249", None, False),
        ("#1249", "1249", None, False),
        ("1249번", "1249", None, False),
        ("BOJ 1249", "1249", "baekjoon", True),
        ("boj1249", "1249", "baekjoon", True),
        ("백준 1249", "1249", "baekjoon", True),
        ("백준1249번 문제", "1249", "baekjoon", True),
        ("백준 #1249", "1249", "baekjoon", True),
        ("프로그래머스 12345", "12345", "programmers", True),
        ("1077A", "1077a", None, False),
        ("1077 a", "1077a", None, False),
        ("CF 1077A1", "1077a1", "codeforces", True),
        ("cf1077/b", "1077b", "codeforces", True),
        ("ABC 123 A", "abc123_a", None, False),
        ("atcoder abc123_a", "abc123_a", "atcoder", True),
        ("leetcode two-sum", "two-sum", "leetcode", True),
        ("lc two sum", "two-sum", "leetcode", False),
        ("https://www.acmicpc.net/problem/1249", "1249", "baekjoon", True),
        ("acmicpc.net/problem/1249?x=1#top", "1249", "baekjoon", True),
        ("https://boj.kr/1249", "1249", "baekjoon", True),
        ("https://leetcode.com/problems/two-sum/description/", "two-sum", "leetcode", True),
        ("https://school.programmers.co.kr/learn/courses/30/lessons/12345", "12345", "programmers", True),
        ("https://codeforces.com/problemset/problem/1077/A", "1077a", "codeforces", True),
        ("https://codeforces.com/contest/1077/problem/F2/", "1077f2", "codeforces", True),
        ("https://atcoder.jp/contests/abc123/tasks/abc123_a", "abc123_a", "atcoder", True),
    ],
)  # fmt: skip
def test_a_reference_names_a_problem(text: str, number: str, platform: str | None, is_certain: bool) -> None:
    assert reference_in(text) == Reference(number, platform, is_certain)


@pytest.mark.parametrize(
    "text",
    [
        "", "two sum", "최단 경로", "백준", "dp", "https://example.org/problem/1249", "http://[", "://", "a/b",
        "https://notacmicpc.net.example/problem/1",
    ],
)  # fmt: skip
def test_other_texts_are_no_references(text: str) -> None:
    assert reference_in(text) is None
