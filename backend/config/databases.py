"""The one database that Django sees: the source of the move, under the alias `legacy`."""

from __future__ import annotations

from typing import Any

from config.environment import MySQLSource, Source

LEGACY_ALIAS = "legacy"


def legacy_database(source: Source) -> dict[str, Any]:
    """The Django database settings of a source; times are UTC, text is utf8mb4.

    For MySQL this registers PyMySQL under the name of the driver that Django imports.
    """
    if isinstance(source, MySQLSource):
        import pymysql

        pymysql.install_as_MySQLdb()
        return {
            "ENGINE": "django.db.backends.mysql",
            "HOST": source.host,
            "PORT": source.port,
            "USER": source.user,
            "PASSWORD": source.password,
            "NAME": source.database,
            "TIME_ZONE": "UTC",
            "OPTIONS": {
                "charset": "utf8mb4",
                "connect_timeout": 10,
                "init_command": "SET time_zone='+00:00'",
            },
        }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": source.path, "TIME_ZONE": "UTC"}


class LegacyRouter:
    """Sends the models of the app `legacy` to the alias `legacy`, and nothing else anywhere."""

    def _alias(self, app_label: str) -> str | None:
        return LEGACY_ALIAS if app_label == "legacy" else None

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        """The alias that a model is read from."""
        return self._alias(model._meta.app_label)

    def db_for_write(self, model: Any, **_hints: Any) -> str | None:
        """The alias that a model is written to."""
        return self._alias(model._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """Whether an app's tables are made in a database."""
        return db == LEGACY_ALIAS and app_label == "legacy"
