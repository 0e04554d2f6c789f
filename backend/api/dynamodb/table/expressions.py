"""Builds DynamoDB's condition, key and update expressions with their placeholders.

All placeholders of a request come from one `Placeholders`, so two of them can never collide, which boto3's
resource layer allows (boto3 issue 4831).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.schema.entities import PK


class Placeholders:
    """The names and values that the expressions of one request refer to."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, WireValue] = {}

    def name(self, attribute: str) -> str:
        """The placeholder of an attribute's name."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, value: WireValue) -> str:
        """A placeholder for a value in wire form."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = value
        return placeholder

    def into(self, request: dict[str, Any]) -> dict[str, Any]:
        """Adds the collected names and values to a request, and returns it."""
        if self._names:
            request["ExpressionAttributeNames"] = {
                placeholder: name for name, placeholder in self._names.items()
            }
        if self._values:
            request["ExpressionAttributeValues"] = self._values
        return request


Condition = Callable[[Placeholders], str]


def exists(attribute: str = PK) -> Condition:
    """The attribute exists; for the partition key: the item exists."""
    return lambda p: f"attribute_exists({p.name(attribute)})"


def absent(attribute: str = PK) -> Condition:
    """The attribute does not exist; for the partition key: the item does not exist."""
    return lambda p: f"attribute_not_exists({p.name(attribute)})"


def equals(attribute: str, value: WireValue) -> Condition:
    """The attribute has exactly that value."""
    return lambda p: f"{p.name(attribute)} = {p.value(value)}"


def between(attribute: str, low: str, high: str) -> Condition:
    """The text attribute is between `low` and `high`, both included."""
    return lambda p: f"{p.name(attribute)} BETWEEN {p.value({'S': low})} AND {p.value({'S': high})}"


def below(attribute: str, number: int) -> Condition:
    """The number is smaller."""
    return lambda p: f"{p.name(attribute)} < {p.value({'N': str(number)})}"


def above(attribute: str, number: int) -> Condition:
    """The number is greater."""
    return lambda p: f"{p.name(attribute)} > {p.value({'N': str(number)})}"


def smaller(attribute: str, size: int) -> Condition:
    """The set has fewer members than `size`."""
    return lambda p: f"size({p.name(attribute)}) < {p.value({'N': str(size)})}"


def has_size(attribute: str, size: int) -> Condition:
    """The set has exactly `size` members."""
    return lambda p: f"size({p.name(attribute)}) = {p.value({'N': str(size)})}"


def contains(attribute: str, member: WireValue) -> Condition:
    """The set has that member."""
    return lambda p: f"contains({p.name(attribute)}, {p.value(member)})"


def all_of(*conditions: Condition) -> Condition:
    """Every condition holds."""
    return lambda p: " AND ".join(f"({condition(p)})" for condition in conditions)


def any_of(*conditions: Condition) -> Condition:
    """At least one condition holds."""
    return lambda p: " OR ".join(f"({condition(p)})" for condition in conditions)


@dataclass(frozen=True)
class Changes:
    """An update of an item.

    set: new values by attribute.
    remove: attributes to remove.
    add: numbers to add to numbers, or members to add to sets, by attribute.
    delete: members to remove from sets, by attribute.
    """

    set: Mapping[str, WireValue] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    add: Mapping[str, WireValue] = field(default_factory=dict)
    delete: Mapping[str, WireValue] = field(default_factory=dict)

    @classmethod
    def between(cls, old: WireItem, new: WireItem) -> Changes:
        """The changes that turn one item into another with the same key."""
        return cls(
            set={name: value for name, value in new.items() if old.get(name) != value},
            remove=tuple(name for name in old if name not in new),
        )

    def expression(self, placeholders: Placeholders) -> str:
        """The UpdateExpression."""
        clauses = []
        if self.set:
            parts = [
                f"{placeholders.name(name)} = {placeholders.value(value)}" for name, value in self.set.items()
            ]
            clauses.append("SET " + ", ".join(parts))
        if self.remove:
            clauses.append("REMOVE " + ", ".join(placeholders.name(name) for name in self.remove))
        for verb, members in (("ADD", self.add), ("DELETE", self.delete)):
            if members:
                parts = [
                    f"{placeholders.name(name)} {placeholders.value(value)}"
                    for name, value in members.items()
                ]
                clauses.append(f"{verb} " + ", ".join(parts))
        return " ".join(clauses)
