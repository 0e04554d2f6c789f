"""The tables of `infra/README.md`, between `<!-- generated: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lifecycle.infrastructure.alarms import PERIOD_SECONDS, Alarm, alarms
from lifecycle.infrastructure.grants import ANYTHING, Statement
from lifecycle.infrastructure.policies import POLICIES
from lifecycle.infrastructure.table import TABLE_NAME


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _allowed(statement: Statement) -> str:
    names = [action.removeprefix("dynamodb:") for action in statement.actions]
    where = [
        f"`{resource.replace('{table}', TABLE_NAME)}`"
        for resource in statement.resources
        if resource != ANYTHING
    ]
    return f"{', '.join(names)} on {', '.join(where) or 'everything'}"


def _policies() -> str:
    rows = []
    for policy in POLICIES:
        rows += [
            (f"[{policy.name}](iam/{policy.name}.json)" if n == 0 else "", _allowed(statement), statement.why)
            for n, statement in enumerate(policy.statements)
        ]
    return _table(("policy", "allows", "because"), rows)


def _rings(alarm: Alarm) -> str:
    unit = " ms" if alarm.metric.endswith("Latency") else ""
    return f"> {alarm.threshold}{unit}, {alarm.bad} of {alarm.of} min"


def _alarms() -> str:
    """One line for alarms that differ in their operation or index alone."""
    groups: dict[str, list[Alarm]] = {}
    for alarm in alarms():
        told = alarm.why
        for kind, value in alarm.dimensions or ():
            told = told.replace(f" of {value} ", f" of {_KINDS[kind]} ")
        groups.setdefault(told, []).append(alarm)
    return _table(
        ("alarm", "rings at", "because"),
        [
            ("<br>".join(f"`{a.name}`" for a in group), _rings(group[0]), told)
            for told, group in groups.items()
        ],
    )


def _count() -> str:
    found = alarms()
    return (
        f"{len(found)} alarms on single metrics, each over periods of {PERIOD_SECONDS} s: "
        f"about ${0.10 * len(found):.2f} a month at $0.10 an alarm, whatever the traffic."
    )


_KINDS = {"Operation": "an operation", "GlobalSecondaryIndexName": "an index"}
BLOCKS = {"policies": _policies, "alarms": _alarms, "alarm-cost": _count}
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewritten(text: str) -> str:
    """The page with every table as it should be. Raises ValueError when one is missing or unknown."""
    names = [match[2] for match in _BLOCK.finditer(text)]
    if sorted(names) != sorted(BLOCKS):
        raise ValueError(f"infra/README.md has the generated blocks {names}, not each of {list(BLOCKS)} once")
    return _BLOCK.sub(lambda match: f"{match[1]}\n{BLOCKS[match[2]]()}\n\n{match[3]}", text)
