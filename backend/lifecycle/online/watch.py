"""Lines that say how far an index is, with rate and time left where that can be known.

On AWS the progress metric is CloudWatch's OnlineIndexPercentageProgress; ItemCount lags by hours there, and
moves at once on DynamoDB Local.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.client import OPERATOR_BOUNDS
from config.environment import environment
from lifecycle.online.estimate import ON_DEMAND_UNITS_PER_SECOND, seconds_to_build
from lifecycle.online.state import IndexNow, TableNow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

LINE_SECONDS = 5.0
_METRIC_SECONDS = 60
Percent = Callable[[], float | None]


def duration(seconds: float) -> str:
    """A time span for people, such as `1 h 23 min`, `4 min 05 s` or `12 s`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole} s"


class Metric:
    """OnlineIndexPercentageProgress of one index, asked for once a minute at most; call it for the latest, in percent.

    None where there is none yet. When CloudWatch refuses, `refused` says why and it is not asked again.
    """

    def __init__(
        self, cloudwatch: Any, table_name: str, index_name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cloudwatch = cloudwatch
        self._dimensions = [
            {"Name": "TableName", "Value": table_name},
            {"Name": "GlobalSecondaryIndexName", "Value": index_name},
        ]
        self._clock = clock
        self._asked: float | None = None
        self._latest: float | None = None
        self.refused: str | None = None

    def __call__(self) -> float | None:
        """The latest percentage."""
        now = self._clock()
        recent = self._asked is not None and now - self._asked < _METRIC_SECONDS
        if self.refused is None and not recent:
            self._asked = now
            self._ask()
        return self._latest

    def _ask(self) -> None:
        end = datetime.now(UTC)
        try:
            points = self._cloudwatch.get_metric_statistics(
                Namespace="AWS/DynamoDB", MetricName="OnlineIndexPercentageProgress", Dimensions=self._dimensions,
                StartTime=end - timedelta(minutes=30), EndTime=end, Period=_METRIC_SECONDS, Statistics=["Maximum"],
            )["Datapoints"]  # fmt: skip
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            self.refused = (
                f"CloudWatch refused ({code}): allow cloudwatch:GetMetricStatistics to see percentages"
            )
        except BotoCoreError as error:
            self.refused = f"CloudWatch does not answer ({type(error).__name__})"
        else:
            if points:
                self._latest = float(max(points, key=lambda point: point["Timestamp"])["Maximum"])


def metric_of(client: BotoClient, table_name: str, index_name: str) -> Metric | None:
    """The progress metric where there is one: on AWS. No call is made."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        return None
    keys = environment().aws_keys
    given: Any = (
        {}
        if keys is None
        else {
            "aws_access_key_id": keys.access_key,
            "aws_secret_access_key": keys.secret_key,
            "aws_session_token": keys.token,
        }
    )
    cloudwatch = boto3.client(
        "cloudwatch", region_name=client.meta.region_name, config=OPERATOR_BOUNDS.config(), **given
    )
    return Metric(cloudwatch, table_name, index_name)


class Watch:
    """Says how far one index is: a line when its phase changes, and one every few seconds in between."""

    def __init__(
        self,
        say: Callable[[str], None],
        percent: Percent | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._percent, self._clock = say, percent, clock
        self._began = clock()
        self._phase = ""
        self._last = self._began
        self._first: tuple[float, float] | None = None
        self._refusal_told = False

    def look(self, table: TableNow, index: IndexNow) -> None:
        """Tells what is to be told about the index as it is now."""
        self.note(f"{table.name} {index.name}: {index.phase}", lambda: self._how_far(table, index))

    def note(self, phase: str, detail: Callable[[], str] = lambda: "") -> None:
        """Says a phase when it is new, and again with `detail` and the time passed every few seconds."""
        now = self._clock()
        if phase == self._phase and now - self._last < LINE_SECONDS:
            return
        more = detail()
        passed = f"{duration(now - self._began)} so far" if phase == self._phase else ""
        self._phase, self._last = phase, now
        self._say(", ".join(part for part in (phase, more, passed) if part))

    def _how_far(self, table: TableNow, index: IndexNow) -> str:
        if index.status != "CREATING" or not index.backfilling:
            return ""
        percent = self._percent() if self._percent is not None else None
        if percent is not None:
            return self._rate(percent / 100 * table.items, table.items, f"{percent:.0f} %")
        refused = getattr(self._percent, "refused", None)
        if refused and not self._refusal_told:
            self._refusal_told = True
            self._say(refused)
        if index.items is not None and table.items:
            share = f"{index.items:,} of {table.items:,} items by ItemCount, which lags"
            return self._rate(float(index.items), table.items, share)
        mean = table.size_bytes / table.items if table.items else 0.0
        pace = float(table.billing.write) if table.billing else ON_DEMAND_UNITS_PER_SECOND
        about = duration(seconds_to_build(table.items, mean, pace))
        return f"no progress metric here; by rule about {about} for {table.items:,} items"

    def _rate(self, done: float, total: int, share: str) -> str:
        now = self._clock()
        if self._first is None:
            self._first = (now, done)
        since, begun = self._first
        if done <= begun or now <= since:
            return share
        rate = (done - begun) / (now - since)
        return f"{share}, {rate:,.0f} items/s, {duration(max(0.0, total - done) / rate)} left"
