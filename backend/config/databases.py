"""Django's only database: the source of the migration, under the alias `legacy`."""

from __future__ import annotations

import ssl
from typing import Any

from config.environment import MySQLSource, MySQLSsl, Source
from config.setting_values import ConfigurationError

LEGACY_ALIAS = "legacy"


def mysql_options(source: MySQLSource) -> dict[str, Any]:
    """The arguments by which PyMySQL connects to a source; text is utf8mb4.

    Raises `ConfigurationError` for a certificate or key that cannot be read.
    """
    options: dict[str, Any] = {
        "host": source.host,
        "port": source.port,
        "user": source.user,
        # PyMySQL would encode a text as Latin-1; servers are told passwords in UTF-8.
        "password": source.password.encode("utf-8", "surrogateescape"),
        "database": source.database,
        "charset": "utf8mb4",
        "connect_timeout": 10,
    }
    if source.socket is not None:
        options["unix_socket"] = str(source.socket)
    if source.ssl.mode == "disabled":
        options["ssl_disabled"] = True
    elif source.ssl.mode != "preferred":  # PyMySQL's own way: TLS without checks where the server offers it
        options["ssl"] = _ssl_context(source.ssl)
    return options


def _ssl_context(settings: MySQLSsl) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except OSError as error:
        raise ConfigurationError(f"MYSQL_SSL_CA is {settings.ca}, which cannot be read: {error}") from None
    context.check_hostname = settings.mode == "verify_identity"
    if settings.mode == "required":
        context.verify_mode = ssl.CERT_NONE
    if settings.certificate is not None:
        try:
            context.load_cert_chain(settings.certificate, settings.key)
        except OSError as error:
            raise ConfigurationError(
                f"MYSQL_SSL_CERT is {settings.certificate}, which cannot be used with MYSQL_SSL_KEY "
                f"{settings.key or 'unset'}: {error}"
            ) from None
    return context


def legacy_database(source: Source) -> dict[str, Any]:
    """The Django database settings of a source; times are UTC, text is utf8mb4.

    For MySQL, this registers PyMySQL as the driver that Django imports. Raises `ConfigurationError` for a
    certificate that cannot be read.
    """
    if isinstance(source, MySQLSource):
        import pymysql

        pymysql.install_as_MySQLdb()
        options = mysql_options(source)
        return {
            "ENGINE": "django.db.backends.mysql",
            "HOST": options.pop("host"),
            "PORT": options.pop("port"),
            "USER": options.pop("user"),
            "PASSWORD": options.pop("password"),
            "NAME": options.pop("database"),
            "TIME_ZONE": "UTC",
            "OPTIONS": {**options, "init_command": "SET time_zone='+00:00'"},
        }
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": source.path, "TIME_ZONE": "UTC"}


class LegacyRouter:
    """Sends the models of the app `legacy` to the alias `legacy`, and nothing else anywhere."""

    def _alias(self, app_label: str) -> str | None:
        return LEGACY_ALIAS if app_label == "legacy" else None

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        """The alias to read a model from."""
        return self._alias(model._meta.app_label)

    def db_for_write(self, model: Any, **_hints: Any) -> str | None:
        """The alias to write a model to."""
        return self._alias(model._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """Whether an app's tables are created in a database."""
        return db == LEGACY_ALIAS and app_label == "legacy"
