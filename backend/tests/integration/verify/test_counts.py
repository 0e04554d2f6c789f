"""Counts never disagree where the content proof agrees, whatever stands in addresses and account ids."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from config.environment import environment
from migration.verify import VerificationOptions, VerificationReport, verify, verify_counts
from migration.verify.report import text
from tests.integration.migration.migration_harness import LegacySource, Move

pytestmark = pytest.mark.any_engine

SPACES = ("", " ", "  ", "\t", "\u3000", "\u00a0", "\u200b", "\n", "\x1f", "\x85", "\ufeff")
LETTERS = (
    "a", "A", "é", "e\u0301", "ß", "ss", "İ", "i", "ı", "ſ", "가", "\u1100\u1161", "🎓", "#", "%", "%23", "@", ".",
    "\x00", "\u212a", "k", "'", "\\", "_",
)  # fmt: skip
YESTERDAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(1)
TIMES = (
    "0001-01-01 00:00:00", "0099-12-31 23:59:59", "1000-01-01 00:00:00", "1969-12-31 23:59:59.999999",
    "2000-06-01 00:00:00", "9999-12-31 23:59:59.999999", "0000-00-00 00:00:00", "2001-00-00 00:00:00",
    str(YESTERDAY), str(YESTERDAY - timedelta(days=91)), str(YESTERDAY - timedelta(days=88)),
)  # fmt: skip


def hostile_text(rng: random.Random) -> str | None:
    """A text of odd letters between odd spaces, or nothing but spaces, or none; some are too long for a key."""
    if rng.random() < 0.1:
        return None
    core = "".join(rng.choices(LETTERS, k=rng.choice((0, 0, 1, 2, 3, 240))))
    return (rng.choice(SPACES) + core + rng.choice(SPACES))[:255]


def allow_duplicates(legacy: LegacySource) -> None:
    """Values that MySQL takes for equal may stand in several rows."""
    for index in ("email", "google_id"):
        legacy.sql(f"ALTER TABLE users DROP INDEX `{index}`")


def fill(move: Move, rng: random.Random) -> None:
    legacy = move.legacy
    allow_duplicates(legacy)
    legacy.sql("ALTER TABLE usage_logs MODIFY user_id BIGINT NULL, MODIFY created_at DATETIME(6) NULL")
    legacy.add(
        "users",
        *(
            {
                "id": number, "email": hostile_text(rng), "google_id": hostile_text(rng),
                "is_active": rng.choice((0, 1, 1, 1, 5)),
            }
            for number in range(1, 61)
        ),
    )  # fmt: skip
    legacy.add(
        "search_history",
        *(
            {"id": number, "user_id": rng.choice((None, 1, 2)), "problem_id": rng.choice((None, 1)),
             "is_code_public": rng.choice((0, 1, 7)), "created_at": rng.choice(TIMES)}
            for number in range(1, 31)
        ),
    )  # fmt: skip
    legacy.add(
        "usage_logs",
        *(
            {"id": number, "user_id": rng.choice((None, 1, 2, -3)), "action": rng.choice(("hint", "execution", "peek")),
             "created_at": rng.choice((*TIMES, None))}
            for number in range(1, 61)
        ),
    )  # fmt: skip


def both(**options: object) -> tuple[VerificationReport, VerificationReport]:
    """The reports of the content proof and of the counts."""
    chosen = VerificationOptions(workers=2, **options)  # type: ignore[arg-type]
    return verify(environment(), chosen), verify_counts(environment(), chosen)


@pytest.mark.parametrize("keep_expired", [False, True])
@pytest.mark.parametrize("draw", range(3))
def test_counts_agree_where_contents_agree(move: Move, draw: int, *, keep_expired: bool) -> None:
    seed = random.randrange(10**9)
    fill(move, random.Random(seed))
    move.run(keep_expired=keep_expired)
    contents, counts = both()
    assert contents.dead_letters > 5
    assert contents.agrees, f"seed {seed}\n{text(contents)}"
    assert counts.agrees, f"seed {seed}\n{text(counts)}"


def test_an_address_of_a_tab_and_an_account_of_a_space_are_counted_as_they_are_moved(move: Move) -> None:
    allow_duplicates(move.legacy)
    move.legacy.add(
        "users",
        {"id": 1, "email": "\t", "google_id": " "},
        {"id": 2, "email": "\u3000", "google_id": ""},
        {"id": 3, "email": " ", "google_id": None},
    )
    move.run()
    contents, counts = both()
    assert contents.agrees, text(contents)
    assert counts.agrees, text(counts)
    numbers = {line.kind: (line.source, line.table) for line in counts.lines}
    assert (numbers["email_guard"], numbers["google_guard"]) == ((0, 0), (1, 1))


def test_an_expired_log_of_an_unknown_action_is_no_difference(move: Move) -> None:
    move.legacy.add("usage_logs", {"id": 1, "action": "peek", "created_at": "2001-02-03 04:05:06"})
    move.legacy.add("usage_logs", {"id": 2, "action": "hint", "created_at": str(YESTERDAY)})
    report = move.run()
    assert report.dead == 0
    contents, counts = both()
    assert contents.agrees, text(contents)
    assert counts.agrees, text(counts)
    assert contents.ignored_source["expired"] == 1


def test_counts_find_a_lost_guard_and_an_item_of_a_dead_letter(move: Move) -> None:
    move.legacy.add("users", {"id": 1}, {"id": 2, "is_active": 9})
    move.run()
    client = move.engine.client()
    try:
        client.delete_item(
            TableName=move.table, Key={"PK": {"S": "EML#user1@example.org"}, "SK": {"S": "GUARD"}}
        )
        client.put_item(
            TableName=move.table, Item={"PK": {"S": "GID#mallory"}, "SK": {"S": "GUARD"}, "uid": {"N": "2"}}
        )
    finally:
        client.close()
    contents, counts = both()
    assert {(d.problem, d.kind) for d in contents.differences.listed} == {
        ("missing", "email_guard"), ("extra", "google_guard"),
    }  # fmt: skip
    assert [line.kind for line in counts.lines if not line.agrees] == ["email_guard", "google_guard"]
