"""Expressions: every placeholder of a request is made in one numbering."""

from __future__ import annotations

from api.dynamodb.expressions import Changes, Placeholders, absent, all_of, any_of, between, equals, exists


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
