"""What the commands for indexes share: their options, and the client for the region that was named."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from config.environment import environment
from lifecycle.declaration import ENVIRONMENTS
from lifecycle.online.calls import IndexChangeError
from lifecycle.online.targets import Wanted, parse_key, parse_projection
from lifecycle.read_only import read_only
from scripts import _entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

GOES_ON = "what was accepted goes on by itself, run the command again to wait for it"


def parser(description: str) -> argparse.ArgumentParser:
    """The options that name a region, tables and an index."""
    made = _entry.parser(description)
    made.add_argument(
        "region", nargs="?", metavar="REGION", help="such as us-east-1; default AWS_DEFAULT_REGION"
    )
    made.add_argument(
        "--env",
        choices=(*ENVIRONMENTS, "both"),
        help="the environment of a declared table; both is demo and prod",
    )
    made.add_argument(
        "--table", metavar="NAME",
        help="a declared table, or without --env any table by its full name; default dora_decision_log with "
        "--env, the service's own table without",
    )  # fmt: skip
    made.add_argument("--index", metavar="NAME", help="one index; default every declared one of the table")
    return made


def add_keys(made: argparse.ArgumentParser) -> None:
    """The options that say what an index is that no declaration has."""
    made.add_argument("--partition-key", metavar="NAME:TYPE", help="such as market_id:S")
    made.add_argument("--sort-key", metavar="NAME:TYPE", help="such as timestamp:S")
    made.add_argument(
        "--projection",
        metavar="WHAT",
        help="ALL (default), KEYS_ONLY or INCLUDE:a,b",
    )


def wanted(options: argparse.Namespace) -> Wanted:
    """What the options name. Raises `IndexChangeError` for a key or projection that cannot be read."""

    def parsed(name: str, parse: Callable[[str], Any]) -> Any:
        text = getattr(options, name, None)
        try:
            return None if text is None else parse(text)
        except ValueError as error:
            raise IndexChangeError(f"--{name.replace('_', '-')}: {error}") from None

    return Wanted(
        table=options.table,
        env=options.env,
        index=options.index,
        partition=parsed("partition_key", parse_key),
        sort=parsed("sort_key", parse_key),
        projection=parsed("projection", parse_projection),
    )


def client_of(options: argparse.Namespace, *, may_write: bool) -> BotoClient:
    """The client for the region that was named; without `may_write` one that cannot change anything."""
    if options.region:
        os.environ["AWS_DEFAULT_REGION"] = options.region
        environment.cache_clear()
    client = DynamoDBClient.get_client(patient=True)
    return client if may_write else read_only(client)


def say(line: str) -> None:
    """A line of progress: on stderr, so that stdout has the report alone."""
    print(line, file=sys.stderr, flush=True)


def again(options: argparse.Namespace, script: str, *more: str) -> str:
    """The command that looks at the same tables again."""
    given = [options.region or ""]
    for name in ("env", "table", "index"):
        value = getattr(options, name)
        given += [f"--{name} {value}"] if value else []
    return " ".join(part for part in (f"python scripts/{script}.py", *given, *more) if part)
