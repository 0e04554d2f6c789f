"""Reads the decision log: by market through the index while it is ACTIVE, otherwise day by day, with the same results.

It never writes. It can be deployed before the index is added, while it is built, and after it was dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.description import describe_table
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.templates import MAX_PARTITION_KEY_BYTES
from api.dynamodb.table.index_state import IndexState
from api.dynamodb.transport.access import OPERATOR_BOUNDS
from api.dynamodb.transport.boto3_transport import translate
from api.dynamodb.transport.read_only import read_only
from config.environment import environment as settings_of_process
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, LOOK_BACK_DAYS, TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Decision = dict[str, Any]
_NAMES = {"#date": TABLE.partition.name, "#at": "timestamp", "#market": BY_MARKET.partition.name}


def stamp(moment: datetime) -> str:
    """A time in the log's format: UTC with six digits of microseconds, so that text sorts by time."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def moment_of(text: str) -> datetime:
    """A timestamp such as `2026-01-02T12:00:00Z`; one without a zone is UTC. Raises `InvalidInput`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a timestamp like 2026-01-02T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class ReadOnlyDynamoDBClient:
    """The decision log of an environment; share one between threads.

    Params: `region` such as us-east-1; `environment` is dev, staging, demo or prod. `client` is boto3's, by default
    one for the configured endpoint; `metered` is called with the read units of every page.
    """

    def __init__(
        self,
        region: str,
        environment: str,
        *,
        client: BotoClient | None = None,
        metered: Callable[[float], None] | None = None,
    ) -> None:
        self.table_name = TABLE.table_name(environment)
        self._client = read_only(client or _client(region))
        self._metered = metered
        self.indexes = IndexState(self.table_name, self._index_states)

    def _index_states(self) -> dict[str, str]:
        """The status of every index by name. One DescribeTable, no capacity."""
        table = describe_table(self._client, self.table_name, throttling_seconds=0)
        return {name: index.status for name, index in table.indexes.items()}

    def get_decision_context_for_fill(
        self, market_id: str, fill_timestamp: str, days: int = LOOK_BACK_DAYS
    ) -> Decision | None:
        """The market's last decision at or before a fill, not older than `days`; None if there is none.

        With the index half an RCU. Otherwise all markets' decisions are read backwards from the fill, until one of
        this market is found: half an RCU for each 4 KB. Raises `InvalidInput` for a market that no index can hold.
        """
        at = moment_of(fill_timestamp)
        return next(self._of_market(market_id, at - timedelta(days=days), at, limit=1), None)

    def get_recent_decision_logs(
        self,
        market_id: str | None = None,
        *,
        until: str | None = None,
        days: int = LOOK_BACK_DAYS,
        limit: int | None = None,
    ) -> list[Decision]:
        """The decisions of the `days` up to `until` (now), newest first; of one market, or of all for None.

        With the index half an RCU for each 4 KB of the market's decisions; otherwise, and for all markets, of
        every market's. `limit` stops reading early. Raises `InvalidInput` for a market that no index can hold.
        """
        at = datetime.now(UTC) if until is None else moment_of(until)
        since = at - timedelta(days=days)
        if market_id is None:
            return list(islice(self._by_day(None, since, at), limit))
        return list(self._of_market(market_id, since, at, limit))

    def _of_market(
        self, market_id: str, since: datetime, until: datetime, limit: int | None
    ) -> Iterator[Decision]:
        """One market's decisions, newest first, through the index if it can be used for every page.

        Decisions that are not filed under the day of their timestamp are left out: reading by day would miss some.
        """
        if not 0 < len(market_id.encode()) <= MAX_PARTITION_KEY_BYTES:
            raise InvalidInput(f"a market's id has 1 to {MAX_PARTITION_KEY_BYTES} bytes")
        decisions: list[Decision] = self.indexes.choose(
            BY_MARKET.name,
            by_index=lambda: list(islice(self._by_index(market_id, since, until, limit), limit)),
            otherwise=lambda: list(islice(self._by_day(market_id, since, until), limit)),
        )
        return iter(decisions)

    def _by_index(
        self, market_id: str, since: datetime, until: datetime, limit: int | None
    ) -> Iterator[Decision]:
        request: dict[str, Any] = {"IndexName": BY_MARKET.name}
        if limit is not None:
            request["Limit"] = limit
        for decision in self._pages("#market = :key", market_id, since, until, **request):
            if _is_filed_by_its_day(decision):
                yield decision

    def _by_day(self, market_id: str | None, since: datetime, until: datetime) -> Iterator[Decision]:
        """All decisions of each day, filtered here: how the log was read before the index was added."""
        day = until.astimezone(UTC).date()
        while day >= since.astimezone(UTC).date():
            for decision in self._pages("#date = :key", day.isoformat(), since, until):
                if market_id is None or (
                    decision.get(BY_MARKET.partition.name) == {"S": market_id}
                    and _is_filed_by_its_day(decision)
                ):
                    yield decision
            day -= timedelta(days=1)

    def _pages(
        self, condition: str, key: str, since: datetime, until: datetime, **request: Any
    ) -> Iterator[Decision]:
        names = {short: name for short, name in _NAMES.items() if short == "#at" or short in condition}
        values = {":key": {"S": key}, ":since": {"S": stamp(since)}, ":until": {"S": stamp(until)}}
        while True:
            try:
                page: Any = self._client.query(
                    TableName=self.table_name,
                    KeyConditionExpression=f"{condition} AND #at BETWEEN :since AND :until",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ScanIndexForward=False,
                    ReturnConsumedCapacity="TOTAL",
                    **request,
                )
            except (BotoCoreError, ClientError) as error:
                raise translate(error, operation="Query", is_write=False) from error
            if self._metered is not None:
                self._metered(page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0))
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _is_filed_by_its_day(decision: Decision) -> bool:
    return bool(decision["timestamp"]["S"].startswith(decision[TABLE.partition.name]["S"]))


def _client(region: str) -> BotoClient:
    """boto3's client for a region at the configured endpoint; no call is made."""
    settings = settings_of_process()
    if region == settings.region:
        return DynamoDBClient.get_client(patient=True)
    import boto3

    keys = settings.aws_keys
    credentials = {} if keys is None else {
        "aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret_key,
        "aws_session_token": keys.token,
    }  # fmt: skip
    client: BotoClient = boto3.client(
        "dynamodb", region_name=region, endpoint_url=settings.endpoint_url,
        config=OPERATOR_BOUNDS.config(), **credentials,  # type: ignore[arg-type]
    )  # fmt: skip
    return client
