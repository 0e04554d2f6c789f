"""Which way the calls of a repository take: the lean transport, or boto3 with `DYNAMODB_TRANSPORT=boto3`."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.transport import SERVICE, Patience, Transport
from config.environment import AwsKeys, environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Calls(Protocol):
    """A way to DynamoDB; a call takes at most `seconds`, infinity if it keeps no deadline."""

    @property
    def seconds(self) -> float:
        """The bound of a call."""
        ...

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        """One operation in wire form: (parsed answer, how often it was repeated). Raises the typed errors."""
        ...


def _moto_is_on() -> bool:
    """Whether moto answers in AWS's stead. It stands inside botocore: past botocore, tests would reach the real AWS."""
    moto = sys.modules.get("moto.core.models")
    return moto is not None and bool(moto.botocore_stubber.enabled)


@lru_cache(maxsize=8)
def _lean(endpoint_url: str | None, region: str, keys: AwsKeys | None, patience: Patience) -> Transport:
    return Transport.of_environment(patience)


def _is_configured(table: Table) -> bool:
    meta, access = table.meta.client.meta, DynamoDBClient.get_access()
    return (meta.endpoint_url, meta.region_name) == (access.endpoint_url, access.region)


def calls_to(table: Table | None = None) -> Calls:
    """The way to the configured endpoint, or to the one that a boto3 Table resource belongs to.

    Shared between all threads; no call is made. Raises `AccessDenied` when there are no credentials.
    """
    settings = environment()
    through_boto3 = settings.transport == "boto3" or _moto_is_on()
    if through_boto3 or (table is not None and not _is_configured(table)):
        from api.dynamodb.boto3_transport import Boto3Transport

        return Boto3Transport(
            DynamoDBClient.get_client() if table is None else DynamoDBClient.client_of(table)
        )
    return _lean(settings.endpoint_url, settings.region, settings.aws_keys, SERVICE)


def forget() -> None:
    """Drops the cached ways, after the settings or the credentials changed."""
    _lean.cache_clear()
    DynamoDBClient.forget()
