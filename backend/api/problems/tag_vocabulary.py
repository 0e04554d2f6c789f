"""The vocabulary of tags: one name for each topic, its titles in English and Korean, and what else it is called.

Tags are stored as staff or the source wrote them. Search and pages see them through this vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from api.dynamodb.schema.folding import folded


class Tag(NamedTuple):
    """A topic: its titles. Both titles and its name are aliases of it too."""

    english: str
    korean: str
    aliases: tuple[str, ...] = ()


TAGS: Mapping[str, Tag] = {
    "backtracking": Tag("backtracking", "백트래킹", ("backtrack", "퇴각 검색", "되추적")),
    "bfs": Tag("breadth-first search", "너비 우선 탐색", ("넓이 우선 탐색",)),
    "binary-search": Tag("binary search", "이분 탐색", ("이진 탐색", "bisection", "bisect")),
    "binary-search-tree": Tag("binary search tree", "이진 탐색 트리", ("bst",)),
    "bitmask": Tag("bitmask", "비트마스킹", ("비트마스크", "bitmasking", "bitmasks", "bit manipulation", "bit",
                                           "비트 연산")),
    "brute-force": Tag("brute force", "완전 탐색", ("bruteforcing", "브루트포스", "exhaustive search", "전수 조사")),
    "combinatorics": Tag("combinatorics", "조합론", ("counting", "경우의 수")),
    "data-structure": Tag("data structures", "자료 구조", ("data structure", "ds")),
    "deque": Tag("deque", "덱", ("데크",)),
    "design": Tag("design", "설계", ()),
    "dfs": Tag("depth-first search", "깊이 우선 탐색", ()),
    "dag": Tag("directed acyclic graph", "방향 비순환 그래프", ("유향 비순환 그래프",)),
    "dijkstra": Tag("Dijkstra", "데이크스트라", ("다익스트라", "dijkstra's algorithm")),
    "divide-and-conquer": Tag("divide and conquer", "분할 정복", ()),
    "dp": Tag("dynamic programming", "동적 계획법", ("다이나믹 프로그래밍", "동적 프로그래밍", "디피", "dynamic")),
    "euler-tour": Tag("Euler tour", "오일러 경로 테크닉", ("오일러 투어",)),
    "fenwick-tree": Tag("Fenwick tree", "펜윅 트리", ("binary indexed tree", "bit tree")),
    "flood-fill": Tag("flood fill", "플러드 필", ()),
    "flow": Tag("maximum flow", "최대 유량", ("network flow", "max flow", "flows", "네트워크 플로우", "유량")),
    "floyd-warshall": Tag("Floyd–Warshall", "플로이드–워셜", ("floyd", "플로이드", "플로이드 와샬")),
    "game-theory": Tag("game theory", "게임 이론", ("games", "game")),
    "geometry": Tag("geometry", "기하학", ("기하", "computational geometry")),
    "graph": Tag("graphs", "그래프 이론", ("그래프", "graph theory")),
    "graph-traversal": Tag("graph traversal", "그래프 탐색", ()),
    "greedy": Tag("greedy", "그리디", ("그리디 알고리즘", "탐욕", "탐욕법", "greedy algorithm")),
    "grid": Tag("grid", "격자", ("격자 그래프", "grid graph")),
    "hash-table": Tag("hash table", "해시 테이블", ("hash", "hash map", "hash set", "해시", "해시를 사용한 집합과 맵")),
    "hashing": Tag("hashing", "해싱", ()),
    "heap": Tag("priority queue", "우선순위 큐", ("힙", "heap (priority queue)", "heaps")),
    "implementation": Tag("implementation", "구현", ()),
    "kmp": Tag("KMP", "KMP 알고리즘", ("knuth morris pratt",)),
    "knapsack": Tag("knapsack", "배낭 문제", ("배낭", "냅색")),
    "lca": Tag("lowest common ancestor", "최소 공통 조상", ()),
    "linked-list": Tag("linked list", "연결 리스트", ("링크드 리스트",)),
    "matching": Tag("bipartite matching", "이분 매칭", ("graph matchings", "매칭")),
    "math": Tag("math", "수학", ("mathematics", "maths")),
    "matrix": Tag("matrix", "행렬", ("matrices",)),
    "merge-sort": Tag("merge sort", "병합 정렬", ("머지 소트", "합병 정렬")),
    "monotonic-stack": Tag("monotonic stack", "단조 스택", ("모노톤 스택",)),
    "mst": Tag("minimum spanning tree", "최소 신장 트리", ("최소 스패닝 트리", "spanning tree")),
    "number-theory": Tag("number theory", "정수론", ()),
    "prefix-sum": Tag("prefix sums", "누적 합", ("prefix sum", "구간 합", "부분합")),
    "primality": Tag("prime numbers", "소수 판정", ("소수", "primality test", "primes")),
    "probability": Tag("probability", "확률론", ("확률", "probabilities")),
    "queue": Tag("queue", "큐", ()),
    "recursion": Tag("recursion", "재귀", ("재귀 함수",)),
    "scc": Tag("strongly connected components", "강한 연결 요소", ()),
    "segment-tree": Tag("segment tree", "세그먼트 트리", ("구간 트리", "segtree", "seg tree")),
    "shortest-path": Tag("shortest paths", "최단 경로", ("shortest path", "shortest-path", "최단 거리")),
    "sieve": Tag("sieve of Eratosthenes", "에라토스테네스의 체", ("sieves", "소수 체")),
    "simulation": Tag("simulation", "시뮬레이션", ()),
    "sliding-window": Tag("sliding window", "슬라이딩 윈도우", ()),
    "sorting": Tag("sorting", "정렬", ("sort", "sortings", "소팅")),
    "stack": Tag("stack", "스택", ()),
    "string": Tag("strings", "문자열", ("string",)),
    "suffix-array": Tag("suffix array", "접미사 배열", ()),
    "topological-sort": Tag("topological sorting", "위상 정렬", ("topological sort", "topological order")),
    "tree": Tag("trees", "트리", ()),
    "trie": Tag("trie", "트라이", ("prefix tree",)),
    "two-pointers": Tag("two pointers", "두 포인터", ("투 포인터", "two pointer")),
    "union-find": Tag("disjoint sets", "분리 집합", ("유니온 파인드", "dsu", "disjoint set union", "disjoint set",
                                                "서로소 집합")),
}  # fmt: skip

_SEPARATORS = re.compile(r"[^\w]+|_+")


def squeezed(text: str) -> str:
    """The text without letter case, spaces and punctuation: the form in which aliases are compared."""
    return _SEPARATORS.sub("", folded(text, "NFKC"))


_NAMES: dict[str, str] = {
    squeezed(alias): name
    for name, tag in TAGS.items()
    for alias in (name, tag.english, tag.korean, *tag.aliases)
}


def named_tag(text: str) -> str | None:
    """The tag that the text is a name of, in any spelling; None if the vocabulary does not have it."""
    return _NAMES.get(squeezed(text))


@lru_cache(maxsize=4_096)
def canonical_tag(text: str) -> str:
    """The name of a stored tag: the vocabulary's, or the text without letter case and outer spaces."""
    return named_tag(text) or folded(text.strip())


def tag_title(tag: str, language: str) -> str:
    """What a page in this language (`ko`, otherwise English) calls a tag; one that is unknown is unchanged."""
    entry = TAGS.get(canonical_tag(tag))
    if entry is None:
        return tag
    return entry.korean if language == "ko" else entry.english


def aliases() -> Mapping[str, str]:
    """Every alias in its squeezed form, and the tag that it names."""
    return _NAMES
