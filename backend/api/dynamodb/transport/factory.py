"""Chooses the transport of a repository: our own over HTTP, or boto3 with `DYNAMODB_TRANSPORT=boto3`."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from api.dynamodb.transport import access
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import BULK_POLICY, SERVICE_POLICY, RetryPolicy
from config.environment import AwsKeys, environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient
    from mypy_boto3_dynamodb.service_resource import Table


class DynamoDBTransport(Protocol):
    """Sends operations to DynamoDB."""

    @property
    def seconds(self) -> float:
        """The longest that a call may take; infinity if the transport keeps no deadline."""
        ...

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        """One operation in wire form: (parsed response, number of retries). Raises the typed errors."""
        ...


def _moto_is_on() -> bool:
    """Whether moto replaces AWS. It works inside botocore, so our own transport would reach the real AWS."""
    moto = sys.modules.get("moto.core.models")
    return moto is not None and bool(moto.botocore_stubber.enabled)


@lru_cache(maxsize=8)
def _http_transport(
    endpoint_url: str | None, region: str, keys: AwsKeys | None, policy: RetryPolicy
) -> Transport:
    return Transport.of_environment(policy)


def _is_configured(table: Table) -> bool:
    meta, configured = table.meta.client.meta, access.configured_access()
    return (meta.endpoint_url, meta.region_name) == (configured.endpoint_url, configured.region)


def transport_for(table: Table | None = None) -> DynamoDBTransport:
    """The transport to the configured endpoint, or to that of a boto3 Table resource.

    Shared between all threads; no call is made. Raises `AccessDenied` when there are no credentials.
    """
    settings = environment()
    through_boto3 = settings.transport == "boto3" or _moto_is_on()
    if through_boto3 or (table is not None and not _is_configured(table)):
        from api.dynamodb.transport.boto3_transport import Boto3Transport

        return Boto3Transport(access.boto3_client() if table is None else access.boto3_client_of(table))
    return _http_transport(settings.endpoint_url, settings.region, settings.aws_keys, SERVICE_POLICY)


def bulk_transport_for(client: BotoClient) -> DynamoDBTransport:
    """The transport to where a boto3 client sends, for a tool that waits out throttling itself; no call is made.

    It is not shared: whoever makes it calls it from threads of its own.
    """
    if environment().transport == "boto3" or _moto_is_on():
        from api.dynamodb.transport.boto3_transport import Boto3Transport

        return Boto3Transport(client)
    address = access.access_of(client)
    return Transport(
        address.endpoint_url, address.region, address.credentials, BULK_POLICY, address.ca_bundle
    )


def clear_cache() -> None:
    """Drops the cached transports and clients, after the settings or the credentials changed."""
    _http_transport.cache_clear()
    access.clear_cache()
