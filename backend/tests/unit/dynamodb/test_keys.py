"""Key templates: their order is the order of lists, and different things never share a key."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.errors import InvalidInput, KeyTooLong
from api.dynamodb.schema import keys
from api.dynamodb.schema.key_rules import PROBLEM_RULES
from api.dynamodb.schema.templates import check_partition_key

RULES = PROBLEM_RULES.current
moments = st.datetimes(timezones=st.just(UTC))
ids = st.integers(0, 2**53 - 1)


@given(moments, ids, moments, ids)
def test_the_order_of_keys_is_the_order_in_time_then_by_id(a: datetime, i: int, b: datetime, j: int) -> None:
    assert (keys.time_and_id(a, i) < keys.time_and_id(b, j)) == ((a, i) < (b, j))


@given(moments)
def test_a_moment_has_26_characters_in_utc(moment: datetime) -> None:
    text = keys.time_text(moment)
    assert len(text) == 26
    assert datetime.fromisoformat(text).replace(tzinfo=UTC) == moment


def test_a_moment_of_another_zone_is_turned_into_utc() -> None:
    seoul = timezone(timedelta(hours=9))
    assert keys.time_text(datetime(2026, 1, 1, 9, tzinfo=seoul)) == "2026-01-01T00:00:00.000000"


def test_no_moment_sorts_before_every_moment() -> None:
    assert keys.time_text(None) <= keys.time_text(datetime(1, 1, 1, tzinfo=UTC))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        keys.time_text(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("email", ["A@X.org", " a@x.org ", "a@x.ORG"])
def test_email_addresses_are_equal_but_for_case_and_outer_spaces(email: str) -> None:
    assert keys.email_pk(email) == "EML#a@x.org"


def test_email_addresses_are_compared_in_one_unicode_form() -> None:
    assert keys.email_pk("e\u0301@x.org") == keys.email_pk("\u00e9@x.org")


@given(st.text(), st.text(), st.text(), st.text())
def test_two_problem_numbers_share_a_key_only_if_they_are_the_same(a: str, b: str, c: str, d: str) -> None:
    same = (RULES.fold_name(a), RULES.fold_name(b)) == (RULES.fold_name(c), RULES.fold_name(d))
    assert (RULES.number_pk(a, b) == RULES.number_pk(c, d)) == same


@given(st.integers(-(2**31), 2**31 - 1), ids, st.integers(-(2**31), 2**31 - 1), ids)
def test_test_cases_are_in_order_of_position_then_id(p: int, i: int, q: int, j: int) -> None:
    assert (keys.test_case_sk(True, p, i) < keys.test_case_sk(True, q, j)) == ((p, i) < (q, j))


def test_a_partition_key_has_at_most_2048_bytes() -> None:
    assert check_partition_key("x" * 2048)
    with pytest.raises(KeyTooLong, match="2049 bytes"):
        check_partition_key("x" * 2049)
    with pytest.raises(KeyTooLong):
        keys.google_pk("정" * 700)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("A+B", ["a", "b"]),
        ("두 수의 합, 두 번째", ["두", "수의", "합", "번째"]),
        ("Two SUM two sum", ["two", "sum"]),
        ("snake_case", ["snake", "case"]),
        ("ﬁne", ["fine"]),
        ("", []),
        ("x" * 50, ["x" * 40]),
        (" ".join(f"w{n}" for n in range(20)), [f"w{n}" for n in range(16)]),
    ],
)
def test_a_title_is_found_by_its_words(title: str, words: list[str]) -> None:
    assert RULES.title_words(title) == words


def test_a_list_is_spread_over_its_shards() -> None:
    assert keys.ALL_PROBLEMS.partitions() == ["PRBLIST#ALL#0"]
    assert keys.ALL_PROBLEMS.resharded(4).partitions() == [f"PRBLIST#ALL#{shard}" for shard in range(4)]
    assert RULES.tag_list("DP").partitions() == ["PRBLIST#TAG:dp#0"]
    assert RULES.platform_list("a#b").pk(1) == "PRBLIST#PLT:a%23b#1"


def test_usage_keys_keep_days_and_logs_of_one_action_together() -> None:
    assert keys.usage_pk(7, "hint") == "USR#7#USE#hint"
    assert keys.usage_day_sk(date(2026, 3, 1)) == "DAY#2026-03-01"
    assert keys.usage_log_sk(datetime(2026, 3, 1, tzinfo=UTC), 5) == (
        "LOG#2026-03-01T00:00:00.000000#0000000000000005"
    )


@given(moments, ids, moments, ids, st.floats(0, 1))
def test_a_sort_key_between_two_entries_is_between_them(
    a: datetime, i: int, b: datetime, j: int, fraction: float
) -> None:
    low, high = sorted((keys.time_and_id(a, i), keys.time_and_id(b, j)))
    sort_key = keys.sort_key_between(low, high, fraction)
    assert low[:26] <= sort_key <= high
    assert keys.sort_key_between(low, high, 0)[:26] == low[:26]
    if low[:26] == high[:26]:
        assert low <= sort_key


def test_a_sort_key_between_goes_by_time_and_by_id_only_within_one_moment() -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
    low, high = keys.time_and_id(first, 9), keys.time_and_id(second, 1)
    assert keys.sort_key_between(low, high, 0.5) == "2026-01-02T00:00:00.000000"
    assert keys.sort_key_between(low, keys.time_and_id(first, 19), 0.5) == f"{low[:26]}#{14:016d}"


def test_a_month_of_the_audit_log_is_one_of_utc() -> None:
    seoul = timezone(timedelta(hours=9))
    assert keys.audit_month(datetime(2026, 1, 1, 8, tzinfo=seoul)) == "2025-12"
