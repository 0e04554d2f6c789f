"""Changing a table's TTL, point-in-time recovery and Contributor Insights, which have calls of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

from api.dynamodb.control_plane.calls import call_table, is_unsupported
from api.dynamodb.control_plane.declaration import InsightsMode
from api.dynamodb.control_plane.description import NO_INSIGHTS, insights_mode, read_ttl
from api.dynamodb.control_plane.errors import ChangeInProgress, TableChangeError
from api.dynamodb.control_plane.waiting import WAIT_SECONDS, CheckLease, wait_until, without_lease
from api.dynamodb.errors import DataLayerError, InvalidInput
from api.dynamodb.transport.retry import retry_while

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


def set_ttl(
    client: BotoClient,
    name: str,
    attribute: str | None,
    *,
    check_lease: CheckLease = without_lease,
    seconds: float = WAIT_SECONDS,
) -> None:
    """Makes items expire by `attribute`, or turns TTL off for None.

    TTL on another attribute is turned off first and waited for. Raises `TableChangeError` when AWS refuses a second
    change within an hour. One DescribeTimeToLive, up to two UpdateTimeToLive.
    """
    current = read_ttl(client, name).enabled_attribute
    if current == attribute:
        return
    if current is not None:
        check_lease()
        _update_ttl(client, name, current, enabled=False)
    if current is not None and attribute is not None:
        wait_until(
            lambda: read_ttl(client, name).status == "DISABLED",
            f"turning off the TTL of {name}", check_lease, seconds,
        )  # fmt: skip
    if attribute is not None:
        check_lease()
        _update_ttl(client, name, attribute, enabled=True)


def _update_ttl(client: BotoClient, name: str, attribute: str, *, enabled: bool) -> None:
    specification = {"Enabled": enabled, "AttributeName": attribute}
    try:
        call_table(client, "UpdateTimeToLive", name, TimeToLiveSpecification=specification)
    except InvalidInput as failure:
        if "multiple times" not in failure.aws_message:
            raise
        raise TableChangeError(
            f"AWS allows one change of the TTL of {name} per hour", hint="run the command again in an hour"
        ) from failure


def set_recovery(client: BotoClient, name: str, enabled: bool) -> bool:
    """Turns point-in-time recovery on or off; False on an engine without it. One UpdateContinuousBackups."""
    specification = {"PointInTimeRecoveryEnabled": enabled}
    try:
        call_table(client, "UpdateContinuousBackups", name, PointInTimeRecoverySpecification=specification)
    except DataLayerError as failure:
        if is_unsupported(failure):
            return False
        raise
    return True


def set_insights(
    client: BotoClient,
    name: str,
    indexes: Iterable[str],
    mode: InsightsMode | None,
    check_lease: CheckLease = without_lease,
) -> bool:
    """Sets Contributor Insights of the table and these indexes; False on an engine without it.

    One UpdateContributorInsights each; DynamoDB turns it on within minutes, and nothing waits for that.
    """
    request: dict[str, str] = {"ContributorInsightsAction": "DISABLE"}
    if mode is not None:
        request = {"ContributorInsightsAction": "ENABLE", "ContributorInsightsMode": mode}
    for index in (None, *indexes):
        check_lease()
        where = {} if index is None else {"IndexName": index}
        try:
            _update_insights(client, name, {**request, **where})
        except DataLayerError as failure:
            if is_unsupported(failure):
                return False
            raise
    return True


def _update_insights(client: BotoClient, name: str, request: dict[str, Any]) -> None:
    """One UpdateContributorInsights, repeated while an earlier one is being carried out."""

    def send() -> None:
        call_table(client, "UpdateContributorInsights", name, **request)

    retry_while(ChangeInProgress, send, WAIT_SECONDS)


def watch_index(client: BotoClient, name: str, index: str) -> None:
    """Gives a new index the Contributor Insights of its table, where that is on.

    One DescribeContributorInsights, and one UpdateContributorInsights where it is on.
    """
    try:
        mode = insights_mode(client, name)
        if mode == NO_INSIGHTS:
            return
        request = {"ContributorInsightsAction": "ENABLE", "IndexName": index}
        if mode in get_args(InsightsMode):
            request["ContributorInsightsMode"] = mode
        _update_insights(client, name, request)
    except DataLayerError as failure:
        if not is_unsupported(failure):
            raise
