"""The direction back as an AWS Lambda function on the table's stream.

Configure its event source mapping with ReportBatchItemFailures, TRIM_HORIZON and a parallelisation factor of 1. Lambda
keeps the position; a record that fails is repeated with everything behind it. It writes under the epoch that the gate
has when an event begins: while the gate is not in reverse, every event fails and is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.dynamodb.errors import DataLayerError
from config.environment import MySQLSource, environment
from config.setting_values import ConfigurationError
from live.reverse.applier import ReverseApplier, reverse_epoch
from live.reverse.target import ReverseTarget
from migration.errors import MigrationError


def handler(event: Mapping[str, Any], context: object = None) -> dict[str, list[dict[str, str]]]:
    """Applies the records of an event; answers with the first that failed, so that Lambda repeats from there on.

    Two connections to MySQL for each event. Raises `ConfigurationError` without a MySQL source.
    """
    settings = environment()
    if not isinstance(settings.source, MySQLSource):
        raise ConfigurationError("the direction back needs a MySQL server: set MYSQL_HOST")
    records: Sequence[Mapping[str, Any]] = event["Records"]
    try:
        with ReverseTarget(settings.source, reverse_epoch(settings.source)) as target:
            applier = ReverseApplier(settings.source, target)
            return _answer(_first_failure(applier, records))
    except MigrationError:
        return _answer(records[0] if records else None)


def _first_failure(applier: ReverseApplier, records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Applies all records together, or one by one up to the first that fails, which it returns."""
    try:
        applier.apply(records)
        return None
    except (MigrationError, DataLayerError):
        for record in records:
            try:
                applier.apply([record])
            except (MigrationError, DataLayerError):
                return record
    return None


def _answer(failed: Mapping[str, Any] | None) -> dict[str, list[dict[str, str]]]:
    if failed is None:
        return {"batchItemFailures": []}
    return {"batchItemFailures": [{"itemIdentifier": failed["dynamodb"]["SequenceNumber"]}]}
