"""The table `algoitny_main`: its declaration, whether it is ready, creating, checking and deleting it.

Entities and their attributes are declared in `schema.entities`, key templates in `schema.keys`, indexes in
`schema.indexes`; how any table is created and compared is in `control_plane`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from api.dynamodb.control_plane import creation
from api.dynamodb.control_plane.comparison import Difference, compare_structure
from api.dynamodb.control_plane.declaration import ENVIRONMENTS, IndexConfig, Key, TableConfig
from api.dynamodb.control_plane.description import describe_table, find_table, read_ttl
from api.dynamodb.schema import entities as e
from api.dynamodb.schema.indexes import INDEXES, Index
from config.environment import environment, is_aws_endpoint, read_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

WAIT_SECONDS = 600.0
_TAGS = {"project": "algoitny"}


@dataclass(frozen=True)
class ServiceTable(TableConfig):
    """The service's table. It has the configured name, `DYNAMODB_TABLE`, in every environment, or `fixed_name`."""

    fixed_name: str | None = None

    def table_name(self, env: str) -> str:
        """The table's real name."""
        return self.fixed_name or environment().table_name

    def for_env(self, env: str) -> Self:
        """The declaration in that environment; a table of `dev` in AWS has recovery and protection too."""
        declared, settings = super().for_env(env), environment()
        if env == "dev" and settings.is_aws and settings.is_named:
            declared = replace(declared, recovery=True, protection=True)
        return declared


def _index_config(index: Index) -> IndexConfig:
    projection = "ALL" if index.attributes is None else index.attributes
    return IndexConfig(index.name, Key(index.pk), Key(index.sk), projection)  # type: ignore[arg-type]


TABLE = ServiceTable(
    name=read_environment({}).table_name,  # the default name, whatever this machine's settings say
    partition=Key(e.PK),
    sort=Key(e.SK),
    real_name="{name}",
    indexes=tuple(map(_index_config, INDEXES)),
    ttl=e.TTL,
    # As the CloudFormation template deploys it. A developer's table on a local engine is deleted all the time.
    per_environment={
        env: {"recovery": True, "protection": True, "tags": {**_TAGS, "environment": env}}
        for env in ENVIRONMENTS
        if env != "dev"
    },
)


@dataclass(frozen=True)
class MetricsTable(TableConfig):
    """The table of the service's metrics. It is called as `DYNAMODB_METRICS_TABLE` says, in every environment."""

    def table_name(self, env: str) -> str:
        """The table's real name."""
        return environment().metrics_table


# Neither protected nor recoverable: the longest that anything stays in it is 90 days.
METRICS_TABLE = MetricsTable(
    name=read_environment({}).metrics_table,
    partition=Key(e.PK),
    sort=Key(e.SK),
    real_name="{name}",
    ttl=e.TTL,
    per_environment={env: {"tags": {**_TAGS, "environment": env}} for env in ENVIRONMENTS if env != "dev"},
)


def table_declaration(name: str | None = None) -> ServiceTable:
    """The declaration; `name` replaces the configured name."""
    return replace(TABLE, fixed_name=name)


@dataclass(frozen=True)
class Readiness:
    """The state of the table and each declared index as DynamoDB names it, MISSING if it does not exist."""

    ready: bool
    table: str
    indexes: dict[str, str] = field(default_factory=dict)
    hint: str | None = None


def describe_readiness(client: BotoClient, name: str | None = None) -> Readiness:
    """Whether the table and every declared index are ACTIVE.

    One DescribeTable, no capacity; throttling is not waited out. Raises `Unavailable`, `Throttled` or
    `AccessDenied` when the state cannot be read.
    """
    table = find_table(client, name or environment().table_name, throttling_seconds=0)
    if table is None:
        return Readiness(False, "MISSING", {index.name: "MISSING" for index in INDEXES}, "make dynamodb-init")
    states = {
        index.name: table.indexes[index.name].status if index.name in table.indexes else "MISSING"
        for index in INDEXES
    }
    if table.status in ("ACTIVE", "UPDATING") and set(states.values()) <= {"ACTIVE"}:
        return Readiness(True, table.status, states)
    hint = "wait until the table and its indexes are ACTIVE"
    if "MISSING" in states.values():
        hint = "make dynamodb-init"
    return Readiness(False, table.status, states, hint)


def check_table(client: BotoClient, name: str | None = None) -> list[Difference]:
    """How the existing table differs from the declaration in keys, indexes, projections and TTL.

    One DescribeTable and one DescribeTimeToLive, no capacity. Raises `TableMissing`, `Unavailable` and `AccessDenied`.
    """
    table_name = name or environment().table_name
    differences = compare_structure(TABLE, describe_table(client, table_name))
    ttl = read_ttl(client, table_name)
    if ttl.enabled_attribute != TABLE.ttl:
        differences.append(Difference("ttl", f"on {TABLE.ttl}", str(ttl)))
    return differences


def create_table(client: BotoClient, name: str | None = None, *, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Creates the table as declared for this environment and waits until it is ACTIVE; False if it existed.

    TTL is turned on, and outside `dev` and in AWS recovery and deletion protection, as `make dynamodb-init` does, but
    without an entry in the history of changes. Calling it again changes nothing; a table that a killed call left
    incomplete is completed. Raises `TableChangeError` when a table of that name has other keys or indexes, and
    `ConfigurationError` in AWS without ALGOITNY_ENVIRONMENT.
    """
    settings = environment()
    env = settings.table_environment if is_aws_endpoint(client.meta.endpoint_url) else settings.name
    return creation.create_table(client, table_declaration(name), env, seconds=wait_seconds)


def delete_table(client: BotoClient, name: str | None = None, *, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Deletes the table with all its data and waits until it is gone; False if there was none.

    It makes no backup, and DynamoDB refuses it for a protected table; `make dynamodb-delete` makes one first.
    """
    return creation.delete_table(client, name or environment().table_name, seconds=wait_seconds)
