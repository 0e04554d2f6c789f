"""Expressions: every placeholder of a request is made in one numbering."""

from __future__ import annotations

import re
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from api.dynamodb.table.expressions import (
    Changes,
    Placeholders,
    absent,
    all_of,
    any_of,
    between,
    contains,
    equals,
    exists,
    smaller,
)


def test_conditions_and_changes_share_one_numbering() -> None:
    p = Placeholders()
    update = Changes(set={"nm": {"S": "x"}}, remove=("pic",), add={"v": {"N": "1"}}).expression(p)
    condition = all_of(exists(), any_of(absent("v"), equals("v", {"N": "3"})))(p)
    assert update == "SET #n0 = :v0 REMOVE #n1 ADD #n2 :v1"
    assert condition == "(attribute_exists(#n3)) AND ((attribute_not_exists(#n2)) OR (#n2 = :v2))"
    assert p.into({}) == {
        "ExpressionAttributeNames": {"#n0": "nm", "#n1": "pic", "#n2": "v", "#n3": "PK"},
        "ExpressionAttributeValues": {":v0": {"S": "x"}, ":v1": {"N": "1"}, ":v2": {"N": "3"}},
    }


def test_a_request_without_placeholders_gets_no_empty_maps() -> None:
    assert Placeholders().into({"Key": 1}) == {"Key": 1}


def test_a_range_has_both_ends() -> None:
    p = Placeholders()
    assert between("SK", "a", "b")(p) == "#n0 BETWEEN :v0 AND :v1"


def test_changes_between_two_items_are_only_what_differs() -> None:
    old = {"PK": {"S": "p"}, "a": {"S": "1"}, "b": {"S": "2"}}
    new = {"PK": {"S": "p"}, "a": {"S": "1"}, "c": {"S": "3"}}
    assert Changes.between(old, new) == Changes(set={"c": {"S": "3"}}, remove=("b",))


NAMES = st.sampled_from(
    ["nm", "pic", "v", "#n0", ":v0", "size", "ids", "@q3Zk0a_V", "w60.571", "정답", "a.b"]
)
VALUES = st.one_of(
    st.text(max_size=4).map(lambda text: {"S": text}), st.integers(-9, 9).map(lambda number: {"N": str(number)})
)  # fmt: skip
SIMPLE = st.one_of(
    st.tuples(st.just("exists"), NAMES, VALUES), st.tuples(st.just("absent"), NAMES, VALUES),
    st.tuples(st.just("equals"), NAMES, VALUES), st.tuples(st.just("contains"), NAMES, VALUES),
    st.tuples(st.just("smaller"), NAMES, VALUES),
)  # fmt: skip
PLAIN: dict[str, Any] = {
    "exists": (lambda name, _: exists(name), "attribute_exists(<{0}>)"),
    "absent": (lambda name, _: absent(name), "attribute_not_exists(<{0}>)"),
    "equals": (equals, "<{0}> = <{1}>"),
    "contains": (contains, "contains(<{0}>, <{1}>)"),
    "smaller": (lambda name, _: smaller(name, 7), "size(<{0}>) < <{{'N': '7'}}>"),
}


def spelt_out(expression: str, request: dict[str, Any]) -> str:
    """An expression with what its placeholders stand for."""
    meant = {
        **request.get("ExpressionAttributeNames", {}), **request.get("ExpressionAttributeValues", {}),
    }  # fmt: skip
    return re.sub(r"[#:][nv]\d+", lambda found: f"<{meant[found[0]]}>", expression)


@settings(deadline=None)
@given(
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=4),
    st.lists(SIMPLE, min_size=1, max_size=6),
    st.booleans(),
)
def test_no_expression_can_take_anothers_placeholder(
    new: dict[str, Any], conditions: list[tuple[str, str, Any]], negate: bool
) -> None:
    """Whatever is combined in one request, each placeholder stands for what was meant (compare boto3 issue 4831)."""
    p = Placeholders()
    update = Changes(set=new).expression(p)
    joined = (any_of if negate else all_of)(
        *(PLAIN[kind][0](name, value) for kind, name, value in conditions)
    )
    condition = joined(p)
    request = p.into({})
    assert spelt_out(update, request) == "SET " + ", ".join(f"<{n}> = <{value}>" for n, value in new.items())
    word = " OR " if negate else " AND "
    meant = [f"({PLAIN[kind][1].format(name, value)})" for kind, name, value in conditions]
    assert spelt_out(condition, request) == word.join(meant)


def test_the_collision_that_boto3_allows_writes_a_wrong_value() -> None:
    """What the builder rules out: a generated placeholder replaces a hand-written one, and nobody is told."""
    with mock_aws():
        resource = boto3.resource("dynamodb", region_name="us-east-1")
        table = resource.create_table(
            TableName="collision", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        )  # fmt: skip
        table.put_item(Item={"PK": "a", "state": "open"})
        table.update_item(
            Key={"PK": "a"}, UpdateExpression="SET note = :v0", ConditionExpression=Attr("state").eq("open"),
            ExpressionAttributeValues={":v0": "hello"},
        )  # fmt: skip
        assert table.get_item(Key={"PK": "a"})["Item"]["note"] == "open"
        p = Placeholders()
        request = {"UpdateExpression": Changes(set={"note": {"S": "hello"}}).expression(p)}
        request["ConditionExpression"] = equals("state", {"S": "open"})(p)
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.update_item(TableName="collision", Key={"PK": {"S": "a"}}, **p.into(request))
        assert table.get_item(Key={"PK": "a"})["Item"]["note"] == "hello"
