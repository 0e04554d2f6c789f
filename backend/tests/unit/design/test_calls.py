"""The calls that are recorded from a table in memory are those that the repositories make on moto's DynamoDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import frozen
from api.dynamodb.metering import meter
from api.dynamodb.repositories import AuditNote
from api.dynamodb.schema import keys
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from api.dynamodb.table.store import Store
from api.dynamodb.table_schema import create_table
from api.dynamodb.transport import factory
from design.actor import Actor
from design.growth import SCALES
from design.patterns import BY_NAME, PATTERNS
from design.recording import calls_of, recorded_calls
from design.repositories import Repositories
from design.typical_table import NOW, typical_items
from design.units import Call

# These change what other patterns find, so they are run last, in this order.
_LAST = (
    "close an account",
    "sign out everywhere",
    "delete a public run",
    "delete a test case",
    "replace 25 test cases",
    "10 more test cases",
    "change a title, retire a problem",
)
IN_ORDER = [
    *(pattern for pattern in PATTERNS if pattern.name not in _LAST),
    *(BY_NAME[name] for name in _LAST),
]


@contextmanager
def mocked_repositories() -> Iterator[Repositories]:
    """The repositories on moto's DynamoDB, with the typical items, at the moment of the recorded calls."""
    with mock_aws(), frozen(NOW):
        factory.clear_cache()
        create_table(DynamoDBClient.get_client(), wait_seconds=10)
        table = DynamoDBClient.get_table()
        store = Store(factory.transport_for(table), table.name)
        assert store.batch_write(puts=typical_items().values(), entity="typical") == []
        repositories = Repositories.built(lambda repository_class: repository_class(table))
        repositories.audit.record_audit(AuditNote(1, "mark"), "this month", {})
        # As in a process that has shown each list before.
        repositories.users.list_users()
        repositories.problems.list_problems()
        repositories.runs.list_public_timeline()
        yield repositories
    factory.clear_cache()


def _read_index(call: Call) -> str | None:
    """The index that a Query reads; None for the table."""
    resources = {touch.resource for touch in call.touches if touch.reads} - {"table"}
    return resources.pop() if resources else None


@pytest.mark.long
def test_the_recorded_calls_are_those_that_are_made_on_dynamodb(use_settings: Callable[..., None]) -> None:
    use_settings(DYNAMODB_TABLE="design_calls", ALGOITNY_ENVIRONMENT="dev")
    different = {}
    with mocked_repositories() as repositories:
        for pattern in IN_ORDER:
            with meter.recording() as metered:
                pattern.run(repositories)
            made = [(call.operation, call.index) for call in metered.calls]
            recorded = [(call.operation, _read_index(call)) for call in calls_of(pattern.name)]
            if made != recorded:
                different[pattern.name] = (made, recorded)
    assert different == {}


def test_the_simulation_uses_no_id_or_name_of_the_typical_request() -> None:
    typical = re.compile(r"\d{9}|example|baekjoon|11657|gold 4|graphs|shortest|dynamic")
    for name in SCALES[0].per_second(peak=True):
        touches = recorded_calls()[name].touches
        assert [touch.pk for touch in touches if typical.search(touch.pk)] == []


def test_an_actor_writes_to_the_keys_and_shards_of_its_own_ids() -> None:
    actor = Actor(1, 2, 3, 7, "a@b.c", "g", "swea", "12", "gold", ["x"], ["word"], "hint")
    written = {
        name: {t.key(actor) for t in recorded_calls()[name].touches if t.writes}
        for name in ("sign up", "new run, public", "publish or hide a run", "new problem (3 tags, 3 words)")
    }
    lists = {"USR#1#RUN", "USR#1#PRB#2"}
    assert written["sign up"] == {"USR#7", "EML#a@b.c", "GID#g", keys.USER_LIST.pk_of(7)}
    assert written["new run, public"] == {"RUN#7", keys.TIMELINE.pk_of(7), *lists}
    assert written["publish or hide a run"] == {"RUN#3", keys.TIMELINE.pk_of(3), *lists}
    assert written["new problem (3 tags, 3 words)"] - {None} == {
        "PRB#7", "NUM#swea#12", "PRBLIST#TAG:x#0", "PRBWORD#wo", keys.ALL_PROBLEMS.pk_of(7),
        PROBLEM_RULES.current.platform_list("swea").pk_of(7), PROBLEM_RULES.current.difficulty_list("gold").pk_of(7),
    }  # fmt: skip
