"""Generates the rows of the demonstration's tables, lazily and deterministically."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random

from legacy.demo.inputs import case_text, large_text
from legacy.demo.population import PLANS, DemoProblem, Population, shared_population, stream, text_of
from legacy.demo.practice import rows as practice
from legacy.demo.practice.population import PracticePopulation, shared_practice
from legacy.demo.programs import pick_language, program
from legacy.demo.runs import history_rows, usage_rows
from legacy.demo.size import TABLES, DemoSize, Row
from legacy.demo.vocabulary import (
    EMOJI,
    ENGLISH_NAMES,
    ENGLISH_SURNAMES,
    FAMILY_NAMES,
    GIVEN_NAMES,
    HINT_STEPS,
    MAIL_DOMAINS,
)

_DAY_US = 86_400_000_000
_PLAN_LIMITS = (("Free", 5, 50), ("Basic", 20, 200), ("Pro", 100, 1000), ("Academy 🎓 (구 요금제)", 30, 300))


def _plan_rows(population: Population, rng: Random) -> Iterator[Row]:
    for index, (name, hints, executions) in enumerate(_PLAN_LIMITS):
        created = text_of(population.start_us + index * 1_234_567_891)
        yield (index + 1, name, hints, executions, int(index < 3), created)


def _person(rng: Random, user: int) -> tuple[str, str]:
    """A display name and the local part of an e-mail address, which contains the id and so is unique."""
    if rng.random() < 0.68:
        (last_name, last_latin), (first_name, first_latin) = rng.choice(FAMILY_NAMES), rng.choice(GIVEN_NAMES)
        local = (
            f"{first_latin}.{last_latin}{user}" if rng.random() < 0.6 else f"{last_latin}{user}{first_latin}"
        )
        return last_name + first_name, local
    first, last = rng.choice(ENGLISH_NAMES), rng.choice(ENGLISH_SURNAMES)
    plain = "".join(letter for letter in f"{first}{last}".lower() if letter.isascii() and letter.isalpha())
    return f"{first} {last}", f"{plain}{user}"


def _user_rows(population: Population, rng: Random) -> Iterator[Row]:
    for index, created in enumerate(population.user_created):
        user = index + 1
        name, local = _person(rng, user)
        if rng.random() < 0.03:
            name = f"{name} {rng.choice(EMOJI)}"
        if rng.random() < 0.01:
            local = local.title()
        email = f"{local}@{rng.choice(MAIL_DOMAINS)}" if rng.random() < 0.97 else None
        google = f"1{rng.randrange(10**12):012d}{user:08d}" if email is None or rng.random() < 0.86 else None
        picture = None
        if google and rng.random() < 0.8:
            picture = f"https://lh3.example.com/a/{rng.getrandbits(160):040x}=s96-c"
        plan = rng.choices((1, 2, 3, PLANS), (70, 16, 10, 4))[0] if rng.random() < 0.93 else None
        updated = created + int(rng.random() * (population.end_us - created))
        last_login = text_of(updated) if rng.random() < 0.9 else None
        yield (
            user, email, name if rng.random() < 0.97 else None, picture, google, plan,
            int(rng.random() < 0.96), int(user == 1 or rng.random() < 0.008),
            text_of(created), text_of(updated), last_login,
        )  # fmt: skip


def _hint_texts(rng: Random, problem: DemoProblem) -> list[str]:
    listing = problem.listing
    return [
        step[0 if listing.is_korean else 1].format(n=10 ** rng.randint(3, 6), topic=listing.topic_name)
        for step in rng.sample(HINT_STEPS, rng.randint(2, 5))
    ]


def _constraint_text(rng: Random, korean: bool) -> str:
    n, top = 10 ** rng.randint(2, 6), 10 ** rng.randint(3, 9)
    if korean:
        return f"1 ≤ N ≤ {n:,}\n-{top:,} ≤ Aᵢ ≤ {top:,}\n입력으로 주어지는 수는 모두 정수이다.\n"
    return f"1 <= n <= {n}\n-{top} <= a[i] <= {top}\nAll values of the input are integers.\n"


def _problem_metadata(rng: Random, problem: DemoProblem) -> str | None:
    dice = rng.random()
    if dice < 0.4:
        return None
    metadata: dict[str, object] = {"source": problem.listing.platform, "test_case_count": problem.cases}
    if dice < 0.7:
        metadata["accepted_ratio"] = rng.random()
        metadata["submissions"] = rng.randrange(10**6)
    if dice < 0.5:
        metadata["출처"] = {"대회": f"{rng.randint(2008, 2024)} 예선", "문항": rng.choice("ABCDEFGH")}
    return json.dumps(metadata, ensure_ascii=False)


def _problem_rows(population: Population, rng: Random) -> Iterator[Row]:
    for problem in population.problems:
        listing = problem.listing
        completed = rng.random() < 0.85
        language = pick_language(rng) if completed and rng.random() < 0.9 else None
        updated = problem.created_us + int(rng.random() * (population.end_us - problem.created_us))
        yield (
            problem.id, listing.platform, listing.number, listing.title, listing.url,
            json.dumps(list(listing.topic.tags) if rng.random() < 0.97 else [], ensure_ascii=False),
            listing.difficulty, language,
            program(rng, language, listing.title) if language else None,
            _constraint_text(rng, listing.is_korean) if rng.random() < 0.9 else None,
            json.dumps(_hint_texts(rng, problem), ensure_ascii=False) if rng.random() < 0.6 else None,
            rng.choice((0.1, 0.25, 0.5, 1.0, 1.0, 1.5, 2.0, 2.0, 3.0, 5.0)) if rng.random() < 0.95 else None,
            rng.choice((64, 128, 128, 256, 256, 512, 1024)) if rng.random() < 0.95 else None,
            int(completed), int(rng.random() < 0.02), _problem_metadata(rng, problem),
            text_of(problem.created_us), text_of(updated),
        )  # fmt: skip


def _test_case_rows(population: Population, rng: Random) -> Iterator[Row]:
    # Large cases are spread over the problems, at most three to a problem; the first ones are the largest.
    count = population.size.large_cases
    large = {
        (index * len(population.problems) // count, index % 3): index for index in reversed(range(count))
    }
    for at, problem in enumerate(population.problems):
        samples = 1 + int(rng.random() * 3)
        for position in range(problem.cases):
            text, output = case_text(rng)
            index = large.get((at, problem.cases - 1 - position))
            if index is not None:
                text = large_text(rng, index)
            case = problem.first_case + position
            yield (case, problem.id, text, output, int(position < samples), position + 1)


_MAKERS: dict[str, Callable[[Population, Random], Iterator[Row]]] = {
    "subscription_plans": _plan_rows,
    "users": _user_rows,
    "problems": _problem_rows,
    "test_cases": _test_case_rows,
    "search_history": history_rows,
    "usage_logs": usage_rows,
}
_PRACTICE_MAKERS: dict[str, Callable[[PracticePopulation, Random], Iterator[Row]]] = {
    "subscription_plans": _plan_rows,
    "users": _user_rows,
    "problems": practice.problem_rows,
    "test_cases": practice.test_case_rows,
    "search_history": practice.history_rows,
    "usage_logs": practice.usage_rows,
}


def demo_rows(table: str, size: DemoSize, seed: int, as_of: datetime) -> Iterator[Row]:
    """Yields `table`'s rows in the order of `COLUMNS[table]` and of their ids.

    Times are UTC texts with microseconds, JSON is text, booleans are 0 or 1. The same
    parameters give the same rows; yielded rows are not kept in memory, but the runs
    of the practice set are. `as_of` is the latest time in the data. Raises
    `ValueError` when it has no time zone and `KeyError` for an unknown table.
    """
    if table not in TABLES:
        raise KeyError(table)
    if size.is_practice:
        return _PRACTICE_MAKERS[table](shared_practice(size, seed, as_of), stream(seed, table))
    return _MAKERS[table](shared_population(size, seed, as_of), stream(seed, table))
