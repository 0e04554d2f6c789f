"""The alarms: throttles, latency and errors, each with the reason for its threshold.

Single metrics only: an alarm of metric math costs as much as one alarm for each of its metrics, and names no
operation. Failed conditions are no errors here: the rate limiter and the guards of uniqueness live on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from api.dynamodb.indexes import INDEXES
from api.dynamodb.transport import SERVICE
from lifecycle.infrastructure.policies import REPOSITORY_OPERATIONS
from lifecycle.infrastructure.table import NAME

PERIOD_SECONDS = 60
HAS_TOPIC = "HasAlarmTopic"
_TOPIC = {"Fn::If": [HAS_TOPIC, [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
_LIMIT_MS = round(SERVICE.answer * 1000)


@dataclass(frozen=True)
class Alarm:
    """One metric of the table, of an index or of an operation, and when it is too much.

    It rings when `bad` of the last `of` minutes are above the threshold. `dimensions` come on top of the table's
    name; None is the metric of the whole account and region.
    """

    metric: str
    threshold: int
    bad: int
    of: int
    why: str
    dimensions: tuple[tuple[str, str], ...] | None = ()
    statistic: str = "Sum"

    @property
    def name(self) -> str:
        """What follows the table and the environment in its name, such as `ReadThrottleEvents-GSI1`."""
        place = "account" if self.dimensions is None else "-".join(value for _, value in self.dimensions)
        return f"{self.metric}-{place}" if place else self.metric

    @property
    def logical_id(self) -> str:
        """Its resource's name in the template."""
        return re.sub(r"[^A-Za-z0-9]", "", self.name) + "Alarm"

    def resource(self) -> dict[str, Any]:
        """As CloudFormation takes it."""
        percentile = self.statistic.startswith("p")
        dimensions = None if self.dimensions is None else [("TableName", NAME), *self.dimensions]
        properties: dict[str, Any] = {
            "AlarmName": {"Fn::Sub": f"${{TableName}}-${{Environment}}-{self.name}"},
            "AlarmDescription": self.why,
            "Namespace": "AWS/DynamoDB",
            "MetricName": self.metric,
            "ExtendedStatistic" if percentile else "Statistic": self.statistic,
            "Period": PERIOD_SECONDS,
            "DatapointsToAlarm": self.bad,
            "EvaluationPeriods": self.of,
            "Threshold": self.threshold,
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


def _throttles() -> list[Alarm]:
    ends = "retries hide a few; sixty in a minute, three minutes of five, are a key too hot or a table scaling up"
    made = []
    for kind, limit in (("Read", "3,000 RCU"), ("Write", "1,000 WCU")):
        metric = f"{kind}ThrottleEvents"
        made.append(
            Alarm(
                metric,
                60,
                3,
                5,
                f"More {kind.lower()}s than a partition of the table serves ({limit}/s): {ends}.",
            )
        )
        for index in INDEXES:
            made.append(
                Alarm(
                    metric, 60, 3, 5,
                    f"More {kind.lower()}s than a partition of {index.name} serves ({limit}/s): {ends}."
                    + (" A hot index partition holds up the writes to the table." if kind == "Write" else ""),
                    (("GlobalSecondaryIndexName", index.name),),
                )
            )  # fmt: skip
    made.append(
        Alarm(
            "ThrottledRequests", 5, 3, 5,
            "One throttled item refuses a whole transaction (sign-ups, new problems and runs), and the throttle "
            "events above do not say so: more than five in a minute, three minutes of five, are people turned away.",
            (("Operation", "TransactWriteItems"),),
        )
    )  # fmt: skip
    return made


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


def _errors() -> list[Alarm]:
    made = [
        Alarm(
            "SystemErrors", 5, 3, 5,
            f"HTTP 500 of {operation} is DynamoDB's fault and rare, and is tried again: more than five in a minute, "
            "three minutes of five, outlast the retries; look at AWS's status page.",
            (("Operation", operation),),
        )
        for operation in REPOSITORY_OPERATIONS
    ]  # fmt: skip
    made.append(
        Alarm(
            "UserErrors", 10, 3, 5,
            "HTTP 400 that is neither a failed condition nor a throttle: a wrong request, a missing table or a missing "
            "permission. The code makes none, so ten in a minute, three minutes of five, follow a bad release. "
            "DynamoDB counts them for the whole account and region.",
            None,
        )
    )  # fmt: skip
    return made


def alarms() -> list[Alarm]:
    """All of them."""
    return [*_throttles(), *_latencies(), *_errors()]
