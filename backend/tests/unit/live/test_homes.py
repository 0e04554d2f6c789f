"""Everything that the table declares has a home in MySQL, follows from what has one, or is declared homeless."""

from __future__ import annotations

from api.dynamodb.schema.entities import ENTITIES
from config.environment import PROJECT_DIR
from live.reverse.homes import DERIVED, HOMELESS, ROWS
from migration.mapping import STEPS

FIELDS = {entity.name: {field.name for field in entity.fields} for entity in ENTITIES}


def test_every_entity_has_one_home_or_is_declared_homeless() -> None:
    homeless = [name for name in HOMELESS if "." not in name]
    assert sorted([*ROWS, *DERIVED, *homeless]) == sorted(FIELDS)
    assert set(DERIVED.values()) <= set(ROWS)
    assert list(ROWS.values()) == list(STEPS)


def test_every_field_of_an_entity_with_rows_has_a_column_or_is_declared_homeless() -> None:
    homeless = {name for name in HOMELESS if "." in name}
    unmapped = {
        f"{name}.{field}"
        for name, step in ROWS.items()
        for field in FIELDS[name] - {column.field for column in step.columns}
    }
    assert unmapped == homeless


def test_the_page_says_what_is_homeless() -> None:
    page = (PROJECT_DIR / "docs/cutover.md").read_text()
    missing = [text for text in HOMELESS.values() if f"- {text}\n" not in page]
    assert missing == []
