"""The entity and the long names of a key's parts, for every declared kind of item."""

from __future__ import annotations

import pytest

from api.dynamodb.schema.entities import ENTITIES, PK, SK
from design.samples import samples
from inspection.key_forms import OPERATION, UNKNOWN, entity_of, key_fields, kind_of

# Typical items that are further forms of an entity.
_ENTITY = {"large_test_case": "test_case", "usage_day_apart": "usage_day"}


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
