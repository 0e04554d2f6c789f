"""Explanations of access patterns: their values, and that they are the calls of the cost model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from api.dynamodb.errors import InvalidInput
from design import samples as s
from design.patterns import BY_NAME, PATTERNS, Pattern
from design.recording import calls_of
from design.units import Touch
from inspection.explanation import explain, find_pattern, named_values
from inspection.pattern_values import Parameter

# New values for parameters that name what typical requests find.
_OTHER: dict[str, str] = {
    "user_id": "7", "problem_id": "12", "history_id": "99", "test_case_id": "31", "session_id": "5", "plan_id": "9",
    "email": "Alice@Example.org", "google_id": "Abc9", "platform": "LeetCode", "number": "A#1", "difficulty": "Hard",
    "tag": "Two Pointers", "words": "zebra", "nonce": "N" * 22, "address": "192.0.2.9",
}  # fmt: skip


def explained(name: str, *texts: str) -> Any:
    pattern = BY_NAME[name]
    return explain(pattern, named_values(pattern, texts))


def units_of(touches: Iterable[Touch]) -> dict[str, tuple[float, float]]:
    """(RCU, WCU) of a request by table or index."""
    totals: dict[str, tuple[float, float]] = {}
    for touch in touches:
        reads, writes = totals.get(touch.resource, (0.0, 0.0))
        totals[touch.resource] = reads + touch.reads, writes + touch.writes
    return totals


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_with_typical_values_it_is_what_the_documents_say(pattern: Pattern) -> None:
    made, documented = explain(pattern, {}).steps, calls_of(pattern.name)
    # The ids of what is written may be new ones each time, and in one partition or in two.
    assert [(step.operation, units_of(step.touches)) for step in made] == [
        (call.operation, units_of(call.touches)) for call in documented
    ]


def test_what_a_method_raises_at_its_end_is_said() -> None:
    explanation = explain(
        BY_NAME["change an e-mail address"], {"user_id": "7", "changes.email": "minji.k05@example.com"}
    )
    assert explanation.error == "Duplicate: email 'minji.k05@example.com' is already in use"
    assert [step.operation for step in explanation.steps][:2] == ["GetItem", "TransactWriteItems"]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_other_values_take_as_many_round_trips(pattern: Pattern) -> None:
    typical = explain(pattern, {})
    names = [parameter.name for parameter in typical.parameters if parameter.is_typical]
    values = {name: text for name, text in _OTHER.items() if name in names}
    other = explain(pattern, values)
    assert [step.operation for step in other.steps] == [step.operation for step in typical.steps]
    assert other.read_units == pytest.approx(typical.read_units, abs=0.5 * len(typical.steps))
    assert other.write_units == typical.write_units
    for name, text in values.items():
        assert next(p for p in other.parameters if p.name == name).text == text


def test_the_request_is_the_one_that_the_repository_sends() -> None:
    (step,) = explained("user by id", "7").steps
    assert (step.operation, step.read_units) == ("GetItem", 0.5)
    assert step.request["Key"] == {"PK": {"S": "USR#7"}, "SK": {"S": "META"}}
    assert [(t.resource, t.pk) for t in step.touches] == [("table", "USR#7")]
    (step,) = explained("user by e-mail (sign-in)", "Kim@Example.org").steps
    assert step.index == "GSI1"
    assert step.request["ExpressionAttributeValues"][":v0"] == {"S": "EML#kim@example.org"}


def test_values_are_given_in_order_or_by_name() -> None:
    by_order = explained("problem by platform and number", "leetcode", "42")
    by_name = explained("problem by platform and number", "number=42", "platform=leetcode")
    assert by_order.as_json() == by_name.as_json()
    assert by_order.steps[0].touches[0].pk == "NUM#leetcode#42"
    assert explained("user by id", "consistent=true").read_units == 1.0


def test_a_field_of_a_new_record_or_of_a_change_is_given_by_name() -> None:
    change = explained("change a user", "7", "changes.email=new@x.org")
    assert "EML#new@x.org" in {touch.pk for touch in change.steps[-1].touches}
    new = explained("new run, public", "data.history_id=99")
    assert "RUN#99" in {touch.pk for touch in new.steps[-1].touches}


def test_several_ids_are_separated_by_commas() -> None:
    explanation = explained("20 users by id", "1,2,3")
    assert [touch.pk for touch in explanation.steps[0].touches] == ["USR#1", "USR#2", "USR#3"]
    assert explanation.read_units == 1.5


@pytest.mark.parametrize(
    ("name", "texts", "message"),
    [
        ("user by id", ["seven"], "user_id: 'seven' is no such value; a typical one is 88"),
        ("user by id", ["7", "true", "x"], "'true' is one too many"),
        ("user by id", ["consistent=maybe"], "consistent: 'maybe' is no such value"),
        ("user by id", ["-1"], "user_id"),
        ("uses of a day or a range", ["7", "hint", "yesterday"], "day: 'yesterday' is no such value"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, texts: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        explained(name, *texts)


def test_a_pattern_is_found_by_a_part_of_its_name_or_by_its_method() -> None:
    assert find_pattern("user by id").name == "user by id"
    assert find_pattern("Google account").name == "user by Google account"
    assert find_pattern("begin_erasure").name == "close an account"
    with pytest.raises(InvalidInput, match="is a part of several names: 'sign up', "):
        find_pattern("sign")
    with pytest.raises(InvalidInput, match="no access pattern 'x y z': run the command without arguments"):
        find_pattern("x y z")


def test_a_long_value_is_shortened_for_people() -> None:
    assert Parameter("a", "x" * 100).text == f"{'x' * 50}... (100 characters)"
    assert Parameter("a", range(20)).text == "0,1,... (20 values)"
    assert Parameter("a", s.MOMENT).text == s.MOMENT.isoformat()
