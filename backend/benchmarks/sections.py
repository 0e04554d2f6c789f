"""The parts of `make bench`: which peers do what, how often, in which order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.figures import JSON, Runs, interleaved
from benchmarks.lab import (
    ADD_THEN_PUT,
    BOTO3_CLIENT,
    BOTO3_TABLE,
    CLIENTS,
    CODECS,
    LIMITERS,
    PRODUCT,
    PYDYNOX,
    PYNAMODB,
    QUERY_AND_COUNT,
    TRANSPORTS,
    ZAE_LIMITER,
    Lab,
    Peer,
    PeerFailed,
    wait_for_line,
)

# boto3's resources are not made to be shared by threads, so the Table takes no part there.
THREADED = (PRODUCT, BOTO3_CLIENT, PYNAMODB, PYDYNOX)
WRITERS = (
    PRODUCT, BOTO3_CLIENT, BOTO3_TABLE, PYNAMODB, PYDYNOX, ZAE_LIMITER, QUERY_AND_COUNT, ADD_THEN_PUT,
)  # fmt: skip
REMEMBERING = (PRODUCT, ZAE_LIMITER)


@dataclass(frozen=True)
class Sizes:
    """How much is done; `operations` a run, `rounds` of runs."""

    rounds: int = 5
    get: int = 1500
    list: int = 600
    admit: int = 800
    denial: int = 5000
    asked_denial: int = 200
    threads: int = 4000
    warmup: int = 50
    limit: int = 50
    small_limit: int = 5
    attempts: int = 400
    race_threads: int = 16
    race_processes: int = 2
    cold_runs: int = 3

    @classmethod
    def quick(cls) -> Sizes:
        """Enough to see that everything runs; the figures mean nothing."""
        return cls(
            rounds=1, get=20, list=10, admit=20, denial=20, asked_denial=5, threads=80, warmup=5, limit=5,
            small_limit=3, attempts=40, race_threads=4, cold_runs=1,
        )  # fmt: skip


@dataclass(frozen=True)
class Section:
    """One part: its peers, what they are asked, and what else is counted."""

    name: str
    title: str
    peers: tuple[Peer, ...]
    measure: Callable[[Lab, Sizes, Sequence[Peer]], dict[str, Runs]]


def _turns(lab: Lab, sizes: Sizes, peers: Sequence[Peer], label: str, task: Callable[[Peer], JSON]) -> Runs:
    run = {peer.name: partial(_run, lab, peer, task) for peer in peers}
    return interleaved(sizes.rounds, run, label)


def _run(lab: Lab, peer: Peer, task: Callable[[Peer], JSON]) -> JSON:
    return lab.run(peer, **task(peer))


def _read(operation: str, operations: str, lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """CPU and wall time of a read by every client, and the product's round trips and capacity."""
    task = {
        "measure": "loop",
        "operation": operation,
        "warmup": sizes.warmup,
        "operations": getattr(sizes, operations),
    }
    runs_by_section = {operation: _turns(lab, sizes, peers, operation, lambda peer: task)}
    if PRODUCT in peers:
        counted = lab.run(PRODUCT, measure="count", operation=operation, operations=10)
        runs_by_section[f"{operation}_counts"] = {PRODUCT.name: [counted]}
    return runs_by_section


def admit(lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """CPU and wall time of an admission; of the clients that are no limiters, of one conditional UpdateItem.

    Round trips and capacity are those of a whole window, from the first use to the limit, a small and a large one.
    """
    users = (sizes.warmup + sizes.admit) // sizes.limit + 1

    def task(peer: Peer) -> JSON:
        return {
            "measure": "loop", "operation": "admit" if peer in LIMITERS else "update", "limit": sizes.limit,
            "warmup": sizes.warmup, "operations": sizes.admit, "first_user": lab.users(users),
        }  # fmt: skip

    runs_by_section = {"admit": _turns(lab, sizes, peers, "admit", task), "admit_sizes": {}}
    for name, limit in (("admit_counts_small", sizes.small_limit), ("admit_counts", sizes.limit)):
        counted = {
            peer.name: lab.run(
                peer, measure="count", operation="admit", limit=limit, warmup=limit, operations=2 * limit,
                first_user=lab.users(3),
            )
            for peer in peers if peer in LIMITERS
        }  # fmt: skip
        runs_by_section[name] = {peer: [counts] for peer, counts in counted.items()}
    if PRODUCT in peers:
        program = Peer("product_sizes", "product_sizes")
        sized = lab.run(program, limit=sizes.limit, first_user=lab.users(1))
        runs_by_section["admit_sizes"][PRODUCT.name] = [sized]
    return runs_by_section


def denial(lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """What it costs to deny again, with one user who is over the limit."""

    def task(peer: Peer) -> JSON:
        return {
            "measure": "denial", "operation": "admit", "limit": 3, "first_user": lab.users(1),
            "operations": sizes.denial if peer in REMEMBERING else sizes.asked_denial,
        }  # fmt: skip

    return {"denial": _turns(lab, sizes, peers, "denial", task)}


def _race(lab: Lab, sizes: Sizes, peer: Peer) -> JSON:
    """Two processes of sixteen threads, one user: how many are admitted beyond the limit."""
    first_user = lab.users(2)
    processes: list[subprocess.Popen[str]] = []
    try:
        for _ in range(sizes.race_processes):
            processes.append(
                lab.start(
                    peer, measure="race", operation="admit", limit=sizes.limit, threads=sizes.race_threads,
                    operations=sizes.attempts // sizes.race_processes, first_user=first_user,
                )
            )  # fmt: skip
        ready = [wait_for_line(process, "ready") for process in processes]
        if all(ready):
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
        results = [lab.finish(peer, process) for process in processes]
        if not all(ready):
            raise PeerFailed(f"{peer.name} did not get ready")
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    total = {name: sum(result[name] for result in results) for name in results[0]}
    return {**total, "over": max(0, total["admitted"] - sizes.limit), "limit": sizes.limit}


def race(lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """Many attempts at once, several times."""
    run = {peer.name: partial(_race, lab, sizes, peer) for peer in peers}
    return {"race": interleaved(sizes.rounds, run, "race")}


def threads(lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """Operations a second of eight threads against the stub."""
    task: JSON = {
        "measure": "threads", "operation": "get", "threads": 8, "operations": sizes.threads,
        "warmup": 5, "stub": True,
    }  # fmt: skip
    return {"threads": _turns(lab, sizes, peers, "threads", lambda peer: task)}


def cold(lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """From the first import to the first answer, against the stub; one run beforehand fills the caches."""
    task: JSON = {"measure": "first", "operation": "get", "operations": 1, "stub": True}
    for peer in peers:
        lab.run(peer, **task)
    run = {peer.name: partial(_run, lab, peer, lambda peer: task) for peer in peers}
    return {"cold": interleaved(sizes.rounds * sizes.cold_runs, run, "cold start")}


def codec(lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """CPU of decoding twenty entries and of encoding one; no engine takes part. Both codecs have to agree."""
    runs_by_section = {}
    for operation, factor in (("decode", 1), ("encode", 10)):
        task: JSON = {
            "measure": "loop", "operation": operation, "warmup": sizes.warmup, "operations": sizes.get * factor,
        }  # fmt: skip
        runs_by_section[operation] = _turns(lab, sizes, peers, operation, lambda peer, task=task: task)  # type: ignore[misc]
    return runs_by_section


def transport(lab: Lab, sizes: Sizes, peers: Sequence[Peer]) -> dict[str, Runs]:
    """CPU and wall time of one signed GetItem, parsed and not decoded, over two HTTP clients."""
    task: JSON = {"measure": "loop", "operation": "get", "warmup": sizes.warmup, "operations": sizes.get}
    return {"transport": _turns(lab, sizes, peers, "transport", lambda peer: task)}


SECTIONS = (
    Section("get", "get a user: one GetItem", CLIENTS, partial(_read, "get", "get")),
    Section("list", "a page of 20 runs: one Query", CLIENTS, partial(_read, "list", "list")),
    Section("admit", "admit one use; clients: one conditional UpdateItem", WRITERS, admit),
    Section("denial", "deny again", LIMITERS, denial),
    Section("race", "400 attempts at once, limit 50", LIMITERS, race),
    Section("threads", "get a user, 8 threads, stub server", THREADED, threads),
    Section("transport", "one signed GetItem, parsed", TRANSPORTS, transport),
    Section("codec", "decode 20 entries, encode one", CODECS, codec),
    Section("cold", "import to first answer, stub server", CLIENTS, cold),
)


def measure(lab: Lab, sizes: Sizes, chosen: Sequence[str], peers: Sequence[str]) -> dict[str, Runs]:
    """The chosen sections with the chosen peers."""
    runs_by_section: dict[str, Runs] = {}
    for section in SECTIONS:
        taking_part = [peer for peer in section.peers if peer.name in peers]
        if section.name in chosen and taking_part:
            runs_by_section |= section.measure(lab, sizes, taking_part)
    print("", file=sys.stderr)
    return runs_by_section
