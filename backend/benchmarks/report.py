"""What `make bench` says: targets and how they came out, the tables, the method, the JSON document."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version

from benchmarks.figures import JSON, Figures, Target, columns, document, number, target_table
from benchmarks.lab import (
    BOTO3_CLIENT,
    CLIENTS,
    CLOSURES,
    CODECS,
    COMPILED,
    LIMITERS,
    PEERS,
    PRODUCT,
    PYDYNOX,
    SOCKETS,
    TRANSPORTS,
    URLLIB3,
)
from benchmarks.sections import Sizes

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


def targets(figures: Figures, sections: Collection[str]) -> list[Target]:
    """What is to be reached in these sections, with what was measured of it."""
    product, client, rust = PRODUCT.name, BOTO3_CLIENT.name, PYDYNOX.name
    undecoded = "boto3 client, undecoded"
    bare = "boto3 client, bare UpdateItem"
    ratio, worst = figures.ratio, figures.worst
    every = [
        Target("get", "cpu", "get_user, CPU", undecoded, "ratio", ratio("get", client, "cpu"), 0.25),
        Target("get", "wall", "get_user, wall time", undecoded, "ratio", ratio("get", client, "wall"), 0.5),
        Target("get", "cpu_rust", "get_user, CPU", "pydynox", "ratio", ratio("get", rust, "cpu"), 1),
        Target("get", "calls", "get_user, round trips", "", "count", worst("get_counts", product, "calls"), 1),
        Target("list", "cpu", "list 20 runs, CPU", undecoded, "ratio", ratio("list", client, "cpu"), 0.25),
        Target("list", "cpu_rust", "list 20 runs, CPU", "pydynox", "ratio", ratio("list", rust, "cpu"), 1),
        Target("list", "calls", "list 20 runs, round trips", "", "count", worst("list_counts", product, "calls"), 1),
        Target("admit", "cpu", "admit, CPU", bare, "ratio", ratio("admit", client, "cpu"), 0.35),
        Target("admit", "calls", "admit, round trips", "", "count", worst("admit_counts", product, "calls"), 1),
        Target("admit", "wcu", "admit, WCU, up to a limit of 5", "", "count",
               worst("admit_counts_small", product, "write_units"), 1),
        Target("denial", "wall", "known denial, wall time", "", "us", figures.median("denial", product, "wall"), 50),
        Target("denial", "calls", "known denial, round trips", "", "count", worst("denial", product, "calls"), 0),
        Target("race", "over", "admitted beyond the limit, worst run", "", "count", worst("race", product, "over"), 0),
        Target("threads", "rate", "8 threads, operations a second", "boto3 client", "ratio",
               ratio("threads", client, "rate"), 5, at_most=False),
        Target("transport", "cpu", "own connection and parser, CPU", "urllib3", "ratio",
               figures.quotient("transport", "cpu", SOCKETS.name, URLLIB3.name), 0.8),
        Target("codec", "decode", "compiled codec, decode 20, CPU", "closures", "ratio",
               figures.quotient("decode", "cpu", COMPILED.name, CLOSURES.name), 0.8),
        Target("codec", "encode", "compiled codec, encode, CPU", "closures", "ratio",
               figures.quotient("encode", "cpu", COMPILED.name, CLOSURES.name), 0.8),
        Target("cold", "wall", "cold start, wall time", "boto3 client", "ratio", ratio("cold", client, "wall"), 1),
    ]  # fmt: skip
    return [target for target in every if target.section in sections]


def clients_table(figures: Figures) -> str:
    """CPU / wall time of every client in microseconds, its rate with threads, its cold start."""
    names = [peer.name for peer in CLIENTS if any(peer.name in runs for runs in figures.runs.values())]
    rows = [["client", "get", "list 20", "admit or update", "8 threads, ops/s", "cold start, ms"]]
    for name in names:
        pairs = [
            f"{number(figures.median(section, name, 'cpu'))} / {number(figures.median(section, name, 'wall'))}"
            for section in ("get", "list", "admit")
        ]
        first = figures.median("cold", name, "wall")
        last = "" if first is None else f"{first / 1000:,.0f}"
        pairs = ["" if pair == " / " else pair for pair in pairs]
        rows.append([name, *pairs, number(figures.median("threads", name, "rate")), last])
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
        races = figures.runs.get("race", {}).get(peer.name, [])
        over = sorted(int(run["over"]) for run in races)
        rows.append([
            peer.name,
            "" if cpu is None else f"{number(cpu)} / {number(median('admit', peer.name, 'wall'))}",
            number(median("admit_counts", peer.name, "calls"), ".3g"),
            number(median("admit_counts_small", peer.name, "write_units"), ".3g"),
            number(median("admit_counts", peer.name, "write_units"), ".3g"),
            number(median("admit_counts", peer.name, "read_units"), ".3g"),
            number(median("denial", peer.name, "wall"), ",.1f"),
            number(median("denial", peer.name, "calls"), ".2g"),
            "" if not over else (str(over[0]) if over[0] == over[-1] else f"{over[0]} to {over[-1]}"),
            "" if not over else str(sum(int(run["failed"]) for run in races)),
        ])  # fmt: skip
    return columns(rows)


def parts_table(figures: Figures) -> str:
    """What the product's own parts cost beside the ordinary ones, in microseconds of CPU."""
    rows = [["part", "signed GetItem", "decode 20 entries", "encode one"]]
    for peer in (*TRANSPORTS, *CODECS):
        cells = [
            number(figures.median(s, peer.name, "cpu"), ",.1f") for s in ("transport", "decode", "encode")
        ]
        rows.append([peer.name, *cells])
    return "Parts of the product beside the ordinary ones, CPU in microseconds\n" + columns(rows)


def result(
    figures: Figures, reached: Iterable[Target], sizes: Sizes, peers: Sequence[str], item: int
) -> JSON:
    """The whole result, for machines."""
    versions = {name: PEERS[name].version() for name in peers if PEERS[name].distribution is not None}
    return document(
        figures, reached, METHOD,
        versions={"boto3": version("boto3"), **versions}, item_bytes=item, sizes=asdict(sizes),
    )  # fmt: skip


def text(figures: Figures, reached: Sequence[Target]) -> str:
    """The whole result, for people."""
    parts = [target_table(reached)]
    if any(name in figures.runs for name in ("get", "list", "admit", "threads", "cold")):
        parts.append(clients_table(figures))
    if any(name in figures.runs for name in ("admit", "denial", "race")):
        parts.append(limiters_table(figures))
    if any(name in figures.runs for name in ("transport", "decode")):
        parts.append(parts_table(figures))
    sized = figures.runs.get("admit_sizes", {}).get(PRODUCT.name)
    if sized:
        parts.append(
            f"By the sizes of its items, an admission of the product costs {sized[0]['mean']:.2f} WCU on the way\n"
            f"to the larger limit (the first {sized[0]['first']:g}, the last {sized[0]['last']:g})."
        )
    parts.append(f"Method: {METHOD}")
    return "\n\n".join(parts)
