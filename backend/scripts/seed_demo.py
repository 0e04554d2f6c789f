"""Fills the demonstration's source: the SQLite file in LEGACY_SQLITE, or an empty MySQL (--into-mysql)."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


from config.environment import MySQLSource, Source, SQLiteSource, environment
from config.setting_values import ConfigurationError
from legacy.demo import (
    DEFAULT_SEED,
    PRACTICE_SIZES,
    DemoInfo,
    DemoSize,
    ProblemFolderError,
    SeedingError,
    fill_empty_mysql,
    fill_sqlite,
    read_info,
)
from scripts import _entry


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-01-31") from None
    if not 1990 <= moment.year <= 2999:
        raise argparse.ArgumentTypeError(f"{text!r} is outside the years 1990 to 2999")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parser() -> argparse.ArgumentParser:
    """The command line; an omitted option keeps the value that the file was filled with."""
    volume = DemoSize()
    options = argparse.ArgumentParser(
        prog="seed_demo.py",
        description="Fill the demonstration's source (the SQLite file in LEGACY_SQLITE) with the legacy schema and "
        "rows: people who practise the project's original problems, or with --synthetic a volume of problems "
        "that only look real. The same seed, sizes and date give the same rows.",
    )
    options.add_argument("--seed", type=int, help=f"seed of the random numbers (default: {DEFAULT_SEED})")
    options.add_argument(
        "--synthetic",
        action="store_true",
        help="the volume for benchmarks and tests, in place of the original problems",
    )
    options.add_argument(
        "--problems",
        type=int,
        help=f"how many synthetic problems, of 3 to 40 test cases each (default: {volume.problems}); "
        "implies --synthetic",
    )
    for name, rows in (("users", "users"), ("history", "runs of code"), ("usage", "usage logs")):
        options.add_argument(
            f"--{name}",
            type=int,
            help=f"how many {rows} (default: {PRACTICE_SIZES[name]}; synthetic: {getattr(volume, name)})",
        )
    options.add_argument(
        "--as-of",
        type=_moment,
        metavar="DATE",
        help="latest time in the data (default: today at 00:00 UTC)",
    )
    options.add_argument(
        "--into-mysql", action="store_true", help="fill the MySQL at MYSQL_HOST, if its tables are empty"
    )
    options.add_argument("--force", action="store_true", help="fill again a file that is already filled")
    _entry.add_json_option(options)
    return options


def _report(name: str, info: DemoInfo, seconds: float | None, as_json: bool) -> None:
    """Prints the contents of the source; `seconds` is None when it was already filled."""
    if as_json:
        tables = {table: {"rows": fill.rows, "bytes": fill.bytes} for table, fill in info.tables.items()}
        report = {
            "source": name,
            "filled": seconds is not None,
            "seed": info.seed,
            "as_of": info.as_of.isoformat(),
            "seconds": seconds,
            "tables": tables,
        }
        print(json.dumps(report))
        return
    origin = f"seed {info.seed} as of {info.as_of:%Y-%m-%d %H:%M %Z}"
    if seconds is None:
        print(f"{name} is already filled with {origin}; --force fills it again")
        return
    print(f"{name} filled with {origin} in {seconds:.1f} s")
    print(f"{'table':<20}{'rows':>10}{'bytes':>14}")
    for table, fill in info.tables.items():
        print(f"{table:<20}{fill.rows:>10,}{fill.bytes:>14,}")
    rows = sum(fill.rows for fill in info.tables.values())
    print(f"{'total':<20}{rows:>10,}{sum(fill.bytes for fill in info.tables.values()):>14,}")


def _different(arguments: argparse.Namespace, info: DemoInfo) -> str | None:
    """What the file was filled with where the options ask for something else: the first such option, or the set."""
    if info.size.is_practice and _is_synthetic(arguments):
        return "the original problems"
    current = {"seed": info.seed, "as_of": info.as_of, **{name: getattr(info.size, name) for name in _SIZES}}
    for name, value in current.items():
        requested = getattr(arguments, name)
        if requested is not None and requested != value:
            return f"--{name.replace('_', '-')} {value}"
    return None


_SIZES = ("users", "problems", "history", "usage")


def _is_synthetic(arguments: argparse.Namespace) -> bool:
    return bool(arguments.synthetic) or arguments.problems is not None


def seed(arguments: argparse.Namespace) -> int:
    """Fills the source unless it is filled already. Returns the exit code.

    Raises `ConfigurationError` or `SeedingError` when it cannot.
    """
    source = environment().source
    if source is None:
        raise ConfigurationError(
            "LEGACY_SQLITE is not set: name the file to fill, such as .algoitny/legacy.sqlite3"
        )
    if arguments.into_mysql:
        return _seed_mysql(source, arguments)
    if not isinstance(source, SQLiteSource):
        raise SeedingError(
            f"the source is {source}: give --into-mysql to fill it if it is empty, "
            "or unset MYSQL_HOST and set LEGACY_SQLITE"
        )
    info = read_info(source.path)
    if info is not None and not arguments.force:
        difference = _different(arguments, info)
        if difference:
            raise SeedingError(
                f"{source.path.name} was filled with {difference}: add --force to fill it again"
            )
        _report(source.path.name, info, None, arguments.json)
        return 0
    started = time.monotonic()
    info = fill_sqlite(source.path, *_parameters(arguments))
    _report(source.path.name, info, round(time.monotonic() - started, 3), arguments.json)
    return 0


def _parameters(arguments: argparse.Namespace) -> tuple[DemoSize, int, datetime]:
    """The size, the seed and the latest time of the data. Sets up Django, which filling needs."""
    import django

    sizes = {name: value for name in _SIZES if (value := getattr(arguments, name)) is not None}
    try:
        size = DemoSize(**sizes) if _is_synthetic(arguments) else DemoSize.practice(**sizes)
    except ValueError as error:
        raise SeedingError(f"--{error}") from None
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    return size, DEFAULT_SEED if arguments.seed is None else arguments.seed, arguments.as_of or today


def _seed_mysql(source: Source, arguments: argparse.Namespace) -> int:
    """Fills the configured MySQL. Raises `SeedingError` when the source is no MySQL or has rows."""
    from migration.source import open_mysql

    if not isinstance(source, MySQLSource):
        raise SeedingError("--into-mysql needs MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD and MYSQL_DATABASE")
    started = time.monotonic()
    parameters = _parameters(arguments)
    with open_mysql(source, init_command="SET time_zone='+00:00'") as connection:
        info = fill_empty_mysql(connection, *parameters)
    _report(str(source), info, round(time.monotonic() - started, 3), arguments.json)
    return 0


def main(argv: list[str] | None = None) -> int:
    """Runs the command. Returns 0 when the source is filled, 2 with one line on standard error when it cannot be."""
    arguments = parser().parse_args(argv)
    import pymysql
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error as DatabaseError

    from migration.errors import MigrationError
    from migration.source import explain

    try:
        with _entry.json_report(arguments):
            return seed(arguments)
    except (
        ConfigurationError,
        ImproperlyConfigured,
        MigrationError,
        ProblemFolderError,
        SeedingError,
    ) as error:
        print(f"seed_demo: {error}", file=sys.stderr)
    except pymysql.Error as error:
        source = environment().source
        print(f"seed_demo: {explain(error, source) if source else error}", file=sys.stderr)
    except (OSError, sqlite3.Error, DatabaseError) as error:
        print(f"seed_demo: the file cannot be written ({error}): check LEGACY_SQLITE", file=sys.stderr)
    except KeyboardInterrupt:
        print("seed_demo: stopped, the file is as it was", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
