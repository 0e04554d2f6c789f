"""The legacy database: its connection, its rows in key order, its schema, and its errors in plain words."""

from migration.source.connection import open_mysql
from migration.source.database import LegacyDatabase
from migration.source.errors import explain
from migration.source.schema import check_schema, undeclared_tables

__all__ = ["LegacyDatabase", "check_schema", "explain", "open_mysql", "undeclared_tables"]
