"""Problems' statements, which MySQL does not have, outlast every move of the problems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.transport import factory
from config.environment import environment
from migration.verify import VerificationOptions, verify
from migration.verify.counts import verify_counts
from tests.integration.migration.migration_harness import Move
from tests.integration.repositories.helpers import noise

LARGE = noise(20_000)
FIELDS = ("title_ko", "statement_ko", "statement_en", "statement_version")
STATEMENTS = {3: ("셋", "셋을 센다.", None, 1), 5: ("다섯", "다섯.", LARGE, 2)}


@pytest.fixture(autouse=True)
def _fresh_clients() -> Iterator[None]:
    factory.clear_cache()
    yield
    factory.clear_cache()


def write_statements(move: Move) -> ProblemRepository:
    """A short statement of problem 3, and a long one of problem 5."""
    move.use_settings(**move.settings())
    problems = ProblemRepository()
    problems.set_statements(3, {"statement_ko": "셋을 센다.", "title_ko": "셋"})
    problems.set_statements(5, {"statement_ko": "다섯.", "title_ko": "다섯", "hints_ko": [LARGE]})
    problems.set_statements(5, {"statement_en": LARGE, "solutions": {"javascript": LARGE}})
    return problems


def statements(problems: ProblemRepository) -> dict[int, tuple[Any, ...]]:
    """The statements of the problems that have some."""
    stored = {number: problems.get_problem(number, consistent=True) for number in range(1, 8)}
    return {
        number: tuple(problem[name] for name in FIELDS)  # type: ignore[literal-required]
        for number, problem in stored.items()
        if problem is not None and problem["statement_version"]
    }


def disagreements(move: Move) -> list[str]:
    """What both kinds of verification have to say."""
    move.use_settings(**move.settings())
    options = VerificationOptions(all_differences=True, dead_letter=move.letter_file())
    reports = verify(environment(), options), verify_counts(environment(), options)
    counts = [
        f"{line.kind}: {line.source}, {line.table}"
        for report in reports
        for line in report.lines
        if not line.agrees
    ]
    return [*map(str, reports[0].differences.listed), *counts]


@pytest.mark.any_engine
def test_a_move_that_is_started_over_keeps_statements_and_verification_accepts_them(move: Move) -> None:
    move.legacy.add("problems", *[{"id": n, "tags": '["dp"]'} for n in range(1, 7)])
    move.run()
    problems = write_statements(move)
    assert disagreements(move) == []
    move.legacy.sql("UPDATE problems SET title = 'Renamed', difficulty = NULL WHERE id = 5")
    report = move.run(restart=True)  # statements are no reason to refuse it
    assert (report.dead, statements(problems)) == (0, STATEMENTS)
    renamed = problems.get_problem(5)
    assert renamed is not None
    assert (renamed["title"], renamed["difficulty"], renamed["version"]) == ("Renamed", None, 1)
    assert disagreements(move) == []


@pytest.mark.any_engine
def test_the_statements_of_a_problem_that_cannot_be_moved_wait_for_it(move: Move) -> None:
    move.legacy.add("problems", *[{"id": n} for n in range(1, 7)])
    move.run()
    problems = write_statements(move)
    move.legacy.sql("UPDATE problems SET is_completed = 7 WHERE id = 5")
    move.legacy.sql("DELETE FROM problems WHERE id = 3")
    assert move.run(restart=True).dead == 1
    assert (problems.get_problem(5), problems.get_problem(3)) == (None, None)
    assert disagreements(move) == []
    move.legacy.sql("UPDATE problems SET is_completed = 1 WHERE id = 5")
    assert move.replay().moved == 1
    assert statements(problems) == {5: STATEMENTS[5]}
    assert disagreements(move) == []
    move.legacy.add("problems", {"id": 3})
    move.run(restart=True)
    assert statements(problems) == STATEMENTS
