"""Explains an access pattern: requests, partitions, indexes, round trips and units, before anything runs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _entry

if TYPE_CHECKING:
    from inspection.explanation import Explanation, Step


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Show what an access pattern does with certain values: each request, its partitions and index, the round "
        "trips and capacity units. Nothing is sent: the repository's own method runs over typical items in memory. "
        "Without PATTERN, list the access patterns."
    )
    parser.add_argument(
        "pattern", nargs="?", metavar="PATTERN", help="its name, a part of it, or a repository's method"
    )
    parser.add_argument(
        "values", nargs="*", metavar="VALUE",
        help="a value in the order of the pattern's parameters, or NAME=VALUE; typical ones by default",
    )  # fmt: skip
    parser.add_argument("--requests", action="store_true", help="show each request as it is sent, in JSON")
    return parser


def main(options: argparse.Namespace) -> int:
    """Lists the patterns, or explains one. Returns 0."""
    from inspection.explanation import explain, find_pattern, named_values

    if options.pattern is None:
        return _list_patterns(options)
    pattern = find_pattern(options.pattern)
    explanation = explain(pattern, named_values(pattern, options.values))
    if options.json:
        print(json.dumps(explanation.as_json(), default=str))
    else:
        print("\n".join(_lines(explanation, with_requests=options.requests)))
    return 0


def _list_patterns(options: argparse.Namespace) -> int:
    from design.patterns import PATTERNS
    from inspection.explanation import pattern_parameters

    rows = [
        (pattern, [parameter.name for parameter in pattern_parameters(pattern) if parameter.is_typical])
        for pattern in PATTERNS
    ]
    if options.json:
        print(
            json.dumps([
                {"pattern": p.name, "methods": p.methods, "repository": p.repository, "key": p.key, "values": names}
                for p, names in rows
            ])
        )  # fmt: skip
        return 0
    for pattern, names in rows:
        print(f"{pattern.name}: {' '.join(name.upper() for name in names if '.' not in name)}".rstrip(": "))
    print(f"\n{len(rows)} access patterns; explain one with: make dynamodb-explain ARGS=\"'user by id' 7\"")
    return 0


def _lines(explanation: Explanation, *, with_requests: bool) -> list[str]:
    lines = [f"{explanation.pattern.name}: {explanation.method}"]
    lines += [
        f"  {parameter.name} = {parameter.text}"
        for parameter in explanation.parameters
        if parameter.is_typical and not isinstance(parameter.value, dict)
    ]
    for number, step in enumerate(explanation.steps, start=1):
        lines += _step_lines(number, step)
        if with_requests:
            text = json.dumps(step.request, ensure_ascii=False, indent=2)
            lines += [f"      {line}" for line in text.splitlines()]
    if explanation.error is not None:
        lines.append(f"  ends with {explanation.error}")
    trips = len(explanation.steps)
    lines.append(
        f"{trips} round trip{'' if trips == 1 else 's'}, {explanation.read_units:g} RCU, "
        f"{explanation.write_units:g} WCU with typical items"
    )
    return lines


def _step_lines(number: int, step: Step) -> list[str]:
    resource = f" of {step.index}" if step.index else ""
    lines = [f"  {number}. {step.operation}{resource}: {_units(step.read_units, step.write_units)}"]
    condition = step.request.get("KeyConditionExpression") or step.request.get("ConditionExpression")
    if condition:
        lines.append(f"     {_readable(condition, step.request)}")
    listed = step.touches[:12]
    lines += [f"     {t.resource} {t.pk}: {_units(t.reads, t.writes)}" for t in listed]
    if len(step.touches) > len(listed):
        lines.append(f"     and {len(step.touches) - len(listed)} more partitions")
    return lines


def _readable(expression: str, request: dict[str, dict[str, object]]) -> str:
    """An expression with the names and values of its placeholders."""
    import re

    names = request.get("ExpressionAttributeNames", {})
    values = {
        name: repr(next(iter(value.values()))) if isinstance(value, dict) else repr(value)
        for name, value in request.get("ExpressionAttributeValues", {}).items()
    }
    return re.sub(
        r"[#:]\w+", lambda match: str(names.get(match[0]) or values.get(match[0], match[0])), expression
    )


def _units(reads: float, writes: float) -> str:
    parts = [f"{reads:g} RCU"] if reads else []
    return ", ".join([*parts, f"{writes:g} WCU"] if writes or not parts else parts)


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
