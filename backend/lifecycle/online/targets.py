"""Resolves the options of a command for indexes to tables and indexes: by environment, declaration, or given keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from api.dynamodb.control_plane.description import TableDescription, describe_table
from api.dynamodb.control_plane.errors import TableChangeError
from api.dynamodb.control_plane.validation import check_index_name
from config.environment import environment
from lifecycle.declared_tables import DeclaredTable, find_declaration, project_tables
from lifecycle.queries import IndexQuery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

DEFAULT_TABLE = "dora_decision_log"
BOTH = ("demo", "prod")
OWN_TABLE = "algoitny_main"
_KEY_TYPES = {"S", "N", "B"}


@dataclass(frozen=True)
class IndexOptions:
    """The options of the command line; None for an option that is not given."""

    table: str | None = None
    env: str | None = None
    index: str | None = None
    partition: Key | None = None
    sort: Key | None = None
    projection: Literal["ALL", "KEYS_ONLY"] | tuple[str, ...] | None = None


@dataclass(frozen=True)
class IndexTarget:
    """A real table and the selected indexes.

    `config` is its declaration, derived from its description where nothing declares it (`declared` is False).
    """

    table: TableDescription
    config: TableConfig
    indexes: tuple[IndexConfig, ...]
    queries: tuple[IndexQuery, ...]
    declared: bool

    @property
    def table_name(self) -> str:
        """The table's real name."""
        return self.table.name

    def query_of(self, index: IndexConfig) -> IndexQuery:
        """The declared query that an index serves; without one, the items of one of its partition keys."""
        for query in self.queries:
            if query.index == index.name:
                return query
        return IndexQuery(f"{index.partition.name} = :v", index.name)


def parse_key(text: str) -> Key:
    """A key such as `market_id:S`. Raises ValueError with what is wrong."""
    name, _, kind = text.rpartition(":")
    if not name or kind not in _KEY_TYPES:
        raise ValueError(f"{text!r} is not like market_id:S: a name, a colon, and S, N or B")
    if len(name.encode()) > 255:
        raise ValueError(
            f"{name[:20]!r}... is longer than the 255 bytes that a key attribute's name may have"
        )
    return Key(name, kind)  # type: ignore[arg-type]  # (mypy narrows no str to a Literal)


def parse_projection(text: str) -> Literal["ALL", "KEYS_ONLY"] | tuple[str, ...]:
    """A projection such as `ALL`, `KEYS_ONLY` or `INCLUDE:a,b`. Raises ValueError with what is wrong."""
    if text == "ALL" or text == "KEYS_ONLY":
        return text  # type: ignore[return-value]  # (mypy narrows no str to a Literal)
    kind, _, names = text.partition(":")
    attributes = tuple(name.strip() for name in names.split(","))
    if kind != "INCLUDE" or not all(attributes):
        raise ValueError(f"{text!r} is none of ALL, KEYS_ONLY and INCLUDE:name,name")
    if len(set(attributes)) != len(attributes):
        raise ValueError(f"{text!r} names an attribute twice")
    return attributes


def find_targets(client: BotoClient, options: IndexOptions) -> list[IndexTarget]:
    """The selected tables, described. One DescribeTable a table; nothing is changed.

    Raises `TableMissing` for a missing table and `TableChangeError` for contradicting options.
    """
    if options.index is not None:
        check_index_name(options.index)
    if options.index is None and (options.partition or options.sort or options.projection):
        raise TableChangeError("keys and projection were given without the name of the index: add --index")
    declared, names = _select_tables(options, project_tables())
    return [_target(client, name, declared, options) for name in names]


def _select_tables(
    options: IndexOptions, tables: dict[str, DeclaredTable]
) -> tuple[DeclaredTable | None, list[str]]:
    """The declaration, None where nothing declares the table, and the real names."""
    if options.table is None and options.env is None:
        return tables.get(OWN_TABLE), [environment().table_name]
    name = options.table or DEFAULT_TABLE
    declared = tables.get(name)
    if declared is None and options.env is not None:
        raise TableChangeError(
            f"no table {name} is declared",
            hint=f"omit --env and give its full name, or name one of {', '.join(sorted(tables))}",
        )
    if declared is None:
        return find_declaration(name, tables), [name]
    if name == OWN_TABLE:
        return declared, [environment().table_name]
    if options.env is None and not declared.is_same_everywhere:
        raise TableChangeError(f"{name} has another name in each environment: add --env demo, prod or both")
    envs = BOTH if options.env == "both" else (options.env or BOTH[0],)
    return declared, list(dict.fromkeys(declared.config.table_name(env) for env in envs))


def _target(
    client: BotoClient, name: str, declared: DeclaredTable | None, options: IndexOptions
) -> IndexTarget:
    table = describe_table(client, name)
    if declared is None:
        sort = table.keys[1] if len(table.keys) > 1 else None
        config = TableConfig(name, table.keys[0], sort, real_name="{name}")
        return IndexTarget(table, config, _indexes(config, options, "no declaration"), (), declared=False)
    indexes = _indexes(declared.config, options, str(declared.shown_path))
    return IndexTarget(table, declared.config, indexes, declared.queries, declared=True)


def _indexes(config: TableConfig, options: IndexOptions, origin: str) -> tuple[IndexConfig, ...]:
    """The selected indexes: the named one with its declared or given keys, or all declared ones."""
    if options.index is None:
        return config.indexes
    declared = {index.name: index for index in config.indexes}.get(options.index)
    if options.partition is None:
        if options.sort or options.projection:
            raise TableChangeError("--sort-key and --projection go with --partition-key")
        return () if declared is None else (declared,)
    index = IndexConfig(options.index, options.partition, options.sort, options.projection or "ALL")
    if declared is not None and declared != index:
        raise TableChangeError(
            f"{options.index} is declared in {origin} with {declared.keys_text} ({declared.projection_text}), "
            f"given {index.keys_text} ({index.projection_text})",
            hint="omit the keys, or change the declaration",
        )
    return (index,)
