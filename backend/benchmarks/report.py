"""What `make bench` says: targets and how they came out, the tables, the method, the JSON document."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.lab import BOTO3_CLIENT, CLIENTS, JSON, LIMITERS, PEERS, PRODUCT, PYDYNOX
from benchmarks.sections import Runs, Sizes

METHOD = """\
One MiniStack and one stub server, which answers canned bytes, run beside the measured programs on one machine.
Each peer runs in a process of its own, in turn with the others (A, B, C, A, B, C, ...), and the medians of the
rounds count. CPU is the process's own, all threads and the kernel's part included, taken behind the imports and
a warm-up; the garbage collector is as Python sets it. All read the same user of twelve fields and the same page
of twenty runs of one table, both written by the product, and every answer is checked. boto3's client leaves
answers in wire form; the product decodes them into its records. A bare conditional UpdateItem adds one to a
number below a limit and asks for nothing back; the product's admission, of a use with a problem and metadata,
writes its log entry too. Capacity is what the engine reports (MiniStack looks at the sizes of what is written, not
of what is read), the mean from a user's first use of a day to the limit, 5 or 50; the product's is also counted
from the sizes of its items. A race is 2 processes of 16 threads that make 400 attempts for one user at the same
time. A cold start begins before the first import and ends with the first answer, Python itself being up."""


@dataclass(frozen=True)
class Target:
    """One figure that is to be reached; `measured` is None where a peer that it needs did not take part."""

    section: str
    value: str
    what: str
    against: str
    unit: str
    measured: float | None
    limit: float
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the figure is within its limit."""
        if self.measured is None:
            return None
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit

    def row(self) -> list[str]:
        """The target as a line of the table."""
        unit = "" if self.unit in ("ratio", "count") else f" {self.unit}"
        measured = "not measured" if self.measured is None else f"{self.measured:.3g}{unit}"
        word = "at most" if self.at_most else "at least"
        result = {None: "", True: "met", False: "MISSED"}[self.met]
        return [self.what, self.against, measured, f"{word} {self.limit:g}{unit}", result]


class Figures:
    """The medians of what was measured."""

    def __init__(self, found: dict[str, Runs]) -> None:
        self.found = found

    def median(self, section: str, peer: str, value: str) -> float | None:
        """The median of a value over a peer's runs; None where there are none."""
        runs = self.found.get(section, {}).get(peer)
        return float(statistics.median(run[value] for run in runs)) if runs else None

    def worst(self, section: str, peer: str, value: str) -> float | None:
        """The largest value of a peer's runs."""
        runs = self.found.get(section, {}).get(peer)
        return float(max(run[value] for run in runs)) if runs else None

    def ratio(self, section: str, peer: str, value: str) -> float | None:
        """The product's median over a peer's."""
        mine, theirs = self.median(section, PRODUCT.name, value), self.median(section, peer, value)
        return None if mine is None or not theirs else mine / theirs

    def medians(self) -> JSON:
        """Every median: by section, peer and value."""
        return {
            section: {
                peer: {value: self.median(section, peer, value) for value in runs[0]}
                for peer, runs in by_peer.items()
                if runs
            }
            for section, by_peer in self.found.items()
        }


def targets(figures: Figures, sections: Collection[str]) -> list[Target]:
    """What is to be reached in these sections, with what was measured of it."""
    mine, client, rust = PRODUCT.name, BOTO3_CLIENT.name, PYDYNOX.name
    undecoded = "boto3 client, undecoded"
    bare = "boto3 client, bare UpdateItem"
    ratio, worst = figures.ratio, figures.worst
    every = [
        Target("get", "cpu", "get_user, CPU", undecoded, "ratio", ratio("get", client, "cpu"), 0.25),
        Target("get", "wall", "get_user, wall time", undecoded, "ratio", ratio("get", client, "wall"), 0.5),
        Target("get", "cpu_rust", "get_user, CPU", "pydynox", "ratio", ratio("get", rust, "cpu"), 1),
        Target("get", "calls", "get_user, round trips", "", "count", worst("get_counts", mine, "calls"), 1),
        Target("list", "cpu", "list 20 runs, CPU", undecoded, "ratio", ratio("list", client, "cpu"), 0.25),
        Target("list", "cpu_rust", "list 20 runs, CPU", "pydynox", "ratio", ratio("list", rust, "cpu"), 1),
        Target("list", "calls", "list 20 runs, round trips", "", "count", worst("list_counts", mine, "calls"), 1),
        Target("admit", "cpu", "admit, CPU", bare, "ratio", ratio("admit", client, "cpu"), 0.35),
        Target("admit", "calls", "admit, round trips", "", "count", worst("admit_counts", mine, "calls"), 1),
        Target("admit", "wcu", "admit, WCU, up to a limit of 5", "", "count",
               worst("admit_counts_small", mine, "write_units"), 1),
        Target("denial", "wall", "known denial, wall time", "", "us", figures.median("denial", mine, "wall"), 50),
        Target("denial", "calls", "known denial, round trips", "", "count", worst("denial", mine, "calls"), 0),
        Target("race", "over", "admitted beyond the limit, worst run", "", "count", worst("race", mine, "over"), 0),
        Target("threads", "rate", "8 threads, operations a second", "boto3 client", "ratio",
               ratio("threads", client, "rate"), 5, at_most=False),
        Target("cold", "wall", "cold start, wall time", "boto3 client", "ratio", ratio("cold", client, "wall"), 1),
    ]  # fmt: skip
    return [target for target in every if target.section in sections]


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal length as aligned text; the first is the heading."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join("  " + line.rstrip() for line in lines)


def _number(value: float | None, digits: str = ",.0f") -> str:
    return "" if value is None else format(value, digits)


def clients_table(figures: Figures) -> str:
    """CPU / wall time of every client in microseconds, its rate with threads, its cold start."""
    names = [peer.name for peer in CLIENTS if any(peer.name in runs for runs in figures.found.values())]
    rows = [["client", "get", "list 20", "admit or update", "8 threads, ops/s", "cold start, ms"]]
    for name in names:
        pairs = [
            f"{_number(figures.median(section, name, 'cpu'))} / {_number(figures.median(section, name, 'wall'))}"
            for section in ("get", "list", "admit")
        ]
        first = figures.median("cold", name, "wall")
        last = "" if first is None else f"{first / 1000:,.0f}"
        pairs = ["" if pair == " / " else pair for pair in pairs]
        rows.append([name, *pairs, _number(figures.median("threads", name, "rate")), last])
    return "CPU / wall time in microseconds\n" + columns(rows)


def limiters_table(figures: Figures) -> str:
    """What an admission and a known denial cost in every design, and how many it admits too many."""
    rows = [
        ["limiter", "admit, us", "round trips", "WCU to 5", "WCU to 50", "RCU", "denial, us", "round trips",
         "over-admitted", "failed"],
    ]  # fmt: skip
    for peer in LIMITERS:
        median = figures.median
        cpu = median("admit", peer.name, "cpu")
        races = figures.found.get("race", {}).get(peer.name, [])
        over = sorted(int(run["over"]) for run in races)
        rows.append([
            peer.name,
            "" if cpu is None else f"{_number(cpu)} / {_number(median('admit', peer.name, 'wall'))}",
            _number(median("admit_counts", peer.name, "calls"), ".3g"),
            _number(median("admit_counts_small", peer.name, "write_units"), ".3g"),
            _number(median("admit_counts", peer.name, "write_units"), ".3g"),
            _number(median("admit_counts", peer.name, "read_units"), ".3g"),
            _number(median("denial", peer.name, "wall"), ",.1f"),
            _number(median("denial", peer.name, "calls"), ".2g"),
            "" if not over else (str(over[0]) if over[0] == over[-1] else f"{over[0]} to {over[-1]}"),
            "" if not over else str(sum(int(run["failed"]) for run in races)),
        ])  # fmt: skip
    return columns(rows)


def document(
    figures: Figures, reached: Iterable[Target], sizes: Sizes, peers: Sequence[str], item: int
) -> JSON:
    """The whole result, for machines."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": {"cpus": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
        "python": platform.python_version(),
        "versions": {
            "boto3": version("boto3"),
            **{name: PEERS[name].version() for name in peers if PEERS[name].distribution is not None},
        },
        "item_bytes": item,
        "sizes": asdict(sizes),
        "targets": [{**asdict(target), "met": target.met} for target in reached],
        "medians": figures.medians(),
        "runs": figures.found,
        "method": " ".join(METHOD.split()),
    }


def text(figures: Figures, reached: Sequence[Target]) -> str:
    """The whole result, for people."""
    heading = ["what", "against", "measured", "to reach", ""]
    parts = [columns([heading, *(target.row() for target in reached)])]
    if any(name in figures.found for name in ("get", "list", "admit", "threads", "cold")):
        parts.append(clients_table(figures))
    if any(name in figures.found for name in ("admit", "denial", "race")):
        parts.append(limiters_table(figures))
    sized = figures.found.get("admit_sizes", {}).get(PRODUCT.name)
    if sized:
        parts.append(
            f"By the sizes of its items, an admission of the product costs {sized[0]['mean']:.2f} WCU on the way\n"
            f"to the larger limit (the first {sized[0]['first']:g}, the last {sized[0]['last']:g})."
        )
    parts.append(f"Method: {METHOD}")
    return "\n\n".join(parts)
