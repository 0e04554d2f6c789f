"""Where the dashboard reads: environment, region, tables and credentials, from Streamlit's secrets or the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from config.environment import ENVIRONMENTS, Environment, environment, read_environment
from config.setting_values import ConfigurationError
from dashboard.errors import Unreadable

REGIONS = (
    "us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-northeast-2",
    "ap-southeast-1",
)  # fmt: skip
_NAMES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "LOCALSTACK_URL",
    "DYNAMODB_TABLE", "DYNAMODB_METRICS_TABLE", "DYNAMODB_HISTORY_TABLE",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One environment in one region, and the settings by which it is reached."""

    env: str
    settings: Environment

    @property
    def region(self) -> str:
        """The region."""
        return self.settings.region

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes a cached answer this target's own."""
        return self.env, self.region, self.settings.endpoint_url or "", self.settings.metrics_table


def default_env() -> str:
    """The environment of the settings."""
    return environment().name


def target_of(
    env: str, region: str | None, secrets: Mapping[str, object], *, is_shared: bool = False
) -> Target:
    """The target of an environment: its section of the secrets, then the other secrets, then the settings.

    is_shared: environments share an account and differ in the names of their tables, so none needs a section.
    Raises `Unreadable` for an environment without a section, unless it is that of the settings, and for a setting
    that cannot be used.
    """
    section = secrets.get(env)
    is_own = env == default_env() or (is_shared and not isinstance(section, Mapping))
    if not isinstance(section, Mapping):
        if env != default_env() and not is_shared:
            raise Unreadable(
                f"The environment {env} is not set up",
                f"Add a section [{env}] with its credentials and table to .streamlit/secrets.toml, or choose "
                f"{default_env()}.",
            )
        section = {}
    values = {
        name: str(value)
        for source in (secrets, section)
        for name, value in source.items()
        if name in _NAMES and value
    }
    if region:
        values["AWS_DEFAULT_REGION"] = region
    try:
        settings = _merged(values, is_own=is_own)
    except ConfigurationError as error:
        raise Unreadable("A setting cannot be used", f"{error}") from error
    return Target(env, settings)


def _merged(values: Mapping[str, str], *, is_own: bool) -> Environment:
    """The settings with what the secrets say; another environment has neither this one's engine nor its keys."""
    own = environment()
    named = read_environment({"AWS_DEFAULT_REGION": own.region, **values})
    changes: dict[str, object] = {"region": named.region}
    if named.aws_keys is not None or not is_own:
        changes["aws_keys"] = named.aws_keys
    if "LOCALSTACK_URL" in values or not is_own:
        changes["endpoint_url"] = named.endpoint_url
    if "DYNAMODB_TABLE" in values or not is_own:
        changes |= {name: getattr(named, name) for name in ("table_name", "metrics_table", "history_table")}
    for setting, name in (
        ("DYNAMODB_METRICS_TABLE", "metrics_table"),
        ("DYNAMODB_HISTORY_TABLE", "history_table"),
    ):
        if setting in values:
            changes[name] = getattr(named, name)
    return replace(own, **changes)  # type: ignore[arg-type]


def env_choices() -> tuple[str, ...]:
    """Every environment, that of the settings first."""
    return (default_env(), *(env for env in ENVIRONMENTS if env != default_env()))
