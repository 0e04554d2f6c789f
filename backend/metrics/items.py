"""The items of the table `algoitny_metrics`: their keys, and how figures and events are written and read.

    M#<UTC hour>            <minute:second>#<process>        figures of one minute, kept 48 hours
    H#<UTC day>             <hour>#<process>                 figures of one hour, kept 90 days
    D#<UTC day>#<kind>      <hour:minute:second>#<process>   events of one minute, kept 14 days
    HEALTH                  <table>                          state and size of a table and its indexes

Figures are a map of groups to the bytes of their `Series`. Readers skip what they do not know.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from metrics.series import MalformedSeries, Series, from_varints, varints

VERSION = 2
PK, SK, TTL = "PK", "SK", "ttl"
HEALTH = "HEALTH"
MINUTES_KEPT = timedelta(hours=48)
HOURS_KEPT = timedelta(days=90)
EVENTS_KEPT = timedelta(days=14)
KINDS = ("limit", "job", "error", "rollout")
# Problems of one item; what is beyond is added up under this name.
MAX_PROBLEMS = 40
OTHERS = "others"

WireItem = dict[str, Any]
# Series had another form then.
_EARLIER = {"N": "1"}


@dataclass
class Figures:
    """What was counted over some time.

    problems: runs, solved and failed ones by problem. dropped: records that could not be kept.
    """

    groups: dict[str, Series] = field(default_factory=dict)
    problems: dict[str, list[int]] = field(default_factory=dict)
    dropped: int = 0

    def __bool__(self) -> bool:
        return bool(self.groups or self.problems or self.dropped)

    def series(self, group: str) -> Series:
        """The series of a group, a new one if there is none yet."""
        series = self.groups.get(group)
        if series is None:
            series = self.groups[group] = Series()
        return series

    def add_run(self, problem: str, *, solved: bool, failed: bool) -> None:
        """Counts a run of a problem."""
        counts = self.problems.setdefault(problem, [0, 0, 0])
        counts[0] += 1
        counts[1] += solved
        counts[2] += failed

    def merge(self, figures: Figures) -> None:
        """Adds other figures."""
        for group, series in figures.groups.items():
            self.series(group).merge(series)
        for problem, counts in figures.problems.items():
            sums = self.problems.setdefault(problem, [0, 0, 0])
            for position, count in enumerate(counts):
                sums[position] += count
        self.dropped += figures.dropped

    @property
    def samples(self) -> int:
        """The number of records in it."""
        return sum(series.n for series in self.groups.values())


def minute_key(moment: datetime, process: str) -> tuple[str, str]:
    """The key of the figures of a minute that begins at that moment."""
    return f"M#{moment:%Y-%m-%dT%H}", f"{moment:%M:%S}#{process}"


def hour_key(moment: datetime, process: str) -> tuple[str, str]:
    """The key of the figures of an hour."""
    return f"H#{moment:%Y-%m-%d}", f"{moment:%H}#{process}"


def event_key(moment: datetime, kind: str, process: str) -> tuple[str, str]:
    """The key of the events of a minute that begins at that moment."""
    return f"D#{moment:%Y-%m-%d}#{kind}", f"{moment:%H:%M:%S}#{process}"


def _item(key: tuple[str, str], attributes: WireItem, expires_at: datetime | None = None) -> WireItem:
    item = {PK: {"S": key[0]}, SK: {"S": key[1]}, "v": {"N": str(VERSION)}, **attributes}
    if expires_at is not None:
        item[TTL] = {"N": str(int(expires_at.timestamp()))}
    return item


def _binary(data: bytes) -> WireItem:
    return {"B": base64.b64encode(data).decode()}


def figures_item(key: tuple[str, str], figures: Figures, expires_at: datetime) -> WireItem:
    """Figures as an item in wire form, with binaries as base64 text."""
    attributes: WireItem = {
        "g": {"M": {group: _binary(series.encode()) for group, series in figures.groups.items()}}
    }
    if figures.problems:
        attributes["p"] = {"M": {name: _binary(varints(c)) for name, c in _bounded(figures.problems).items()}}
    if figures.dropped:
        attributes["x"] = {"N": str(figures.dropped)}
    return _item(key, attributes, expires_at)


def _bounded(problems: Mapping[str, list[int]]) -> dict[str, list[int]]:
    by_runs = sorted(problems.items(), key=lambda entry: (-entry[1][0], entry[0]))
    bounded = dict(by_runs[:MAX_PROBLEMS])
    if remaining := [counts for _, counts in by_runs[MAX_PROBLEMS:]]:
        bounded[OTHERS] = [
            sum(column) for column in zip(*remaining, bounded.get(OTHERS, [0] * 3), strict=True)
        ]
    return bounded


def events_item(key: tuple[str, str], events: Iterable[Mapping[str, Any]], expires_at: datetime) -> WireItem:
    """Events as an item in wire form."""
    text = json.dumps(list(events), ensure_ascii=False, separators=(",", ":"))
    return _item(key, {"e": {"S": text}}, expires_at)


def health_item(table: str, state: Mapping[str, Any]) -> WireItem:
    """The state of a table as an item in wire form. It is replaced, and so has no end."""
    return _item((HEALTH, table), {"d": {"S": json.dumps(state, separators=(",", ":"))}})


def read_figures(item: Mapping[str, Any]) -> tuple[Figures, int]:
    """The figures of an item whose binaries are bytes or base64 text, and how many of its entries are unreadable."""
    figures, unreadable = Figures(), 0
    if item.get("v") == _EARLIER:
        return figures, 1
    for group, value in _map(item, "g").items():
        try:
            figures.groups[group] = Series.decode(_bytes(value))
        except (MalformedSeries, KeyError, TypeError, ValueError):
            unreadable += 1
    for problem, value in _map(item, "p").items():
        try:
            runs, solved, failed = list(from_varints(_bytes(value)))[:3]
            figures.problems[problem] = [runs, solved, failed]
        except (MalformedSeries, KeyError, TypeError, ValueError):
            unreadable += 1
    try:
        figures.dropped = int(item["x"]["N"]) if "x" in item else 0
    except (KeyError, TypeError, ValueError):
        unreadable += 1
    return figures, unreadable


def read_json(item: Mapping[str, Any], attribute: str) -> Any:
    """The JSON of an attribute; None for one that is missing or damaged."""
    try:
        return json.loads(item[attribute]["S"])
    except (KeyError, TypeError, ValueError):
        return None


def _map(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = item.get(name)
    inner = value.get("M") if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _bytes(value: Any) -> bytes:
    data = value["B"]
    return base64.b64decode(data, validate=True) if isinstance(data, str) else bytes(data)
