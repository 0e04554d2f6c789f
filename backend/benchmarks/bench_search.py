"""make bench-search: what a search over a catalogue in memory takes, and what its index takes.

Problems are the demonstration's: a title of few words, one to three tags, numbers and difficulties of five platforms.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.figures import JSON, Figures, Runs, Target, document, target_table
from config.options import positive

if TYPE_CHECKING:
    from api.problems.search.engine import SearchSnapshot
    from api.problems.search.query import SearchQuery

METHOD = """\
Each search is a page of 30 with its total, as the problem list shows it, from the typed text to the records. CPU is the
process's own, the least of the rounds; the median of all searches and the slowest count. Memory is what tracemalloc
counts while the index is built, the catalogue itself apart. 300 of the problems have changed since the list was
loaded."""
MOST_MS = 20.0
MOST_BYTES = 500.0
PAGE = 30
CHANGED = 300


def entries(number: int) -> Iterator[JSON]:
    """Entries of problems in lists, in DynamoDB's JSON form."""
    from api.dynamodb.codec.items import CODECS
    from api.dynamodb.schema import keys
    from api.dynamodb.schema.entities import SK
    from legacy.demo.catalogue import listings

    encode = CODECS["problem_entry"].encode
    for i, listing in enumerate(islice(listings(random.Random(7)), number)):
        record = {
            "problem_id": i, "platform": listing.platform, "problem_number": listing.number,
            "title": listing.title, "difficulty": listing.difficulty, "tags": set(listing.topic.tags),
            "created_at": _moment(i),
        }  # fmt: skip
        yield {**encode(record), SK: {"S": keys.time_and_id(_moment(i), i)}}


def _moment(minutes: int) -> datetime:
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)


def searches() -> dict[str, SearchQuery]:
    """What is searched for, by the label of its row."""
    from api.problems.search.query import SearchQuery as Query

    return {
        "everything, newest": Query(),
        "everything, hardest": Query(sort="hardest"),
        "everything, by title": Query(sort="title"),
        "1249": Query("1249"),
        "BOJ 1249": Query("BOJ 1249"),
        "an address": Query("https://codeforces.com/problemset/problem/1077/A"),
        "dp": Query("dp"),
        "동적 계획법": Query("동적 계획법"),
        "최대유량": Query("최대유량"),
        "의": Query("의"),
        "tree of a": Query("tree of a"),
        "s": Query("s"),
        "a typo: dijkstar": Query("dijkstar"),
        "a typo: 최단 겨로": Query("최단 겨로"),
        "two tags": Query(tags=("dp", "greedy")),
        "one of three tags": Query(tags=("dp", "graph", "string"), any_tag=True, sort="easiest"),
        "a range": Query(platform="baekjoon", easiest="Silver V", hardest="Gold I"),
        "all together": Query("섬의", "baekjoon", "Silver V", "Gold I", ("graph", "dp"), True, "unsolved", "easiest"),
        "nothing: two filters": Query(tags=("dp", "geometry"), platform="leetcode"),
        "nothing: words": Query("최단 경로 qqqq zzzz xxxx"),
    }  # fmt: skip


def build(number: int) -> tuple[SearchSnapshot, JSON]:
    """A snapshot of so many problems, and what its index takes."""
    from api.dynamodb.table.problem_index import ProblemIndex
    from api.problems.search.engine import SearchSnapshot
    from api.problems.search.index import SearchIndex
    from api.problems.search.query import SORTS

    base = ProblemIndex(entries(number))
    started = time.process_time()
    SearchIndex(base)
    seconds = time.process_time() - started
    gc.collect()
    tracemalloc.start()
    index = SearchIndex(base)
    for order in SORTS:
        index.ordered(order)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    changed = ProblemIndex(islice(entries(number), min(CHANGED, number)))
    snapshot = SearchSnapshot(index, SearchIndex(changed), frozenset(changed.ids))
    return snapshot, {"bytes": size / number, "megabytes": size / 1e6, "build_ms": seconds * 1e3}


def measure(snapshot: SearchSnapshot, query: SearchQuery, rounds: int) -> JSON:
    """Milliseconds of CPU of a search, and how many problems it finds."""
    from api.problems.search.results import Attempts

    attempts = Attempts(frozenset(range(0, 2_000, 2)), frozenset(range(1, 400, 2)))
    times, total = [], 0
    for _ in range(rounds):
        started = time.process_time()
        results = snapshot.search(query, attempts, limit=PAGE)
        times.append(time.process_time() - started)
        total = results.total or 0
    return {"ms": min(times) * 1e3, "total": total}


def targets(figures: Figures, number: int) -> list[Target]:
    """What is to be reached: each search within 20 ms, and an index that is no larger than the catalogue."""
    slowest = max(run["ms"] for runs in figures.runs["searches"].values() for run in runs)
    size = figures.median("index", f"{number:,} problems", "bytes")
    return [
        Target("searches", "cpu", "the slowest search, ms of CPU", "", "value", slowest, MOST_MS),
        Target("index", "bytes", "bytes of the index for each problem", "", "value", size, MOST_BYTES),
    ]


def report(figures: Figures) -> str:
    """The two tables."""
    from reporting.text import markdown_table

    rows = [
        [label, f"{run['ms']:.1f}", f"{run['total']:,}"]
        for label, runs in figures.runs["searches"].items() for run in runs
    ]  # fmt: skip
    index = [
        [label, f"{run['build_ms']:,.0f}", f"{run['megabytes']:.1f}", f"{run['bytes']:.0f}"]
        for label, runs in figures.runs["index"].items() for run in runs
    ]  # fmt: skip
    return "\n\n".join([
        markdown_table(("search", "ms of CPU", "problems"), rows, right=2),
        markdown_table(("index", "to build, ms", "MB", "bytes a problem"), index, right=3),
    ])  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    parser.add_argument(
        "--problems", type=positive, default=50_000, metavar="N", help="problems in memory (default: 50,000)"
    )
    parser.add_argument(
        "--rounds", type=positive, default=5, metavar="N", help="rounds of every search (default: 5)"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise."""
    snapshot, index = build(options.problems)
    runs: Runs = {label: [measure(snapshot, query, options.rounds)] for label, query in searches().items()}
    figures = Figures({"searches": runs, "index": {f"{options.problems:,} problems": [index]}})
    reached = targets(figures, options.problems)
    blocks = [
        f"Search in {options.problems:,} problems", report(figures), target_table(reached), f"Method: {METHOD}",
    ]  # fmt: skip
    text = "\n\n".join(blocks)
    return command.finish(
        options, text, document(figures, reached, METHOD, problems=options.problems), reached
    )


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
