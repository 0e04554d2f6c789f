"""Yields what people did in the demonstration: runs of code (search history) and usage logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from legacy.demo.code import pick_language, program
from legacy.demo.size import Row
from legacy.demo.vocabulary import HINT_STEPS
from legacy.demo.world import DemoProblem, World, text_of

_DAY_US = 86_400_000_000
_HUGE_EVERY = 5_000  # one run in so many carries a pasted table of several hundred KB

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
    asked = 1 + int(rng.random() * 4)
    ladder = [
        {
            "level": level,
            "text": HINT_STEPS[level][0 if listing.is_korean else 1].format(
                n=100_000, topic=listing.topic_name
            ),
            "helpful": rng.choice((True, False, None)),
        }
        for level in range(asked)
    ]
    return json.dumps(ladder, ensure_ascii=False)


def _table_length(rng: Random, index: int) -> int:
    if index % _HUGE_EVERY == _HUGE_EVERY // 2:
        return 300_000 + int(rng.random() * 600_000)
    return int(2_000 + rng.random() ** 3 * 60_000) if rng.random() < 0.004 else 0


def history_rows(w: World, rng: Random) -> Iterator[Row]:
    """Yields `search_history`: 15 % public, 4 % anonymous, 2 % of a problem that is gone."""
    count = w.size.history
    for index in range(count):
        moment = w.moment(index, count, rng)
        problem = w.problem_at(moment, rng)
        listing = problem.listing
        user = w.user_at(moment, rng) if rng.random() >= 0.04 else None
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


def _usage_moment(w: World, index: int, count: int, rng: Random) -> int:
    """Ascending: 8 % older than 120 days, 1 % (three at least, if there are so many) of the last day."""
    today = min(count, max(3, int(count * _TODAY_SHARE)))
    old = min(count - today, max(3, int(count * _OLD_SHARE)))
    spans = (
        (0, old, w.end_us - _OLD_DAYS * _DAY_US, w.end_us - _RECENT_DAYS * _DAY_US),
        (old, count - today, w.end_us - _RECENT_DAYS * _DAY_US, w.today_us),
        (count - today, count, w.today_us, w.end_us),
    )
    first, last, start, end = next(span for span in spans if index < span[1])
    return start + int((index - first + rng.random()) / (last - first) * (end - start))


def _usage_metadata(w: World, rng: Random, moment: int, action: str) -> str | None:
    dice = rng.random()
    if dice < 0.15:
        return None
    metadata: dict[str, object] = {}
    if w.size.history:
        metadata["history_id"] = w.row_at(moment, w.size.history)
    if action == "hint":
        metadata["level"] = int(rng.random() * 5)
    elif dice < 0.3:
        metadata["duration_ms"] = round(rng.random() * 4000, 3)
    return json.dumps(metadata, ensure_ascii=False)


def usage_rows(w: World, rng: Random) -> Iterator[Row]:
    """Yields `usage_logs`: one in six a hint, the others executions."""
    count = w.size.usage
    for index in range(count):
        moment = _usage_moment(w, index, count, rng)
        action = "hint" if rng.random() < 0.16 else "execution"
        yield (
            index + 1, w.user_at(moment, rng), action,
            w.problem_at(moment, rng).id if rng.random() < 0.97 else None,
            _usage_metadata(w, rng, moment, action), text_of(moment),
        )  # fmt: skip
