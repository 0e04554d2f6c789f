"""The change that adds digests of expected outputs, on test cases of all forms."""

from __future__ import annotations

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.table.write_actions import Key, key_of
from api.dynamodb.transport.http import Transport
from lifecycle.history import History
from lifecycle.selection import Selection
from lifecycle.service_table import FIRST_CHANGE
from migration.table_contents import read_items
from tests.integration.lifecycle.service_changes import runner_of
from tests.integration.repositories.helpers import a_problem, noise
from tests.support.engines import Engine

NAME = "migration_20261130_010000_add_output_digests"


def test_cases_from_before_get_the_digests_that_are_written_today_and_lose_them_again(
    use_engine: Engine, table_name: str, history: History
) -> None:
    transport = Transport.of_environment()
    runner = runner_of(use_engine, history, NAME)

    def stored() -> dict[Key, WireItem]:
        return {key_of(item): item for item in read_items(transport, table_name)}

    runner.migrate(Selection(target=FIRST_CHANGE))
    problems = ProblemRepository()
    problem_id = problems.create_problem(a_problem(solution_code=noise(9_000)))["problem_id"]
    outputs = ["3 \n", "", "x\n" * 9_000, noise(60_000), noise(900_000, 8)]
    problems.add_test_cases(
        problem_id,
        [{"input": noise(5_000), "output": text, "is_sample": text == "3 \n"} for text in outputs],
    )
    today = stored()
    before = {
        key: {name: value for name, value in item.items() if name != "odg"} for key, item in today.items()
    }
    assert sum("odg" in item for item in today.values()) == len(outputs)
    for item in before.values():
        transport.call("PutItem", {"TableName": table_name, "Item": item})
    assert stored() == before
    assert runner.migrate(Selection()).changes == [NAME]
    assert stored() == today
    runner.rollback(Selection(target=NAME))
    assert stored() == before
