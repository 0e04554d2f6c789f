"""Reads the settings of the environment and the `.env` file into one typed, frozen value.

Nothing else in the project reads `os.environ`. The module does not need Django, so the data layer and the
command-line tools work without it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config.aws_profile import profile_region
from config.prices import Prices
from config.rollout_settings import RolloutSettings, read_rollout_settings
from config.setting_values import (
    ConfigurationError,
    boolean,
    check_one_line,
    integer,
    names,
    price,
    time_zone,
)

BACKEND_DIR = Path(__file__).resolve().parent.parent
PROJECT_DIR = BACKEND_DIR.parent
_LEAST_SECRET = 32
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
# The certificates of the keys by which Google signs ID tokens, in PEM by key id.
GOOGLE_CERTIFICATES_URL = "https://www.googleapis.com/oauth2/v1/certs"


@dataclass(frozen=True)
class MySQLSsl:
    """TLS to MySQL, in the words of MySQL's own clients: `mode` is one of `SSL_MODES`."""

    mode: str = "preferred"
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class MySQLSource:
    """Where the legacy MySQL (or MariaDB) database is. `time_zone` is the zone of its DATETIME columns; None is UTC."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    socket: Path | None = None
    ssl: MySQLSsl = MySQLSsl()
    time_zone: ZoneInfo | None = None

    def __str__(self) -> str:
        server = f"{self.host}:{self.port}" if self.socket is None else f"localhost{self.socket}"
        zone = "" if self.time_zone is None else f" in {self.time_zone.key}"
        return f"mysql://{self.user}@{server}/{self.database}{zone}"


@dataclass(frozen=True)
class SQLiteSource:
    """The demonstration's source: the legacy schema in one SQLite file."""

    path: Path

    def __str__(self) -> str:
        return f"sqlite:{self.path.name}"


Source = MySQLSource | SQLiteSource
SSL_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
TransportName = Literal["lean", "boto3"]
_PREFIXES = (
    "ALGOITNY_", "AWS_", "DJANGO_", "DYNAMODB_", "GOOGLE_", "LEGACY_", "LOCALSTACK_", "MYSQL_", "PRICE_",
)  # fmt: skip
# The environments that a table can belong to; `api.dynamodb.control_plane.declaration` builds table names from them.
ENVIRONMENTS = ("dev", "staging", "demo", "prod")
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


@dataclass(frozen=True)
class ListShards:
    """Over how many shards a list's new entries are spread, and from how many its pages are merged.

    readers: None if there is no setting for it.
    """

    writers: int
    readers: int | None


# The lists whose shards can be set, by what the settings call them.
_SHARDED_LISTS = {"users": "USER_LIST", "problems": "PROBLEM_LIST", "timeline": "TIMELINE"}
MAX_SHARDS = 64


@dataclass(frozen=True)
class AwsKeys:
    """Access keys from the settings; with a profile or a role, none are set."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Environment:
    """Every setting of the project, read once."""

    endpoint_url: str | None
    region: str
    aws_keys: AwsKeys | None
    ca_bundle: str | None
    transport: TransportName
    list_shards: Mapping[str, ListShards] = field(hash=False)
    catalogue_problems: int
    rollout: RolloutSettings
    name: str
    is_named: bool
    table_name: str
    history_table: str
    metrics_table: str
    metrics: bool
    metrics_emf: bool
    source: Source | None
    mysql_password_secret: str | None
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
    trusted_proxies: int | None
    sign_in_limit: int
    sign_in_secret: str | None = field(repr=False)
    cors_origins: tuple[str, ...]
    live_move: bool

    @property
    def is_aws(self) -> bool:
        """Whether the table is in AWS itself, rather than on a local engine."""
        return self.endpoint_url is None or is_aws_endpoint(self.endpoint_url)

    @property
    def table_environment(self) -> str:
        """The environment whose tables are created and changed.

        Raises `ConfigurationError` when it is not set for AWS: only a local engine may be `dev` by default.
        """
        if self.is_aws and not self.is_named:
            raise ConfigurationError(
                f"ALGOITNY_ENVIRONMENT is not set, and the table is in {self.target}: set it to one of "
                f"{', '.join(ENVIRONMENTS)}, or set LOCALSTACK_URL to use a local engine"
            )
        return self.name

    @property
    def target(self) -> str:
        """Where the table is, for messages; never contains a credential."""
        if self.endpoint_url is None:
            return f"AWS {self.region}"
        parts = urlsplit(self.endpoint_url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def is_aws_endpoint(url: str) -> bool:
    """Whether the URL of an endpoint is one of AWS's own, in a VPC or outside."""
    return (urlsplit(url).hostname or "").endswith(_AWS_DOMAINS)


def _trusted_proxies(values: Mapping[str, str]) -> int | None:
    """The number of proxies in front, None when it is not set: production requires it (`api.checks`)."""
    name = "ALGOITNY_TRUSTED_PROXIES"
    return integer(values, name, 0, 0, 9) if values.get(name) else None


def _sign_in_secret(values: Mapping[str, str]) -> str | None:
    """The secret that opens the development sign-in; without one it is closed."""
    secret = values.get("ALGOITNY_SIGN_IN_SECRET") or None
    if secret is not None and len(secret) < _LEAST_SECRET:
        raise ConfigurationError(
            f"ALGOITNY_SIGN_IN_SECRET is too short: set it to {_LEAST_SECRET} random characters or more, "
            "or leave it out: make run makes one"
        )
    return secret


def _cors_origins(values: Mapping[str, str]) -> tuple[str, ...]:
    origins = names(values, "ALGOITNY_CORS_ORIGINS", "")
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigurationError(
                f"ALGOITNY_CORS_ORIGINS is {origin!r}: name sites as browsers do, like https://app.example or "
                "http://localhost:5173, separated by commas"
            )
    return origins


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


def _transport(values: Mapping[str, str]) -> TransportName:
    name = values.get("DYNAMODB_TRANSPORT") or "lean"
    if name == "lean" or name == "boto3":
        return name  # type: ignore[return-value]  # (mypy narrows no str to a Literal)
    raise ConfigurationError(f"DYNAMODB_TRANSPORT is {name!r}: set it to lean or boto3")


def _list_shards(values: Mapping[str, str]) -> dict[str, ListShards]:
    """The numbers of shards that are set, by list."""
    configured: dict[str, ListShards] = {}
    for name, prefix in _SHARDED_LISTS.items():
        setting, read_setting = f"DYNAMODB_{prefix}_SHARDS", f"DYNAMODB_{prefix}_READ_SHARDS"
        if not values.get(setting):
            if values.get(read_setting):
                raise ConfigurationError(
                    f"{read_setting} is set and {setting} is not: set that to the number for writers"
                )
            continue
        writers = integer(values, setting, 1, 1, MAX_SHARDS)
        readers = integer(values, read_setting, writers, 1, MAX_SHARDS) if values.get(read_setting) else None
        if readers is not None and readers < writers:
            raise ConfigurationError(
                f"{read_setting} is {readers} and {setting} is {writers}: readers would miss what writers store; "
                "raise the readers' number first, and lower it last"
            )
        configured[name] = ListShards(writers, readers)
    return configured


def _name(values: Mapping[str, str]) -> str:
    name = values.get("ALGOITNY_ENVIRONMENT") or ENVIRONMENTS[0]
    if name not in ENVIRONMENTS:
        raise ConfigurationError(
            f"ALGOITNY_ENVIRONMENT is {name!r}: set it to one of {', '.join(ENVIRONMENTS)}"
        )
    return name


def _path(values: Mapping[str, str], name: str) -> Path | None:
    text = values.get(name)
    return (PROJECT_DIR / text).resolve() if text else None


def _ssl(values: Mapping[str, str]) -> MySQLSsl:
    """TLS to MySQL: a CA asks for `verify_identity`, a client certificate for at least `required`."""
    ca, certificate, key = (_path(values, f"MYSQL_SSL_{name}") for name in ("CA", "CERT", "KEY"))
    if key and not certificate:
        raise ConfigurationError("MYSQL_SSL_CERT is missing: set it to the certificate of MYSQL_SSL_KEY")
    default = "verify_identity" if ca else "required" if certificate else "preferred"
    mode = (values.get("MYSQL_SSL_MODE") or default).lower()
    if mode not in SSL_MODES:
        raise ConfigurationError(f"MYSQL_SSL_MODE is {mode!r}: set it to one of {', '.join(SSL_MODES)}")
    if (ca or certificate or key) and mode in ("disabled", "preferred"):
        raise ConfigurationError(
            f"MYSQL_SSL_MODE is {mode!r} with certificates: leave it out, or take MYSQL_SSL_CA, MYSQL_SSL_CERT "
            "and MYSQL_SSL_KEY away"
        )
    return MySQLSsl(mode, ca, certificate, key)


def _source(values: Mapping[str, str]) -> Source | None:
    """The source: `MYSQL_HOST` or `MYSQL_SOCKET`, else `LEGACY_SQLITE` (for the demonstration), else none."""
    host, socket = values.get("MYSQL_HOST"), _path(values, "MYSQL_SOCKET")
    if host or socket:
        zone = time_zone(values, "MYSQL_TIME_ZONE", "UTC")
        return MySQLSource(
            host=host or "localhost",
            port=integer(values, "MYSQL_PORT", 3306, 1, 65535),
            user=values.get("MYSQL_USER") or "algoitny",
            password=values.get("MYSQL_PASSWORD") or "",
            database=values.get("MYSQL_DATABASE") or "algoitny",
            socket=socket,
            ssl=_ssl(values),
            time_zone=None if zone.key == "UTC" else zone,
        )
    path = values.get("LEGACY_SQLITE")
    if path:
        return SQLiteSource((PROJECT_DIR / path).resolve())
    return None


def read_environment(values: Mapping[str, str]) -> Environment:
    """Parses the settings from a mapping of names to texts.

    Raises `ConfigurationError` naming the first invalid setting.
    """
    for name, value in values.items():
        if name.startswith(_PREFIXES):
            check_one_line(name, value)
    table_name = values.get("DYNAMODB_TABLE") or "algoitny_main"
    return Environment(
        endpoint_url=_endpoint(values),
        region=values.get("AWS_DEFAULT_REGION") or values.get("AWS_REGION") or "us-east-1",
        aws_keys=_aws_keys(values),
        ca_bundle=values.get("AWS_CA_BUNDLE") or None,
        transport=_transport(values),
        list_shards=_list_shards(values),
        catalogue_problems=integer(values, "DYNAMODB_CATALOGUE_PROBLEMS", 200_000, 0, 10_000_000),
        rollout=read_rollout_settings(values),
        name=_name(values),
        is_named=bool(values.get("ALGOITNY_ENVIRONMENT")),
        table_name=table_name,
        history_table=values.get("DYNAMODB_HISTORY_TABLE") or f"{table_name}_schema_history",
        metrics_table=values.get("DYNAMODB_METRICS_TABLE") or f"{table_name.removesuffix('_main')}_metrics",
        metrics=boolean(values, "ALGOITNY_METRICS", True),
        metrics_emf=boolean(values, "ALGOITNY_METRICS_EMF", False),
        source=_source(values),
        mysql_password_secret=values.get("MYSQL_PASSWORD_SECRET") or None,
        state_dir=(PROJECT_DIR / (values.get("ALGOITNY_STATE_DIR") or ".algoitny")).resolve(),
        time_zone=time_zone(values, "ALGOITNY_TIME_ZONE", "Asia/Seoul"),
        prices=Prices(
            per_million_wru=price(values, "PRICE_PER_MILLION_WRU", Prices.per_million_wru),
            per_million_rru=price(values, "PRICE_PER_MILLION_RRU", Prices.per_million_rru),
            per_gb_month=price(values, "PRICE_PER_GB_MONTH", Prices.per_gb_month),
            infrequent_requests=price(values, "PRICE_INFREQUENT_REQUESTS", Prices.infrequent_requests),
            infrequent_storage=price(values, "PRICE_INFREQUENT_STORAGE", Prices.infrequent_storage),
            per_gb_import=price(values, "PRICE_PER_GB_IMPORT", Prices.per_gb_import),
        ),
        debug=boolean(values, "DJANGO_DEBUG", False),
        secret_key=values.get("DJANGO_SECRET_KEY") or None,
        allowed_hosts=names(values, "DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"),
        web_port=integer(values, "ALGOITNY_PORT", 8000, 1, 65535),
        engine_port=integer(values, "ALGOITNY_ENGINE_PORT", 4566, 1, 65535),
        revision=values.get("ALGOITNY_REVISION") or None,
        secret_key_fallbacks=names(values, "DJANGO_SECRET_KEY_FALLBACKS", ""),
        google_client_ids=names(values, "GOOGLE_CLIENT_ID", ""),
        google_certificates_url=_certificates_url(values),
        trusted_proxies=_trusted_proxies(values),
        sign_in_limit=integer(values, "ALGOITNY_SIGN_IN_LIMIT", 20, 1, 1_000_000),
        sign_in_secret=_sign_in_secret(values),
        cors_origins=_cors_origins(values),
        live_move=boolean(values, "ALGOITNY_LIVE_MOVE", False),
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The process's settings: the environment over `.env` at the top of the checkout.

    `ALGOITNY_ENV_FILE` names another file, or none when it is empty. Values of the file are taken as they are
    written: `${...}` in a password is part of it. Read once; tests call `environment.cache_clear()` after changing
    a variable.
    """
    from dotenv import dotenv_values  # here, so that `--help` of a command works where nothing is installed

    file = os.environ.get("ALGOITNY_ENV_FILE", str(PROJECT_DIR / ".env"))
    from_file = dotenv_values(file, interpolate=False) if file else {}
    values = {**{k: v for k, v in from_file.items() if v is not None}, **os.environ}
    # Tables of a local engine stay where they are, whatever profile somebody uses for AWS.
    if not any(values.get(name) for name in ("LOCALSTACK_URL", "AWS_DEFAULT_REGION", "AWS_REGION")):
        values["AWS_DEFAULT_REGION"] = profile_region(os.environ) or ""
    return read_environment(values)
