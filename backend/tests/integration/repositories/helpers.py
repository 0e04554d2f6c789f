"""What several of the repositories' tests need: records to store, and lists read to their end."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from api.dynamodb.table.cursor import Page

T = TypeVar("T")


def whole_list(ask: Callable[[str | None], Page[T]]) -> list[T]:
    """Every item of a list, page by page; fails if a cursor comes twice."""
    found: list[T] = []
    seen: set[str | None] = set()
    cursor: str | None = None
    while cursor not in seen:
        seen.add(cursor)
        page = ask(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the cursor goes round in circles")


def a_problem(**fields: Any) -> dict[str, Any]:
    number = fields.get("problem_number", "1000")
    return {
        "platform": "Baekjoon", "problem_number": number, "title": f"A+B 더하기 {number}",
        "difficulty": "Bronze V", "tags": ["math"], "is_completed": True, **fields,
    }  # fmt: skip


def a_run(**fields: Any) -> dict[str, Any]:
    return {
        "user_id": 1, "problem_id": 100, "platform": "Baekjoon", "problem_number": "1000",
        "problem_title": "A+B", "language": "Python", "code": "print(1)", **fields,
    }  # fmt: skip


@cache
def noise(characters: int, seed: int = 7) -> str:
    """Text that does not compress well."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n정답"
    return "".join(random.Random(seed).choices(letters, k=characters))
