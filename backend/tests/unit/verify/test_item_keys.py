"""Kinds are told by keys of exactly the form that a reader asks for; anything else is of no kind."""

from __future__ import annotations

import pytest

from api.dynamodb.schema.entities import ENTITIES
from migration.verify.item_keys import kind_of
from migration.verify.item_kinds import OPERATION, SERVICE_KINDS, STEP_OF, TEXTS, UNKNOWN

MOMENT = "2026-05-31T15:00:00.000000"
TIME_AND_ID = f"{MOMENT}#0000000000000007"
TEXT = "cod#0123456789abcdef"

KEYS = (
    ("USR#1", "META", "user"), ("USR#1#RUN", TIME_AND_ID, "user_run"),
    ("USR#1#PRB#2", TIME_AND_ID, "user_problem_run"), ("USR#1#USE#hint", f"LOG#{TIME_AND_ID}", "usage_log"),
    ("USR#1#USE#execution", f"LOG#{TIME_AND_ID}#use", "usage_log"), ("USR#1#USE#hint", "DAY#2026-05-31", "usage_day"),
    ("USR#1#SES", "0000000000000001", "session"), ("USR#1#PRG", "META", "progress"),
    ("USR#1#HNT", "0000000000000001", "opened_hints"), ("PRB#1", "META", "problem"),
    ("USR#1#PRC", "META", "practice"), ("USR#1#NTE", "0000000000000002", "problem_note"),
    ("PRB#1", "TCS#2147483648#0000000000000001", "test_case"),
    ("PRB#1", "TCH#2147483648#0000000000000001", "test_case"),
    ("PRBLIST#ALL#0", TIME_AND_ID, "problem_entry"), ("PRBLIST#TAG:a\nb#0", TIME_AND_ID, "problem_entry"),
    ("PRBWORD#ab", f"abc#{TIME_AND_ID}", "word_entry"), ("PRBWORD#가", f"가#{TIME_AND_ID}", "word_entry"),
    ("RUN#1", "META", "run"), ("PLAN", "0000000000000001", "plan"), ("EML#a@b.org", "GUARD", "email_guard"),
    ("GID# ", "GUARD", "google_guard"), ("NUM#a%23#1", "GUARD", "number_guard"), ("NUM##", "GUARD", "number_guard"),
    ("USRLIST#3", TIME_AND_ID, "user_entry"), ("TXT#RUN#1", f"{TEXT}#0000", TEXTS),
    ("TXT#TC#1", f"{TEXT}.r#10000", TEXTS), ("NON#abc", "GUARD", "used_nonce"),
    ("ADR#192.0.2.1", "SGN#1780000000", "address_window"), ("AUD#2026-11", TIME_AND_ID, "audit"),
    ("AUD", "2026-11", "audit_month"), ("ERASURE", "0000000000000001", "erasure"),
    ("PND#3", TIME_AND_ID, "pending_parts"), ("PRBLOG", TIME_AND_ID, "problem_change"),
    ("OPS#migration", "LEASE#2", OPERATION), ("OPS#migration", "LEASE", OPERATION), ("OPS#demo", "MOVED", OPERATION),
)  # fmt: skip

OF_NO_KIND = (
    ("", ""), ("ZZZ#1", "META"), ("USR#1", "x"), ("USR#01", "META"), ("USR#x", "META"), ("USR#1#ABC", "META"),
    ("USR#3#SESxyz", "0000000000000001"), ("USR#1#SES", "1"), ("USR#1#PRG", "1"), ("USR#1#PRG#2", "META"),
    ("USR#1#PRC", "2"), ("USR#1#NTE", "2"),
    ("USR#1#USE#peek", f"LOG#{TIME_AND_ID}"), ("USR#1#USE#hint", "LOG#t"), ("USR#1#USE#hint", "DAY#t"),
    ("USR#1#RUN", "t"), ("USR#1#RUN", f"{MOMENT}#7"), ("PRB#1", "TCSxyz"), ("PRBLIST#ALL#0", "t"),
    ("PRBWORD#abc", f"abc#{TIME_AND_ID}"), ("RUN#1", "META2"), ("PLANxyz", "0000000000000001"), ("EML#", "GUARD"),
    ("EML#a@b.org", "META"), ("TXT#RUN#1", "t"), ("TXT#RUN#1", f"{TEXT}#1"), ("TXT#RUN#1", f"{TEXT}#00001"),
    ("TXT#RUN#999999", "junk"), ("TXT#XYZ#1", f"{TEXT}#0000"), ("ERASxyz", "1"), ("ERASURES", "0000000000000001"),
    ("PND#", TIME_AND_ID),
    ("AUD", "x"), ("AUD#2026-11", "1"), ("ADR#192.0.2.1", "XYZ#1"), ("OPS#", "LEASE"), ("NON#abc", "x"),
    ("USR#\u0661", "META"), ("USR#1\n", "META"), ("USR#1", "META\n"),
)  # fmt: skip


@pytest.mark.parametrize(("pk", "sk", "kind"), KEYS)
def test_a_key_of_the_declared_form_tells_the_kind(pk: str, sk: str, kind: str) -> None:
    assert kind_of(pk, sk) == kind


@pytest.mark.parametrize(("pk", "sk"), OF_NO_KIND)
def test_a_key_that_only_begins_like_one_is_of_no_kind(pk: str, sk: str) -> None:
    assert kind_of(pk, sk) == UNKNOWN


def test_every_declared_kind_has_a_key() -> None:
    assert {kind for _, _, kind in KEYS} == {*STEP_OF, *SERVICE_KINDS, TEXTS, OPERATION}


def test_every_declared_entity_is_compared_or_counted() -> None:
    assert {entity.name for entity in ENTITIES} == {*STEP_OF, *SERVICE_KINDS, TEXTS}
