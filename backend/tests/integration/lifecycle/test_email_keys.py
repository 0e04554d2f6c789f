"""The change that gives e-mail addresses the keys of the second rule, on a table that the first rule filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.codec.derivation import Derivation
from api.dynamodb.codec.items import user_items
from api.dynamodb.repositories import UserRepository
from api.dynamodb.schema.email_rules import v1
from api.dynamodb.schema.key_rules import USER_RULES
from config.environment import environment
from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.history import History
from lifecycle.operations import Context
from lifecycle.operations.email_keys import RewriteEmailKeys
from lifecycle.planning import plan
from lifecycle.runner import Runner
from lifecycle.selection import Selection
from lifecycle.service_table import FIRST_CHANGE
from lifecycle.table_configs.algoitny_main import TABLE
from tests.support.engines import Engine
from tests.support.fault_proxy import Fault, FaultProxy, RandomFaults

pytestmark = pytest.mark.any_engine

CHANGE = "migration_20261130_003000_fold_emails_as_mail_systems_do"
EMAILS = {
    1: "kim@x.org", 2: "Kim@stra\u00dfe.example", 3: "lee@x.org\u200b", 4: "lee@x.org", 5: "p\u200bark@x.org",
    6: "\u017fam@x.org", 7: "choi@b\u00fccher.example", 9: "jung@x.org\ufeff",
}  # fmt: skip
# User 10 has the former key that is user 11's by the second rule.
EMAILS[10] = "\u212a@x.org"
EMAILS[11] = "k@x.org\u200b"
FORMER = Derivation(USER_RULES.version(1), (4,))
BEFORE = {number: f"EML#{v1(email)}" for number, email in EMAILS.items()}
AFTER = {
    **BEFORE, 2: "EML#kim@xn--strae-oqa.example", 6: "EML#\u017fam@x.org", 7: "EML#choi@xn--bcher-kva.example",
    9: "EML#jung@x.org", 10: "EML#\u212a@x.org", 11: "EML#k@x.org",
}  # fmt: skip


class OldTable:
    """The service's table with users whose keys the first rule made."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.client, self.name = engine.client(), name
        self.said: list[str] = []
        changes = load_changes([CHANGES_DIR])
        history = History(self.client, environment().history_table, "dev")
        self.runner = Runner(self.client, "dev", changes, history, self.said.append, lambda names: None)
        self.runner.migrate(Selection(target=FIRST_CHANGE))
        for number, email in EMAILS.items():
            user = {"user_id": number, "email": email, "is_active": True, "is_staff": False, "version": 1}
            for item in user_items(user, FORMER).all():
                self.client.put_item(TableName=name, Item=item)

    def keys(self) -> dict[int, str]:
        """By user, the key of the e-mail; the guards say the same."""
        items: list[dict[str, Any]] = self.client.scan(TableName=self.name, ConsistentRead=True)["Items"]
        guards = {int(item["uid"]["N"]): item["PK"]["S"] for item in items if item["SK"]["S"] == "GUARD"}
        users = {int(item["id"]["N"]): item["GSI1PK"]["S"] for item in items if item["SK"]["S"] == "META"}
        assert guards == users
        return users


@pytest.fixture
def old(use_engine: Engine, table_name: str) -> Iterator[OldTable]:
    yield OldTable(use_engine, table_name)
    client = use_engine.client()
    for name in (table_name, environment().history_table):
        client.delete_table(TableName=name)


def test_every_key_is_rewritten_but_for_addresses_of_two_and_those_that_are_refused(old: OldTable) -> None:
    assert old.keys() == BEFORE
    assert CHANGE in old.runner.migrate(Selection()).changes
    assert old.keys() == AFTER
    text = "\n".join(old.said)
    assert "the keys of 6 of 10 users rewritten" in text
    assert "user 3 keeps the former key: another user has this address" in text
    assert "user 5 keeps the former key: the e-mail address has U+200B, which nobody sees" in text
    users = UserRepository(DynamoDBClient.get_table())
    for number, email in EMAILS.items():
        user = users.get_user_by_email(email, consistent=True)
        assert user is not None
        assert user["user_id"] == (4 if number == 3 else number)


def test_it_can_be_undone_for_the_former_version_of_the_service(old: OldTable) -> None:
    old.runner.migrate(Selection())
    old.runner.rollback(Selection(target=CHANGE))
    assert old.keys() == BEFORE


def test_a_plan_shows_what_changes_and_who_stays_and_writes_nothing(old: OldTable) -> None:
    (change,) = [entry for entry in plan(old.runner, Selection()) if entry.change.name == CHANGE]
    (step,) = change.steps
    assert step.preview is not None
    assert (step.preview.items_read, step.preview.items_changed, step.preview.is_complete) == (10, 8, True)
    assert step.warning is not None
    assert "3 (another user has this address)" in step.warning
    assert "5 (the e-mail address has U+200B, which nobody sees)" in step.warning
    assert old.keys() == BEFORE


def test_it_goes_on_after_its_checkpoint_and_repeats_without_harm(old: OldTable) -> None:
    notes: list[Any] = []
    step = RewriteEmailKeys(TABLE, 2)
    step.carry_out(Context(old.client, "dev", save_checkpoint=notes.append))
    said: list[str] = []
    step.carry_out(Context(old.client, "dev", checkpoint=notes[-1], progress=said.append, max_wcu=1_000))
    assert old.keys() == AFTER
    assert (
        "the keys of 5 of 20 users rewritten" in said[0] or "the keys of 6 of 20 users rewritten" in said[0]
    )


def test_it_waits_while_the_table_is_throttled(old: OldTable, use_engine: Engine) -> None:
    with FaultProxy(use_engine.endpoint_url, RandomFaults(0.2, (Fault.THROTTLE,))) as proxy:
        client = Engine(use_engine.name, proxy.url).client()
        RewriteEmailKeys(TABLE, 2).carry_out(Context(client, "dev"))
    assert old.keys() == AFTER
