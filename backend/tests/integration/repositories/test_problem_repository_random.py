"""A problem at random: one that was asked for, every one in reach, at a cost that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.codec.items import CODECS, with_keys
from api.dynamodb.errors import InvalidInput
from api.dynamodb.metering import meter
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.schema import keys
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from tests.integration.repositories.helpers import a_problem
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

START = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def transport(use_settings: Callable[..., None]) -> str:
    """One transport will do: nothing here depends on it."""
    use_settings(DYNAMODB_TRANSPORT="lean")
    return "lean"


def ids_of(problems: ProblemRepository, draws: int, **asked: Any) -> set[int]:
    found = (problems.random_problem(**asked) for _ in range(draws))
    return {problem["problem_id"] for problem in found if problem is not None}


def test_every_problem_of_a_short_list_is_found_and_no_other(problems: ProblemRepository) -> None:
    for number in range(1, 9):
        problems.create_problem(
            a_problem(
                problem_id=number, problem_number=str(number), difficulty="Gold" if number % 2 else "Silver",
                is_completed=number != 8,
            )
        )  # fmt: skip
    problems.retire_problem(7)
    assert ids_of(problems, 150) == {1, 2, 3, 4, 5, 6}
    assert ids_of(problems, 60, difficulty="GOLD") == {1, 3, 5}
    assert ids_of(problems, 60, tag="math", difficulty="gold", excluding=[3]) == {1, 5}
    found = problems.random_problem(excluding={1, 2, 3, 4, 5})
    assert found == next(p for p in problems.list_problems() if p["problem_id"] == 6)


def test_none_is_found_where_nothing_matches(problems: ProblemRepository) -> None:
    assert problems.random_problem() is None
    problems.create_problem(a_problem(problem_id=1))
    assert problems.random_problem(platform="AtCoder") is None
    assert problems.random_problem(excluding={1}) is None
    with pytest.raises(InvalidInput):
        problems.random_problem(tag="  ")


def fill(table: Table, tag: str, moments: list[datetime | None]) -> None:
    """A tag's list with an entry for each moment."""
    codec = CODECS["problem_entry"]
    with table.batch_writer() as batch:
        for number, moment in enumerate(moments):
            entry = codec.encode(
                {"problem_id": number, "platform": "p", "problem_number": str(number), "title": "t", "tags": {tag},
                 "created_at": moment}
            )  # fmt: skip
            item = with_keys(
                PROBLEM_RULES.current.tag_list(tag).pk(0), keys.time_and_id(moment, number), entry
            )
            batch.put_item(Item={name: _plain(value) for name, value in item.items()})


def _plain(value: dict[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    return {"N": int, "SS": set, "S": str}[kind](inner)


@pytest.mark.parametrize(
    "moments",
    [
        [START + timedelta(days=number) for number in range(300)],
        [START] * 300,
        [None] * 40 + [START + timedelta(hours=number) for number in range(260)],
        [None] * 300,
    ],
    ids=["spread", "at once", "some without a time", "without a time"],
)
def test_all_of_a_long_list_is_in_reach_for_three_queries(
    problems: ProblemRepository, table: Table, engine: Engine, moments: list[datetime | None]
) -> None:
    fill(table, "many", moments)
    with meter.recording() as seen:
        found = [problems.random_problem(tag="many") for _ in range(60)]
    assert seen.operations == ["Query"] * 180
    assert seen.read_units <= 60 * 5.5
    numbers = sorted(problem["problem_id"] for problem in found if problem is not None)
    assert len(numbers) == 60
    assert len(set(numbers)) > 20
    assert numbers[0] < 150 < numbers[-1]


def test_a_long_list_whose_reach_is_excluded_says_none(
    problems: ProblemRepository, table: Table, engine: Engine
) -> None:
    fill(table, "many", [START + timedelta(days=number) for number in range(100)])
    assert problems.random_problem(tag="many", excluding=range(100)) is None
    assert ids_of(problems, 30, tag="many", excluding=range(98)) <= {98, 99}
