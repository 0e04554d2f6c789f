"""Values that collide, are empty, too long or refer to nothing: what becomes of their rows."""

from __future__ import annotations

import json

import pytest

from tests.integration.migration.migration_harness import LegacySource, Move, only_letter, record
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine


def unique_indexes_off(legacy: LegacySource, table: str) -> None:
    rows = legacy.sql(
        "SELECT DISTINCT index_name FROM information_schema.statistics "
        "WHERE table_schema = DATABASE() AND table_name = %s AND non_unique = 0 AND index_name <> 'PRIMARY'",
        table,
    )
    for (name,) in rows:
        legacy.sql(f"ALTER TABLE `{table}` DROP INDEX `{name}`")


def test_a_missing_and_an_empty_email_and_google_account_stay_apart(move: Move) -> None:
    unique_indexes_off(move.legacy, "users")
    move.legacy.add(
        "users",
        {"id": 1, "email": None, "google_id": None},
        {"id": 2, "email": None, "google_id": None},
        {"id": 3, "email": "", "google_id": ""},
        {"id": 4, "email": "", "google_id": ""},
        {"id": 5, "email": "  ", "google_id": None},
    )
    assert move.run().dead == 0
    items = move.items()
    assert record("user", items, "USR#1")["email"] is None
    assert record("user", items, "USR#1")["google_id"] is None
    assert record("user", items, "USR#3")["email"] == ""
    assert record("user", items, "USR#3")["google_id"] == ""
    assert record("user", items, "USR#5")["email"] == "  "
    assert not [key for key in items if key[0].startswith(("EML#", "GID#"))]
    assert all("GSI1PK" not in items[f"USR#{number}", "META"] for number in range(1, 6))


def test_of_emails_equal_but_for_case_the_first_by_id_keeps_it(move: Move) -> None:
    move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    move.legacy.add("users", {"id": 7, "email": "A@x.org"}, {"id": 3, "email": "a@X.org"}, {"id": 9})
    report = move.run()
    letter = only_letter(move, "users", 7)
    assert letter["reason"] == "e-mail 'a@x.org' is already held by row 3"
    assert letter["row"]["email"] == "A@x.org"
    items = move.items()
    assert items["EML#a@x.org", "GUARD"]["uid"] == {"N": "3"}
    assert record("user", items, "USR#3")["email"] == "a@X.org"
    assert ("USR#7", "META") not in items
    assert ("USR#9", "META") in items
    assert (report.dead, report.steps["users"].counts.written) == (1, 2)


def test_emails_that_differ_in_unicode_form_or_outer_spaces_alone_are_one(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    quick_move.legacy.add(
        "users",
        {"id": 1, "email": "jos\u00e9@x.org"},
        {"id": 2, "email": "jose\u0301@x.org"},
        {"id": 3, "email": " jos\u00e9@x.org"},
        {"id": 4, "email": "jose@x.org"},
    )
    quick_move.run()
    assert [(letter["entity"], letter["key"]) for letter in quick_move.letters()] == [
        ("users", "2"),
        ("users", "3"),
    ]


def test_emails_that_only_unicode_makes_alike_are_of_different_people(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    addresses = [
        "kim@stra\u00dfe.example",
        "kim@strasse.example",
        "\u017fam@x.org",
        "sam@x.org",
        "\u212a@x.org",
        "k@x.org",
    ]
    quick_move.legacy.add("users", *[{"id": n, "email": email} for n, email in enumerate(addresses, 1)])
    assert quick_move.run().dead == 0
    assert sorted(pk for pk, _ in quick_move.items() if pk.startswith("EML#")) == [
        "EML#k@x.org", "EML#kim@strasse.example", "EML#kim@xn--strae-oqa.example", "EML#sam@x.org",
        "EML#\u017fam@x.org", "EML#\u212a@x.org",
    ]  # fmt: skip
    assert run_script("verify_migration", settings=quick_move.settings()).returncode == 0
    assert run_script("verify_migration", "--counts-only", settings=quick_move.settings()).returncode == 0


def test_an_email_is_its_owners_whatever_unseen_characters_it_has_and_the_dry_run_lists_it(
    quick_move: Move,
) -> None:
    quick_move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(255) COLLATE utf8mb4_bin NULL")
    quick_move.legacy.add(
        "users",
        {"id": 1, "email": "kim@x.org\u200b"},
        {"id": 2, "email": "\ufeffLee@x\u00ad.org"},
        {"id": 3, "email": "p\u200bark@x.org"},
        {"id": 4, "email": "kim@x.org"},
        {"id": 5, "email": "\u200b"},
    )
    listed = [
        {"entity": "users", "key": "1", "email": "kim@x.org", "characters": ["U+200B"]},
        {"entity": "users", "key": "2", "email": "lee@x.org", "characters": ["U+FEFF", "U+00AD"]},
        {"entity": "users", "key": "5", "email": "", "characters": ["U+200B"]},
    ]
    reasons = {
        "3": "the e-mail address has U+200B, which nobody sees",
        "4": "e-mail 'kim@x.org' is already held by row 1",
    }
    predicted = json.loads(quick_move.call("--dry-run", "--json").stdout)
    assert predicted["unseen_characters"] == listed
    assert {letter["key"]: letter["reason"] for letter in predicted["dead_letters"]} == reasons
    lines = [line for line in quick_move.call("--dry-run").stdout.splitlines() if line.startswith("unseen")]
    assert lines[0] == (
        "unseen     users 1: the e-mail address has U+200B, which nobody sees, and is compared as 'kim@x.org'"
    )
    assert len(lines) == 3
    quick_move.run()
    assert {letter["key"]: letter["reason"] for letter in quick_move.letters()} == reasons
    items = quick_move.items()
    assert items["EML#kim@x.org", "GUARD"]["uid"] == {"N": "1"}
    assert record("user", items, "USR#1")["email"] == "kim@x.org\u200b"
    for mode in ([], ["--counts-only"]):
        done = run_script("verify_migration", *mode, settings=quick_move.settings())
        assert done.returncode == 0, done.stdout


def test_of_two_users_with_one_google_account_the_first_keeps_it_and_the_losers_email_stays_free(
    move: Move,
) -> None:
    unique_indexes_off(move.legacy, "users")
    move.legacy.add(
        "users",
        {"id": 1, "google_id": "same"},
        {"id": 2, "google_id": "same", "email": "shared@x.org"},
        {"id": 3, "email": "shared@x.org"},
    )
    move.run()
    assert only_letter(move, "users", 2)["reason"] == "Google account 'same' is already held by row 1"
    items = move.items()
    assert items["GID#same", "GUARD"]["uid"] == {"N": "1"}
    assert items["EML#shared@x.org", "GUARD"]["uid"] == {"N": "3"}


def test_google_accounts_that_differ_in_case_are_two(quick_move: Move) -> None:
    unique_indexes_off(quick_move.legacy, "users")
    quick_move.legacy.add("users", {"id": 1, "google_id": "abc"}, {"id": 2, "google_id": "ABC"})
    assert quick_move.run().dead == 0
    assert {pk for pk, _ in quick_move.items() if pk.startswith("GID#")} == {"GID#abc", "GID#ABC"}


def test_of_problems_whose_platform_and_number_are_equal_but_for_case_the_first_stays(move: Move) -> None:
    unique_indexes_off(move.legacy, "problems")
    move.legacy.add(
        "problems",
        {"id": 1, "platform": "Codeforces", "problem_id": "1a"},
        {"id": 2, "platform": "codeforces", "problem_id": "1A"},
        {"id": 3, "platform": "codeforces", "problem_id": "1B"},
    )
    move.run()
    reason = only_letter(move, "problems", 2)["reason"]
    assert reason == "platform and number 'codeforces#1a' is already held by row 1"
    assert move.items()["NUM#codeforces#1a", "GUARD"]["pid"] == {"N": "1"}


def test_a_sign_that_separates_parts_of_keys_is_no_collision(quick_move: Move) -> None:
    quick_move.legacy.add(
        "problems",
        {"id": 1, "platform": "a#b", "problem_id": "c"},
        {"id": 2, "platform": "a", "problem_id": "b#c"},
        {"id": 3, "platform": "a%23b", "problem_id": "c"},
    )
    assert quick_move.run().dead == 0
    assert len([key for key in quick_move.items() if key[0].startswith("NUM#")]) == 3


def test_a_key_that_is_too_long_is_a_dead_letter(move: Move) -> None:
    unique_indexes_off(move.legacy, "users")
    move.legacy.sql("ALTER TABLE users MODIFY email VARCHAR(3000) NULL, MODIFY google_id VARCHAR(3000) NULL")
    longest = "k" * (2048 - len("EML#"))
    move.legacy.add(
        "users",
        {"id": 1, "email": longest},
        {"id": 2, "email": longest + "x"},
        {"id": 3, "google_id": "\N{PILE OF POO}" * 512},
        {"id": 4, "google_id": "\N{PILE OF POO}" * 511},
    )
    move.run()
    letters = move.letters()
    assert [(letter["entity"], letter["key"]) for letter in letters] == [("users", "2"), ("users", "3")]
    assert "has 2049 bytes, at most 2048 are allowed" in letters[0]["reason"]
    assert "has 2052 bytes, at most 2048 are allowed" in letters[1]["reason"]
    assert letters[0]["row"]["email"] == longest + "x"
    items = move.items()
    assert items["USR#1", "META"]["GSI1PK"] == {"S": f"EML#{longest}"}
    assert ("USR#4", "META") in items


def test_the_history_of_a_deleted_user_or_problem_is_moved_as_it_is_and_counted_in_the_dry_run(
    move: Move,
) -> None:
    move.legacy.add("users", {"id": 1, "subscription_plan_id": 77})
    move.legacy.add("problems", {"id": 1})
    move.legacy.add("test_cases", {"id": 1, "problem_id": 1}, {"id": 2, "problem_id": 404})
    move.legacy.add(
        "search_history",
        {"id": 1},
        {"id": 2, "user_id": 404},
        {"id": 3, "problem_id": 405},
        {"id": 4, "user_id": 404, "problem_id": 405},
        {"id": 5, "user_id": None, "problem_id": None},
    )
    assert move.dry_run().orphans == {
        "test_cases.problem_id": 1,
        "search_history.user_id": 2,
        "search_history.problem_id": 2,
        "users.subscription_plan_id": 1,
    }
    assert move.run().dead == 0
    items = move.items()
    assert record("run", items, "RUN#2")["user_id"] == 404
    assert record("run", items, "RUN#4")["problem_id"] == 405
    assert record("run", items, "RUN#5")["user_id"] is None
    assert len([key for key in items if key[0] == "USR#404#RUN"]) == 2
    assert len([key for key in items if key[0] == "PRB#404"]) == 1
    assert record("user", items, "USR#1")["subscription_plan_id"] == 77


def test_an_empty_source_makes_an_empty_table(move: Move) -> None:
    report = move.run()
    assert move.dump() == {}
    assert report.dead == 0
    assert all(state.done and state.counts.read == 0 for state in report.steps.values())


def test_gaps_in_the_ids_lose_no_row(move: Move) -> None:
    ids = [1, 2, 3, 1_000, 1_001, 70_000_000_000, 2**53 - 2, 2**53 - 1]
    move.legacy.add("search_history", *[{"id": number} for number in ids])
    move.run(batch_size=2)
    items = move.items()
    assert [record("run", items, f"RUN#{number}")["history_id"] for number in ids] == ids


def test_an_id_that_the_service_cannot_use_is_a_dead_letter(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE search_history MODIFY id BIGINT UNSIGNED NOT NULL")
    quick_move.legacy.add("search_history", {"id": 1}, {"id": 2**53}, {"id": 2**64 - 1})
    assert quick_move.run().dead == 2
    reasons = [letter["reason"] for letter in quick_move.letters()]
    assert reasons == [f"id: id {number} is outside 0 to {2**53 - 1}" for number in (2**53, 2**64 - 1)]
    assert ("RUN#1", "META") in quick_move.items()
