"""What a restored table gets: its alarms, as CloudWatch takes them."""

from __future__ import annotations

import boto3
import pytest
from botocore.validate import ParamValidator

from lifecycle.infrastructure.alarms import Alarm, alarms
from lifecycle.restored_table import alarm_request

TOPIC = "arn:aws:sns:us-east-1:123456789012:people"


@pytest.mark.parametrize("alarm", alarms(), ids=lambda alarm: alarm.name)
def test_each_alarm_is_a_request_that_cloudwatch_accepts(alarm: Alarm) -> None:
    client = boto3.client(
        "cloudwatch", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    shape = client.meta.service_model.operation_model("PutMetricAlarm").input_shape
    request = alarm_request(alarm, "algoitny_main_restored", "prod", TOPIC)
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    assert request["AlarmName"] == f"algoitny_main_restored-prod-{alarm.name}"
    assert request["AlarmActions"] == [TOPIC]
    if alarm.dimensions is not None:
        assert {"Name": "TableName", "Value": "algoitny_main_restored"} in request["Dimensions"]
    assert alarm_request(alarm, "t", "dev", None)["OKActions"] == []
