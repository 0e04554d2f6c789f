"""The lines of progress: by CloudWatch's metric where it is permitted, by what else is known where it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api.dynamodb.control_plane.declaration import IndexConfig, Key, Throughput
from api.dynamodb.control_plane.description import IndexDescription, TableDescription
from lifecycle.online.build_progress import IndexProgress, ProgressMetric, progress_metric
from tests.support.engines import Engine


class CloudWatch:
    """Answers with a percentage, with nothing, or with a refusal."""

    def __init__(self, *answers: float | str | None) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def get_metric_statistics(self, **request: Any) -> Any:
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer, "Message": "no"}}, "GetMetricStatistics")
        if answer is None:
            return {"Datapoints": []}
        old = {"Timestamp": datetime(2026, 1, 1, tzinfo=UTC), "Maximum": 1.0}
        return {"Datapoints": [old, {"Timestamp": datetime(2026, 1, 2, tzinfo=UTC), "Maximum": answer}]}


class Scene:
    """A table whose index is being built, seen at times that the test sets."""

    def __init__(self, cloudwatch: CloudWatch | None = None, billing: Throughput | None = None) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.billing = billing
        self.metric = (
            None if cloudwatch is None else ProgressMetric(cloudwatch, "log", "by-market", lambda: self.now)
        )
        self.progress = IndexProgress(self.said.append, self.metric, lambda: self.now)

    def look(self, at: float, *, status: str = "CREATING", items: int | None = None) -> str:
        """The last line that was said when it was seen so."""
        self.now = at
        config = IndexConfig("by-market", Key("market_id"))
        index = IndexDescription(config, status, status == "CREATING", items)
        table = TableDescription(
            name="log", arn="", status="ACTIVE", keys=(Key("date"),), types={}, indexes={}, local_indexes={},
            items=60_000, size_bytes=60_000 * 2048, billing=self.billing, stream=None, protected=False,
        )  # fmt: skip
        self.progress.show_index(table, index)
        return self.said[-1]


def test_the_metric_gives_share_rate_and_time_left() -> None:
    cloudwatch = CloudWatch(None, 10.0, 40.0)
    scene = Scene(cloudwatch)
    assert "no progress metric here; by rule about 30 s for 60,000 items" in scene.look(0)
    assert scene.look(60).endswith("CREATING, backfilling, 10 %, 1 min 00 s so far")
    assert scene.look(120).endswith("40 %, 300 items/s, 2 min 00 s left, 2 min 00 s so far")
    (dimensions, *_) = [request["Dimensions"] for request in cloudwatch.asked]
    assert {one["Name"]: one["Value"] for one in dimensions} == {
        "TableName": "log", "GlobalSecondaryIndexName": "by-market",
    }  # fmt: skip


def test_the_metric_is_asked_for_once_a_minute() -> None:
    cloudwatch = CloudWatch(10.0, 20.0)
    scene = Scene(cloudwatch)
    for moment in range(0, 61, 6):
        scene.look(float(moment))
    assert len(cloudwatch.asked) == 2


def test_a_refusal_is_told_once_with_the_action_that_is_missing() -> None:
    cloudwatch = CloudWatch("AccessDenied")
    scene = Scene(cloudwatch)
    scene.look(0)
    scene.look(100)
    refusals = [line for line in scene.said if "allow cloudwatch:GetMetricStatistics" in line]
    assert (len(refusals), len(cloudwatch.asked)) == (1, 1)


def test_without_the_metric_the_item_count_is_shown_with_its_lag() -> None:
    scene = Scene()
    assert scene.look(0, items=0).endswith("0 of 60,000 items by ItemCount, which lags")
    assert "20,000 of 60,000 items by ItemCount, which lags, 2,000 items/s, 20 s left" in scene.look(
        10, items=20_000
    )


def test_a_provisioned_table_is_estimated_by_its_own_throughput() -> None:
    assert "by rule about 20 min 00 s" in Scene(billing=Throughput(10, 100)).look(0)


def test_a_phase_is_said_when_it_changes_and_every_few_seconds() -> None:
    scene = Scene()
    for moment in (0.0, 1.0, 2.0, 5.5, 6.0):
        scene.look(moment)
    scene.look(6.1, status="ACTIVE")
    assert len(scene.said) == 3
    assert scene.said[-1] == "log by-market: ACTIVE"


def test_a_local_engine_has_no_metric() -> None:
    assert progress_metric(Engine("local", "http://127.0.0.1:4566").client(), "log", "by-market") is None


@pytest.mark.parametrize("host", ["dynamodb.eu-west-1.amazonaws.com", "dynamodb.cn-north-1.amazonaws.com.cn"])
def test_aws_has_one(host: str) -> None:
    metric = progress_metric(Engine("aws", f"https://{host}").client(), "log", "by-market")
    assert metric is not None and metric.refused is None
