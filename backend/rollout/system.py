"""A system whose read paths are rolled out: its table and its flags. The service is one, an example another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollout.flags import Flag

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass(frozen=True)
class Sample:
    """One read of a path, to be made by each of its strategies.

    path, description: what is read. by_strategy: the reads by the strategies' names; each returns (result, items
    that were fetched, read units).
    """

    path: str
    description: str
    by_strategy: Mapping[str, Callable[[], tuple[Any, int, float]]]


# Samples of a table in an environment: (client, env, paths, number for each path) -> reads.
Samples = Callable[["BotoClient", str, tuple[str, ...], int], Iterator[Sample]]


@dataclass(frozen=True)
class System:
    """name: what messages call it. table_name: the name of its table in an environment.

    flags: what can be set. key_names: the table's keys. paths: the names of the read paths that can be compared.
    """

    name: str
    flags: tuple[Flag, ...]
    table_name: Callable[[str], str]
    samples: Samples
    paths: tuple[str, ...]
    key_names: tuple[str, str] = ("PK", "SK")
