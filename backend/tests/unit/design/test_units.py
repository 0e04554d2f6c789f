"""The cost arithmetic against values computed by hand from DynamoDB's rules."""

from __future__ import annotations

import pytest

from api.dynamodb.codec.item_size import item_size
from config.prices import Prices
from design.actor import Shape
from design.growth import Scale, bill, cost_of, stocks, units_per_second
from design.markdown import count, dollars, rounded, volume
from design.pages import chance_of_more, first_read
from design.recording import calls_of
from design.samples import long_named_size, samples
from design.units import load, reads, writes
from reporting.text import markdown_table


def test_the_load_of_a_partition_adds_reads_and_writes() -> None:
    assert load(1_500, 250) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("name", "trips", "rcu", "wcu"),
    [
        ("sign up", 1, 0, 4 * 2 + 1),
        ("user by e-mail (sign-in)", 1, 0.5, 0),
        ("user by e-mail, up to date", 2, 1 + 1, 0),
        ("change an e-mail address", 2, 1, 3 * 2 + 2),
        ("page of all users", 2, 0.5 + 50 * 0.5, 0),
        ("new problem (3 tags, 3 words)", 1, 0, 2 * (1 + 1 + 6 + 3 + 1)),
        ("new run, private", 1, 0, 2 * (1 + 1 + 1)),
        ("new run, public", 1, 0, 2 * (1 + 1 + 1) + 1),
        ("rate limit check", 1, 0.5, 0),
        ("admit a use", 1, 0, 1),
        ("admit a use, its log apart", 2, 1, 2 * 2),
        ("public timeline", 1, 1, 0),
        ("a user's runs", 1, 1.5, 0),
    ],
)  # fmt: skip
def test_a_pattern_costs_what_was_counted_by_hand(name: str, trips: int, rcu: float, wcu: float) -> None:
    calls = calls_of(name)
    assert (len(calls), reads(calls), writes(calls)) == (trips, rcu, wcu)


def test_a_guard_has_the_size_that_is_counted_by_hand() -> None:
    # PK and EML#minji.kim@example.com, SK and GUARD, uid and a number of 15 digits.
    assert item_size(samples().items["email_guard"]) == (2 + 25) + (2 + 5) + (3 + 1 + 8)
    assert long_named_size("email_guard") == 46 + len("user_id") - len("uid")


def test_units_cost_what_the_prices_say() -> None:
    prices = Prices(per_million_wru=1.0, per_million_rru=0.2, per_gb_month=0.25)
    assert cost_of(2.0, 3.0, 1_000_000, prices) == pytest.approx(0.4 + 3.0)


def test_a_month_is_the_average_load_and_the_stock() -> None:
    # 86,400 people are active, so that a request a day of each is a request a second.
    rates = {"rate limit check": 2.0, "admit a use": 1.0, "new run, private": 0.0, "new run, public": 1.0}
    assert stocks(Scale(864_000, 0, rates={**rates, "new session": 0.5}))[-1].items == 86_400 * 0.5 * 30
    scale = Scale(864_000, 0, peak_factor=3.0, days_of_history=100, rates=rates)
    average = units_per_second(scale, peak=False)
    plans = 1 / 60 * 0.5  # one process is enough, and it reads the plans once a minute
    assert average.reads == pytest.approx(2 * 0.5 + plans)
    assert average.writes == pytest.approx(1 + 7)
    assert units_per_second(scale, peak=True).writes == pytest.approx(24)
    users, problems, runs, usage, sessions = stocks(scale)
    assert (users.items, problems.items) == (4 * 864_000, 0)
    assert runs.items == 86_400 * 100 * 3
    assert (usage.items, sessions.items) == (86_400 * 90 * 2, 0)
    s = samples()
    each = s.size("run") + s.size("user_run") + s.size("user_problem_run") + s.run_image + 400
    assert runs.bytes == pytest.approx(86_400 * 100 * each)
    cost = bill(scale, Prices(per_million_wru=1.0, per_million_rru=0.0, per_gb_month=0.0))
    assert cost.total == pytest.approx(8 * 30 * 86_400 / 1e6)


def test_the_infrequent_class_is_cheaper_from_a_share_of_storage_on() -> None:
    prices = Prices()
    assert prices.infrequent_from_share == pytest.approx(0.25 / 0.85)
    standard_units = 1.0
    for share, is_cheaper in ((0.28, False), (0.31, True)):
        storage = standard_units * share / (1 - share)
        infrequent = standard_units * prices.infrequent_requests + storage * prices.infrequent_storage
        assert (infrequent < standard_units + storage) is is_cheaper
    scale = Scale(864_000, 1_000)
    standard_bill, infrequent_bill = bill(scale, prices), bill(scale, prices.infrequent)
    assert infrequent_bill.storage == pytest.approx(standard_bill.storage * 0.4)
    assert infrequent_bill.reads == pytest.approx(standard_bill.reads * 1.25)
    assert infrequent_bill.writes == pytest.approx(standard_bill.writes * 1.25)


def test_a_memory_takes_reads_of_shared_things_only() -> None:
    rates = {"problem by id": 1.0, "user by id": 1.0, "new run, private": 0.0, "new run, public": 1.0}
    scale = Scale(864_000, 0, rates=rates)
    without, cached = (units_per_second(scale, peak=False, shape=Shape(cached=c)) for c in (0.0, 0.9))
    assert without.reads - cached.reads == pytest.approx(0.9 * 0.5)
    assert without.writes == cached.writes


def test_a_merged_page_asks_each_partition_for_its_share_and_four_more() -> None:
    assert [first_read(limit, 4) for limit in (10, 20, 50)] == [7, 9, 17]
    assert first_read(50, 1) == 51
    # One entry of two partitions: nothing stands before the last one.
    assert chance_of_more(1, 2) == 0
    assert 0 < chance_of_more(20, 4) < chance_of_more(50, 4) < 1


def test_numbers_are_written_for_people() -> None:
    assert [dollars(n) for n in (0.0000625, 0.5, 3.2, 322_011.4)] == [
        "$0.000063",
        "$0.5",
        "$3.20",
        "$322,011",
    ]
    assert [rounded(n) for n in (0, 0.0333, 68.6, 6_863.0)] == ["0", "0.033", "69", "6,900"]
    assert [count(n) for n in (72_000, 5.475e9, 12)] == ["72 thousand", "5.47 billion", "12"]
    assert volume(5.36e12) == "5.36 TB"
    assert markdown_table(("a", "b"), [["x|y", "1"]], right=1) == "| a | b |\n| --- | ---: |\n| x\\|y | 1 |"
