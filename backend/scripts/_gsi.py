"""What the commands for indexes share: their options, and the client for the given region."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.declaration import ENVIRONMENTS
from api.dynamodb.control_plane.errors import TableChangeError
from config.environment import environment
from config.options import positive
from scripts import _entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

    from lifecycle.online.targets import IndexOptions

WHEN_STOPPED = "DynamoDB continues what it has accepted, run the command again to wait for it"


def parser(description: str) -> argparse.ArgumentParser:
    """The options that name a region, tables and an index."""
    command_line = _entry.parser(description)
    command_line.add_argument(
        "region",
        nargs="?",
        metavar="REGION",
        help="such as us-east-1; default AWS_DEFAULT_REGION, or the profile's",
    )
    command_line.add_argument(
        "--env",
        choices=(*ENVIRONMENTS, "both"),
        help="the environment of a declared table; both is demo and prod",
    )
    command_line.add_argument(
        "--table", metavar="NAME",
        help="a declared table, or without --env any table by its full name; default dora_decision_log with "
        "--env, the service's own table without",
    )  # fmt: skip
    command_line.add_argument(
        "--index", metavar="NAME", help="one index; default every declared one of the table"
    )
    return command_line


def add_key_options(command_line: argparse.ArgumentParser) -> None:
    """Adds the options that define an index that is not declared."""
    command_line.add_argument("--partition-key", metavar="NAME:TYPE", help="such as market_id:S")
    command_line.add_argument("--sort-key", metavar="NAME:TYPE", help="such as timestamp:S")
    command_line.add_argument(
        "--projection",
        metavar="PROJECTION",
        help="ALL (default), KEYS_ONLY or INCLUDE:a,b",
    )


def add_time_limit(command_line: argparse.ArgumentParser) -> None:
    """Adds `--time-limit`, read by `time_limit`."""
    command_line.add_argument(
        "--time-limit", type=positive, metavar="MIN",
        help="stop waiting after this many minutes (default: an hour and ten times the estimate)",
    )  # fmt: skip


def time_limit(options: argparse.Namespace) -> float | None:
    """The limit of `--time-limit` in seconds, None when it is not given."""
    return None if options.time_limit is None else options.time_limit * 60.0


def index_options(options: argparse.Namespace) -> IndexOptions:
    """The options, parsed. Raises `TableChangeError` for a key or projection that cannot be read."""
    from lifecycle.online.targets import IndexOptions, parse_key, parse_projection

    def parsed(name: str, parse: Callable[[str], Any]) -> Any:
        text = getattr(options, name, None)
        try:
            return None if text is None else parse(text)
        except ValueError as error:
            raise TableChangeError(f"--{name.replace('_', '-')}: {error}") from None

    return IndexOptions(
        table=options.table,
        env=options.env,
        index=options.index,
        partition=parsed("partition_key", parse_key),
        sort=parsed("sort_key", parse_key),
        projection=parsed("projection", parse_projection),
    )


def client_of(options: argparse.Namespace, *, may_write: bool) -> BotoClient:
    """The client for the given region; without `may_write` it cannot change anything."""
    from api.dynamodb.transport.read_only import read_only

    if options.region:
        os.environ["AWS_DEFAULT_REGION"] = options.region
        environment.cache_clear()
    _entry.show_location(options.env or environment().name)
    client = DynamoDBClient.get_client(patient=True)
    return client if may_write else read_only(client)


def show_progress(line: str) -> None:
    """Prints a line of progress on stderr; stdout has the report only."""
    print(line, file=sys.stderr, flush=True)


def command_for(options: argparse.Namespace, script: str, *arguments: str) -> str:
    """The command line of another script for the same tables."""
    parts = [f"python scripts/{script}.py", options.region or ""]
    for name in ("env", "table", "index"):
        value = getattr(options, name)
        parts += [f"--{name} {value}"] if value else []
    return " ".join(part for part in (*parts, *arguments) if part)
