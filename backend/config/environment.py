"""Reads the environment and the `.env` file into one typed, frozen value.

Nothing else in the project looks at `os.environ`. The module needs no Django,
so that the data layer and the command-line tools work without it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

BACKEND_DIR = Path(__file__).resolve().parent.parent
PROJECT_DIR = BACKEND_DIR.parent
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
# The certificates of the keys by which Google signs ID tokens, in PEM by key id.
GOOGLE_CERTIFICATES_URL = "https://www.googleapis.com/oauth2/v1/certs"


class ConfigurationError(Exception):
    """A setting is missing or unusable; the message names the setting and what to do."""


@dataclass(frozen=True)
class MySQLSource:
    """Where the legacy MySQL (or MariaDB) database is."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def __str__(self) -> str:
        return f"mysql://{self.user}@{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True)
class SQLiteSource:
    """The demonstration's source: the legacy schema in one SQLite file."""

    path: Path

    def __str__(self) -> str:
        return f"sqlite:{self.path.name}"


Source = MySQLSource | SQLiteSource
Transport = Literal["lean", "boto3"]
# The names that a table can have a life under; `lifecycle.declaration` makes table names of them.
ENVIRONMENTS = ("dev", "staging", "demo", "prod")


@dataclass(frozen=True)
class Prices:
    """US dollars; the defaults are us-east-1 on-demand, standard table class, November 2026."""

    per_million_wru: float = 0.625
    per_million_rru: float = 0.125
    per_gb_month: float = 0.25


@dataclass(frozen=True)
class AwsKeys:
    """Access keys that are given as they are; whoever has a profile or a role sets none."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Environment:
    """Every setting of the project, read once."""

    endpoint_url: str | None
    region: str
    aws_keys: AwsKeys | None
    transport: Transport
    name: str
    table_name: str
    history_table: str
    source: Source | None
    state_dir: Path
    time_zone: ZoneInfo
    prices: Prices
    debug: bool
    secret_key: str | None = field(repr=False)
    allowed_hosts: tuple[str, ...]
    web_port: int
    engine_port: int
    revision: str | None
    secret_key_fallbacks: tuple[str, ...] = field(repr=False)
    google_client_ids: tuple[str, ...]
    google_certificates_url: str
    trusted_proxies: int
    sign_in_limit: int

    @property
    def target(self) -> str:
        """Where the table is, for people: never with a credential in it."""
        if self.endpoint_url is None:
            return f"AWS {self.region}"
        parts = urlsplit(self.endpoint_url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _integer(values: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = values.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigurationError(f"{name} is {text!r}: set it to a whole number from {low} to {high}")
    return int(text)


def _price(values: Mapping[str, str], name: str, default: float) -> float:
    text = values.get(name) or str(default)
    try:
        price = float(text)
    except ValueError:
        price = -1.0
    if not 0 <= price < 1e6:
        raise ConfigurationError(f"{name} is {text!r}: set it to a price in US dollars, such as {default}")
    return price


def _boolean(values: Mapping[str, str], name: str, default: bool) -> bool:
    text = (values.get(name) or ("1" if default else "0")).lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name} is {text!r}: set it to 1 or 0")


def _names(values: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    texts = (values.get(name) or default).split(",")
    return tuple(text.strip() for text in texts if text.strip())


def _time_zone(values: Mapping[str, str]) -> ZoneInfo:
    name = values.get("ALGOITNY_TIME_ZONE") or "Asia/Seoul"
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(
            f"ALGOITNY_TIME_ZONE is {name!r}: set it to an IANA name such as Asia/Seoul"
        ) from None


def _endpoint(values: Mapping[str, str]) -> str | None:
    url = values.get("LOCALSTACK_URL") or None
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError("LOCALSTACK_URL is not a URL: set it like http://localhost:4566")
    return url.rstrip("/")


def _certificates_url(values: Mapping[str, str]) -> str:
    url = values.get("GOOGLE_CERTIFICATES_URL") or GOOGLE_CERTIFICATES_URL
    if url == GOOGLE_CERTIFICATES_URL:
        return url
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            f"GOOGLE_CERTIFICATES_URL is {url!r}: leave it out; only tests set it, to http://127.0.0.1:PORT/..."
        )
    return url


def _aws_keys(values: Mapping[str, str]) -> AwsKeys | None:
    access_key, secret_key = values.get("AWS_ACCESS_KEY_ID"), values.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        return None
    return AwsKeys(access_key, secret_key, values.get("AWS_SESSION_TOKEN") or None)


def _transport(values: Mapping[str, str]) -> Transport:
    name = values.get("DYNAMODB_TRANSPORT") or "lean"
    if name == "lean" or name == "boto3":
        return name  # type: ignore[return-value]  # (mypy narrows no str to a Literal)
    raise ConfigurationError(f"DYNAMODB_TRANSPORT is {name!r}: set it to lean or boto3")


def _name(values: Mapping[str, str]) -> str:
    name = values.get("ALGOITNY_ENVIRONMENT") or ENVIRONMENTS[0]
    if name not in ENVIRONMENTS:
        raise ConfigurationError(
            f"ALGOITNY_ENVIRONMENT is {name!r}: set it to one of {', '.join(ENVIRONMENTS)}"
        )
    return name


def _source(values: Mapping[str, str]) -> Source | None:
    """`MYSQL_HOST` wins; `LEGACY_SQLITE` is for the demonstration; neither is no source."""
    host = values.get("MYSQL_HOST")
    if host:
        return MySQLSource(
            host=host,
            port=_integer(values, "MYSQL_PORT", 3306, 1, 65535),
            user=values.get("MYSQL_USER") or "algoitny",
            password=values.get("MYSQL_PASSWORD") or "",
            database=values.get("MYSQL_DATABASE") or "algoitny",
        )
    path = values.get("LEGACY_SQLITE")
    if path:
        return SQLiteSource((PROJECT_DIR / path).resolve())
    return None


def read_environment(values: Mapping[str, str]) -> Environment:
    """Reads settings out of a mapping of names to texts.

    Raises `ConfigurationError` naming the first setting that cannot be used.
    """
    table_name = values.get("DYNAMODB_TABLE") or "algoitny_main"
    return Environment(
        endpoint_url=_endpoint(values),
        region=values.get("AWS_DEFAULT_REGION") or values.get("AWS_REGION") or "us-east-1",
        aws_keys=_aws_keys(values),
        transport=_transport(values),
        name=_name(values),
        table_name=table_name,
        history_table=values.get("DYNAMODB_HISTORY_TABLE") or f"{table_name}_schema_history",
        source=_source(values),
        state_dir=(PROJECT_DIR / (values.get("ALGOITNY_STATE_DIR") or ".algoitny")).resolve(),
        time_zone=_time_zone(values),
        prices=Prices(
            per_million_wru=_price(values, "PRICE_PER_MILLION_WRU", Prices.per_million_wru),
            per_million_rru=_price(values, "PRICE_PER_MILLION_RRU", Prices.per_million_rru),
            per_gb_month=_price(values, "PRICE_PER_GB_MONTH", Prices.per_gb_month),
        ),
        debug=_boolean(values, "DJANGO_DEBUG", False),
        secret_key=values.get("DJANGO_SECRET_KEY") or None,
        allowed_hosts=_names(values, "DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"),
        web_port=_integer(values, "ALGOITNY_PORT", 8000, 1, 65535),
        engine_port=_integer(values, "ALGOITNY_ENGINE_PORT", 4566, 1, 65535),
        revision=values.get("ALGOITNY_REVISION") or None,
        secret_key_fallbacks=_names(values, "DJANGO_SECRET_KEY_FALLBACKS", ""),
        google_client_ids=_names(values, "GOOGLE_CLIENT_ID", ""),
        google_certificates_url=_certificates_url(values),
        trusted_proxies=_integer(values, "ALGOITNY_TRUSTED_PROXIES", 0, 0, 9),
        sign_in_limit=_integer(values, "ALGOITNY_SIGN_IN_LIMIT", 20, 1, 1_000_000),
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The process's settings: the environment over `.env` at the top of the checkout.

    `ALGOITNY_ENV_FILE` names another file, or none when it is empty. Read once; tests call
    `environment.cache_clear()` after changing a variable.
    """
    file = os.environ.get("ALGOITNY_ENV_FILE", str(PROJECT_DIR / ".env"))
    from_file = dotenv_values(file) if file else {}
    return read_environment({**{k: v for k, v in from_file.items() if v is not None}, **os.environ})
