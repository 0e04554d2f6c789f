"""The measured programs: each runs in a process of its own and prints one line of JSON.

    python -m benchmarks.contenders NAME

The environment says which source, endpoint and table. CPU is the process's own (all
threads), counted from behind the imports to the end; peak memory is the kernel's.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from config.environment import environment

WORKERS = 4


def _measured(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, **result}


def _peak_mb() -> float:
    """Peak memory of this program alone: the kernel's rusage figure would include the parent's, from before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _largest_child_mb() -> float:
    """Peak memory of the largest child process that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def move(entity: str) -> dict[str, Any]:
    """The product's own pipeline: from MySQL's bytes to acknowledged items, lease and checkpoints included."""
    from migration.job import MigrationOptions
    from migration.run import migrate

    def work() -> dict[str, Any]:
        report = migrate(environment(), MigrationOptions(entity=entity, workers=WORKERS, quiet=True))
        counts = [state.counts for state in report.steps.values()]
        return {"rows": sum(c.read for c in counts), "items": sum(c.items for c in counts)}

    return {**_measured(work), "peak_mb": _peak_mb()}


def ordinary() -> dict[str, Any]:
    """The plain way: Django's ORM rows into boto3's `Table.batch_writer`, three items a row, code compressed."""
    import django

    django.setup()
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.codec.large_text import COMPRESSED_FROM
    from legacy.models import SearchHistory

    table = DynamoDBClient.get_table()

    def stamp(moment: datetime) -> int:
        return int(moment.timestamp()) * 1_000_000 + moment.microsecond

    def stored_text(text: str) -> str | bytes:
        data = text.encode()
        return zlib.compress(data) if len(data) >= COMPRESSED_FROM else text

    def work() -> dict[str, Any]:
        rows = items = 0
        with table.batch_writer() as writer:
            for run in SearchHistory.objects.using("legacy").order_by("id").iterator(chunk_size=2_000):
                time_and_id = f"{run.created_at:%Y-%m-%dT%H:%M:%S.%f}#{run.pk:016d}"
                summary = {
                    "id": run.pk, "uid": run.user_id, "pid": run.problem_id, "plt": run.platform,
                    "num": run.problem_number, "tit": run.problem_title, "lng": run.language,
                    "pas": run.passed_count, "fal": run.failed_count, "tot": run.total_count,
                    "pub": run.is_code_public, "crt": stamp(run.created_at),
                }  # fmt: skip
                main = {
                    "PK": f"RUN#{run.pk}", "SK": "META", **summary, "cod": stored_text(run.code),
                    "res": run.result_summary, "trs": json.dumps(run.test_results), "v": 1,
                }  # fmt: skip
                if run.is_code_public:
                    main |= {"GSI2PK": "PUB#0", "GSI2SK": time_and_id}
                writer.put_item(Item={"PK": f"USR#{run.user_id}#RUN", "SK": time_and_id, **summary})
                writer.put_item(
                    Item={"PK": f"USR#{run.user_id}#PRB#{run.problem_id}", "SK": time_and_id, **summary}
                )
                writer.put_item(Item=main)
                rows += 1
                items += 3
        return {"rows": rows, "items": items}

    return {**_measured(work), "peak_mb": _peak_mb()}


def ceiling() -> dict[str, Any]:
    """No reading and no encoding: request bodies made beforehand, sent by the same transport and as many threads."""
    import orjson

    from api.dynamodb.transport.http import Transport
    from migration.job import open_source
    from migration.loader import BATCH_ITEMS
    from migration.mapping import HISTORY, utc_midnight
    from migration.row_encoder import MigrationPolicy, RowEncoder

    settings = environment()
    encoder = RowEncoder(
        HISTORY, MigrationPolicy(utc_midnight(datetime.now(UTC)), False, settings.time_zone), None
    )
    with open_source(settings) as source:
        until = source.last_key(HISTORY) or (0,)
        built = (encoder.encode(row) for row in source.rows(HISTORY, None, until))
        puts = (
            {"PutRequest": {"Item": item}} for items in built if items is not None for item in items.all()
        )
        bodies = []
        while batch := list(islice(puts, BATCH_ITEMS)):
            request = {"RequestItems": {settings.table_name: batch}, "ReturnConsumedCapacity": "TOTAL"}
            bodies.append((len(batch), orjson.dumps(request)))
    transport = Transport.of_environment()
    lock = threading.Lock()
    queue = iter(bodies)
    failures: list[BaseException] = []

    def send() -> None:
        try:
            while True:
                with lock:
                    entry = next(queue, None)
                if entry is None:
                    return
                answer = transport.call("BatchWriteItem", entry[1])
                if answer.get("UnprocessedItems"):
                    raise RuntimeError("the engine left items unprocessed")
        except BaseException as error:
            failures.append(error)

    def work() -> dict[str, Any]:
        threads = [threading.Thread(target=send) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        items = sum(number for number, _ in bodies)
        return {"rows": items // 3, "items": items}

    return _measured(work)


def replay() -> dict[str, Any]:
    """The product's retry of dead letters: read from the file one by one, their rows from MySQL, all moved."""
    from migration.job import MigrationOptions
    from migration.replay import replay as retry

    def work() -> dict[str, Any]:
        report = retry(environment(), MigrationOptions(workers=WORKERS, quiet=True))
        if report.left:
            raise RuntimeError("the replay left letters behind")
        return {"rows": report.moved, "items": 3 * report.moved}

    return {**_measured(work), "peak_mb": _peak_mb()}


def scan() -> dict[str, Any]:
    """A bare scan of the table: pages are fetched and parsed as the verification does it, nothing else."""
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.transport.read_only import ReadOnlyTransport
    from migration.verify import ScanPlan, bare_scan

    name = environment().table_name
    transport = ReadOnlyTransport.of_environment()

    def work() -> dict[str, Any]:
        count = DynamoDBClient.get_client().describe_table(TableName=name)["Table"]["ItemCount"]
        return {"items": bare_scan(transport, name, ScanPlan.of(count, WORKERS, local=True))[0]}

    return _measured(work)


def verify(entity: str, *, counts_only: bool = False) -> dict[str, Any]:
    """The product's verification, by content or by counts."""
    from migration.verify import VerificationOptions, verify_counts
    from migration.verify import verify as verify_contents

    def work() -> dict[str, Any]:
        compare = verify_counts if counts_only else verify_contents
        result = compare(environment(), VerificationOptions(entity=entity, workers=WORKERS))
        if not result.agrees:
            raise RuntimeError("the verification reports differences in the benchmark's table")
        return {"items": result.items}

    return {**_measured(work), "peak_mb": _peak_mb(), "reader_mb": _largest_child_mb()}


def verify_differences() -> dict[str, Any]:
    """The product's verification of usage logs with an empty table: every record differs and is written."""
    from migration.verify import VerificationOptions
    from migration.verify import verify as compare
    from migration.verify.report import write_json

    def work() -> dict[str, Any]:
        result = compare(
            environment(), VerificationOptions(entity="usage", workers=WORKERS, all_differences=True)
        )
        with Path("/dev/null").open("w") as stream:
            write_json(result, stream)
        return {"items": result.differences.total}

    return {**_measured(work), "peak_mb": _peak_mb(), "reader_mb": _largest_child_mb()}


CONTENDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "move-history": lambda: move("history"),
    "move-usage": lambda: move("usage"),
    "replay": replay,
    "ordinary": ordinary,
    "ceiling": ceiling,
    "scan": scan,
    "verify": lambda: verify("history"),
    "verify-usage": lambda: verify("usage"),
    "count-usage": lambda: verify("usage", counts_only=True),
    "verify-differences": verify_differences,
}


if __name__ == "__main__":
    print(json.dumps(CONTENDERS[sys.argv[1]]()))
