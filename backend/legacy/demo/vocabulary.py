"""Vocabulary for the demonstration's names, titles, tags and hints; no logic."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """A topic of algorithm problems: its Korean and English names and its tags."""

    korean: str
    english: str
    tags: tuple[str, ...]


TOPICS = (
    Topic("최단 경로", "Shortest Path", ("graph", "dijkstra", "최단 경로")),
    Topic("이분 탐색", "Binary Search", ("binary-search", "이분 탐색")),
    Topic("동적 계획법", "Dynamic Programming", ("dp", "동적 계획법")),
    Topic("배낭 채우기", "Knapsack", ("dp", "knapsack")),
    Topic("최소 신장 트리", "Minimum Spanning Tree", ("graph", "mst", "union-find")),
    Topic("위상 정렬", "Topological Order", ("graph", "dag", "위상 정렬")),
    Topic("구간 합", "Range Sum", ("prefix-sum", "segment-tree")),
    Topic("세그먼트 트리", "Segment Tree", ("segment-tree", "data-structure")),
    Topic("두 수의 합", "Two Sum", ("hash-table", "two-pointers")),
    Topic("세 수의 합", "Three Sum", ("two-pointers", "sorting")),
    Topic("부분 수열", "Subsequence", ("dp", "greedy")),
    Topic("회문", "Palindrome", ("string", "two-pointers")),
    Topic("괄호", "Parentheses", ("stack", "string")),
    Topic("문자열 압축", "String Compression", ("string", "구현")),
    Topic("소수 찾기", "Prime Count", ("math", "sieve", "수학")),
    Topic("최대공약수", "Greatest Common Divisor", ("math", "number-theory")),
    Topic("조합", "Combinations", ("combinatorics", "backtracking")),
    Topic("순열", "Permutation", ("backtracking", "완전 탐색")),
    Topic("미로 탈출", "Maze Escape", ("bfs", "grid", "그래프 탐색")),
    Topic("섬의 개수", "Island Count", ("dfs", "grid", "flood-fill")),
    Topic("토마토 창고", "Ripening Boxes", ("bfs", "simulation")),
    Topic("회의실 배정", "Meeting Rooms", ("greedy", "sorting", "그리디")),
    Topic("동전 교환", "Coin Change", ("dp", "greedy")),
    Topic("계단 오르기", "Climbing Stairs", ("dp",)),
    Topic("히스토그램", "Histogram", ("stack", "monotonic-stack")),
    Topic("슬라이딩 윈도우", "Sliding Window", ("sliding-window", "deque")),
    Topic("우선순위 큐", "Priority Queue", ("heap", "자료 구조")),
    Topic("트리의 지름", "Tree Diameter", ("tree", "dfs")),
    Topic("최소 공통 조상", "Lowest Common Ancestor", ("tree", "lca")),
    Topic("연결 리스트", "Linked List", ("linked-list",)),
    Topic("행렬 곱셈", "Matrix Product", ("math", "matrix", "분할 정복")),
    Topic("역순 쌍", "Inversions", ("merge-sort", "fenwick-tree")),
    Topic("이분 매칭", "Bipartite Matching", ("graph", "matching")),
    Topic("최대 유량", "Maximum Flow", ("graph", "flow")),
    Topic("볼록 껍질", "Convex Hull", ("geometry", "기하학")),
    Topic("선분 교차", "Line Crossing", ("geometry",)),
    Topic("비트마스크", "Bitmask", ("bitmask", "dp")),
    Topic("외판원 순회", "Travelling Tour", ("bitmask", "dp")),
    Topic("접두사 트라이", "Prefix Trie", ("trie", "string")),
    Topic("문자열 검색", "Pattern Search", ("kmp", "string", "hashing")),
    Topic("게임 전략", "Winning Strategy", ("game-theory", "math")),
    Topic("캐시 설계", "Cache Design", ("design", "hash-table", "linked-list")),
)

KOREAN_SETTINGS = (
    "눈 덮인 마을의", "거꾸로 읽는", "별이 빛나는 섬의", "고장 난 로봇과", "두 도시 사이의", "잃어버린",
    "할머니 댁의", "지하철 역의", "우주 정거장의", "한밤중 도서관의", "바쁜 택배 기사와", "무인도의",
    "색칠한 격자 위의", "빵집 주인의", "느린 달팽이와", "열두 개의 문과", "강 건너편의", "비밀 암호와",
    "기차표와", "온라인 상점의", "연구소의", "겨울 캠프의", "오래된 지도와", "청소 로봇의", "제주도의",
    "가로등과", "방학 숙제:", "반복되는", "가장 긴", "가장 짧은", "가능한 모든", "제한된",
)  # fmt: skip

KOREAN_ENDINGS = (
    "",
    "",
    "",
    " 구하기",
    " 문제",
    " 세기",
    " (Hard)",
    " (Easy)",
    " 최적화",
    " - 응용",
    " 게임",
)

ENGLISH_OPENINGS = (
    "Minimum Cost", "Longest", "Shortest", "Count the", "Restore the", "Maximize the", "Balanced", "Circular",
    "Weighted", "Lexicographically Smallest", "Valid", "Online", "Offline", "Parallel", "Lazy", "Random",
    "K-th", "Distinct", "Forbidden", "Colorful", "Frozen", "Two-Way", "Almost Sorted", "Mirror", "Bounded",
)  # fmt: skip

ENGLISH_ENDINGS = (
    "", "", "", " in a Grid", " on a Tree", " with Queries", " after Deletion", " II", " III", " with Limits",
    " of a Stream", " under Updates", " for Robots", " and Tickets", " between Cities", " at Night",
)  # fmt: skip

FAMILY_NAMES = (
    ("김", "kim"), ("이", "lee"), ("박", "park"), ("최", "choi"), ("정", "jung"), ("강", "kang"),
    ("조", "cho"), ("윤", "yoon"), ("장", "jang"), ("임", "lim"), ("한", "han"), ("오", "oh"),
    ("서", "seo"), ("신", "shin"), ("권", "kwon"), ("황", "hwang"), ("남궁", "namgung"),
)  # fmt: skip

GIVEN_NAMES = (
    ("민준", "minjun"), ("서연", "seoyeon"), ("도윤", "doyun"), ("지우", "jiwoo"), ("하은", "haeun"),
    ("예준", "yejun"), ("수아", "sua"), ("시우", "siwoo"), ("지호", "jiho"), ("채원", "chaewon"),
    ("현우", "hyunwoo"), ("유진", "yujin"), ("은서", "eunseo"), ("건우", "gunwoo"), ("소율", "soyul"),
    ("준서", "junseo"), ("다인", "dain"), ("태양", "taeyang"), ("가온", "gaon"), ("나래", "narae"),
)  # fmt: skip

ENGLISH_NAMES = (
    "Ada", "Boris", "Chloe", "Diego", "Elif", "Farah", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam",
    "Maya", "Noor", "Olga", "Pedro", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wen", "Zoë",
)  # fmt: skip

ENGLISH_SURNAMES = (
    "Andersson", "Brooks", "Castillo", "Dubois", "Evans", "Fischer", "García", "Hansen", "Ivanova", "Jensen",
    "Kowalski", "Larsen", "Moreau", "Novak", "O'Brien", "Petrov", "Rossi", "Silva", "Tanaka", "Weber",
)  # fmt: skip

EMOJI = ("🚀", "🐍", "🦊", "💻", "🎯", "🧠", "🌱", "🏆", "🇰🇷", "👩‍💻")

MAIL_DOMAINS = (
    "gmail.example", "naver.example", "daum.example", "student.example.ac.kr", "example.com",
    "mail.example.org",
)  # fmt: skip

HINT_STEPS = (
    (
        "입력의 크기를 먼저 보세요. {n}개를 모두 비교하면 시간 안에 끝나지 않습니다.",
        "Look at the limits first: {n} elements rule out comparing every pair.",
    ),
    (
        "'{topic}' 문제로 바꾸어 생각해 볼 수 있나요?",
        "Can you restate this as a problem of {topic}?",
    ),
    (
        "같은 값을 여러 번 계산하고 있다면 저장해 두세요.",
        "If the same value is computed again and again, keep it.",
    ),
    (
        "경계값을 확인하세요: 원소가 하나일 때, 모두 같을 때, 최댓값 {n}일 때.",
        "Check the edges: one element, all equal, and the maximum of {n}.",
    ),
    (
        "정렬한 뒤 앞에서부터 하나씩 처리하면 O(N log N)에 풀립니다.",
        "Sort, then sweep once from the front: O(N log N).",
    ),
)
