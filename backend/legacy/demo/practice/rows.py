"""Rows of the practice set's demonstration: problems, test cases, runs and usage logs.

Outputs and verdicts are those of the programs; the times of runs are made up, so that rows stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from legacy.demo.population import text_of
from legacy.demo.practice.execution import Outcome
from legacy.demo.practice.population import PracticePopulation, PracticeRun, title_of
from legacy.demo.practice.problem_set import PLATFORM, Case, PracticeProblem
from legacy.demo.size import Row, Value

_DAY_US = 86_400_000_000
_RECENT_DAYS = 120
_SHORT = 200
_VERDICTS = {"AC": "Accepted", "WA": "Wrong answer", "RE": "Runtime error"}


def problem_rows(population: PracticePopulation, rng: Random) -> Iterator[Row]:
    """Yields `problems`: complete, with four hints and a solution in Python."""
    for problem, practice in zip(population.problems, population.practice, strict=True):
        folder = practice.folder
        updated = problem.created_us + rng.randrange(_DAY_US)
        yield (
            problem.id, PLATFORM, str(folder.number), title_of(practice), "", _json(folder.tags),
            folder.difficulty, "python", folder.python, None, _json(folder.hints["ko"]), folder.time_limit,
            folder.memory_limit, 1, 0, None, text_of(problem.created_us),
            text_of(min(updated, population.end_us)),
        )  # fmt: skip


def test_case_rows(population: PracticePopulation, rng: Random) -> Iterator[Row]:
    """Yields `test_cases` with the outputs of the solutions."""
    del rng
    row = 0
    for problem, practice in zip(population.problems, population.practice, strict=True):
        for position, case in enumerate(practice.cases, 1):
            row += 1
            yield (row, problem.id, case.input, case.output, int(case.is_sample), position)


def history_rows(population: PracticePopulation, rng: Random) -> Iterator[Row]:
    """Yields `search_history`: each run's results are those of its program on the problem's cases."""
    for index, run in enumerate(population.runs):
        problem, practice = population.problems[run.problem], population.practice[run.problem]
        statuses = [
            _verdict(outcome, case)
            for outcome, case in zip(run.attempt.outcomes, practice.cases, strict=True)
        ]
        passed = statuses.count("AC")
        yield (
            index + 1, run.user, problem.id, PLATFORM, problem.listing.number, problem.listing.title,
            run.attempt.language, run.code, _summary(statuses), passed, len(statuses) - passed, len(statuses),
            int(run.is_public), _results(rng, problem.first_case, run, statuses),
            _opened_hints(rng, run, practice), text_of(run.moment),
        )  # fmt: skip


def usage_rows(population: PracticePopulation, rng: Random) -> Iterator[Row]:
    """Yields `usage_logs`: one for each run and each opened hint, and executions that nobody recorded."""
    uses: list[tuple[int, Value, str, int, dict[str, int] | None]] = []
    for history_id, run in enumerate(population.runs, 1):
        if run.user is None:
            continue
        uses.append((run.moment, run.user, "execution", run.problem, {"history_id": history_id}))
        for level in range(run.hints):
            moment = min(run.moment + (level + 1) * 45_000_000, population.end_us)
            uses.append((moment, run.user, "hint", run.problem, {"history_id": history_id, "level": level}))
    start = population.end_us - _RECENT_DAYS * _DAY_US
    while len(uses) < population.size.usage:
        moment = rng.randrange(start, population.end_us)
        problem = population.problem_at(moment, rng).id - 1
        uses.append((moment, population.user_at(moment, rng), "execution", problem, None))
    uses.sort(key=lambda use: use[0])
    for row, (moment, user, action, at, metadata) in enumerate(uses[len(uses) - population.size.usage :], 1):
        text = _json(metadata) if metadata else None
        yield (row, user, action, population.problems[at].id, text, text_of(moment))


def _verdict(outcome: Outcome, case: Case) -> str:
    if outcome.error is not None:
        return "RE"
    return "AC" if outcome.output == case.output else "WA"


def _summary(statuses: list[str]) -> str:
    first_failure = next((status for status in statuses if status != "AC"), "AC")
    return f"{_VERDICTS[first_failure]} ({statuses.count('AC')}/{len(statuses)})"


def _results(rng: Random, first_case: int, run: PracticeRun, statuses: list[str]) -> str:
    base = rng.randint(9, 40)
    results = []
    for at, (status, outcome) in enumerate(zip(statuses, run.attempt.outcomes, strict=True)):
        result: dict[str, object] = {"test_case_id": first_case + at, "number": at + 1, "status": status}
        # What was expected and is long is not kept once more with each run.
        if status != "AC" or len(outcome.output) <= _SHORT:
            result["output"] = outcome.output
        if outcome.error is not None:
            result["stderr"] = outcome.error
        result["time_ms"] = base + len(outcome.output) // 500 + rng.randrange(4)
        results.append(result)
    return _json(results)


def _opened_hints(rng: Random, run: PracticeRun, problem: PracticeProblem) -> str | None:
    if not run.hints:
        return None
    nudge, approach, *outline = problem.folder.hints["ko"]
    steps = (nudge, approach, "\n\n".join(outline))[: run.hints]
    return _json(
        [
            {"level": level, "text": text, "helpful": rng.choice((True, True, False, None))}
            for level, text in enumerate(steps)
        ]
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
