"""Unique keys while following: exchanges, take-overs, rows that wait, and who may delete a guard."""

from __future__ import annotations

import pytest

from live.state import LIVE_PK
from tests.integration.live.live_harness import Live

pytestmark = pytest.mark.any_engine


@pytest.fixture
def two(live: Live) -> Live:
    """Two users, followed."""
    live.legacy.add("users", {"id": 1, "email": "alice@example.org"}, {"id": 2, "email": "bob@example.org"})
    live.begin()
    return live


def owners(live: Live) -> dict[str, str]:
    """By e-mail address, the id of the user who holds its guard."""
    return {
        pk.removeprefix("EML#"): next(value["N"] for value in item.values() if "N" in value)
        for (pk, _), item in live.move.items().items()
        if pk.startswith("EML#")
    }


def rename(live: Live, user: int, email: str | None) -> None:
    live.legacy.sql("UPDATE users SET email = %s WHERE id = %s", email, user)


def test_addresses_are_exchanged_in_one_transaction(two: Live) -> None:
    two.legacy.sql("BEGIN")
    rename(two, 1, "between@example.org")
    rename(two, 2, "alice@example.org")
    rename(two, 1, "bob@example.org")
    two.legacy.sql("COMMIT")
    two.catch_up()
    assert owners(two) == {"alice@example.org": "2", "bob@example.org": "1"}
    assert two.differences() == []


def test_an_address_that_was_freed_goes_to_a_new_row_even_before_its_holder_is_written(two: Live) -> None:
    rename(two, 1, "elsewhere@example.org")
    two.legacy.add("users", {"id": 3, "email": "alice@example.org"})
    two.catch_up()
    assert owners(two) == {"elsewhere@example.org": "1", "bob@example.org": "2", "alice@example.org": "3"}
    assert two.differences() == []


def test_a_row_whose_address_is_held_waits_until_it_is_free(two: Live) -> None:
    # The server's collation keeps these apart, and the table's rule of addresses does not.
    two.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(254) COLLATE utf8mb4_bin NULL")
    two = _again(two)
    two.legacy.add("users", {"id": 3, "email": "ALICE@example.org"})
    two.catch_up()
    assert list(two.letters()) == [("users", "3")]
    assert "already held by row 1" in two.letters()["users", "3"]
    assert two.differences() == []
    two.catch_up()  # a restart does not lose who waits
    rename(two, 1, "other@example.org")
    two.catch_up()
    assert two.letters() == {}
    assert owners(two)["alice@example.org"] == "3"
    assert two.differences() == []


def test_a_chain_of_waiting_rows_is_resolved_in_any_order(two: Live) -> None:
    two.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(254) COLLATE utf8mb4_bin NULL")
    two = _again(two)
    two.legacy.add("users", {"id": 3, "email": "ALICE@example.org"}, {"id": 4, "email": "Alice@example.org"})
    two.catch_up()
    assert set(two.letters()) == {("users", "3"), ("users", "4")}
    two.legacy.sql("DELETE FROM users WHERE id = 1")
    two.catch_up()
    assert len(two.letters()) == 1
    two.legacy.sql("DELETE FROM users WHERE id IN (3, 4)")
    two.catch_up()
    assert two.letters() == {}
    assert owners(two) == {"bob@example.org": "2"}
    assert two.differences() == []


def test_a_dead_letter_leaves_nothing_and_comes_back_when_it_is_mended(two: Live) -> None:
    two.legacy.sql("UPDATE users SET is_active = 7 WHERE id = 1")
    two.catch_up()
    assert two.letters() == {("users", "1"): "is_active: tinyint 7 is neither 0 nor 1"}
    assert owners(two) == {"bob@example.org": "2"}
    two.legacy.sql("UPDATE users SET is_active = 0 WHERE id = 1")
    two.catch_up()
    assert two.letters() == {}
    assert two.differences() == []


def test_the_moves_own_dead_letters_are_tried_again_at_once(live: Live) -> None:
    live.legacy.add("users", {"id": 1, "is_active": 7}, {"id": 2})
    live.live_move().prepare()
    live.catch_up()
    assert list(live.letters()) == [("users", "1")]
    assert live.differences() == []


def test_the_tools_own_items_are_not_in_the_ledger(two: Live) -> None:
    ledger = two.ledger()
    assert not ledger.has_key((LIVE_PK, "STATE"))
    assert ledger.count_keys() == len(two.move.items())
    ledger.close()


def _again(live: Live) -> Live:
    """Begins again after a definition was changed, which a follower refuses to pass over."""
    live.live_move().abort()
    live.live_move().prepare()
    live.catch_up(restart=True)
    return live
