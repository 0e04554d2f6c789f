"""Where declared tables are found, and what a table is called in which environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from examples.decision_log.table_configs import dora_decision_log
from lifecycle.declared_tables import find_declaration, project_tables
from lifecycle.errors import BadInput

TEXT = "from api.dynamodb.control_plane.declaration import Key, TableConfig\nTABLE = TableConfig({name!r}, Key('id'))\n"


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an example's declarations, in a checkout of its own."""
    folder = tmp_path / "examples" / "some_example" / "table_configs"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return folder


def found(top: Path) -> set[str]:
    return set(project_tables(top.parents[2]))


def test_the_services_own_table_and_the_examples_are_found() -> None:
    tables = project_tables()
    assert {"algoitny_main", "dora_decision_log"} <= set(tables)
    assert tables["algoitny_main"].is_same_everywhere
    assert not tables["dora_decision_log"].is_same_everywhere
    (query,) = tables["dora_decision_log"].queries
    assert (query.name, query.index) == ("market_id = :m, 7 days", dora_decision_log.BY_MARKET.name)


def test_a_real_name_leads_to_its_declaration() -> None:
    tables = project_tables()
    declared = find_declaration("dora_decision_log_prod", tables)
    assert declared is not None and declared.config.name == "dora_decision_log"
    assert find_declaration("dora_decision_log", tables) is None


def test_modules_without_a_table_are_passed_by(top: Path) -> None:
    (top / "helpers.py").write_text("NUMBER = 1\n")
    (top / "some_table.py").write_text(TEXT.format(name="some_table"))
    assert found(top) == {"some_table"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / 0\n", "broken.py cannot be imported: ZeroDivisionError"),
        ("import nothing_of_that_name\n", "broken.py cannot be imported: ModuleNotFoundError"),
        ("TABLE = {}\n", "broken.py: TABLE is not a TableConfig"),
    ],
)
def test_a_module_that_cannot_be_used_is_named(top: Path, text: str, why: str) -> None:
    (top / "broken.py").write_text(text)
    with pytest.raises(BadInput, match=why):
        found(top)


def test_two_declarations_of_one_table_are_refused(top: Path) -> None:
    (top / "one.py").write_text(TEXT.format(name="same"))
    (top / "two.py").write_text(TEXT.format(name="same"))
    with pytest.raises(BadInput, match=r"one\.py and .*two\.py both declare same"):
        found(top)


def test_the_days_that_were_looked_through_are_those_that_the_index_is_asked_for() -> None:
    decision = {"date": {"S": "2026-01-08"}}
    days = [value["S"] for value in dora_decision_log.days_before(decision)]
    assert (days[0], days[-1], len(days)) == ("2026-01-08", "2026-01-02", 7)
    low, high = (value["S"] for value in dora_decision_log.same_days(decision))
    assert low <= "2026-01-02T00:00:00Z" and "2026-01-08T23:59:59.999Z" <= high < "2026-01-09T00:00:00Z"
    assert low > "2026-01-01T23:59:59Z"
