"""Capacity by rule against every recorded case, and what the rule refuses."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from api.dynamodb.codec.item_size import WireItem, item_size
from api.dynamodb.metering.capacity import ReadOperation, Units, estimate_rcu, estimate_wcu, put_units
from api.dynamodb.schema.indexes import GSI1
from config.environment import BACKEND_DIR
from tests.support.capacity_cases import LOCAL, Case, cases

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_rule_says_what_was_recorded(case: Case) -> None:
    assert case.estimate() == case.units


def test_the_cases_say_where_they_were_recorded() -> None:
    sources = Counter(case.source.split()[0] for case in CASES)
    assert sources.keys() == {"DynamoDB", "AWS", "AWS,"}
    assert sum(case.source.startswith(f"{LOCAL} ") for case in CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
    operations = {case.operation for case in CASES}
    writes = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
    assert operations == writes | {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_short_count_of_a_put_is_the_long_one(case: Case) -> None:
    for item in (case.before, case.after, *case.read):
        if item is not None:
            assert put_units(item) == put_units(item, item_size(item)) == estimate_wcu(item).total


def test_the_total_is_the_table_and_its_indexes() -> None:
    assert Units(2, {"GSI1": 1, "GSI2": 3}).total == 6
    assert Units(0.5).total == 0.5


def test_a_transaction_rounds_each_item_and_doubles_it() -> None:
    assert estimate_rcu([4_096, 4_097, 0], operation="TransactGetItems") == Units(2 + 4 + 2)


def test_a_value_in_a_list_or_a_map_is_compared_as_dynamodb_does() -> None:
    keys: WireItem = {name: {"S": "k"} for name in ("PK", "SK", GSI1.pk, GSI1.sk)}

    def with_list(number: str, text: str) -> WireItem:
        return {**keys, "l": {"L": [{"M": {"n": {"N": number}, "b": {"BS": ["AA==", "AQ=="]}}}, {"S": text}]}}

    same = estimate_wcu(with_list("1E1", "a"), with_list("10.0", "a"))
    assert same == Units(1)
    for changed in (
        with_list("11", "a"),
        with_list("10", "b"),
        {**keys, "l": {"L": []}},
        {**keys, "l": {"N": "1"}},
    ):
        assert estimate_wcu(changed, with_list("10", "a")) == Units(1, {"GSI1": 1})


@pytest.mark.parametrize("sizes", [[], [1, 2]])
def test_a_get_reads_one_key(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="GetItem reads one key"):
        estimate_rcu(sizes, operation="GetItem")


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "TransactGetItems"])
def test_an_index_is_read_by_query_and_scan_alone(operation: ReadOperation) -> None:
    with pytest.raises(ValueError, match=f"{operation} cannot read GSI1$"):
        estimate_rcu([100], operation=operation, index=GSI1)


def test_an_index_is_not_read_consistently() -> None:
    with pytest.raises(ValueError, match="Query cannot read GSI1 consistently"):
        estimate_rcu([100], operation="Query", index=GSI1, consistent=True)


def test_the_rule_needs_no_client_and_no_django() -> None:
    heavy = "{'boto3', 'botocore', 'django'} & set(sys.modules)"
    script = f"import sys, api.dynamodb.metering.capacity; sys.exit(str({heavy}) if {heavy} else 0)"
    done = subprocess.run([sys.executable, "-c", script], cwd=BACKEND_DIR, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
