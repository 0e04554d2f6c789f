"""What every transport needs to reach DynamoDB: endpoint, region, credentials, and boto3's clients with their bounds.

boto3 is imported when one of its clients is needed. The service's own transport does without it when
the endpoint and the keys are set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from api.dynamodb.transport.credentials import BackgroundCredentials
from api.dynamodb.transport.error_mapping import credentials_unusable
from api.dynamodb.transport.retry import SERVICE_POLICY
from api.dynamodb.transport.signing import Credentials, StaticCredentials
from config.environment import AwsKeys, environment

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient
    from mypy_boto3_dynamodb.service_resource import Table


class ClientBounds(NamedTuple):
    """The time-outs (seconds) and the number of attempts of a boto3 client."""

    connect_timeout: float
    read_timeout: float
    attempts: int

    def config(self) -> Config:
        """The botocore configuration, in its "standard" retry mode."""
        from botocore.config import Config

        return Config(
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            retries={"mode": "standard", "total_max_attempts": self.attempts},
            tcp_keepalive=True,
            max_pool_connections=32,
        )


# Times of a web request's call. boto3 has no deadline over all attempts, so it makes two: they end within 1.8 s.
SERVICE_BOUNDS = ClientBounds(SERVICE_POLICY.connect_timeout, SERVICE_POLICY.read_timeout, attempts=2)
# An operator's tool waits longer: creating a table or reading a full page may take seconds.
OPERATOR_BOUNDS = ClientBounds(2, 30, 4)


class Access(NamedTuple):
    """Where requests are sent, and the credentials that sign them.

    ca_bundle: the file of certificates that a server's has to come from; None for the system's.
    """

    endpoint_url: str
    region: str
    credentials: Credentials
    ca_bundle: str | None


@contextmanager
def _configuration_errors() -> Iterator[None]:
    """Raises `AccessDenied` for a configuration that boto3 cannot use, such as a profile that does not exist."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, OSError, ValueError, RuntimeError) as error:
        raise credentials_unusable(error) from error


@lru_cache(maxsize=8)
def _credentials(endpoint_url: str | None, region: str) -> BackgroundCredentials:
    def load() -> Any:
        from api.dynamodb.transport.boto3_sessions import load_credentials

        return load_credentials(endpoint_url, region)

    return BackgroundCredentials(load)


def _session(region: str, keys: AwsKeys | None) -> Any:
    from api.dynamodb.transport.boto3_sessions import session_of_credentials, session_of_keys

    if keys is not None:
        return session_of_keys(region, keys)
    return session_of_credentials(region, _credentials(environment().endpoint_url, region))


@lru_cache(maxsize=8)
def _client(endpoint_url: str | None, region: str, keys: AwsKeys | None, bounds: ClientBounds) -> BotoClient:
    from api.dynamodb.transport.boto3_transport import record_attempt

    with _configuration_errors():
        client: BotoClient = _session(region, keys).client(
            "dynamodb", endpoint_url=endpoint_url, config=bounds.config()
        )
    client.meta.events.register("response-received.dynamodb", record_attempt)
    return client


@lru_cache(maxsize=8)
def _table(endpoint_url: str | None, region: str, keys: AwsKeys | None, name: str) -> Table:
    with _configuration_errors():
        resource = _session(region, keys).resource(
            "dynamodb", endpoint_url=endpoint_url, config=SERVICE_BOUNDS.config()
        )
        table: Table = resource.Table(name)
    return table


@lru_cache(maxsize=8)
def _access(endpoint_url: str | None, region: str, keys: AwsKeys | None) -> Access:
    credentials: Credentials = (
        _credentials(endpoint_url, region)
        if keys is None
        else StaticCredentials(keys.access_key, keys.secret_key, keys.token)
    )
    if endpoint_url is None:
        endpoint_url = boto3_client(OPERATOR_BOUNDS).meta.endpoint_url
    return Access(endpoint_url, region, credentials, _ca_bundle(endpoint_url, region, keys))


def _ca_bundle(endpoint_url: str, region: str, keys: AwsKeys | None) -> str | None:
    if not endpoint_url.startswith("https:"):
        return None
    from api.dynamodb.transport.boto3_sessions import ca_bundle_of

    with _configuration_errors():
        return ca_bundle_of(_session(region, keys))


def boto3_client(bounds: ClientBounds | None = None) -> BotoClient:
    """boto3's low-level client for the configured endpoint, shared by all threads; no call is made.

    `bounds` defaults to those of a web request. Raises `AccessDenied` for a profile or region that cannot
    be used.
    """
    settings = environment()
    return _client(settings.endpoint_url, settings.region, settings.aws_keys, bounds or SERVICE_BOUNDS)


def service_client(service: str) -> Any:
    """boto3's client of another service, such as `s3`, with the same credentials and an operator's bounds; no call.

    In AWS it is that service's own endpoint, otherwise the configured engine. Raises `AccessDenied` for a profile or
    region that cannot be used.
    """
    from botocore.config import Config

    settings = environment()
    endpoint_url = None if settings.is_aws else settings.endpoint_url
    config = OPERATOR_BOUNDS.config()
    if endpoint_url is not None:
        config = config.merge(Config(s3={"addressing_style": "path"}))  # an engine has one host name
    with _configuration_errors():
        return _session(settings.region, settings.aws_keys).client(
            service, endpoint_url=endpoint_url, config=config
        )


def boto3_client_of(table: Table) -> BotoClient:
    """The low-level client for the endpoint and region of a table resource, bounded like a web request."""
    meta = table.meta.client.meta
    default = boto3_client()
    if (meta.endpoint_url, meta.region_name) == (default.meta.endpoint_url, default.meta.region_name):
        return default
    return _client(meta.endpoint_url, meta.region_name, environment().aws_keys, SERVICE_BOUNDS)


def access_of(client: BotoClient) -> Access:
    """Where a boto3 client sends its requests, and what it signs them with; no call is made."""
    signer, verify = client._request_signer, client._endpoint.http_session._verify  # type: ignore[attr-defined]
    credentials = BackgroundCredentials(lambda: signer._credentials)
    ca_bundle = verify if isinstance(verify, str) else None
    return Access(client.meta.endpoint_url, client.meta.region_name, credentials, ca_bundle)


def boto3_table() -> Table:
    """boto3's resource of the configured table, shared by all threads; no call is made."""
    settings = environment()
    return _table(settings.endpoint_url, settings.region, settings.aws_keys, settings.table_name)


def configured_access() -> Access:
    """Endpoint, region and credentials; boto3 finds what the settings leave open. No call is made.

    Credentials are looked up when they are first used. Raises `AccessDenied` for a profile or region that cannot be
    used.
    """
    settings = environment()
    return _access(settings.endpoint_url, settings.region, settings.aws_keys)


def clear_cache() -> None:
    """Drops the cached clients, after the settings or the credentials changed."""
    for cached in (_client, _table, _access, _credentials):
        cached.cache_clear()
