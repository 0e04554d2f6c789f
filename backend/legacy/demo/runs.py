"""Generates the demonstration's activity: runs of code (search history) and usage logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from legacy.demo.population import DemoProblem, Population, text_of
from legacy.demo.programs import pick_language, program
from legacy.demo.size import Row
from legacy.demo.vocabulary import HINT_STEPS

_DAY_US = 86_400_000_000
_HUGE_EVERY = 5_000  # one run in this many contains a pasted table of several hundred KB

# Shares of the usage logs: long ago, the last 120 days, and the very day of `as_of`.
_OLD_SHARE, _TODAY_SHARE = 0.08, 0.01
_OLD_DAYS, _RECENT_DAYS = 400, 120

_FAILURES = ("WA", "WA", "WA", "TLE", "RE", "MLE")
_FAILURE_TEXTS = {
    "WA": ("틀렸습니다", "Wrong answer"),
    "TLE": ("시간 초과", "Time limit exceeded"),
    "RE": ("런타임 에러 (IndexError)", "Runtime error: index out of range"),
    "MLE": ("메모리 초과", "Memory limit exceeded"),
}


def _test_results(rng: Random, problem: DemoProblem, passed: int, verdict: str) -> str:
    base = 4 + int(rng.random() * 300)
    results = [
        {
            "test_case_id": problem.first_case + at,
            "status": "AC" if at < passed else verdict,
            "time_ms": base + at * 3 % 17,
            "memory_kb": 2_020 + base * 8,
        }
        for at in range(problem.cases)
    ]
    if passed < problem.cases:
        results[passed]["stderr"] = _FAILURE_TEXTS[verdict][1] + "\n"
    return json.dumps(results, ensure_ascii=False)


def _summary(rng: Random, problem: DemoProblem, passed: int, verdict: str) -> str | None:
    if rng.random() < 0.05:
        return None
    korean = problem.listing.is_korean
    if passed == problem.cases:
        text = "맞았습니다!!" if korean else "Accepted"
    else:
        text = _FAILURE_TEXTS[verdict][0 if korean else 1]
    return f"{text} ({passed}/{problem.cases})"


def _hint_ladder(rng: Random, problem: DemoProblem) -> str:
    listing = problem.listing
    levels = 1 + int(rng.random() * 4)
    ladder = [
        {
            "level": level,
            "text": HINT_STEPS[level][0 if listing.is_korean else 1].format(
                n=100_000, topic=listing.topic_name
            ),
            "helpful": rng.choice((True, False, None)),
        }
        for level in range(levels)
    ]
    return json.dumps(ladder, ensure_ascii=False)


def _table_length(rng: Random, index: int) -> int:
    if index % _HUGE_EVERY == _HUGE_EVERY // 2:
        return 300_000 + int(rng.random() * 600_000)
    return int(2_000 + rng.random() ** 3 * 60_000) if rng.random() < 0.004 else 0


def history_rows(population: Population, rng: Random) -> Iterator[Row]:
    """Yields `search_history`: 15 % public, 4 % anonymous, 2 % for a problem that no longer exists."""
    count = population.size.history
    for index in range(count):
        moment = population.moment(index, count, rng)
        problem = population.problem_at(moment, rng)
        listing = problem.listing
        user = population.user_at(moment, rng) if rng.random() >= 0.04 else None
        language = pick_language(rng)
        verdict = rng.choice(_FAILURES)
        passed = problem.cases if rng.random() < 0.52 else int(rng.random() * problem.cases)
        yield (
            index + 1, user, problem.id if rng.random() >= 0.02 else None,
            listing.platform, listing.number, listing.title, language,
            program(rng, language, listing.title, _table_length(rng, index)),
            _summary(rng, problem, passed, verdict), passed, problem.cases - passed, problem.cases,
            int(user is not None and rng.random() < 0.155),
            _test_results(rng, problem, passed, verdict) if rng.random() < 0.6 else None,
            _hint_ladder(rng, problem) if rng.random() < 0.08 else None,
            text_of(moment),
        )  # fmt: skip


def _usage_moment(population: Population, index: int, count: int, rng: Random) -> int:
    """Ascending times: 8 % older than 120 days, 1 % (at least three, if there are that many) on the last day."""
    today = min(count, max(3, int(count * _TODAY_SHARE)))
    old = min(count - today, max(3, int(count * _OLD_SHARE)))
    spans = (
        (0, old, population.end_us - _OLD_DAYS * _DAY_US, population.end_us - _RECENT_DAYS * _DAY_US),
        (old, count - today, population.end_us - _RECENT_DAYS * _DAY_US, population.today_us),
        (count - today, count, population.today_us, population.end_us),
    )
    first, last, start, end = next(span for span in spans if index < span[1])
    return start + int((index - first + rng.random()) / (last - first) * (end - start))


def _usage_metadata(population: Population, rng: Random, moment: int, action: str) -> str | None:
    dice = rng.random()
    if dice < 0.15:
        return None
    metadata: dict[str, object] = {}
    if population.size.history:
        metadata["history_id"] = population.row_at(moment, population.size.history)
    if action == "hint":
        metadata["level"] = int(rng.random() * 5)
    elif dice < 0.3:
        metadata["duration_ms"] = round(rng.random() * 4000, 3)
    return json.dumps(metadata, ensure_ascii=False)


def usage_rows(population: Population, rng: Random) -> Iterator[Row]:
    """Yields `usage_logs`: one in six is a hint, the others are executions."""
    count = population.size.usage
    for index in range(count):
        moment = _usage_moment(population, index, count, rng)
        action = "hint" if rng.random() < 0.16 else "execution"
        yield (
            index + 1, population.user_at(moment, rng), action,
            population.problem_at(moment, rng).id if rng.random() < 0.97 else None,
            _usage_metadata(population, rng, moment, action), text_of(moment),
        )  # fmt: skip
