"""Alarms for tables that are not the service's: those of the examples, and tables of one's own.

One template for the tables of a folder, which the tools create and change; it has alarms and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.dynamodb.control_plane.declaration import ENVIRONMENTS, TableConfig
from config.environment import BACKEND_DIR
from lifecycle.declared_tables import CONFIGS_FOLDER, load_tables
from lifecycle.infrastructure.alarms import Alarm, consumption, system_errors, throttles, unit_parameters
from lifecycle.infrastructure.template import topic_condition, topic_parameter

_OPERATIONS = ("GetItem", "Query", "PutItem")


def watch_alarms(config: TableConfig) -> list[Alarm]:
    """The alarms of one table: throttles, consumed units and DynamoDB's errors."""
    return [*throttles(config), *consumption(config), *system_errors(_OPERATIONS)]


def watch_template(configs: Sequence[TableConfig], title: str) -> dict[str, Any]:
    """The template as JSON data; a table's name follows the parameter `Environment`."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{title}: alarms of DynamoDB tables that this project's tools make and change",
        "Parameters": {
            "Environment": {
                "Type": "String",
                "AllowedValues": list(ENVIRONMENTS),
                "Description": "Part of the tables' names.",
            },
            **topic_parameter(),
            **unit_parameters(),
        },
        "Conditions": topic_condition(),
        "Resources": {name: resource for config in configs for name, resource in _resources(config).items()},
    }


def _resources(config: TableConfig) -> dict[str, Any]:
    real_name = config.table_name("${Environment}")
    prefix = re.sub(r"[^A-Za-z0-9]", "", config.name.title())
    same_everywhere = "${Environment}" not in real_name
    alarm_prefix = f"{real_name}-${{Environment}}" if same_everywhere else real_name
    table = real_name if same_everywhere else {"Fn::Sub": real_name}
    return {
        f"{prefix}{alarm.logical_id}": alarm.resource(table, alarm_prefix) for alarm in watch_alarms(config)
    }


def folder_template(folder: Path, title: str) -> dict[str, Any]:
    """The template for the tables that the modules of a folder declare. Raises `BadInput` for a wrong folder."""
    return watch_template([table.config for table in load_tables([folder]) if not table.is_borrowed], title)


def example_templates() -> dict[str, dict[str, Any]]:
    """The template of each example, by its folder's name."""
    folders = sorted((BACKEND_DIR / "examples").glob(f"*/{CONFIGS_FOLDER}"))
    return {
        folder.parent.name: folder_template(folder, folder.parent.name.replace("_", " "))
        for folder in folders
    }
