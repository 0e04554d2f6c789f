"""The key templates: every PK, SK and index key of the table is built here and nowhere else.

Times in keys are ISO 8601 in UTC with microseconds and without a zone suffix (26
characters), so that their order as text is their order in time for the years 1 to 9999.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime

from api.dynamodb.errors import InvalidInput, KeyTooLong

MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024

META = "META"
GUARD = "GUARD"
PLANS = "PLAN"
ERASURES = "ERASURE"
AUDIT_MONTHS = "AUD"
LOG_PREFIX = "LOG#"
DAY_PREFIX = "DAY#"
SAMPLE_PREFIX = "TCS#"
HIDDEN_PREFIX = "TCH#"
OPERATIONS_PREFIX = "OPS#"

USER_LIST_SHARDS = 4
PROBLEM_LIST_SHARDS = 4
TIMELINE_SHARDS = 4

MAX_TITLE_WORDS = 16
MAX_INDEXED_TAGS = 16
MAX_WORD_LENGTH = 40

NO_TIME = "0001-01-01T00:00:00.000000"
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def escape(text: str) -> str:
    """A text as it stands inside a key: `#` separates parts of keys, so it is written %23 (and % as %25)."""
    if "%" in text or "#" in text:
        return text.replace("%", "%25").replace("#", "%23")
    return text


def check_partition_key(value: str) -> str:
    """The value itself. Raises `KeyTooLong` beyond 2,048 bytes of UTF-8."""
    if len(value) * 4 > MAX_PARTITION_KEY_BYTES and len(value.encode()) > MAX_PARTITION_KEY_BYTES:
        raise KeyTooLong(
            f"partition key {value[:40]!r}... has {len(value.encode())} bytes, at most 2048 are allowed"
        )
    return value


def normal_email(email: str) -> str:
    """The form in which e-mail addresses are compared: NFC, no outer spaces, no letter case."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def normal_name(text: str) -> str:
    """The form in which platforms, problem numbers, tags and difficulties are compared."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def title_words(title: str) -> list[str]:
    """The distinct words of a title as they are indexed, in order of appearance, at most 16 of 40 characters."""
    words = _WORD.findall(unicodedata.normalize("NFKC", title).casefold())
    return list(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in words))[:MAX_TITLE_WORDS]


def time_text(moment: datetime | None) -> str:
    """A moment as it stands in a sort key; None sorts before everything."""
    if moment is None:
        return NO_TIME
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise InvalidInput(f"{moment.isoformat()} has no time zone: give an aware datetime")
        moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="microseconds")
    return text[:26] if moment.year > 999 else text[:26].rjust(26, "0")


def time_and_id(moment: datetime | None, number: int) -> str:
    """The sort key of everything that is listed by time: oldest first, ties by id."""
    return f"{time_text(moment)}#{number:016d}"


def place_between(low: str, high: str, share: float) -> str:
    """Where a range of a list by time starts that leaves out a share (0 to 1) of what lies between two entries.

    `low` and `high` are their sort keys. The share is of their distance in time, or in ids for entries of one moment.
    """
    (early, first), (late, last) = low.split("#"), high.split("#")
    if early == late:
        return f"{early}#{int(first) + int((int(last) - int(first)) * share):016d}"
    start = datetime.fromisoformat(early).replace(tzinfo=UTC)
    return time_text(start + (datetime.fromisoformat(late).replace(tzinfo=UTC) - start) * share)


def user_pk(user_id: int) -> str:
    """Partition key of a user."""
    return f"USR#{user_id}"


def email_pk(email: str) -> str:
    """Partition key of an e-mail's guard item, and GSI1's of the user who has it."""
    return check_partition_key(f"EML#{normal_email(email)}")


def google_pk(google_id: str) -> str:
    """Partition key of a Google account's guard item. Raises `KeyTooLong`."""
    return check_partition_key(f"GID#{google_id}")


def user_list_pk(shard: int) -> str:
    """Partition key of one shard of the list of all users."""
    return f"USRLIST#{shard}"


def problem_pk(problem_id: int) -> str:
    """Partition key of a problem and its test cases."""
    return f"PRB#{problem_id}"


def problem_number_pk(platform: str, number: str) -> str:
    """Partition key of the guard of a platform's problem number. Raises `KeyTooLong`."""
    return check_partition_key(f"NUM#{escape(normal_name(platform))}#{escape(normal_name(number))}")


def test_case_sk(is_sample: bool, position: int, test_case_id: int) -> str:
    """Samples and hidden cases stand apart, each in order of position, then id; position is a signed 32-bit number."""
    return f"{SAMPLE_PREFIX if is_sample else HIDDEN_PREFIX}{position + 2**31:010d}#{test_case_id:016d}"


def run_pk(history_id: int) -> str:
    """Partition key of a run."""
    return f"RUN#{history_id}"


def user_runs_pk(user_id: int) -> str:
    """Partition key of a user's runs."""
    return f"USR#{user_id}#RUN"


def user_problem_runs_pk(user_id: int, problem_id: int) -> str:
    """Partition key of a user's runs of one problem."""
    return f"USR#{user_id}#PRB#{problem_id}"


def timeline_pk(shard: int) -> str:
    """GSI2's partition key of a public run: its id modulo the number of shards."""
    return f"PUB#{shard}"


def usage_pk(user_id: int, action: str) -> str:
    """Partition key of a user's uses of an action, logs and day counters."""
    return f"USR#{user_id}#USE#{action}"


def usage_log_sk(created_at: datetime, log_id: int) -> str:
    """Sort key of a usage log."""
    return LOG_PREFIX + time_and_id(created_at, log_id)


def usage_day_sk(day: date) -> str:
    """Sort key of the counter of a local day."""
    return DAY_PREFIX + day.isoformat()


def sessions_pk(user_id: int) -> str:
    """Partition key of a user's sessions."""
    return f"USR#{user_id}#SES"


def session_sk(session_id: int) -> str:
    """Sort key of a session: its id, which sorts by time."""
    return f"{session_id:016d}"


def nonce_pk(nonce: str) -> str:
    """Partition key of the guard of a nonce that was used. Raises `KeyTooLong`."""
    return check_partition_key(f"NON#{nonce}")


def address_pk(address: str) -> str:
    """Partition key of what is counted of a network address. Raises `KeyTooLong`."""
    return check_partition_key(f"ADR#{address}")


def address_window_sk(kind: str, start: int) -> str:
    """Sort key of the window that starts at a moment, in epoch seconds; `kind` is what is counted."""
    return f"{kind}#{start}"


def progress_pk(user_id: int) -> str:
    """Partition key of the sums of a user's runs."""
    return f"USR#{user_id}#PRG"


def erasure_sk(user_id: int) -> str:
    """Sort key of an account's deletion that is under way."""
    return f"{user_id:016d}"


def audit_month(moment: datetime) -> str:
    """The month of a moment in UTC, as `2026-11`."""
    return time_text(moment)[:7]


def audit_pk(month: str) -> str:
    """Partition key of a month's audit entries.

    All traffic of staff shares it while the month lasts. That is a bound that holds: changes are made by hand, by
    a few people, and a partition takes a thousand small writes a second. Nothing that web users do writes here.
    """
    return f"AUD#{month}"


def parts_pk(owner: str) -> str:
    """Partition of the parts of an item's large texts; `owner` is the item's own name, such as `RUN#7`."""
    return f"TXT#{owner}"


def part_sk(attribute: str, digest: str, number: int) -> str:
    """Sort key of a part of an attribute's text; `digest` is the text's."""
    return f"{attribute}#{digest}#{number:04d}"


class Facet:
    """A list of problems that can be paged: its name in keys and over how many partitions it is spread."""

    __slots__ = ("name", "shards")

    def __init__(self, name: str, shards: int) -> None:
        self.name = name
        self.shards = shards

    def pk(self, shard: int) -> str:
        """Partition key of one shard of the list. Raises `KeyTooLong`."""
        return check_partition_key(f"PRBLIST#{self.name}#{shard}")

    def partitions(self) -> list[str]:
        """Every partition of the list; a page is merged from all of them."""
        return [self.pk(shard) for shard in range(self.shards)]


ALL_PROBLEMS = Facet("ALL", PROBLEM_LIST_SHARDS)
DRAFT_PROBLEMS = Facet("DRAFT", 1)


def platform_facet(platform: str) -> Facet:
    """The list of a platform's problems."""
    return Facet(f"PLT:{escape(normal_name(platform))}", PROBLEM_LIST_SHARDS)


def difficulty_facet(difficulty: str) -> Facet:
    """The list of the problems of a difficulty."""
    return Facet(f"DIF:{escape(normal_name(difficulty))}", PROBLEM_LIST_SHARDS)


def tag_facet(tag: str) -> Facet:
    """The list of the problems that have a tag."""
    return Facet(f"TAG:{escape(normal_name(tag))}", 1)


def word_pk(word: str) -> str:
    """Words are spread by their first two characters, so that a prefix of two or more is one Query."""
    return f"PRBWORD#{word[:2]}"


def word_sk(word: str, created_at: datetime | None, problem_id: int) -> str:
    """Sort key of a problem's line under a word of its title."""
    return f"{word}#{time_and_id(created_at, problem_id)}"
