"""Lines that show how far the build of an index is, with rate and time left where they are known.

On AWS the source is CloudWatch's OnlineIndexPercentageProgress; ItemCount lags by hours there, and is current on
DynamoDB Local.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.control_plane.description import IndexDescription, TableDescription
from api.dynamodb.transport.access import OPERATOR_BOUNDS
from config.environment import environment, is_aws_endpoint
from lifecycle.online.build_patience import StallNotice, expected_seconds
from reporting.numbers import duration

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

LINE_SECONDS = 5.0
_METRIC_SECONDS = 60


class ProgressMetric:
    """OnlineIndexPercentageProgress of one index. Call it for the latest value, in percent.

    It asks CloudWatch once a minute at most and returns None where there is no value yet. When CloudWatch refuses,
    `refused` has the reason and it is not asked again.
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
        self._fetched_at: float | None = None
        self._latest: float | None = None
        self.refused: str | None = None

    def __call__(self) -> float | None:
        """The latest percentage."""
        now = self._clock()
        is_recent = self._fetched_at is not None and now - self._fetched_at < _METRIC_SECONDS
        if self.refused is None and not is_recent:
            self._fetched_at = now
            self._fetch()
        return self._latest

    def _fetch(self) -> None:
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
            self.refused = f"CloudWatch does not respond ({type(error).__name__})"
        else:
            if points:
                self._latest = float(max(points, key=lambda point: point["Timestamp"])["Maximum"])


def cloudwatch_of(client: BotoClient) -> Any:
    """A client of CloudWatch in the region of a client of DynamoDB; None on other engines. No call is made."""
    if not is_aws_endpoint(client.meta.endpoint_url):
        return None
    keys = environment().aws_keys
    credentials: Any = {}
    if keys is not None:
        credentials = {
            "aws_access_key_id": keys.access_key,
            "aws_secret_access_key": keys.secret_key,
            "aws_session_token": keys.token,
        }
    return boto3.client(
        "cloudwatch", region_name=client.meta.region_name, config=OPERATOR_BOUNDS.config(), **credentials
    )


def progress_metric(client: BotoClient, table_name: str, index_name: str) -> ProgressMetric | None:
    """The progress metric on AWS, None on other engines. No call is made."""
    cloudwatch = cloudwatch_of(client)
    return None if cloudwatch is None else ProgressMetric(cloudwatch, table_name, index_name)


class IndexProgress:
    """Shows the progress of one index: a line when its phase changes, and one every few seconds in between."""

    def __init__(
        self,
        write: Callable[[str], None],
        percent: Callable[[], float | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._percent, self._clock = write, percent, clock
        self._started = clock()
        self._phase = ""
        self._last_line = self._started
        self._first_count: tuple[float, float] | None = None
        self._refusal_shown = False
        self._stall = StallNotice(clock)

    def show_index(self, table: TableDescription, index: IndexDescription) -> None:
        """Shows the index's phase, how far it is while it backfills, and a notice when it does not move."""
        self.show(f"{table.name} {index.name}: {index.phase}", lambda: self._backfill_text(table, index))
        if index.status == "CREATING":
            notice = self._stall.text(table, index, self._measured(index))
            if notice is not None:
                self._write(notice)

    def _measured(self, index: IndexDescription) -> float | None:
        """How far the backfill is: in percent on AWS, where ItemCount stands still for hours, else in items."""
        if not index.backfilling:
            return None
        return self._percent() if self._percent is not None else index.items

    def show(self, phase: str, detail: Callable[[], str] = lambda: "") -> None:
        """Shows a new phase at once, and the same one every few seconds with `detail` and the elapsed time."""
        now = self._clock()
        if phase == self._phase and now - self._last_line < LINE_SECONDS:
            return
        elapsed = f"{duration(now - self._started)} so far" if phase == self._phase else ""
        parts = (phase, detail(), elapsed)
        self._phase, self._last_line = phase, now
        self._write(", ".join(part for part in parts if part))

    def _backfill_text(self, table: TableDescription, index: IndexDescription) -> str:
        if index.status != "CREATING" or not index.backfilling:
            return ""
        percent = self._percent() if self._percent is not None else None
        if percent is not None:
            return self._rate_text(percent / 100 * table.items, table.items, f"{percent:.0f} %")
        refused = getattr(self._percent, "refused", None)
        if refused and not self._refusal_shown:
            self._refusal_shown = True
            self._write(refused)
        if index.items is not None and table.items:
            share = f"{index.items:,} of {table.items:,} items by ItemCount, which lags"
            return self._rate_text(float(index.items), table.items, share)
        estimate = duration(expected_seconds(table))
        return f"no progress metric here; by rule about {estimate} for {table.items:,} items"

    def _rate_text(self, done: float, total: int, share: str) -> str:
        now = self._clock()
        if self._first_count is None:
            self._first_count = (now, done)
        first_time, first_done = self._first_count
        if done <= first_done or now <= first_time:
            return share
        rate = (done - first_done) / (now - first_time)
        return f"{share}, {rate:,.0f} items/s, {duration(max(0.0, total - done) / rate)} left"
