"""The proof's own formulas against the service's: both are written by hand, and must say the same."""

from __future__ import annotations

import ast
import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from migration import verify
from migration.encode import DayCounter
from migration.encode import Policy as MovePolicy
from migration.mapping import STEPS, Reader, Step, build_items
from migration.verify.describe import compare
from migration.verify.digest import render
from migration.verify.expect import COLUMNS, EXPECT, local_day, usage_day
from migration.verify.kinds import KINDS
from migration.verify.observe import Observer, kind_of
from migration.verify.policy import Policy
from migration.verify.values import Unmovable, fraction, moment

SEOUL = ZoneInfo("Asia/Seoul")
NOW = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
POLICY = Policy(NOW, NOW, keep_expired=False, time_zone=SEOUL)
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


def stored(step: Step, row: tuple[str | None, ...]) -> list[dict[str, Any]]:
    built = build_items(step, Reader(step).record(row))
    assert not built.parts
    return [as_scanned(item) for item in built.all()]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row[0]}" for name, row in ROWS])
def test_what_the_loader_stores_is_what_the_proof_expects(name: str, row: tuple[str | None, ...]) -> None:
    expected = {render(record): kind for kind, record in EXPECT[name](row, POLICY)}
    observer = Observer(POLICY, WIDTHS)
    seen: dict[bytes, str] = {}
    for item in stored(STEP[name], row):
        found = observer.observe(item)
        assert found is not None
        assert not found.ignored
        assert found.bucket[0] == name
        seen[render(item)] = found.kind
    assert seen == expected


def test_every_step_has_its_columns_and_its_kinds() -> None:
    assert {step.name: step.column_names for step in STEPS} == dict(COLUMNS)
    assert set(KINDS) == set(EXPECT) == set(STEP)


def test_the_proof_does_not_import_the_loaders_encoders() -> None:
    modules = ("codec", "codec_compiler", "items", "keys", "large_text", "ledger", "scalars")
    forbidden = {f"api.dynamodb.{name}" for name in modules}
    for path in Path(verify.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
                assert not names & forbidden, path.name


def test_day_counters_are_those_of_the_loader_in_every_zone() -> None:
    for zone in ("Asia/Seoul", "America/New_York", "Asia/Kathmandu", "UTC", "Pacific/Apia"):
        policy = Policy(NOW, NOW, keep_expired=False, time_zone=ZoneInfo(zone))
        theirs = DayCounter(MovePolicy(datetime.fromtimestamp(NOW, UTC), False, ZoneInfo(zone)))
        mine: dict[tuple[str, str], int] = {}
        for number in range(400):
            when = datetime(2026, 2, 20) + timedelta(minutes=371 * number)  # noqa: DTZ001
            row = (str(number), "7", ("hint", "execution", "peek")[number % 3], None, None, str(when))
            theirs.add(row)
            if (day := local_day(row, policy)) is not None:
                mine[day] = mine.get(day, 0) + 1
        expected = [usage_day(7, action, day, count, policy) for (action, day), count in mine.items()]
        kept = [record for record in expected if record is not None]
        assert 0 < len(kept) < len(expected)
        assert sorted(map(render, theirs.take(7))) == sorted(map(render, kept))


def test_a_zero_date_is_no_moment_and_nonsense_cannot_be_moved() -> None:
    assert moment("0000-00-00 00:00:00") is None
    assert moment("2024-02-00 00:00:00") is None
    with pytest.raises(Unmovable):
        moment("2024-02-30 00:00:00")


def test_a_log_may_be_gone_from_the_second_of_its_expiry_on() -> None:
    edge = (NOW - 90 * 86_400) * 1_000_000
    assert POLICY.may_be_gone(edge + 999_999)
    assert not POLICY.may_be_gone(edge + 1_000_000)
    kept = Policy(NOW + 10, NOW, keep_expired=True, time_zone=SEOUL)
    assert not kept.may_be_gone(edge + 999_999)
    assert kept.log_ttl(edge + 999_999) is None
    assert kept.may_be_gone(edge + 1_000_000)
    assert kept.log_ttl(edge + 1_000_000) == NOW + 1


@pytest.mark.parametrize(
    ("pk", "sk", "kind"),
    [
        ("USR#1", "META", "user"), ("USR#1#RUN", "t", "user_run"), ("USR#1#PRB#2", "t", "user_problem_run"),
        ("USR#1#USE#hint", "LOG#t", "usage_log"), ("USR#1#USE#hint", "DAY#t", "usage_day"),
        ("USR#1#USE#hint", "t", "unknown"), ("USR#1#ABC", "t", "unknown"), ("PRB#1", "x", "unknown"),
        ("PRBLIST#ALL#0", "t", "problem_entry"), ("PRBWORD#ab", "t", "word_entry"), ("", "", "unknown"),
        ("USRLIST#0", "t", "user_entry"), ("OPS#migration", "LEASE", "operation"), ("TXT#RUN#1", "t", "text_part"),
        ("AUD", "2026-11", "service"),
        ("USR#1#SES", "1", "service"), ("USR#1#PRG", "1", "service"), ("USR#1#PRG#2", "1", "service"),
        ("NON#abc", "GUARD", "service"), ("ADR#192.0.2.1", "SGN#1", "service"), ("AUD#2026-11", "t", "service"),
        ("ERASURES", "1", "service"),
    ],
)  # fmt: skip
def test_kinds_are_told_by_their_keys(pk: str, sk: str, kind: str) -> None:
    assert kind_of(pk, sk) == kind


DAMAGED: list[dict[str, Any]] = [
    {"id": {"S": "1"}}, {"id": {"N": "x"}}, {}, {"id": {"N": "1"}, "cod": {"B": "!"}},
    {"id": {"N": "1"}, "cod": {"B": base64.b64encode(b"no zlib").decode()}},
    {"id": {"N": "1"}, "cod": {"M": {}}}, {"id": {"N": "1"}, "cod": {"M": {"d": {"N": "1"}, "n": {"S": ""}}}},
    {"id": {"N": "1"}, "cod": {"N": "5"}}, {"id": {"N": "1"}, "cod": {"L": []}}, {"id": {"NULL": True}},
]  # fmt: skip


@pytest.mark.parametrize("attributes", DAMAGED, ids=range(len(DAMAGED)))
def test_an_item_that_cannot_be_read_is_a_record_and_never_a_crash(attributes: dict[str, Any]) -> None:
    item = {"PK": {"S": "RUN#1"}, "SK": {"S": "META"}, **attributes}
    seen = Observer(POLICY, WIDTHS).observe(item)
    assert seen is not None
    assert render(item)


def test_numbers_that_are_equal_are_no_difference_however_they_are_written() -> None:
    assert compare("run", {"pas": {"N": "10"}}, {"pas": {"N": "1E+1"}}) == ()
    assert compare("run", {"pas": {"N": "0"}}, {"pas": {"N": "-0"}}) == ()
    (detail,) = compare("run", {"pas": {"N": "10"}}, {"pas": {"S": "10"}})
    assert (detail.field, detail.source, detail.table) == ("passed_count", "10 of type N", "'10' of type S")


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
    (expected, *_) = [record for kind, record in EXPECT["problems"](row, POLICY) if kind == "problem"]
    item: dict[str, Any] = {**expected, "tl": {"N": table}}
    seen = Observer(POLICY, WIDTHS).observe(item)
    assert seen is not None
    assert seen.kind == "problem"
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
    one, other = "a" * 500 + "X" + "b" * 500, "a" * 500 + "Y" + "b" * 500
    (detail,) = compare("run", {"res": {"S": one}}, {"res": {"S": other}})
    assert "X" in (detail.source or "")
    assert "Y" in (detail.table or "")
    assert "from character 490 of 1001" in str(detail)


def test_moments_are_shown_as_moments() -> None:
    (detail,) = compare("run", {"crt": {"N": "0"}}, {"crt": {"N": "32400000000"}})
    assert (
        str(detail) == "created_at (crt): source 1970-01-01T00:00:00+00:00, table 1970-01-01T09:00:00+00:00"
    )
