"""AlgoItny's own table, made of the data layer's declaration: nothing of it is written down a second time."""

from __future__ import annotations

from api.dynamodb import entities as e
from api.dynamodb.indexes import INDEXES, Index
from config.environment import environment, read_environment
from lifecycle.declaration import ENVIRONMENTS, IndexConfig, Key, TableConfig

_TAGS = {"project": "algoitny"}


class _ServiceTable(TableConfig):
    """A table that is called what the service is told to call it, in every environment."""

    def table_name(self, env: str) -> str:
        """The configured name, `DYNAMODB_TABLE`."""
        return environment().table_name


def _index(index: Index) -> IndexConfig:
    projection = "ALL" if index.attributes is None else index.attributes
    return IndexConfig(index.name, Key(index.pk), Key(index.sk), projection)  # type: ignore[arg-type]


TABLE = _ServiceTable(
    name=read_environment({}).table_name,  # the name when none is configured
    partition=Key(e.PK),
    sort=Key(e.SK),
    real_name="{name}",
    indexes=tuple(map(_index, INDEXES)),
    ttl=e.TTL,
    # As the CloudFormation template deploys it; a developer's table is deleted and made again all the time.
    per_environment={
        env: {"recovery": True, "protection": True, "tags": {**_TAGS, "environment": env}}
        for env in ENVIRONMENTS
        if env != "dev"
    },
)
