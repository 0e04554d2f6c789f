"""Settings of read paths that are rolled out in stages: flags, overrides, metric lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.setting_values import ConfigurationError, boolean, names


@dataclass(frozen=True)
class RolloutSettings:
    """flags: whether the process reads the table's flags. metrics: whether reads write metric lines.

    overrides: values of flags in this process, whatever the table says, as (name, value).
    """

    flags: bool = False
    metrics: bool = False
    overrides: tuple[tuple[str, str], ...] = ()


def read_rollout_settings(values: Mapping[str, str]) -> RolloutSettings:
    """Parses the settings. Raises `ConfigurationError`."""
    overrides = []
    for text in names(values, "ALGOITNY_ROLLOUT_OVERRIDES", ""):
        name, separator, value = (part.strip() for part in text.partition("="))
        if not (name and separator and value):
            raise ConfigurationError(
                f"ALGOITNY_ROLLOUT_OVERRIDES has {text!r}: write flags like sign_in=email_guard, separated by commas"
            )
        overrides.append((name, value))
    return RolloutSettings(
        flags=boolean(values, "ALGOITNY_ROLLOUT", False),
        metrics=boolean(values, "ALGOITNY_READ_METRICS", False),
        overrides=tuple(overrides),
    )
