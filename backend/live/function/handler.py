"""What AWS Lambda calls: `live.function.handler.handler`, by the event source mapping and by a schedule.

The mapping has ReportBatchItemFailures, so that a failure is repeated from its record on, and a tumbling window, by
which an event says the shard that its records are of. Errors are printed, one JSON line each, for CloudWatch Logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from api.dynamodb.errors import DataLayerError
from config.environment import MySQLSource, environment
from config.setting_values import ConfigurationError
from live.function.password import read_password
from live.function.stream_function import StreamFunction
from migration.errors import MigrationError

SWEEP = "sweep"
Answer = dict[str, Any]
# Kept between events: AWS Lambda gives a process one event at a time.
_warm: StreamFunction | None = None


def handler(event: Mapping[str, Any], context: object = None) -> Answer:
    """Applies the records of an event of the stream, or sweeps the stream that a scheduled event names.

    Answers with the first record that failed, so that AWS Lambda repeats from there on. Raises `ConfigurationError`
    without a MySQL source or without a shard, and for a sweep what that raises.
    """
    if SWEEP in event:
        applied = _connected().sweep(event[SWEEP])
        return {"records": sum(each.records for each in applied), "rows": sum(each.rows for each in applied)}
    records = event["Records"]
    if not records:  # the last event of a window
        return _answer(None)
    if not event.get("shardId"):
        raise ConfigurationError(
            "the event does not say of which shard its records are: set TumblingWindowInSeconds of the event source "
            "mapping, as infra/algoitny-live-function.json has it"
        )
    arn = event.get("eventSourceARN") or records[0]["eventSourceARN"]
    try:
        failed = _connected().apply(arn, event["shardId"], records, _print_failure)
    except (MigrationError, DataLayerError) as failure:
        _print_failure(failure)
        failed = records[0]
    if failed is not None:
        forget()
    return _answer(failed)


def _connected() -> StreamFunction:
    """The function's connection to MySQL, made anew where it was closed. Raises `MigrationError`."""
    global _warm
    if _warm is not None and not _warm.is_connected():
        forget()
    if _warm is None:
        _warm = StreamFunction(_source())
    return _warm


def forget() -> None:
    """Closes the connection: the next event reads gate, columns and password anew."""
    global _warm
    if _warm is not None:
        _warm.close()
    _warm = None


def _source() -> MySQLSource:
    settings = environment()
    source = settings.source
    if not isinstance(source, MySQLSource):
        raise ConfigurationError("the direction back needs a MySQL server: set MYSQL_HOST")
    if settings.mysql_password_secret:
        return replace(source, password=read_password(settings.mysql_password_secret))
    return source


def _print_failure(failure: Exception) -> None:
    print(json.dumps({"level": "ERROR", "error": type(failure).__name__, "reason": str(failure)}), flush=True)


def _answer(failed: Mapping[str, Any] | None) -> Answer:
    """As a mapping with a window takes it: `state` has to be there."""
    identifiers = [] if failed is None else [{"itemIdentifier": failed["dynamodb"]["SequenceNumber"]}]
    return {"state": {}, "batchItemFailures": identifiers}
