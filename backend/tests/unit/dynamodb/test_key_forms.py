"""The entity and the long names of a key's parts, for every declared kind of item."""

from __future__ import annotations

import pytest

from api.dynamodb.codec.key_forms import OPERATION, UNKNOWN, entity_of, key_fields, kind_of, kind_of_key
from api.dynamodb.schema.entities import ENTITIES, PK, SK
from design.samples import samples

# Typical items that are further forms of an entity.
_ENTITY = {"large_test_case": "test_case", "usage_day_apart": "usage_day"}


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
    "problem_change": ("PRBLOG", ENTRY),
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
    "practice": ("USR#7#PRC", "META"),
    "problem_note": ("USR#7#NTE", "0000000000000008"),
    "opened_hints": ("USR#7#HNT", "0000000000000042"),
    "erasure": ("ERASURE", ID),
    "audit": ("AUD#2026-11", ENTRY),
    "audit_month": ("AUD", "2026-11"),
    "text_part": ("TXT#USE#7", "met#0123456789abcdef.ab#0000"),
    "pending_parts": ("PND#1", ENTRY),
}


def item(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {PK: {"S": pk}, SK: {"S": sk}}


def test_every_entity_is_recognised_by_its_key() -> None:
    kinds = {name: kind_of(typical) for name, typical in samples().items.items()}
    assert kinds == {name: _ENTITY.get(name, name) for name in kinds}
    assert set(kinds.values()) == {entity.name for entity in ENTITIES}


def test_a_key_field_has_the_value_of_the_field_of_its_name() -> None:
    for name, typical in samples().items.items():
        entity = entity_of(typical)
        assert entity is not None
        shorts = {field.name: field.short for field in entity.fields}
        for part, value in key_fields(typical).items():
            if part in shorts and "N" in typical.get(shorts[part], {}) and isinstance(value, int):
                assert int(typical[shorts[part]]["N"]) == value, name


@pytest.mark.parametrize(
    ("pk", "sk", "fields"),
    [
        ("USR#7", "META", {"user_id": 7}),
        ("EML#a#b@x.org", "GUARD", {"email": "a#b@x.org"}),
        ("PRBLIST#TAG:dp#0", "2026-01-01T00:00:00.000000#0000000000000005",
         {"list": "TAG:dp", "shard": 0, "created_at": "2026-01-01T00:00:00.000000", "problem_id": 5}),
        ("PRB#5", "TCS#2147483650#0000000000000009", {"problem_id": 5, "position": 2, "test_case_id": 9}),
        ("PRB#5", "TCH#G0000000000000003#2147483650#0000000000000009",
         {"problem_id": 5, "generation": 3, "position": 2, "test_case_id": 9}),
        ("TXT#RUN#7", "cod#00ff00ff00ff00ff.ab#0001",
         {"owner": "RUN#7", "attribute": "cod", "digest": "00ff00ff00ff00ff.ab", "number": 1}),
    ],
)  # fmt: skip
def test_the_parts_of_a_key_have_long_names(pk: str, sk: str, fields: dict[str, object]) -> None:
    assert key_fields(item(pk, sk)) == fields


def test_a_record_of_the_tools_and_a_stray_item_are_told_apart() -> None:
    assert kind_of(item("OPS#migration", "JOB")) == OPERATION
    assert kind_of(item("USER#7", "META")) == UNKNOWN
    assert key_fields(item("USER#7", "META")) == {}


@pytest.mark.parametrize("entity", [entity.name for entity in ENTITIES])
def test_the_keys_of_an_entity_tell_its_kind(entity: str) -> None:
    assert kind_of_key(*KEYS[entity]) == entity


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
    assert kind_of_key(pk, sk) is None
