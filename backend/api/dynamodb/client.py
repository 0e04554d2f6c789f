"""Where DynamoDB is and how it is reached: endpoint, region, credentials, and the bounds of boto3's clients.

boto3 is imported when one of its clients is asked for: the service's calls do without it when the
endpoint and the keys are in the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from api.dynamodb.failures import unusable
from api.dynamodb.signing import Credentials, StaticCredentials
from config.environment import AwsKeys, environment

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient
    from mypy_boto3_dynamodb.service_resource import Table


class Bounds(NamedTuple):
    """The time-outs in seconds and the attempts of a boto3 client."""

    connect: float
    answer: float
    attempts: int

    def config(self) -> Config:
        """As botocore takes it, in its "standard" retry mode."""
        from botocore.config import Config

        return Config(
            connect_timeout=self.connect,
            read_timeout=self.answer,
            retries={"mode": "standard", "total_max_attempts": self.attempts},
            tcp_keepalive=True,
            max_pool_connections=32,
        )


# A request of a web user; a call ends within two seconds.
SERVICE_BOUNDS = Bounds(0.25, 0.6, 2)
# An operator's tool waits longer: creating a table or reading a full page may take seconds.
OPERATOR_BOUNDS = Bounds(2, 30, 4)
_PLACEHOLDER = AwsKeys("test", "test")  # what local engines are given when nothing is set; AWS never is


class Access(NamedTuple):
    """What a request needs: where to send it, and what to sign it with (None: there is nothing)."""

    endpoint_url: str
    region: str
    credentials: Credentials | None


@contextmanager
def _credentials_needed() -> Iterator[None]:
    """For code that makes a client or asks for credentials, and so may run a program or call AWS STS.

    Whatever boto3 lets out of there (it does not wrap all of it) becomes `AccessDenied`.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, OSError, ValueError, RuntimeError) as error:
        raise unusable(error) from error


def _session() -> Any:
    import boto3

    settings = environment()
    keys = settings.aws_keys
    if keys is None and settings.endpoint_url is not None:
        found = boto3.Session(region_name=settings.region)
        if found.get_credentials() is not None:
            return found
        keys = _PLACEHOLDER
    if keys is None:
        return boto3.Session(region_name=settings.region)
    return boto3.Session(
        region_name=settings.region, aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key, aws_session_token=keys.token,
    )  # fmt: skip


@lru_cache(maxsize=8)
def _client(endpoint_url: str | None, region: str, keys: AwsKeys | None, bounds: Bounds) -> Any:
    from api.dynamodb.boto3_transport import note_doubt

    with _credentials_needed():
        client = _session().client(
            "dynamodb", endpoint_url=endpoint_url, region_name=region, config=bounds.config()
        )
    client.meta.events.register("response-received.dynamodb", note_doubt)
    return client


@lru_cache(maxsize=8)
def _table(endpoint_url: str | None, region: str, keys: AwsKeys | None, name: str) -> Any:
    with _credentials_needed():
        resource = _session().resource(
            "dynamodb", endpoint_url=endpoint_url, region_name=region, config=SERVICE_BOUNDS.config()
        )
        return resource.Table(name)


@lru_cache(maxsize=8)
def _access(endpoint_url: str | None, region: str, keys: AwsKeys | None) -> Access:
    if endpoint_url is not None and keys is not None:
        return Access(endpoint_url, region, StaticCredentials(keys.access_key, keys.secret_key, keys.token))
    client = DynamoDBClient.get_client(patient=True)
    with _credentials_needed():
        return Access(client.meta.endpoint_url, region, client._request_signer._credentials)  # type: ignore[attr-defined]


class DynamoDBClient:
    """The way to DynamoDB: LocalStack or any other endpoint named by `LOCALSTACK_URL`, AWS when it is unset."""

    @staticmethod
    def get_client(*, patient: bool = False) -> BotoClient:
        """boto3's low-level client, shared by all threads; no call is made.

        `patient` gives an operator's tool longer time-outs and more attempts than a web request has.
        """
        settings = environment()
        bounds = OPERATOR_BOUNDS if patient else SERVICE_BOUNDS
        client: BotoClient = _client(settings.endpoint_url, settings.region, settings.aws_keys, bounds)
        return client

    @staticmethod
    def get_table() -> Table:
        """boto3's resource of the service's table (`algoitny_main`), to hand to repositories; no call is made."""
        settings = environment()
        table: Table = _table(settings.endpoint_url, settings.region, settings.aws_keys, settings.table_name)
        return table

    @staticmethod
    def client_of(table: Table) -> BotoClient:
        """The low-level client for the endpoint and region that a table resource belongs to."""
        meta = table.meta.client.meta
        default = DynamoDBClient.get_client()
        if (meta.endpoint_url, meta.region_name) == (default.meta.endpoint_url, default.meta.region_name):
            return default
        keys = environment().aws_keys
        client: BotoClient = _client(meta.endpoint_url, meta.region_name, keys, SERVICE_BOUNDS)
        return client

    @staticmethod
    def get_access() -> Access:
        """Endpoint, region and credentials for a transport of our own; boto3 is asked for what is not set.

        Credentials that renew themselves do so when they are used. Raises `AccessDenied` for a profile or
        region that cannot be used.
        """
        settings = environment()
        return _access(settings.endpoint_url, settings.region, settings.aws_keys)

    @staticmethod
    def forget() -> None:
        """Drops the cached clients, after the settings or the credentials changed."""
        for cached in (_client, _table, _access):
            cached.cache_clear()
