"""Flags: what a system declares, and their values in one environment. Nothing here makes a call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from api.dynamodb.errors import InvalidInput

BUCKETS = 10_000


@dataclass(frozen=True)
class Flag:
    """A flag of a system.

    values: what it can be set to, the default first; or `numbers`, the lowest and the highest, with `default`.
    phase: the phase of the rollout in which it is changed; 0 for any time. Phase 3 follows a day of phase 2.
    indexes: the index that a value needs, by value. reserved: nothing reads it.
    """

    name: str
    purpose: str
    values: tuple[str, ...] = ()
    numbers: tuple[int, int] | None = None
    initial: str = ""
    phase: int = 0
    indexes: Mapping[str, str] = field(default_factory=dict)
    reserved: bool = False

    @property
    def default(self) -> str:
        """The value without any setting."""
        return self.initial or self.values[0]

    def check(self, value: str) -> str:
        """The value, if the flag can have it. Raises `InvalidInput`."""
        if self.numbers is not None:
            low, high = self.numbers
            if value.isdecimal() and low <= int(value) <= high:
                return str(int(value))
            raise InvalidInput(f"{self.name} is {value!r}: set it to a whole number from {low} to {high}")
        if value not in self.values:
            raise InvalidInput(f"{self.name} is {value!r}: set it to {' or '.join(self.values)}")
        return value


@dataclass(frozen=True)
class Setting:
    """A flag's value in one environment.

    percent: for how many of a hundred units. since: when this value began to count for this percentage.
    shadow: of how many of a hundred reads the other strategy is compared afterwards.
    bad_windows: after so many bad windows in a row a process takes the flag back; 0 for never.
    max_p95_ms: a window is bad above this; None compares with the default strategy.
    """

    value: str
    percent: int
    since: datetime
    shadow: int = 0
    bad_windows: int = 3
    max_p95_ms: float | None = None


@dataclass(frozen=True)
class State:
    """All settings of one environment, in one version. Flags without a setting have their default."""

    version: int = 0
    salt: str = ""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    changed_at: datetime | None = None
    changed_by: str = ""
    reason: str = ""

    def value(self, flag: Flag, unit: str) -> str:
        """The flag's value for a unit: the same for the same unit, and for more units with a greater percentage."""
        setting = self.settings.get(flag.name)
        if setting is None or not is_within(self.salt, flag.name, unit, setting.percent):
            return flag.default
        try:
            return flag.check(setting.value)
        except InvalidInput:  # a value of another version of the code
            return flag.default

    def is_on(self, flag: Flag) -> bool:
        """Whether the flag has another value than its default, for all units."""
        setting = self.settings.get(flag.name)
        return setting is not None and setting.value != flag.default and setting.percent == 100

    def on_for(self, flag: Flag, now: datetime, value: str | None = None) -> timedelta:
        """How long the flag has been on, with that value if one is named; no time at all if it is not."""
        setting = self.settings.get(flag.name)
        if setting is None or not self.is_on(flag) or value not in (None, setting.value):
            return timedelta()
        return max(now - setting.since, timedelta())

    def with_settings(self, settings: Mapping[str, Setting], now: datetime, by: str, reason: str) -> State:
        """The next version. A setting whose value and percentage stay keeps the moment since when they count."""
        merged = dict(self.settings)
        for name, setting in settings.items():
            before = merged.get(name)
            stays = before is not None and (before.value, before.percent) == (setting.value, setting.percent)
            merged[name] = replace(setting, since=before.since if before is not None and stays else now)
        return State(self.version + 1, self.salt, merged, now, by, reason)


def is_within(salt: str, name: str, unit: str, percent: int) -> bool:
    """Whether a unit is among the first `percent` of a hundred."""
    if percent in (0, 100):
        return percent == 100
    digest = hashlib.blake2b(f"{salt}:{name}:{unit}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % BUCKETS < percent * (BUCKETS // 100)


def flag_named(flags: Iterable[Flag], name: str) -> Flag:
    """The flag of that name. Raises `InvalidInput` with the names there are."""
    by_name = {flag.name: flag for flag in flags}
    if name not in by_name:
        raise InvalidInput(f"there is no flag {name!r}: choose one of {', '.join(by_name)}")
    return by_name[name]


def parse_assignment(text: str) -> tuple[str, str]:
    """The name and the value of `NAME=VALUE`; `NAME` alone is `true`."""
    name, separator, value = (part.strip() for part in text.partition("="))
    return name, value.strip("\"'") if separator else "true"


def parse_settings_file(text: str) -> dict[str, str]:
    """The flags of a file with lines such as `use_metadata_gsi = true`; `#` begins a comment. Raises `InvalidInput`."""
    flags: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        if "=" not in content:
            raise InvalidInput(
                f"line {number} of the settings is {line!r}: write it like use_metadata_gsi = true"
            )
        name, value = parse_assignment(content)
        flags[name] = value
    return flags


def encode_settings(settings: Mapping[str, Setting]) -> str:
    """The settings as JSON."""
    return json.dumps({name: {**asdict(s), "since": s.since.isoformat()} for name, s in settings.items()})


def decode_settings(text: str) -> dict[str, Setting]:
    """The settings of JSON. Fields of another version of the code are left out. Raises `ValueError`, `TypeError`."""
    names = Setting.__dataclass_fields__
    settings = {}
    for name, values in json.loads(text).items():
        fields: dict[str, Any] = {key: value for key, value in values.items() if key in names}
        settings[name] = Setting(**{**fields, "since": datetime.fromisoformat(fields["since"])})
    return settings
