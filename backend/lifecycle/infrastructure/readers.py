"""The least-privilege policy of whoever reads tables that are not the service's, such as the dashboard of an example.

Tables without a sort key are small and scanned as a whole; those with one are queried, by their indexes too.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from api.dynamodb.control_plane.declaration import TableConfig
from config.environment import BACKEND_DIR
from lifecycle.declared_tables import CONFIGS_FOLDER, load_tables
from lifecycle.infrastructure.grants import VERSION, dynamodb


def reader_policy(configs: Iterable[TableConfig], envs: Iterable[str]) -> dict[str, Any]:
    """The policy document for tables in some environments, in any region of the account that holds the policy."""
    scanned: list[str] = []
    queried: list[str] = []
    names = [(config, config.table_name(env)) for env in envs for config in configs]
    for config, name in names:
        arn = f"arn:aws:dynamodb:*:*:table/{name}"
        if config.sort is None:
            scanned.append(arn)
        else:
            queried += [arn, *(f"{arn}/index/{index.name}" for index in config.indexes)]
    return {
        "Version": VERSION,
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": list(dynamodb(*operations)), "Resource": resources}
            for sid, operations, resources in (
                ("Small", ("Scan",), scanned), ("Logs", ("Query",), queried),
            )
            if resources
        ],
    }  # fmt: skip


def folder_reader(folder: Path, envs: Iterable[str]) -> dict[str, Any]:
    """The policy for the tables that the modules of a folder declare. Raises `BadInput` as `load_tables`."""
    configs = [table.config for table in load_tables([folder])]
    return reader_policy(configs, list(envs))


def example_readers() -> dict[str, dict[str, Any]]:
    """The policy of each example whose tables are read in the environments `READ_IN`, by its folder's name."""
    policies = {}
    for folder in sorted((BACKEND_DIR / "examples").glob(f"*/{CONFIGS_FOLDER}")):
        envs = getattr(import_module(f"examples.{folder.parent.name}.{CONFIGS_FOLDER}"), "READ_IN", ())
        if envs:
            policies[folder.parent.name] = folder_reader(folder, envs)
    return policies
