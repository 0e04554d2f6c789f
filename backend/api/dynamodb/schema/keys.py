"""The key templates: every PK, SK and index key of the table is declared and built here and nowhere else.

Times in keys are ISO 8601 in UTC with microseconds and without a zone suffix (26 characters), so that
their order as text is their order in time for the years 1 to 9999.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import email_rules
from api.dynamodb.schema.email_rules import UnseenCharacter
from api.dynamodb.schema.templates import KeyTemplate, ShardedList

META = "META"
GUARD = "GUARD"
PLANS = "PLAN"
ERASURES = "ERASURE"
AUDIT_MONTHS = "AUD"
PROBLEM_CHANGES = "PRBLOG"
LOG_PREFIX = "LOG#"
DAY_PREFIX = "DAY#"
SAMPLE_PREFIX = "TCS#"
HIDDEN_PREFIX = "TCH#"
EMAIL_PREFIX = "EML#"
GOOGLE_PREFIX = "GID#"
NUMBER_PREFIX = "NUM#"
NONCE_PREFIX = "NON#"
OPERATIONS_PREFIX = "OPS#"

USER_LIST_SHARDS = 1
PROBLEM_LIST_SHARDS = 1
TIMELINE_SHARDS = 1
PENDING_PARTS_SHARDS = 4

# Behind every position of a test case, which begins with a digit.
LAST_ORDER = ":"

NO_TIME = "0001-01-01T00:00:00.000000"

# Partition keys.
USER_PK = KeyTemplate("USR#{user_id}")
EMAIL_PK = KeyTemplate(EMAIL_PREFIX + "{email, normalised}")
GOOGLE_PK = KeyTemplate(GOOGLE_PREFIX + "{google_id}")
USER_LIST = ShardedList("USRLIST#", "user_id", USER_LIST_SHARDS, "users")
PROBLEM_PK = KeyTemplate("PRB#{problem_id}")
PROBLEM_NUMBER_PK = KeyTemplate(NUMBER_PREFIX + "{platform}#{problem_number}")
PROBLEM_LIST_PREFIX = KeyTemplate("PRBLIST#{list}#")
WORD_PK = KeyTemplate("PRBWORD#{first two characters}")
RUN_PK = KeyTemplate("RUN#{history_id}")
SOLUTIONS_PK = KeyTemplate("SOL#{problem_id}")
USER_RUNS_PK = KeyTemplate("USR#{user_id}#RUN")
USER_PROBLEM_RUNS_PK = KeyTemplate("USR#{user_id}#PRB#{problem_id}")
TIMELINE = ShardedList("PUB#", "history_id", TIMELINE_SHARDS, "timeline")
USAGE_PK = KeyTemplate("USR#{user_id}#USE#{action}")
SESSIONS_PK = KeyTemplate("USR#{user_id}#SES")
NONCE_PK = KeyTemplate(NONCE_PREFIX + "{nonce}")
ADDRESS_PK = KeyTemplate("ADR#{address}")
PROGRESS_PK = KeyTemplate("USR#{user_id}#PRG")
PRACTICE_PK = KeyTemplate("USR#{user_id}#PRC")
PROBLEM_NOTES_PK = KeyTemplate("USR#{user_id}#NTE")
OPENED_HINTS_PK = KeyTemplate("USR#{user_id}#HNT")
AUDIT_PK = KeyTemplate("AUD#{month of created_at}")
PARTS_PK = KeyTemplate("TXT#{owner}")
PENDING_PARTS = ShardedList("PND#", "note_id", PENDING_PARTS_SHARDS)
# Sort keys.
PLAN_SK = KeyTemplate("{plan_id:016}")
TIME_AND_ID = KeyTemplate("{created_at}#{id:016}")
WORD_SK = KeyTemplate("{word}#{created_at}#{problem_id:016}")
CASE_GENERATION = KeyTemplate("G{generation:016}#")
TEST_CASE_ORDER = KeyTemplate("{position + 2^31:010}#{test_case_id:016}")
USAGE_DAY_SK = KeyTemplate(DAY_PREFIX + "{date}")
SESSION_SK = KeyTemplate("{session_id:016}")
ADDRESS_WINDOW_SK = KeyTemplate("{kind}#{window start, epoch seconds}")
ERASURE_SK = KeyTemplate("{user_id:016}")
PROBLEM_NOTE_SK = KeyTemplate("{problem_id:016}")
OPENED_HINTS_SK = KeyTemplate("{problem_id:016}")
PROBLEM_CHANGE_SK = KeyTemplate("{changed_at}#{problem_id:016}")
PART_SK = KeyTemplate("{attribute}#{digest}#{number:04}")
# What the parts of an item's large texts are stored under, for items whose partition key does not name them.
TEST_CASE_OWNER = KeyTemplate("TC#{test_case_id}")
USAGE_LOG_OWNER = KeyTemplate("USE#{log_id}")


def escape(text: str) -> str:
    """A text as a part of a key: `#` separates the parts, so it is written %23 (and % as %25)."""
    if "%" in text or "#" in text:
        return text.replace("%", "%25").replace("#", "%23")
    return text


def time_text(moment: datetime | None) -> str:
    """A moment as a part of a sort key; None sorts before everything. Raises `InvalidInput` for one without a zone."""
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
    return TIME_AND_ID.key(time_text(moment), number)


def time_and_id_text(id_name: str) -> str:
    """That sort key in the documents, with the name of the id."""
    return TIME_AND_ID.with_text(id=f"{{{id_name}:016}}")


def sort_key_between(low: str, high: str, fraction: float) -> str:
    """The sort key at a fraction (0 to 1) of the distance between two entries of a list by time.

    `low` and `high` are the entries' sort keys. The distance is in time, or in ids for two entries of one moment.
    """
    (early, first), (late, last) = low.split("#"), high.split("#")
    if early == late:
        return TIME_AND_ID.key(early, int(first) + int((int(last) - int(first)) * fraction))
    start = datetime.fromisoformat(early).replace(tzinfo=UTC)
    return time_text(start + (datetime.fromisoformat(late).replace(tzinfo=UTC) - start) * fraction)


def user_pk(user_id: int) -> str:
    """Partition key of a user."""
    return USER_PK.key(user_id)


def email_pk(email: str) -> str:
    """Partition key of an e-mail's guard item, and of its user on GSI1. Raises `KeyTooLong`, `UnseenCharacter`."""
    return EMAIL_PK.checked_key(email_rules.normal_email(email))


def email_pks(email: str) -> list[str]:
    """Where the guard of an e-mail may be: its key by the present rule, then those of earlier rules that differ.

    Empty for a blank one. Raises `KeyTooLong`.
    """
    forms = email_rules.former_forms(email)
    with suppress(UnseenCharacter):
        forms.insert(0, email_rules.normal_email(email))
    return [EMAIL_PK.checked_key(form) for form in forms if form]


def google_pk(google_id: str) -> str:
    """Partition key of a Google account's guard item. Raises `KeyTooLong`."""
    return GOOGLE_PK.checked_key(google_id)


def plan_sk(plan_id: int) -> str:
    """Sort key of a subscription plan."""
    return PLAN_SK.key(plan_id)


def problem_pk(problem_id: int) -> str:
    """Partition key of a problem and its test cases."""
    return PROBLEM_PK.key(problem_id)


def problem_change_sk(changed_at: datetime, problem_id: int) -> str:
    """Sort key of a change of a problem's list entries."""
    return PROBLEM_CHANGE_SK.key(time_text(changed_at), problem_id)


def test_case_prefix(is_sample: bool, generation: int | None) -> str:
    """How the sort keys of a generation's samples, or of its hidden cases, begin.

    Cases from MySQL, and those of a problem whose cases were never replaced, have no generation in their keys.
    """
    prefix = SAMPLE_PREFIX if is_sample else HIDDEN_PREFIX
    return prefix if generation is None else prefix + CASE_GENERATION.key(generation)


def test_case_range(is_sample: bool, generation: int | None) -> tuple[str, str]:
    """The lowest and the highest sort key of a generation's samples, or of its hidden cases.

    What follows the prefix begins with a digit, so that cases with a generation are not among those without.
    """
    prefix = test_case_prefix(is_sample, generation)
    return prefix, prefix + LAST_ORDER


def test_case_sk(is_sample: bool, position: int, test_case_id: int, generation: int | None = None) -> str:
    """Sort key of a test case: samples and hidden cases apart, each in order of position, then id.

    `position` is a signed 32-bit number; `generation` is the one of `test_case_prefix`.
    """
    order = TEST_CASE_ORDER.key(position + 2**31, test_case_id)
    return test_case_prefix(is_sample, generation) + order


def test_case_owner(test_case_id: int | str) -> str:
    """What the parts of a test case's large texts are stored under."""
    return TEST_CASE_OWNER.key(test_case_id)


def run_pk(history_id: int) -> str:
    """Partition key of a run."""
    return RUN_PK.key(history_id)


def solutions_pk(problem_id: int) -> str:
    """Partition key, on GSI1, of the public runs that passed every case of a problem."""
    return SOLUTIONS_PK.key(problem_id)


def user_runs_pk(user_id: int) -> str:
    """Partition key of a user's runs."""
    return USER_RUNS_PK.key(user_id)


def user_problem_runs_pk(user_id: int, problem_id: int) -> str:
    """Partition key of a user's runs of one problem."""
    return USER_PROBLEM_RUNS_PK.key(user_id, problem_id)


def usage_pk(user_id: int, action: str) -> str:
    """Partition key of a user's uses of an action, logs and day counters."""
    return USAGE_PK.key(user_id, action)


def usage_log_sk(created_at: datetime, log_id: int) -> str:
    """Sort key of a usage log."""
    return LOG_PREFIX + time_and_id(created_at, log_id)


def usage_log_owner(log_id: int | str) -> str:
    """What the parts of a usage log's large texts are stored under."""
    return USAGE_LOG_OWNER.key(log_id)


def usage_day_sk(day: date) -> str:
    """Sort key of the counter of a local day."""
    return USAGE_DAY_SK.key(day.isoformat())


def sessions_pk(user_id: int) -> str:
    """Partition key of a user's sessions."""
    return SESSIONS_PK.key(user_id)


def session_sk(session_id: int) -> str:
    """Sort key of a session: its id, which sorts by time."""
    return SESSION_SK.key(session_id)


def nonce_pk(nonce: str) -> str:
    """Partition key of the guard of a used nonce. Raises `KeyTooLong`."""
    return NONCE_PK.checked_key(nonce)


def address_pk(address: str) -> str:
    """Partition key of the counts of a network address. Raises `KeyTooLong`."""
    return ADDRESS_PK.checked_key(address)


def address_window_sk(kind: str, start: int) -> str:
    """Sort key of the window that starts at a moment, in epoch seconds; `kind` is what is counted."""
    return ADDRESS_WINDOW_SK.key(kind, start)


def progress_pk(user_id: int) -> str:
    """Partition key of the totals of a user's runs."""
    return PROGRESS_PK.key(user_id)


def practice_pk(user_id: int) -> str:
    """Partition key of what a user keeps for practice."""
    return PRACTICE_PK.key(user_id)


def problem_notes_pk(user_id: int) -> str:
    """Partition key of a user's notes on problems."""
    return PROBLEM_NOTES_PK.key(user_id)


def problem_note_sk(problem_id: int) -> str:
    """Sort key of a user's note on a problem."""
    return PROBLEM_NOTE_SK.key(problem_id)


def opened_hints_pk(user_id: int) -> str:
    """Partition key of the hints that a user has opened."""
    return OPENED_HINTS_PK.key(user_id)


def opened_hints_sk(problem_id: int) -> str:
    """Sort key of the hints of a problem that a user has opened."""
    return OPENED_HINTS_SK.key(problem_id)


def erasure_sk(user_id: int) -> str:
    """Sort key of an account's unfinished deletion."""
    return ERASURE_SK.key(user_id)


def audit_month(moment: datetime) -> str:
    """The month of a moment in UTC, as `2026-11`."""
    return time_text(moment)[:7]


def audit_pk(month: str) -> str:
    """Partition key of a month's audit entries.

    All changes by staff in a month share it. They are made by hand, by a few people, and a partition takes
    a thousand small writes a second. Nothing that web users do writes here.
    """
    return AUDIT_PK.key(month)


def parts_pk(owner: str) -> str:
    """Partition key of the parts of an item's large texts; `owner` names the item, such as `RUN#7`.

    Raises `KeyTooLong`.
    """
    return PARTS_PK.checked_key(owner)


def part_sk(attribute: str, digest: str, number: int) -> str:
    """Sort key of a part of an attribute's text; `digest` is the text's."""
    return PART_SK.key(attribute, digest, number)


def problem_list(name: str, shards: int, setting: str | None = None) -> ShardedList:
    """A list of problems that can be paged; `name` is its part of the key. Raises `KeyTooLong`."""
    return ShardedList(PROBLEM_LIST_PREFIX.key(name), "problem_id", shards, setting)


ALL_PROBLEMS = problem_list("ALL", PROBLEM_LIST_SHARDS, "problems")
DRAFT_PROBLEMS = problem_list("DRAFT", 1)


def named_problem_list(kind: str, name: str) -> ShardedList:
    """The list of the problems with a property: `kind` is PLT, DIF or TAG, `name` in the form for comparisons.

    A tag's list has one shard. Raises `KeyTooLong`.
    """
    if kind == "TAG":
        return problem_list(f"{kind}:{escape(name)}", 1)
    return problem_list(f"{kind}:{escape(name)}", PROBLEM_LIST_SHARDS, "problems")


def word_pk(title_word: str) -> str:
    """Partition key of a title word: its first two characters, so that a prefix of two or more is one Query."""
    return WORD_PK.key(title_word[:2])


def word_sk(title_word: str, created_at: datetime | None, problem_id: int) -> str:
    """Sort key of a problem's entry under a word of its title."""
    return WORD_SK.key(title_word, time_text(created_at), problem_id)
