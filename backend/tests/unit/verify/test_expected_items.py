"""The verification's expected items against the migration's: both are written by hand and must agree."""

from __future__ import annotations

import ast
import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from migration import verify
from migration.mapping import STEPS, MigrationStep, RowReader, build_items
from migration.row_encoder import MigrationPolicy
from migration.usage_ledgers import UsageLedgers
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.differences import compare
from migration.verify.digest import render
from migration.verify.expected_items import COLUMNS, ITEM_BUILDERS, local_day, usage_day
from migration.verify.item_kinds import KINDS
from migration.verify.item_records import ItemRecognizer
from migration.verify.row_values import Unmovable, fraction, parse_time
from migration.verify.source_digest import ExpectedRows

SEOUL = ZoneInfo("Asia/Seoul")
NOW = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
POLICY = AbsencePolicy(NOW, NOW, keep_expired=False, time_zone=SEOUL)
STEP = {step.name: step for step in STEPS}
WIDTHS = {step.name: 1_000 for step in STEPS}

ROWS: list[tuple[str, tuple[str | None, ...]]] = [
    ("plans", ("3", "정답", "5", "50", "1", "2024-01-02 03:04:05.000006")),
    ("plans", ("4", "", "-1", "0", "0", None)),
    ("users", ("7", " Straße@Example.ORG ", "n", None, "G#1", "3", "1", "0", "2024-01-02 03:04:05", None, None)),
    ("users", ("8", None, "", "", "", None, "0", "1", "0000-00-00 00:00:00", "1969-12-31 23:59:59.999999", None)),
    ("problems", ("5", " BOJ#%", "A#1", "두 수의 합: two_Sum two ﬁve", "u", '["DP","dp ",1,"그래프"]', "Gold#", "py",
                  "x" * 4_096, "가" * 1_400, '{"a": 1.50}', "0.1", "256", "1", "0", None, "2024-01-02 03:04:05",
                  "2024-00-02 03:04:05")),
    ("problems", ("6", "p", "1", "t", None, None, "", None, "x" * 4_097, None, None, "-0.0", None, "0", "0", "[]",
                  None, None)),
    ("problems", ("9", "p", "2", "t", None, "{}", None, None, None, None, None, "1e22", None, "1", "1", None,
                  None, None)),
    ("test_cases", ("11", "5", "", "1\n" * 9_000, "1", "-3")),
    ("history", ("13", "7", "5", "p", "1", "t", "py", "c", None, "1", "2", "3", "1", "[1.0]", None,
                 "0999-01-02 03:04:05.1")),
    ("history", ("14", None, "5", "p", "1", "t", "py", "", "", "1", "2", "3", "0", None, None, "9999-12-31 23:59:59")),
    ("history", ("15", "7", None, "p", "1", "t", "py", "c", "", "1", "2", "3", "1", None, None, "2024-02-29 00:00:00")),
    ("usage", ("17", "7", "hint", None, '{"a":"' + "가" * 3_000 + '"}', "2026-05-31 15:00:00.5")),
]  # fmt: skip


def as_scanned(item: Any) -> Any:
    """An item as it comes over the wire."""
    if isinstance(item, bytes):
        return base64.b64encode(item).decode()
    if isinstance(item, dict):
        return {name: as_scanned(value) for name, value in item.items()}
    return item


def stored(step: MigrationStep, row: tuple[str | None, ...]) -> list[dict[str, Any]]:
    built = build_items(step, RowReader(step).record(row))
    assert not built.parts
    return [as_scanned(item) for item in built.all()]


def with_zeros(value: str | None) -> str | None:
    return f"000{value}" if value is not None and value.isdecimal() else value


NUMBERS = {"id", "int", "bool", "float"}


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row[0]}" for name, row in ROWS])
def test_zeros_in_front_of_a_number_change_nothing(name: str, row: tuple[str | None, ...]) -> None:
    zerofilled = tuple(
        with_zeros(value) if column.read in NUMBERS else value
        for column, value in zip(STEP[name].columns, row, strict=True)
    )
    assert zerofilled != row
    builder = ITEM_BUILDERS[name]
    assert list(map(render, builder(zerofilled, POLICY))) == list(map(render, builder(row, POLICY)))


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row[0]}" for name, row in ROWS])
def test_what_the_loader_stores_is_what_the_verification_expects(
    name: str, row: tuple[str | None, ...]
) -> None:
    expected = {render(record): kind for kind, record in ITEM_BUILDERS[name](row, POLICY)}
    observer = ItemRecognizer(POLICY, WIDTHS)
    kinds: dict[bytes, str] = {}
    for item in stored(STEP[name], row):
        recognized = observer.recognize(item)
        assert recognized is not None
        assert not recognized.left_out
        assert recognized.bucket[0] == name
        kinds[render(item)] = recognized.kind
    assert kinds == expected


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row[0]}" for name, row in ROWS])
def test_both_spread_lists_over_the_shards_that_are_set(
    name: str, row: tuple[str | None, ...], use_settings: Callable[..., None]
) -> None:
    use_settings(
        DYNAMODB_USER_LIST_SHARDS="3", DYNAMODB_PROBLEM_LIST_SHARDS="1", DYNAMODB_TIMELINE_SHARDS="7"
    )
    test_what_the_loader_stores_is_what_the_verification_expects(name, row)


def test_every_step_has_its_columns_and_its_kinds() -> None:
    assert {step.name: step.column_names for step in STEPS} == dict(COLUMNS)
    assert set(KINDS) == set(ITEM_BUILDERS) == set(STEP)


def test_the_verification_does_not_import_the_migrations_encoders() -> None:
    forbidden = (
        "api.dynamodb.codec", "api.dynamodb.schema.keys", "api.dynamodb.usage_limits", "migration.row_encoder",
    )  # fmt: skip
    paths = list(Path(verify.__path__[0]).glob("*.py"))
    assert len(paths) > 10
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                assert not [
                    name for name in names if f"{name}.".startswith(tuple(f"{m}." for m in forbidden))
                ], path


def test_day_counters_are_those_of_the_loader_in_every_zone() -> None:
    for zone in ("Asia/Seoul", "America/New_York", "Asia/Kathmandu", "UTC", "Pacific/Apia"):
        policy = AbsencePolicy(NOW, NOW, keep_expired=False, time_zone=ZoneInfo(zone))
        ledgers = UsageLedgers(MigrationPolicy(datetime.fromtimestamp(NOW, UTC), False, ZoneInfo(zone)))
        counts: dict[tuple[str, str], int] = {}
        for number in range(400):
            when = datetime(2026, 2, 20) + timedelta(minutes=371 * number)  # noqa: DTZ001
            row = (str(number), "7", ("hint", "execution", "peek")[number % 3], None, None, str(when))
            ledgers.count(row)
            if (day := local_day(row, policy)) is not None:
                counts[day] = counts.get(day, 0) + 1
        expected = [usage_day(7, action, day, count, policy) for (action, day), count in counts.items()]
        records = [record for record in expected if record is not None]
        assert 0 < len(records) < len(expected)
        assert sorted(render(ledger.item) for ledger in ledgers.take(7)) == sorted(map(render, records))


def test_a_zero_date_is_no_moment_and_nonsense_cannot_be_moved() -> None:
    assert parse_time("0000-00-00 00:00:00") is None
    assert parse_time("2024-02-00 00:00:00") is None
    with pytest.raises(Unmovable):
        parse_time("2024-02-30 00:00:00")


def usage_row(action: str | None, created: str) -> tuple[str | None, ...]:
    return ("17", "7", action, None, None, created)


def test_an_expired_log_is_skipped_whatever_its_action_is_as_the_move_skips_it() -> None:
    for action in ("hint", "peek", None):
        assert ITEM_BUILDERS["usage"](usage_row(action, "2020-01-01 00:00:00"), POLICY) == []
    with pytest.raises(Unmovable, match="action peek"):
        ITEM_BUILDERS["usage"](usage_row("peek", "2026-05-31 15:00:00"), POLICY)


def test_a_text_that_utf8_cannot_hold_is_a_row_that_cannot_be_moved() -> None:
    row = ["9", "a@example.org", "\ud83d", None, None, None, "1", "0", None, None, None]
    (expected,) = ExpectedRows(STEP["users"], POLICY, 1_000)(iter([row]))
    assert (expected.row_id, expected.records) == (9, [])
    assert expected.unmovable


def test_a_log_may_be_gone_from_the_second_of_its_expiry_on() -> None:
    edge = (NOW - 90 * 86_400) * 1_000_000
    assert POLICY.may_be_gone(edge + 999_999)
    assert not POLICY.may_be_gone(edge + 1_000_000)
    policy = AbsencePolicy(NOW + 10, NOW, keep_expired=True, time_zone=SEOUL)
    assert not policy.may_be_gone(edge + 999_999)
    assert policy.log_ttl(edge + 999_999) is None
    assert policy.may_be_gone(edge + 1_000_000)
    assert policy.log_ttl(edge + 1_000_000) == NOW + 1


DAMAGED: list[dict[str, Any]] = [
    {"id": {"S": "1"}}, {"id": {"N": "x"}}, {}, {"id": {"N": "1"}, "cod": {"B": "!"}},
    {"id": {"N": "1"}, "cod": {"B": base64.b64encode(b"no zlib").decode()}},
    {"id": {"N": "1"}, "cod": {"M": {}}}, {"id": {"N": "1"}, "cod": {"M": {"d": {"N": "1"}, "n": {"S": ""}}}},
    {"id": {"N": "1"}, "cod": {"N": "5"}}, {"id": {"N": "1"}, "cod": {"L": []}}, {"id": {"NULL": True}},
]  # fmt: skip


@pytest.mark.parametrize("attributes", DAMAGED, ids=range(len(DAMAGED)))
def test_an_item_that_cannot_be_read_is_a_record_and_never_a_crash(attributes: dict[str, Any]) -> None:
    item = {"PK": {"S": "RUN#1"}, "SK": {"S": "META"}, **attributes}
    recognized = ItemRecognizer(POLICY, WIDTHS).recognize(item)
    assert recognized is not None
    assert render(item)


def test_numbers_that_are_equal_are_no_difference_however_they_are_written() -> None:
    assert compare("problem", {"tl": {"N": "10"}}, {"tl": {"N": "1E+1"}}) == ()
    assert compare("run", {"pas": {"N": "0"}}, {"pas": {"N": "-0"}}) == ()
    (detail,) = compare("run", {"pas": {"N": "10"}}, {"pas": {"S": "10"}})
    assert (detail.field, detail.source, detail.table) == ("passed_count", "10 of type N", "'10' of type S")


def test_a_whole_number_that_no_reader_can_read_is_a_difference() -> None:
    (detail,) = compare("run", {"pas": {"N": "10"}}, {"pas": {"N": "1E+1"}})
    assert (detail.source, detail.table) == ("10", "1E+1")


PROBLEM_ROW = next(row for name, row in ROWS if name == "problems")
TIME_LIMIT = COLUMNS["problems"].index("time_limit")


@pytest.mark.parametrize(
    ("source", "table", "same"),
    [
        ("1.2345678901234567890123", "1.2345678901234567", False),
        ("0.1", "0.10000000000000000001", False),
        ("0.1", "0.1000000", True), ("1.0", "1", True), ("-0.0", "0", True), ("100", "1E+2", True),
        ("1e-7", "0.0000001", True), ("1e22", "10000000000000000000000", True),
        ("1.7976931348623157e125", "1.7976931348623157E+125", True),
    ],
)  # fmt: skip
def test_a_time_limit_is_compared_with_all_its_digits(source: str, table: str, same: bool) -> None:
    row = (*PROBLEM_ROW[:TIME_LIMIT], source, *PROBLEM_ROW[TIME_LIMIT + 1 :])
    (expected, *_) = [record for kind, record in ITEM_BUILDERS["problems"](row, POLICY) if kind == "problem"]
    item: dict[str, Any] = {**expected, "tl": {"N": table}}
    recognized = ItemRecognizer(POLICY, WIDTHS).recognize(item)
    assert recognized is not None
    assert recognized.kind == "problem"
    assert (render(item) == render(expected)) is same


@pytest.mark.parametrize("text", ["", "x", "NaN", "sNaN", "Infinity", "1e99999999999"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        fraction(text)


def test_logs_of_nobody_and_of_impossible_users_count_for_no_day() -> None:
    when = "2026-05-31 15:00:00"
    for user_id in (None, "-1", str(2**53)):
        assert local_day(("1", user_id, "hint", None, None, when), POLICY) is None
    assert local_day(("1", "7", "hint", None, None, when), POLICY) == ("hint", "2026-06-01")


def test_a_difference_far_into_a_text_is_shown() -> None:
    left, right = "a" * 500 + "X" + "b" * 500, "a" * 500 + "Y" + "b" * 500
    (detail,) = compare("run", {"res": {"S": left}}, {"res": {"S": right}})
    assert "X" in (detail.source or "")
    assert "Y" in (detail.table or "")
    assert "from character 490 of 1001" in str(detail)


def test_moments_are_shown_as_moments() -> None:
    (detail,) = compare("run", {"crt": {"N": "0"}}, {"crt": {"N": "32400000000"}})
    assert (
        str(detail) == "created_at (crt): source 1970-01-01T00:00:00+00:00, table 1970-01-01T09:00:00+00:00"
    )
