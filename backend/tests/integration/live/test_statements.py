"""Problems' statements stay while a live move follows MySQL, which does not have them."""

from __future__ import annotations

import pytest

from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.transport import factory
from tests.integration.live.live_harness import Live, fill
from tests.integration.repositories.helpers import noise

pytestmark = pytest.mark.any_engine
LARGE = noise(20_000)


def test_changed_removed_and_returning_problems_keep_their_statements(live: Live) -> None:
    fill(live.legacy)
    live.begin()
    factory.clear_cache()
    problems = ProblemRepository()
    for number in (1, 2, 3):
        problems.set_statements(number, {"statement_ko": f"{number}번을 센다.", "title_ko": "제목"})
        problems.set_statements(number, {"statement_en": LARGE, "hints_en": [LARGE]})
    live.legacy.sql("UPDATE problems SET title = 'Renamed' WHERE id = 1")
    live.legacy.sql("UPDATE problems SET is_completed = 7 WHERE id = 2")  # a dead letter
    live.legacy.sql("CREATE TEMPORARY TABLE kept AS SELECT * FROM problems WHERE id = 3")
    live.legacy.sql("DELETE FROM test_cases WHERE problem_id = 3")
    live.legacy.sql("DELETE FROM problems WHERE id = 3")
    live.catch_up()
    first = problems.get_problem(1, consistent=True)
    assert first is not None
    assert (first["title"], first["statement_en"]) == ("Renamed", LARGE)
    assert [problems.get_problem(number, consistent=True) for number in (2, 3)] == [None, None]
    assert live.differences() == []
    live.legacy.sql("UPDATE problems SET is_completed = 1 WHERE id = 2")
    live.legacy.sql("INSERT INTO problems SELECT * FROM kept")
    live.catch_up()
    for number in (1, 2, 3):
        problem = problems.get_problem(number, consistent=True)
        assert problem is not None
        texts = (
            problem["statement_ko"],
            problem["title_ko"],
            problem["statement_en"],
            problem["statement_version"],
        )
        assert texts == (f"{number}번을 센다.", "제목", LARGE, 2)
    assert live.differences() == []
    factory.clear_cache()
