"""What the command does to a system's flags: look, enable, disable, roll back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.description import describe_table, find_table
from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.lease import owner
from rollout.flag_store import FlagStore
from rollout.flags import Flag, Setting, State, decode_settings, encode_settings, flag_named
from rollout.gates import VALIDATED_IN, index_refusal, time_refusals
from rollout.system import System

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


class GateClosed(InvalidInput):
    """It is too early for a change, or its index cannot be read."""


@dataclass(frozen=True)
class Change:
    """What `enable` sets: the values by flag, and what counts for all of them.

    reason: for the history. override: why the gates of time are passed, None to keep to them.
    """

    values: Mapping[str, str]
    percent: int = 100
    shadow: int = 0
    bad_windows: int = 3
    max_p95_ms: float | None = None
    reason: str = ""
    override: str | None = None


@dataclass
class Rollout:
    """A system in one environment. records: states of other environments that were read from files, by name."""

    system: System
    env: str
    client: BotoClient
    records: dict[str, State] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def table_name(self) -> str:
        """The table of the environment."""
        return self.system.table_name(self.env)

    @property
    def store(self) -> FlagStore:
        """Its flags."""
        return FlagStore.of_client(self.client, self.table_name, self.system.key_names)

    def index_states(self) -> dict[str, str]:
        """DynamoDB's status of each index, `Backfilling` included. One DescribeTable. Raises `TableMissing`."""
        return {
            name: index.phase for name, index in describe_table(self.client, self.table_name).indexes.items()
        }

    def enable(self, change: Change) -> State:
        """Sets flags if every gate is open, and returns the state. 1 RCU and 4 WCU, and one DescribeTable.

        Raises `GateClosed` with every reason, `InvalidInput` for a flag or value that there is not, `ConditionFailed`
        when somebody else changes flags at the same moment.
        """
        flags = {name: flag_named(self.system.flags, name) for name in change.values}
        values = {name: flags[name].check(value) for name, value in change.values.items()}
        state, now = self.store.read(), self.now()
        indexes = self.index_states()
        closed = [
            refusal
            for name, value in values.items()
            if (refusal := index_refusal(flags[name], value, indexes))
        ]
        if closed:
            raise GateClosed("; ".join(closed))
        records = self._records() if self.env == "prod" else {}
        early = [
            refusal
            for name, value in values.items()
            for refusal in time_refusals(self.system.flags, flags[name], value, self.env, state, records, now)
        ]
        if early and change.override is None:
            raise GateClosed("; ".join(early), hint="--override REASON passes this gate and is logged")
        setting = Setting(
            "", change.percent, now, change.shadow, change.bad_windows, change.max_p95_ms
        )  # fmt: skip
        reason = change.reason if not early else f"OVERRIDE {change.override} ({'; '.join(early)})"
        settings = {name: replace(setting, value=value) for name, value in values.items()}
        return self._write(state, settings, reason or assignments(values))

    def disable(self, names: Iterable[str], reason: str = "") -> State:
        """Sets flags to their defaults. 1 RCU and 4 WCU. Raises as `enable`, but for the gates: there are none."""
        flags = [flag_named(self.system.flags, name) for name in names]
        return self._to_default(self.store.read(), flags, reason or f"disable {' '.join(names)}")

    def rollback(self, *, gradual: bool = False, reason: str = "") -> State | None:
        """Sets every flag of a phase to its default; `gradual` only those of the last phase that is on.

        So consistency comes back first, then the strategy. Returns None where nothing is left. 1 RCU and 4 WCU.
        """
        state = self.store.read()
        changed = [
            flag for flag in self.system.flags
            if flag.phase and flag.name in state.settings and not _is_default(flag, state.settings[flag.name])
        ]  # fmt: skip
        if gradual and changed:
            last = max(flag.phase for flag in changed)
            changed = [flag for flag in changed if flag.phase == last]
        return (
            self._to_default(state, changed, reason or f"rollback{' --gradual' if gradual else ''}")
            if changed
            else None
        )

    def _to_default(self, state: State, flags: Iterable[Flag], reason: str) -> State:
        now = self.now()
        return self._write(state, {flag.name: Setting(flag.default, 100, now) for flag in flags}, reason)

    def _write(self, state: State, settings: Mapping[str, Setting], reason: str) -> State:
        return self.store.write(state.with_settings(settings, self.now(), owner(), reason))

    def _records(self) -> dict[str, State]:
        """The states of dev and staging: those from files, and those whose tables are within reach."""
        records = dict(self.records)
        for env in VALIDATED_IN:
            name = self.system.table_name(env)
            if env not in records and name != self.table_name and find_table(self.client, name) is not None:
                records[env] = FlagStore.of_client(self.client, name, self.system.key_names).read()
        return records


def _is_default(flag: Flag, setting: Setting) -> bool:
    return setting.value == flag.default and not setting.shadow


def assignments(values: Mapping[str, str]) -> str:
    """Flags as the command line has them."""
    return " ".join(f"{name}={value}" for name, value in values.items())


def record_of(rollout: Rollout, state: State) -> dict[str, Any]:
    """What `status --json` says of the settings, and `load_record` reads in another environment."""
    return {
        "system": rollout.system.name, "env": rollout.env, "version": state.version,
        "settings": json.loads(encode_settings(state.settings)),
        "changed_at": None if state.changed_at is None else state.changed_at.isoformat(),
        "changed_by": state.changed_by, "reason": state.reason,
    }  # fmt: skip


def load_record(path: Path, system: System) -> tuple[str, State]:
    """The environment and the state of a file of `status --json FILE`. Raises `InvalidInput`, OSError."""
    try:
        record = json.loads(path.read_text())
        name, env, version = record["system"], str(record["env"]), int(record["version"])
        state = State(version, settings=decode_settings(json.dumps(record["settings"])))
    except (ValueError, KeyError, TypeError, AttributeError) as damage:
        raise InvalidInput(
            f"{path} is not a report of `rollout.py status --json FILE` ({damage!r})"
        ) from None
    if name != system.name:
        raise InvalidInput(f"{path} is of the system {name}, not of {system.name}")
    return env, state
