"""What all measured programs share: they read one task, do it, and print one line of JSON.

    python -m benchmarks.peers.NAME '{"measure": "loop", "operation": "get", ...}'

Only the standard library is used, and little of it before the first answer: the peers run
in different virtual environments, and one of the measures is a cold start. CPU is the
process's own, all of its threads, kernel time included; times are in microseconds.
"""

from __future__ import annotations

import json
import sys
import time

from benchmarks.peers import BEGAN_CPU, BEGAN_WALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MICROSECONDS = 1e6


class Task:
    """What a program is asked to do; the names are the keys of its JSON.

    `operations` are measured after `warmup` more; `first_user` is the first of the users that a
    limiter may use, each for `limit` admissions; `expect` is what the answer must hold.
    """

    measure: str
    operation: str
    endpoint: str
    region: str
    table: str
    limiter_table: str
    operations: int
    warmup: int
    threads: int
    user_id: int
    page: int
    first_user: int
    limit: int
    expect: Any

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)

    def user_of(self, number: int) -> int:
        """Whose turn it is: every user is admitted `limit` times."""
        return self.first_user + number // self.limit


def get_request(task: Task) -> dict[str, Any]:
    """The GetItem of the user that everybody reads, in wire form."""
    key = {"PK": {"S": f"USR#{task.user_id}"}, "SK": {"S": "META"}}
    return {"TableName": task.table, "Key": key}


def digest_of(value: object) -> str:
    """A digest of what a codec made: two codecs that agree have the same."""
    import hashlib

    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


class Counts:
    """Round trips and capacity units, as the engine reported them."""

    def __init__(self) -> None:
        self.calls = 0
        self.read_units = 0.0
        self.write_units = 0.0

    def each(self, operations: int) -> dict[str, float]:
        """The same for one operation."""
        return {
            "calls": self.calls / operations,
            "read_units": self.read_units / operations,
            "write_units": self.write_units / operations,
        }


def loop(peer: Any, task: Task) -> dict[str, float]:
    """CPU and wall time of one operation, one after the other."""
    operation = getattr(peer, task.operation)
    summarize = getattr(peer, f"{task.operation}_summary", None)
    summary = None if summarize is None else summarize(operation(0))
    if summary is not None and task.expect is not None and summary != task.expect:
        raise SystemExit(f"{task.operation} answered {summary!r}, not {task.expect!r}")
    for number in range(1, task.warmup):
        operation(number)
    numbers = range(task.warmup, task.warmup + task.operations)
    cpu, wall = time.process_time(), time.perf_counter()
    for number in numbers:
        operation(number)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpu": cpu / task.operations * MICROSECONDS, "wall": wall / task.operations * MICROSECONDS}


def count(peer: Any, task: Task) -> dict[str, float]:
    """Round trips and capacity of one operation, with every admission granted."""
    operation = getattr(peer, task.operation)
    for number in range(task.warmup):
        operation(number)
    with peer.counted() as counts:
        for number in range(task.warmup, task.warmup + task.operations):
            operation(number)
    each: dict[str, float] = counts.each(task.operations)
    return each


def denial(peer: Any, task: Task) -> dict[str, float]:
    """What it costs to say no again: a user is admitted until the first denial, then asks on."""
    user_id = task.first_user
    while peer.admit_user(user_id):
        pass
    with peer.counted() as counts:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(task.operations):
            if peer.admit_user(user_id):
                raise SystemExit("a user who is over the limit was admitted")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "cpu": cpu / task.operations * MICROSECONDS, "wall": wall / task.operations * MICROSECONDS,
        **counts.each(task.operations),
    }  # fmt: skip


def _in_threads(number: int, work: Callable[[], None], give_up: Callable[[], None] | None = None) -> None:
    """Runs the work in so many threads at once; the first failure of any of them is raised.

    `give_up` is called at a failure, so that no thread waits for one that will not come.
    """
    import threading

    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
            if give_up is not None:
                give_up()

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def threads(peer: Any, task: Task) -> dict[str, float]:
    """Operations a second of several threads that share the peer; connections are opened beforehand."""
    import threading

    operation = getattr(peer, task.operation)
    share = task.operations // task.threads
    began: list[float] = []
    # The last thread to arrive starts the clocks before it lets the others go.
    ready = threading.Barrier(
        task.threads, action=lambda: began.extend((time.perf_counter(), time.process_time()))
    )

    def work() -> None:
        for number in range(task.warmup):
            operation(number)
        ready.wait()
        for number in range(share):
            operation(number)

    _in_threads(task.threads, work, ready.abort)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    done = share * task.threads
    return {"rate": done / wall, "cpu": cpu / done * MICROSECONDS}


def race(peer: Any, task: Task) -> dict[str, float]:
    """How many of many simultaneous attempts of one user are admitted; begins when told so on stdin."""
    import threading

    peer.admit_user(task.first_user + 1)  # imports, connections and configuration are there before the start
    print("ready", flush=True)
    sys.stdin.readline()
    lock = threading.Lock()
    left = task.operations
    admitted = 0
    failed: list[str] = []

    def work() -> None:
        nonlocal left, admitted
        while True:
            with lock:
                if not left:
                    return
                left -= 1
            try:
                allowed = peer.admit_user(task.first_user)
            except Exception as error:
                with lock:
                    failed.append(type(error).__name__)
                continue
            with lock:
                admitted += bool(allowed)

    _in_threads(task.threads, work)
    return {"admitted": admitted, "attempts": task.operations, "failed": len(failed)}


MEASURES: dict[str, Callable[[Any, Task], dict[str, Any]]] = {
    "loop": loop,
    "count": count,
    "denial": denial,
    "threads": threads,
    "race": race,
}


def main(make: Callable[[Task], Any]) -> None:
    """Does what the command line asks for with the peer that `make` makes, and prints the result."""
    task = Task(json.loads(sys.argv[1]))
    if task.measure == "first":
        getattr(make(task), task.operation)(0)
        result: dict[str, Any] = {
            "wall": (time.perf_counter() - BEGAN_WALL) * MICROSECONDS,
            "cpu": (time.process_time() - BEGAN_CPU) * MICROSECONDS,
            "boto3": "boto3" in sys.modules,
        }
    else:
        result = MEASURES[task.measure](make(task), task)
    print(json.dumps(result), flush=True)
