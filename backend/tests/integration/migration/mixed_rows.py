"""A small source with every kind of row: ordinary, split, expired and unmovable ones."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

from tests.integration.migration.migration_harness import LegacySource

USERS, PROBLEMS, CASES, RUNS, LOGS = 60, 30, 80, 120, 240
# Dead letters by entity that `fill` makes.
DEAD = {"users": 5, "problems": 3, "test_cases": 2, "history": 6, "usage": 7}


def fill(legacy: LegacySource, seed: int = 1) -> None:
    """The same rows for the same seed and day."""
    rng = random.Random(seed)
    legacy.sql(
        "ALTER TABLE users MODIFY email VARCHAR(3000) COLLATE utf8mb4_bin NULL, DROP INDEX email, DROP INDEX google_id"
    )
    legacy.sql("ALTER TABLE problems DROP INDEX problems_platform_problem_id")
    legacy.drop_checks("search_history", "test_results", "hints")
    legacy.drop_checks("usage_logs", "metadata")
    legacy.add("subscription_plans", {"id": 1}, {"id": 2, "name": "정답"})
    legacy.add("users", *_users(rng))
    legacy.add("problems", *_problems(rng))
    legacy.add("test_cases", *_cases(rng))
    legacy.add("search_history", *_runs(rng))
    legacy.add("usage_logs", *_logs(rng))


def _users(rng: random.Random) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"id": number * 3, "subscription_plan_id": rng.choice([None, 1, 2, 99]), "is_staff": number % 2,
         "last_login": rng.choice([None, "0000-00-00 00:00:00", "1999-12-31 23:59:59.5"]),
         "picture": "https://pictures.example.org/" + "p" * rng.randrange(900)}
        for number in range(1, USERS + 1)
    ]  # fmt: skip
    rows[9].update(email=None, google_id="")
    rows[10].update(email="")
    rows[20].update(email="USER3@example.org")
    rows[30].update(google_id="g-6")
    rows[40].update(is_active=127)
    rows[50].update(email="e" * 2045)
    rows[59].update(email="User6@Example.org")
    return rows


def _problems(rng: random.Random) -> list[dict[str, object]]:
    words = ["두", "수", "합", "the", "shortest", "path", "through", "a", "graph", "of", "words", "정답"]
    rows: list[dict[str, object]] = [
        {"id": number, "title": " ".join(rng.choices(words, k=6)), "tags": json.dumps(rng.choices(words, k=4)),
         "solution_code": "x = 1\n" * rng.choice([1, 900, 40_000]), "is_completed": rng.random() < 0.7,
         "is_deleted": rng.random() < 0.2, "time_limit": rng.choice([0.1, 1.0, 2.5]),
         "platform": rng.choice(["baekjoon", "Codeforces"])}
        for number in range(1, PROBLEMS + 1)
    ]  # fmt: skip
    rows[4].update(time_limit=1e300)
    rows[5].update(platform="X", problem_id="a")
    rows[6].update(platform="x", problem_id="A")
    rows[7].update(is_completed=3)
    return rows


def _cases(rng: random.Random) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"id": number, "problem_id": rng.randrange(1, PROBLEMS + 5), "position": number % 7, "is_sample": number % 2,
         "input": rng.randbytes(rng.choice([2, 300, 3_000])).hex(), "output": "0 " * rng.choice([1, 3_000])}
        for number in range(1, CASES + 1)
    ]  # fmt: skip
    rows[3].update(input=rng.randbytes(500_000).hex())
    rows[8].update(is_sample=-1)
    rows[79].update(is_sample=2)
    return rows


def _runs(rng: random.Random) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"id": number, "user_id": rng.choice([None, *range(3, 30, 3), 1_000]),
         "problem_id": rng.choice([None, 1, 2, 777]),
         "code": "print('정답')\n" * rng.choice([1, 20, 2_000]), "is_code_public": rng.random() < 0.5,
         "result_summary": rng.choice([None, "", "r" * 900]),
         "test_results": rng.choice([None, '[{"n": 1.50}]', json.dumps([rng.random() for _ in range(400)])]),
         "created_at": f"20{rng.randrange(10, 24)}-0{rng.randrange(1, 10)}-15 10:00:00.{rng.randrange(10**6):06d}"}
        for number in range(1, RUNS + 1)
    ]  # fmt: skip
    rows[0].update(hints="{")
    rows[30].update(created_at="0000-00-00 00:00:00")
    rows[31].update(test_results="NaN")
    rows[60].update(code=rng.randbytes(600_000).hex())
    rows[61].update(code=rng.randbytes(900_000).hex(), is_code_public=7)
    rows[100].update(hints="[Infinity]")
    rows[119].update(test_results="'")
    return rows


def _logs(rng: random.Random) -> list[dict[str, object]]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    # No log and no day counter may expire during a test: engines delete expired items every minute.
    rows: list[dict[str, object]] = [
        {"id": number, "user_id": rng.choice([3, 6, 9, 12, 1_000]), "action": rng.choice(["hint", "execution"]),
         "problem_id": rng.choice([None, 1]), "metadata": rng.choice([None, '{"a": 1}', json.dumps(["m" * 900])]),
         "created_at": today - timedelta(hours=rng.choice([1, 2, 30, 500, 2_000, 2_130, 2_190, 9_000]))}
        for number in range(1, LOGS + 1)
    ]  # fmt: skip
    rows[0].update(action="peek")
    rows[1].update(created_at="0000-00-00 00:00:00")
    rows[70].update(metadata="{bad", created_at=today)
    rows[71].update(metadata='"' + "m" * 700_000 + '"', created_at=today)
    rows[100].update(created_at="9999-12-31 23:59:59")
    rows[120].update(action="", created_at=today)
    rows[121].update(action="HINT", created_at=today)
    rows[239].update(metadata="[NaN]", created_at=today)
    return rows
