"""Parses the texts of settings: numbers, switches, names and time zones, with an error that names the setting."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo


class ConfigurationError(Exception):
    """A setting is missing or unusable; the message names the setting and what to do."""


def check_one_line(name: str, value: str) -> None:
    """Refuses a line end in a value, which a file with CRLF line ends or `$(cat FILE)` leaves there unseen."""
    if any(character in value for character in "\r\n\0"):
        raise ConfigurationError(
            f"{name} is unusable: it has a line end (CR or LF) in it; set it again without, and save its file with LF"
        )


def integer(values: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`. Raises `ConfigurationError`, as every function here."""
    text = values.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigurationError(f"{name} is {text!r}: set it to a whole number from {low} to {high}")
    return int(text)


def price(values: Mapping[str, str], name: str, default: float) -> float:
    """A number of 0 or more, in dollars or as a factor."""
    text = values.get(name) or str(default)
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1e6:
        raise ConfigurationError(f"{name} is {text!r}: set it to a number of 0 or more, such as {default}")
    return amount


def boolean(values: Mapping[str, str], name: str, default: bool) -> bool:
    """True for 1, true, yes and on, False for 0, false, no and off, in any case."""
    text = (values.get(name) or ("1" if default else "0")).lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name} is {text!r}: set it to 1 or 0")


def names(values: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    """The parts of a text between commas, without those that are empty."""
    texts = (values.get(name) or default).split(",")
    return tuple(text.strip() for text in texts if text.strip())


def time_zone(values: Mapping[str, str], setting: str, default: str) -> ZoneInfo:
    """The time zone of an IANA name."""
    name = values.get(setting) or default
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(
            f"{setting} is {name!r}: set it to an IANA name such as Asia/Seoul"
        ) from None
