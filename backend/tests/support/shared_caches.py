"""Keeps for the whole run what boto3 and PyMySQL read from disk for each client and connection that a test makes.

boto3 parses DynamoDB's model of 300 KB for each session and looks for a client's model in the folders of 400 services,
twice; PyMySQL reads the machine's certificates for each connection: a tenth of a second on a busy machine, some
thousand times. None of these files changes while the tests run.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from pymysql.connections import Connection


def install() -> None:
    """Puts the caches in place, for this process."""
    load_file = cache(JSONFileLoader().load_file)
    JSONFileLoader.load_file = lambda self, file_path: load_file(file_path)  # type: ignore[method-assign]
    list_services = Loader.list_available_services
    services: dict[tuple[str, ...], list[str]] = {}

    def list_available_services(self: Loader, type_name: str) -> list[str]:
        key = (type_name, *self.search_paths)
        if key not in services:
            services[key] = list_services(self, type_name)
        return services[key]

    Loader.list_available_services = list_available_services  # type: ignore[method-assign]
    create = Connection._create_ssl_ctx  # type: ignore[attr-defined]
    default_context: list[ssl.SSLContext] = []

    def create_ssl_context(connection: Any, options: Any) -> Any:
        if options:
            return create(connection, options)
        if not default_context:
            default_context.append(create(connection, options))
        return default_context[0]

    Connection._create_ssl_ctx = create_ssl_context  # type: ignore[attr-defined]
