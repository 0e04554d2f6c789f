"""The tables of `infra/README.md`, between `<!-- generated: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re

from lifecycle.infrastructure.alarms import PERIOD_SECONDS, Alarm, alarms
from lifecycle.infrastructure.grants import ANYTHING, BUCKET_NAME, METRICS_NAME, Statement
from lifecycle.infrastructure.policies import DOCUMENTS
from lifecycle.infrastructure.table import TABLE_NAME
from reporting.text import markdown_table


def _allowed(statement: Statement) -> str:
    names = [action.removeprefix("dynamodb:") for action in statement.actions]
    resources = [f"`{_named(resource)}`" for resource in statement.resources if resource != ANYTHING]
    return f"{', '.join(names)} on {', '.join(resources) or 'everything'}"


def _named(resource: str) -> str:
    names = {"{table}": TABLE_NAME, "{metrics}": METRICS_NAME, "{bucket}": BUCKET_NAME}
    for placeholder, name in names.items():
        resource = resource.replace(placeholder, name)
    return resource


def _policies() -> str:
    rows = []
    for policy in DOCUMENTS:
        rows += [
            (f"[{policy.name}](iam/{policy.name}.json)" if n == 0 else "", _allowed(statement), statement.why)
            for n, statement in enumerate(policy.statements)
        ]
    return markdown_table(("policy", "allows", "because"), rows)


def _threshold(alarm: Alarm) -> str:
    unit = " ms" if alarm.metric.endswith("Latency") else ""
    name = f" (`{alarm.parameter}`)" if alarm.parameter else ""
    return f"> {alarm.threshold:,}{unit}{name}, {alarm.bad} of {alarm.of} min"


def _alarms() -> str:
    """One line for alarms that differ in their operation or index only."""
    groups: dict[str, list[Alarm]] = {}
    for alarm in alarms():
        reason = alarm.why
        for kind, value in alarm.dimensions or ():
            reason = reason.replace(f" of {value} ", f" of {_KINDS[kind]} ")
        groups.setdefault(reason, []).append(alarm)
    return markdown_table(
        ("alarm", "rings at", "because"),
        [
            ("<br>".join(f"`{alarm.name}`" for alarm in group), _threshold(group[0]), reason)
            for reason, group in groups.items()
        ],
    )


def _alarm_cost() -> str:
    count = len(alarms())
    return (
        f"{count} alarms on single metrics, each over periods of {PERIOD_SECONDS} s: "
        f"about ${0.10 * count:.2f} a month at $0.10 an alarm, whatever the traffic."
    )


_KINDS = {"Operation": "an operation", "GlobalSecondaryIndexName": "an index"}
BLOCKS = {"policies": _policies, "alarms": _alarms, "alarm-cost": _alarm_cost}
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def update_blocks(text: str) -> str:
    """The page with every generated block replaced. Raises ValueError when one is missing or unknown."""
    names = [match[2] for match in _BLOCK.finditer(text)]
    if sorted(names) != sorted(BLOCKS):
        raise ValueError(f"infra/README.md has the generated blocks {names}, not each of {list(BLOCKS)} once")
    return _BLOCK.sub(lambda match: f"{match[1]}\n{BLOCKS[match[2]]()}\n\n{match[3]}", text)
