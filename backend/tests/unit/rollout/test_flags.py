"""Flags: who gets which value, and what a settings file says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.read_paths import PATHS
from rollout.flags import (
    Flag,
    Setting,
    State,
    decode_settings,
    encode_settings,
    flag_named,
    parse_settings_file,
)
from rollout.service_flags import FLAGS

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
FLAG = Flag("sign_in", "", ("email_guard", "gsi1_query"), phase=2)


def state_of(percent: int, value: str = "gsi1_query", salt: str = "5a17") -> State:
    return State(1, salt, {"sign_in": Setting(value, percent, NOW)})


def test_every_path_of_the_service_has_a_flag_whose_default_is_its_default_strategy() -> None:
    assert [flag.name for flag in FLAGS] == [path.name for path in PATHS]
    for flag, path in zip(FLAGS, PATHS, strict=True):
        assert State().value(flag, "7") == flag.default == path.default.name


@given(st.text(max_size=20), st.integers(0, 100), st.integers(0, 100))
def test_a_greater_percentage_keeps_every_unit_of_a_smaller_one(unit: str, one: int, other: int) -> None:
    low, high = sorted((one, other))
    if state_of(low).value(FLAG, unit) == "gsi1_query":
        assert state_of(high).value(FLAG, unit) == "gsi1_query"


def test_the_share_of_units_is_the_percentage_and_differs_by_salt() -> None:
    units = [str(number) for number in range(4000)]
    taken = {
        salt: {u for u in units if state_of(25, salt=salt).value(FLAG, u) != "email_guard"} for salt in "ab"
    }
    for chosen in taken.values():
        assert 0.22 < len(chosen) / len(units) < 0.28
    assert taken["a"] != taken["b"]


def test_a_value_that_this_code_does_not_know_counts_as_the_default() -> None:
    assert state_of(100, "of_tomorrow").value(FLAG, "7") == "email_guard"


def test_a_setting_that_stays_keeps_its_moment_and_a_change_begins_anew() -> None:
    later = NOW + timedelta(hours=5)
    state = state_of(100)
    same = state.with_settings(
        {"sign_in": Setting("gsi1_query", 100, later, shadow=5)}, later, "ann@host", "shadow"
    )
    assert same.version == 2 and same.settings["sign_in"].since == NOW
    assert same.on_for(FLAG, later) == timedelta(hours=5)
    less = same.with_settings({"sign_in": Setting("gsi1_query", 50, later)}, later, "ann@host", "less")
    assert less.settings["sign_in"].since == later
    assert less.on_for(FLAG, later + timedelta(days=9)) == timedelta()


def test_settings_are_the_same_after_they_were_stored() -> None:
    settings = {"sign_in": Setting("gsi1_query", 25, NOW, 5, 2, 40.0)}
    assert decode_settings(encode_settings(settings)) == settings
    assert (
        decode_settings(encode_settings(settings).replace('"shadow"', '"of_tomorrow"'))["sign_in"].shadow == 0
    )


def test_a_settings_file_is_read_as_terraform_writes_it() -> None:
    text = '# infra/terraform.tfvars\nuse_metadata_gsi = true\nread_consistent=false # later\n\nname = "x"\n'
    assert parse_settings_file(text) == {"use_metadata_gsi": "true", "read_consistent": "false", "name": "x"}
    with pytest.raises(InvalidInput, match="line 1"):
        parse_settings_file("use_metadata_gsi")


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        (FLAG, "scan"),
        (Flag("limit", "", numbers=(1, 100), initial="50"), "0"),
        (Flag("limit", "", numbers=(1, 100), initial="50"), "x"),
    ],
)
def test_a_value_that_a_flag_does_not_have_is_refused_with_those_it_has(flag: Flag, value: str) -> None:
    with pytest.raises(InvalidInput, match="set it to"):
        flag.check(value)


def test_an_unknown_flag_is_refused_with_the_names() -> None:
    with pytest.raises(InvalidInput, match="sign_in"):
        flag_named(FLAGS, "signin")
