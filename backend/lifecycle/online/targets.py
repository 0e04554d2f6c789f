"""Which tables and indexes a command line means: names by environment, declared defaults, and keys given by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from config.environment import environment
from lifecycle.declaration import IndexConfig, Key, TableConfig
from lifecycle.online.calls import IndexChangeError
from lifecycle.online.state import TableNow, check_name, describe, keys_text, projection_text
from lifecycle.queries import IndexQuery
from lifecycle.registry import Declared, declaration_of, declared_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

DEFAULT_TABLE = "dora_decision_log"
BOTH = ("demo", "prod")
OWN_TABLE = "algoitny_main"
_KEY_TYPES = {"S", "N", "B"}


@dataclass(frozen=True)
class Wanted:
    """What the command line says; None where it says nothing."""

    table: str | None = None
    env: str | None = None
    index: str | None = None
    partition: Key | None = None
    sort: Key | None = None
    projection: Literal["ALL", "KEYS_ONLY"] | tuple[str, ...] | None = None


@dataclass(frozen=True)
class Target:
    """A real table, its state, its declaration (made from its state where nothing declares it), the indexes meant."""

    now: TableNow
    config: TableConfig
    indexes: tuple[IndexConfig, ...]
    queries: tuple[IndexQuery, ...]
    declared: bool

    @property
    def table_name(self) -> str:
        """What the table is called where it is."""
        return self.now.name

    def query_of(self, index: IndexConfig) -> IndexQuery:
        """The declared query that wants an index; without one, everything of one of its partition keys."""
        for query in self.queries:
            if query.index == index.name:
                return query
        return IndexQuery(f"{index.partition.name} = :v", index.name)


def parse_key(text: str) -> Key:
    """A key as `market_id:S`. Raises ValueError saying what is wrong with it."""
    name, _, kind = text.rpartition(":")
    if not name or kind not in _KEY_TYPES:
        raise ValueError(f"{text!r} is not like market_id:S: a name, a colon, and S, N or B")
    if len(name.encode()) > 255:
        raise ValueError(
            f"{name[:20]!r}... is longer than the 255 bytes that a key attribute's name may have"
        )
    return Key(name, kind)  # type: ignore[arg-type]  # (mypy narrows no str to a Literal)


def parse_projection(text: str) -> Literal["ALL", "KEYS_ONLY"] | tuple[str, ...]:
    """A projection as `ALL`, `KEYS_ONLY` or `INCLUDE:a,b`. Raises ValueError saying what is wrong with it."""
    if text == "ALL" or text == "KEYS_ONLY":
        return text  # type: ignore[return-value]  # (mypy narrows no str to a Literal)
    kind, _, names = text.partition(":")
    attributes = tuple(name.strip() for name in names.split(","))
    if kind != "INCLUDE" or not all(attributes):
        raise ValueError(f"{text!r} is none of ALL, KEYS_ONLY and INCLUDE:name,name")
    if len(set(attributes)) != len(attributes):
        raise ValueError(f"{text!r} names an attribute twice")
    return attributes


def find_targets(client: BotoClient, wanted: Wanted) -> list[Target]:
    """The tables that are meant, described. Nothing is changed.

    Raises `TableMissing` for one that is not there and `IndexChangeError` for what contradicts itself. One
    DescribeTable a table.
    """
    if wanted.index is not None:
        check_name(wanted.index)
    if wanted.index is None and (wanted.partition or wanted.sort or wanted.projection):
        raise IndexChangeError("keys and projection were given without the name of the index: add --index")
    tables = declared_tables()
    declared, names = _names(wanted, tables)
    return [_target(client, name, declared, wanted) for name in names]


def _names(wanted: Wanted, tables: dict[str, Declared]) -> tuple[Declared | None, list[str]]:
    if wanted.table is None and wanted.env is None:
        return tables.get(OWN_TABLE), [environment().table_name]
    name = wanted.table or DEFAULT_TABLE
    declared = tables.get(name)
    if declared is None and wanted.env is not None:
        raise IndexChangeError(
            f"no declaration knows a table {name}",
            hint=f"leave --env out and give its full name, or name one of {', '.join(sorted(tables))}",
        )
    if declared is None:
        found = declaration_of(name, tables)
        return (None if found is None else found[0]), [name]
    if name == OWN_TABLE:
        return declared, [environment().table_name]
    if wanted.env is None and not declared.is_same_everywhere:
        raise IndexChangeError(f"{name} has another name in each environment: add --env demo, prod or both")
    envs = BOTH if wanted.env == "both" else (wanted.env or BOTH[0],)
    return declared, list(dict.fromkeys(declared.config.table_name(env) for env in envs))


def _target(client: BotoClient, name: str, declared: Declared | None, wanted: Wanted) -> Target:
    now = describe(client, name)
    if declared is None:
        sort = now.keys[1] if len(now.keys) > 1 else None
        config = TableConfig(name, now.keys[0], sort, real_name="{name}")
        return Target(now, config, _indexes(config, wanted, "no declaration"), (), declared=False)
    config = declared.config
    return Target(now, config, _indexes(config, wanted, str(declared.file)), declared.queries, declared=True)


def _indexes(config: TableConfig, wanted: Wanted, where: str) -> tuple[IndexConfig, ...]:
    """The indexes that are meant: the one named, with its declared or given keys; all that are declared for none."""
    if wanted.index is None:
        return config.indexes
    known = {index.name: index for index in config.indexes}.get(wanted.index)
    if wanted.partition is None:
        if wanted.sort or wanted.projection:
            raise IndexChangeError("--sort-key and --projection go with --partition-key")
        return () if known is None else (known,)
    given = IndexConfig(wanted.index, wanted.partition, wanted.sort, wanted.projection or "ALL")
    if known is not None and known != given:
        raise IndexChangeError(
            f"{wanted.index} is declared in {where} with {keys_text(known)} ({projection_text(known)}), "
            f"given {keys_text(given)} ({projection_text(given)})",
            hint="leave the keys out, or change the declaration",
        )
    return (given,)
