"""The population of the browser tests, added to the demonstration data: users, one problem, its runs, a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from api.dynamodb.clock import utc_now
from api.dynamodb.repositories import (
    PlanRepository,
    PracticeRepository,
    ProblemRepository,
    SearchHistoryRepository,
    UserRepository,
)
from api.dynamodb.schema.records import ProblemSummary

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Few enough that a test uses them up.
HINTS_A_DAY = 2
LONG_INPUT = "\n".join(f"{number} {number * number}" for number in range(3_000))
CODE = """\
import sys

def lit(lanterns: list[int]) -> int:
    # Every second lantern is lit, from the left.
    return sum(lanterns[::2])

print(lit([int(word) for word in sys.stdin.read().split()][1:]))
"""
RESULTS: list[dict[str, Any]] = [
    {"test_case_id": 1, "status": "AC", "output": "4\n", "time_ms": 12},
    {"test_case_id": 2, "status": "WA", "output": "8\n9\n", "time_ms": 14},
]
PROBLEM: dict[str, Any] = {
    "platform": "baekjoon",
    "problem_number": "990001",
    "title": "Two Lanterns at the Gate",
    "url": "https://www.acmicpc.net/problem/990001",
    "tags": ["greedy", "two pointers"],
    "difficulty": "Silver II",
    "language": "python",
    "solution_code": CODE,
    "constraints": "1 <= n <= 3000\n0 <= a[i] <= 10^6",
    "hints": [
        "Look at every second lantern.",
        "Walk from both ends.",
        "Move the pointer of the darker side.",
    ],
    "time_limit": 1.0,
    "memory_limit": 256,
    "is_completed": True,
}
_FORMULA = (
    r"$$\sum_{i=1}^{n} a_i \le 10^{18}, \qquad a_1 + a_3 + a_5 + \dots + a_{2 \lceil n/2 \rceil - 1} = S$$"
)
STATEMENTS: dict[str, Any] = {
    "title_ko": "문 앞의 두 등불",
    "statement_ko": f"""등불 $n$개가 한 줄로 켜져 있다. 왼쪽부터 하나 걸러 하나씩 밝기를 더하라.

## 입력

첫 줄에 $n$, 둘째 줄에 밝기 $a_1, a_2, \\dots, a_n$이 있다.

## 출력

밝기의 합 $S$를 출력한다.

## 제한

- $1 \\le n \\le 3\\,000$
- $0 \\le a_i \\le 10^6$

{_FORMULA}

## 예제 설명

| 등불 | 밝기 | 더하는가 |
|---|---|---|
| 1 | $a_1 = 1$ | 예 |
| 2 | $a_2 = 2$ | 아니요 |
""",
    "statement_en": f"""There are $n$ lanterns in a row. Add the brightness of every second one, from the left.

## Input

The first line has $n$, the second the brightness $a_1, a_2, \\dots, a_n$.

## Output

Print the sum $S$.

## Constraints

- $1 \\le n \\le 3\\,000$
- $0 \\le a_i \\le 10^6$

{_FORMULA}

## Notes

In the first sample the lanterns `1` and `3` are added:

```
1 + 3 = 4
```
""",
    "hints_ko": ["하나 걸러 하나씩 보세요.", "양쪽 끝에서 시작하세요.", "더 어두운 쪽의 포인터를 옮기세요."],
    "solutions": {"javascript": "console.log(4);\n"},
}
OPEN_HINTS = [{"level": 0, "step": "nudge", "text": PROBLEM["hints"][0], "opened_at": "2026-11-27T09:00:00Z"}]
CASES: list[dict[str, Any]] = [
    {"input": "3\n1 2 3\n", "output": "4\n", "is_sample": True},
    {"input": LONG_INPUT, "output": "8\n10\n", "is_sample": True},
    {"input": "1\n7\n", "output": "7\n"},
]


@dataclass(frozen=True)
class Population:
    """Ids of the created records.

    Alice owns `run_id`, whose first hint is open; Bob's run is public; Charlie has nothing; Dora is staff; Erin
    and Finn meet outages, each with a run in `outage_runs`; Gina has a review, a bookmark and a note. `failed_run_id`
    is a public run of the demonstration.
    """

    users: dict[str, int]
    problem_id: int
    case_id: int
    draft_id: int
    plan_id: int
    run_id: int
    public_run_id: int
    failed_run_id: int
    outage_runs: dict[str, int]
    busiest_email: str

    def email(self, name: str) -> str:
        """The address by which a member of the cast signs in; `busiest` has the most runs of the demonstration."""
        return self.busiest_email if name == "busiest" else _email(name)


def _email(name: str) -> str:
    return f"{name}@example.org"


def populate(table: Table) -> Population:
    """Creates the users, a problem with cases and hints, a draft, and a run each for Alice, Bob, Erin and Finn."""
    plans, users = PlanRepository(table), UserRepository(table)
    problems, history = ProblemRepository(table), SearchHistoryRepository(table)
    plan = plans.create_plan(
        {"name": "Two hints", "max_hints_per_day": HINTS_A_DAY, "max_executions_per_day": 50}
    )
    cast = {
        name: users.create_user(
            {
                "email": _email(name), "name": name.title(), "subscription_plan_id": plan["plan_id"],
                "is_staff": name == "dora",
            }
        )["user_id"]
        for name in ("alice", "bob", "charlie", "dora", "erin", "finn", "gina")
    }  # fmt: skip
    problem = problems.create_problem(PROBLEM)
    problems.set_statements(problem["problem_id"], STATEMENTS)
    cases = problems.replace_test_cases(problem["problem_id"], CASES)
    draft = problems.create_problem(
        {**PROBLEM, "problem_number": "990002", "title": "A Draft of Lanterns", "is_completed": False}
    )
    of_problem = {name: problem[name] for name in ("problem_id", "platform", "problem_number")}
    runs = {
        name: history.create_history(
            {
                **of_problem, "problem_title": problem["title"], "user_id": cast[name], "language": "python",
                "code": CODE, "passed_count": 1, "failed_count": 1, "total_count": 2,
                "result_summary": "Wrong answer (1/2)", "is_code_public": name == "bob",
                "hints": OPEN_HINTS if name == "alice" else None,
                "test_results": [
                    {**result, "test_case_id": case["test_case_id"]}
                    for result, case in zip(RESULTS, cases, strict=False)
                ],
            }
        )["history_id"]
        for name in ("alice", "bob", "erin", "finn")
    }  # fmt: skip
    users.update_user(cast["bob"], {"is_profile_public": True})
    history.create_history(
        {
            **of_problem, "problem_title": problem["title"], "user_id": cast["bob"], "language": "python",
            "code": CODE, "passed_count": 3, "total_count": 3, "is_code_public": True,
        }
    )  # fmt: skip
    _practise(PracticeRepository(table), history, cast["gina"], *problems.list_problems(limit=2))
    return Population(
        cast, problem["problem_id"], cases[0]["test_case_id"], draft["problem_id"], plan["plan_id"],
        runs["alice"], runs["bob"], _failed_run(history),
        {name: runs[name] for name in ("erin", "finn")}, _busiest(users),
    )  # fmt: skip


def _practise(
    practice: PracticeRepository,
    history: SearchHistoryRepository,
    user_id: int,
    newest: ProblemSummary,
    earlier: ProblemSummary,
) -> None:
    """Gina solved a problem of the demonstration two days ago, and keeps a bookmark and a note."""
    history.create_history(
        {
            "problem_id": earlier["problem_id"], "platform": earlier["platform"], "problem_title": earlier["title"],
            "problem_number": earlier["problem_number"],
            "user_id": user_id, "language": "python", "code": CODE, "passed_count": 2, "failed_count": 0,
            "total_count": 2, "created_at": utc_now() - timedelta(days=2),
        }
    )  # fmt: skip
    practice.add_bookmark(user_id, newest["problem_id"])
    practice.put_note(user_id, newest["problem_id"], "Walk from both ends.\nO(n), no sorting needed.")


def _failed_run(history: SearchHistoryRepository) -> int:
    """The newest public run of an original problem that did not pass."""
    page = history.list_public_timeline(platform="algoitny", limit=100)
    return next(run["history_id"] for run in page.items if run["failed_count"])


def _busiest(users: UserRepository) -> str:
    """The address of the demonstration's user who has the most runs."""
    user = users.get_user(4)
    assert user is not None
    assert user["email"]
    return user["email"]
