"""The demonstration of the practice set: people who solve original problems, and runs that say what programs print."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from api.hints.ladder import HINT_STEPS, hint_texts
from legacy.demo import COLUMNS, PRACTICE_SIZES, TABLES, DemoSize, demo_rows
from legacy.demo.practice import PLATFORM, Program, practice_problems

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
SEED = 7


@cache
def rows(table: str) -> list[dict[str, Any]]:
    """The rows of a table by column."""
    columns = COLUMNS[table]
    made = demo_rows(table, DemoSize.practice(), SEED, AS_OF)
    return [dict(zip(columns, row, strict=True)) for row in made]


@cache
def cases() -> dict[int, list[dict[str, Any]]]:
    """The test cases by problem."""
    by_problem = defaultdict(list)
    for case in rows("test_cases"):
        by_problem[case["problem_id"]].append(case)
    return by_problem


def results_of(run: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(run["test_results"])
    return results


def test_it_has_the_rows_that_were_asked_for() -> None:
    counts = {table: len(rows(table)) for table in ("users", "search_history", "usage_logs", "problems")}
    assert counts == {
        "users": PRACTICE_SIZES["users"], "search_history": PRACTICE_SIZES["history"],
        "usage_logs": PRACTICE_SIZES["usage"], "problems": len(practice_problems()),
    }  # fmt: skip
    assert len(rows("test_cases")) == sum(len(problem.cases) for problem in practice_problems())


@pytest.mark.parametrize(
    "sizes",
    [
        {"users": 1, "history": 1, "usage": 0},
        {"history": 0, "usage": 5},
        {"users": 3, "history": 40, "usage": 9},
    ],
)
def test_any_size_is_possible(sizes: dict[str, int]) -> None:
    size = DemoSize.practice(**sizes)
    counts = {table: len(list(demo_rows(table, size, SEED, AS_OF))) for table in TABLES}
    assert counts["search_history"] == size.history
    assert counts["usage_logs"] == size.usage


@pytest.mark.parametrize("table", TABLES)
def test_the_same_parameters_give_the_same_rows_and_another_seed_others(table: str) -> None:
    size = DemoSize.practice(users=5, history=30, usage=40)
    first, again, other = (list(demo_rows(table, size, seed, AS_OF)) for seed in (1, 1, 2))
    assert first == again
    assert (first == other) == (table in ("subscription_plans", "test_cases"))


def test_a_problem_is_whole() -> None:
    for problem in rows("problems"):
        assert problem["platform"] == PLATFORM
        assert problem["language"] == "python"
        assert problem["is_completed"] and not problem["is_deleted"]
        assert (
            Program(problem["solution_code"], "solution.py").run(cases()[problem["id"]][0]["input"]).error
            is None
        )


def test_its_hints_are_a_ladder_in_korean() -> None:
    for problem, row in zip(practice_problems(), rows("problems")[::-1], strict=True):
        ladder = hint_texts({"hints": json.loads(row["hints"])})  # type: ignore[typeddict-item]
        nudge, approach, *outline = problem.folder.hints["ko"]
        assert ladder == dict(zip(HINT_STEPS, (nudge, approach, "\n\n".join(outline)), strict=True))


def test_results_are_what_the_run_s_program_prints() -> None:
    runs = [run for run in rows("search_history") if run["language"] == "python"]
    different = {(run["problem_id"], run["result_summary"]): run for run in runs}
    assert len(different) >= 3 * len(practice_problems()) - 5
    for run in different.values():
        program = Program(run["code"], "solution.py")
        for result, case in zip(results_of(run), cases()[run["problem_id"]], strict=True):
            outcome = program.run(case["input"])
            assert result["test_case_id"] == case["id"]
            assert result.get("output", case["output"]) == outcome.output
            assert (result["status"] == "RE") == (outcome.error is not None)
            if result["status"] != "RE":
                assert result["status"] == ("AC" if outcome.output == case["output"] else "WA")


def test_runs_count_their_results_and_copy_their_problem() -> None:
    problems = {problem["id"]: problem for problem in rows("problems")}
    for run in rows("search_history"):
        statuses = [result["status"] for result in results_of(run)]
        problem = problems[run["problem_id"]]
        assert run["passed_count"] == statuses.count("AC")
        assert run["passed_count"] + run["failed_count"] == run["total_count"] == len(statuses)
        assert f"({run['passed_count']}/{run['total_count']})" in run["result_summary"]
        assert (run["problem_number"], run["problem_title"]) == (problem["problem_id"], problem["title"])


def test_pages_look_lived_in() -> None:
    runs = rows("search_history")
    recent = f"{AS_OF - timedelta(days=7):%Y-%m-%d}"
    assert {run["language"] for run in runs} == {"python", "javascript"}
    assert {run["problem_id"] for run in runs} == {problem["id"] for problem in rows("problems")}
    assert 0.4 < sum(run["failed_count"] == 0 for run in runs) / len(runs) < 0.75
    assert 0.1 < sum(run["is_code_public"] for run in runs) / len(runs) < 0.4
    assert sum(run["created_at"] >= recent for run in runs) >= 10
    assert len({run["user_id"] for run in runs}) >= 40
    assert Counter(run["user_id"] for run in runs).most_common(1)[0][0] == 4
    assert any(run["hints"] for run in runs)


@pytest.mark.parametrize("table", ["users", "problems", "search_history", "usage_logs"])
def test_rows_are_in_the_order_of_their_times_and_ids_up_to_as_of(table: str) -> None:
    times = [row["created_at"] for row in rows(table)]
    assert times == sorted(times)
    assert times[-1] <= f"{AS_OF:%Y-%m-%d %H:%M:%S.%f}"
    assert [row["id"] for row in rows(table)] == list(range(1, len(times) + 1))


def test_nobody_runs_a_problem_before_it_is_there() -> None:
    published = {problem["id"]: problem["created_at"] for problem in rows("problems")}
    joined = {user["id"]: user["created_at"] for user in rows("users")}
    for run in rows("search_history"):
        assert run["created_at"] > published[run["problem_id"]]
        assert run["user_id"] is None or run["created_at"] > joined[run["user_id"]]


def test_uses_are_of_runs_and_hints() -> None:
    runs = {run["id"]: run for run in rows("search_history")}
    uses = [(use, json.loads(use["metadata"])) for use in rows("usage_logs") if use["metadata"]]
    assert {use["action"] for use, _ in uses} == {"execution", "hint"}
    for use, metadata in uses:
        run = runs[metadata["history_id"]]
        assert (run["user_id"], run["problem_id"]) == (use["user_id"], use["problem_id"])
        if use["action"] == "hint":
            assert len(json.loads(run["hints"])) > metadata["level"]
