"""Explains an access pattern: the requests that a repository sends for it, the partitions they touch, their units.

Nothing is sent. The repository's own method runs over a table in memory that holds typical items
(`design.typical_table`), and its requests are written down. So an explanation cannot differ from the code; its
units are those of typical items, and a value that is first read from the table, such as the id behind an e-mail
address, is a typical one.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from api.dynamodb.clock import frozen
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.write_actions import Key
from config.environment import environment
from design import units
from design.memory_table import MemoryTable
from design.patterns import BY_NAME, PATTERNS, Pattern
from design.recording import SEED
from design.repositories import Repositories
from design.typical_table import NOW, typical_items
from inspection.pattern_values import (
    Parameter,
    Replacement,
    in_items,
    parameters_of,
    replaced_arguments,
    with_values,
)


@dataclass(frozen=True)
class Step:
    """One round trip: its operation and request in wire form, the index it reads, and the units by partition key."""

    operation: str
    request: dict[str, Any]
    index: str | None
    touches: tuple[units.Touch, ...]

    @property
    def read_units(self) -> float:
        """RCU, of the table and its indexes."""
        return sum(touch.reads for touch in self.touches)

    @property
    def write_units(self) -> float:
        """WCU, of the table and its indexes."""
        return sum(touch.writes for touch in self.touches)

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        partitions = [
            {"resource": t.resource, "partition": t.pk, "read_units": t.reads, "write_units": t.writes}
            for t in self.touches
        ]
        return {
            "operation": self.operation, "index": self.index, "read_units": self.read_units,
            "write_units": self.write_units, "partitions": partitions, "request": self.request,
        }  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """What an access pattern does with certain values; `error` is what the method raised at its end, if it did."""

    pattern: Pattern
    method: str
    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    error: str | None = None

    @property
    def read_units(self) -> float:
        """RCU of all steps."""
        return sum(step.read_units for step in self.steps)

    @property
    def write_units(self) -> float:
        """WCU of all steps."""
        return sum(step.write_units for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """The explanation as JSON."""
        return {
            "pattern": self.pattern.name, "method": self.method, "key": self.pattern.key,
            "values": {parameter.name: parameter.text for parameter in self.parameters},
            "round_trips": len(self.steps), "read_units": self.read_units, "write_units": self.write_units,
            "steps": [step.as_json() for step in self.steps], "error": self.error,
        }  # fmt: skip


class _RequestTable(MemoryTable):
    """A table in memory that also keeps the requests."""

    def __init__(self, items: Mapping[Key, WireItem]) -> None:
        super().__init__(items)
        self.requests: list[dict[str, Any]] = []

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        self.requests.append(copy.deepcopy(request))
        return super().send(operation, request)


class _Substituted:
    """A repository whose first call gets other arguments; the calls that it makes itself are left alone."""

    def __init__(self, repository: Any, run: _Run) -> None:
        self._repository, self._run = repository, run

    def __getattr__(self, name: str) -> Any:
        return self._run.substituted(getattr(self._repository, name))


class _Run:
    """The values for one run of a pattern, and what its method was called with."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.method = ""
        self.parameters: tuple[Parameter, ...] = ()
        self.replacements: tuple[Replacement, ...] = ()

    def substituted(self, method: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            typical = parameters_of(method, args, kwargs)
            self.method = method.__qualname__
            self.parameters, self.replacements = with_values(typical, self._values)
            return method(**replaced_arguments(self.parameters))

        return call

    def repositories(self, table: MemoryTable) -> Repositories:
        real = Repositories.over(table, environment().table_name)
        wrapped: Any = {
            field.name: _Substituted(getattr(real, field.name), self) for field in fields(Repositories)
        }
        return Repositories(**wrapped)


def find_pattern(name: str) -> Pattern:
    """The access pattern of that name, whole or a part that occurs in one name only. Raises `InvalidInput`."""
    if name in BY_NAME:
        return BY_NAME[name]
    words = name.casefold()
    similar = [pattern for pattern in PATTERNS if words in pattern.name.casefold()]
    similar = similar or [pattern for pattern in PATTERNS if words in pattern.methods]
    if len(similar) == 1:
        return similar[0]
    names = ", ".join(repr(pattern.name) for pattern in similar)
    raise InvalidInput(
        f"there is no access pattern {name!r}"
        if not similar
        else f"{name!r} is a part of several names: {names}",
        hint="run the command without arguments to list them",
    )


def pattern_parameters(pattern: Pattern) -> tuple[Parameter, ...]:
    """The parameters that a pattern takes, with typical values, in the order of its method. Nothing is sent."""
    return explain(pattern, {}).parameters


def explain(pattern: Pattern, values: Mapping[str, str]) -> Explanation:
    """Runs a pattern in memory with `values` (texts by the names of its parameters) in place of typical ones.

    No call is made. Raises `InvalidInput` for a name or a value that the pattern cannot take.
    """
    run = _Run(values)
    with frozen(NOW):
        items = _typical_items()
        if values:  # what they replace is known when the method is called: a first run finds that out
            _attempt(pattern, run, MemoryTable(items))
        table = _RequestTable(in_items(items, run.replacements))
        error = _attempt(pattern, run, table)
    steps = [
        Step(call.operation, request, request.get("IndexName"), call.touches)
        for call, request in zip(table.calls, table.requests, strict=True)
    ]
    return Explanation(pattern, run.method, run.parameters, tuple(steps), error)


@lru_cache(maxsize=1)
def _typical_items() -> Mapping[Key, WireItem]:
    return typical_items()


def _attempt(pattern: Pattern, run: _Run, table: MemoryTable) -> str | None:
    """Runs the pattern; what it raised, as text, when that is an answer about its values and not about their form."""
    random.seed(SEED)
    try:
        pattern.run(run.repositories(table))
    except InvalidInput:
        raise
    except Exception as error:
        if not table.calls:
            raise
        return f"{type(error).__name__}: {error}"
    return None


def named_values(pattern: Pattern, texts: Sequence[str]) -> dict[str, str]:
    """Values as they are given on a command line, `name=value` or in the order of the parameters, by name.

    Raises `InvalidInput` for more values than parameters.
    """
    parameters = pattern_parameters(pattern)
    names = {parameter.name.partition(".")[0] for parameter in parameters}
    left = [parameter.name for parameter in parameters if parameter.is_typical and "." not in parameter.name]
    values: dict[str, str] = {}
    for text in texts:
        name, is_named, value = text.partition("=")
        if not is_named or name.partition(".")[0] not in names:
            if not left:
                takes = ", ".join(parameter.name for parameter in parameters) or "no value"
                raise InvalidInput(f"{pattern.name!r} takes {takes}: {text!r} is one too many")
            name, value = left[0], text
        values[name] = value
        left = [parameter_name for parameter_name in left if parameter_name != name]
    return values
