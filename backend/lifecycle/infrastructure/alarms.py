"""The alarms: throttles, consumed units, latency and errors, each with the reason for its threshold.

Single metrics only: an alarm on metric math costs as much as one alarm for each of its metrics, and names no
operation. Failed conditions are not errors: the rate limiter and the uniqueness guards depend on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.table_schema import TABLE
from api.dynamodb.transport.retry import SERVICE_POLICY
from config.prices import Prices
from lifecycle.infrastructure.policies import REPOSITORY_OPERATIONS
from lifecycle.infrastructure.table import NAME

PERIOD_SECONDS = 60
SPEND_DOLLARS = 5  # an hour of consumed units, on demand, from which the alarms of consumption ring
SPEND_MINUTES = 15
HAS_TOPIC = "HasAlarmTopic"
_TOPIC = {"Fn::If": [HAS_TOPIC, [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
UNIT_PARAMETERS = {"Read": "ReadUnitsPerMinute", "Write": "WriteUnitsPerMinute"}
_LIMIT_MS = round(SERVICE_POLICY.read_timeout * 1000)


@dataclass(frozen=True)
class Alarm:
    """An alarm on one metric of the table, an index or an operation.

    It fires when `bad` of the last `of` minutes are above the threshold. `dimensions` are added to the table's
    name; None selects the metric of the whole account and region. `parameter` names the template's parameter that
    has the threshold, whose default is `threshold`.
    """

    metric: str
    threshold: int
    bad: int
    of: int
    why: str
    dimensions: tuple[tuple[str, str], ...] | None = ()
    statistic: str = "Sum"
    parameter: str | None = None

    @property
    def name(self) -> str:
        """The part of its name after the table and the environment, such as `ReadThrottleEvents-GSI1`."""
        suffix = "account" if self.dimensions is None else "-".join(value for _, value in self.dimensions)
        return f"{self.metric}-{suffix}" if suffix else self.metric

    @property
    def logical_id(self) -> str:
        """The name of its resource in the template."""
        return re.sub(r"[^A-Za-z0-9]", "", self.name) + "Alarm"

    def resource(self, table: Any = NAME, prefix: str = "${TableName}-${Environment}") -> dict[str, Any]:
        """As CloudFormation takes it; `table` is the table's name and `prefix` the alarm's, both as it takes them."""
        percentile = self.statistic.startswith("p")
        dimensions = None if self.dimensions is None else [("TableName", table), *self.dimensions]
        properties: dict[str, Any] = {
            "AlarmName": {"Fn::Sub": f"{prefix}-{self.name}"},
            "AlarmDescription": self.why,
            "Namespace": "AWS/DynamoDB",
            "MetricName": self.metric,
            "ExtendedStatistic" if percentile else "Statistic": self.statistic,
            "Period": PERIOD_SECONDS,
            "DatapointsToAlarm": self.bad,
            "EvaluationPeriods": self.of,
            "Threshold": {"Ref": self.parameter} if self.parameter else self.threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": _TOPIC,
            "OKActions": _TOPIC,
        }
        if dimensions is not None:
            properties["Dimensions"] = [{"Name": name, "Value": value} for name, value in dimensions]
        if percentile:
            properties["EvaluateLowSampleCountPercentile"] = "ignore"
        return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def throttles(config: TableConfig) -> list[Alarm]:
    """Alarms on throttles of the table and its indexes."""
    ends = "retries hide a few; sixty in a minute, three minutes of five, are a key too hot or a table scaling up"
    throttle_alarms = []
    for kind, limit in (("Read", "3,000 RCU"), ("Write", "1,000 WCU")):
        metric = f"{kind}ThrottleEvents"
        throttle_alarms.append(
            Alarm(
                metric,
                60,
                3,
                5,
                f"More {kind.lower()}s than a partition of the table serves ({limit}/s): {ends}.",
            )
        )
        for index in config.indexes:
            throttle_alarms.append(
                Alarm(
                    metric, 60, 3, 5,
                    f"More {kind.lower()}s than a partition of {index.name} serves ({limit}/s): {ends}."
                    + (" A hot index partition holds up the writes to the table." if kind == "Write" else ""),
                    (("GlobalSecondaryIndexName", index.name),),
                )
            )  # fmt: skip
    return throttle_alarms


def _refused_transactions() -> Alarm:
    return Alarm(
        "ThrottledRequests", 5, 3, 5,
        "One throttled item refuses a whole transaction (sign-ups, new problems and runs), and the throttle "
        "events above do not say so: more than five in a minute, three minutes of five, are people turned away.",
        (("Operation", "TransactWriteItems"),),
    )  # fmt: skip


def consumption(config: TableConfig) -> list[Alarm]:
    """Alarms on consumed units of the table and its indexes, at what they cost an hour on demand."""
    prices, consumed = Prices(), []
    for kind, per_million in (("Read", prices.per_million_rru), ("Write", prices.per_million_wru)):
        units = round(SPEND_DOLLARS / per_million * 1e6 / 60)
        for name in (None, *(index.name for index in config.indexes)):
            where = name or "the table"
            dimensions = () if name is None else (("GlobalSecondaryIndexName", name),)
            consumed.append(
                Alarm(
                    f"Consumed{kind}CapacityUnits", units, SPEND_MINUTES, SPEND_MINUTES,
                    f"More {kind.lower()}s of {where} than expected for {SPEND_MINUTES} minutes: {units:,} units a "
                    f"minute cost ${SPEND_DOLLARS} an hour on demand. A loop or a scan; raise the parameter with "
                    "the traffic.",
                    dimensions,
                    parameter=UNIT_PARAMETERS[kind],
                )
            )  # fmt: skip
    return consumed


def unit_parameters() -> dict[str, Any]:
    """The template's parameters of the alarms on consumed units."""
    defaults = {alarm.parameter: alarm.threshold for alarm in consumption(TABLE)}
    return {
        name: {
            "Type": "Number",
            "Default": defaults[name],
            "MinValue": 1,
            "Description": f"Consumed {kind.lower()} units a minute of the table, and of each index, that ring.",
        }
        for kind, name in UNIT_PARAMETERS.items()
    }


def _latencies() -> list[Alarm]:
    usual = {
        "GetItem": (50, "an item by key takes less than 10 ms"),
        "UpdateItem": (50, "one write takes less than 10 ms"),
        "Query": (150, "a page takes less than 20 ms, one of large texts several times that"),
    }
    return [
        Alarm(
            "SuccessfulRequestLatency", milliseconds, 5, 5,
            f"Usually {text}; the slowest hundredth above {milliseconds} ms for five minutes is trouble in DynamoDB, "
            f"well before the service's own limit of {_LIMIT_MS} ms an attempt cuts calls off.",
            (("Operation", operation),),
            "p99",
        )
        for operation, (milliseconds, text) in usual.items()
    ]  # fmt: skip


def system_errors(operations: Iterable[str]) -> list[Alarm]:
    """Alarms on DynamoDB's own errors by operation."""
    return [
        Alarm(
            "SystemErrors", 5, 3, 5,
            f"HTTP 500 of {operation} is DynamoDB's fault and rare, and is tried again: more than five in a minute, "
            "three minutes of five, outlast the retries; look at AWS's status page.",
            (("Operation", operation),),
        )
        for operation in operations
    ]  # fmt: skip


def _wrong_requests() -> Alarm:
    return Alarm(
        "UserErrors", 10, 3, 5,
        "HTTP 400 that is neither a failed condition nor a throttle: a wrong request, a missing table or a missing "
        "permission. The code makes none, so ten in a minute, three minutes of five, follow a bad release. "
        "DynamoDB counts them for the whole account and region.",
        None,
    )  # fmt: skip


def alarms(config: TableConfig = TABLE) -> list[Alarm]:
    """All alarms of a declared table."""
    return [
        *throttles(config), _refused_transactions(), *consumption(config), *_latencies(),
        *system_errors(REPOSITORY_OPERATIONS), _wrong_requests(),
    ]  # fmt: skip
