"""An item's kind is told by its keys: for each entity, and for keys that only resemble them."""

from __future__ import annotations

import pytest

from api.dynamodb.schema.entities import ENTITIES
from repair.findings import KINDS
from repair.item_kinds import kind_of

TIME = "2026-11-21T03:00:00.000000"
ID = "0000000000000007"
ENTRY = f"{TIME}#{ID}"
KEYS = {
    "plan": ("PLAN", ID),
    "user": ("USR#7", "META"),
    "email_guard": ("EML#kim#1@example.org", "GUARD"),
    "google_guard": ("GID#118", "GUARD"),
    "user_entry": ("USRLIST#3", ENTRY),
    "problem": ("PRB#7", "META"),
    "number_guard": ("NUM#baekjoon#1000", "GUARD"),
    "problem_entry": ("PRBLIST#TAG:a%23b#0", ENTRY),
    "word_entry": ("PRBWORD#su", f"sum#{ENTRY}"),
    "test_case": ("PRB#7", f"TCS#2147483648#{ID}"),
    "run": ("RUN#7", "META"),
    "user_run": ("USR#7#RUN", ENTRY),
    "user_problem_run": ("USR#7#PRB#9", ENTRY),
    "usage_log": ("USR#7#USE#hint", f"LOG#{ENTRY}#q3Zk0a_V"),
    "usage_day": ("USR#7#USE#execution", "DAY#2026-11-21"),
    "session": ("USR#7#SES", ID),
    "used_nonce": ("NON#x", "GUARD"),
    "address_window": ("ADR#203.0.113.9", "SGN#1790000000"),
    "progress": ("USR#7#PRG", "META"),
    "erasure": ("ERASURE", ID),
    "audit": ("AUD#2026-11", ENTRY),
    "audit_month": ("AUD", "2026-11"),
    "text_part": ("TXT#USE#7", "met#0123456789abcdef.ab#0000"),
    "pending_parts": ("PND#1", ENTRY),
}


@pytest.mark.parametrize("entity", [entity.name for entity in ENTITIES])
def test_the_keys_of_an_entity_tell_its_kind(entity: str) -> None:
    assert kind_of(*KEYS[entity]) == entity


@pytest.mark.parametrize(
    ("pk", "sk"),
    [
        ("USR#x", "META"),
        ("USR#07", "META"),
        ("USR#7", "META2"),
        ("USR#7#RUN", "2026-11-21#7"),
        ("TXT#XYZ#7", "cod#0123456789abcdef#0000"),
        ("USR#7#USE#other", "DAY#2026-11-21"),
        ("", ""),
        ("RUN#7\n", "META"),
    ],
)
def test_keys_that_only_resemble_them_are_of_no_kind(pk: str, sk: str) -> None:
    assert kind_of(pk, sk) is None


def test_every_kind_of_finding_is_worded() -> None:
    for kind, (fault, _) in KINDS.items():
        assert kind == kind.lower() and fault
