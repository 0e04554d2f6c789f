"""The entities: their fields, short attribute names and kinds, declared once.

`table_schema` builds the table from this declaration, the codec is compiled from it, and the documents'
tables are generated from it. Keys are declared in `keys`.
"""

from __future__ import annotations

from api.dynamodb.schema import keys
from api.dynamodb.schema.entity import Entity, Field, Kind


def _f(name: str, short: str, kind: Kind, required: bool = False) -> Field:
    return Field(name, short, kind, required)


# Table-wide attribute names.
PK, SK = "PK", "SK"
GSI1PK, GSI1SK = "GSI1PK", "GSI1SK"
GSI2PK, GSI2SK = "GSI2PK", "GSI2SK"
TTL = "ttl"
# How the keys of a user's or problem's items were derived: the version of the rules, and the numbers of shards over
# which its list entries are spread. An item without them was written by version 1, and over 4 shards.
DERIVATION_ATTRIBUTES = KEY_RULES, SHARDS = "kr", "shd"
PART = "b"  # the bytes of a text part
# Attributes of the map that replaces a text stored in parts: digest, number of parts, bytes, revision.
TEXT_DIGEST, TEXT_PARTS, TEXT_BYTES, TEXT_REVISION = "d", "n", "l", "r"
KEY_ATTRIBUTES = (PK, SK, GSI1PK, GSI1SK, GSI2PK, GSI2SK)

PLAN = Entity(
    "plan", "A subscription plan and its daily limits", keys.PLANS, keys.PLAN_SK.text,
    (
        _f("plan_id", "id", Kind.INT, True),
        _f("name", "nm", Kind.TEXT, True),
        _f("max_hints_per_day", "mh", Kind.INT, True),
        _f("max_executions_per_day", "mx", Kind.INT, True),
        _f("is_active", "act", Kind.BOOL, True),
        _f("created_at", "crt", Kind.TIME),
    ),
)  # fmt: skip

USER = Entity(
    "user", "A person with an account", keys.USER_PK.text, keys.META,
    (
        _f("user_id", "id", Kind.INT, True),
        _f("email", "em", Kind.TEXT),
        _f("name", "nm", Kind.TEXT),
        _f("picture", "pic", Kind.TEXT),
        _f("google_id", "gid", Kind.TEXT),
        _f("subscription_plan_id", "pln", Kind.INT),
        _f("is_active", "act", Kind.BOOL, True),
        _f("is_staff", "stf", Kind.BOOL, True),
        _f("created_at", "crt", Kind.TIME),
        _f("updated_at", "upd", Kind.TIME),
        _f("last_login", "lgn", Kind.TIME),
        _f("is_profile_public", "ppb", Kind.BOOL),
        _f("version", "v", Kind.INT, True),
    ),
    gsi1=(keys.EMAIL_PK.text, keys.USER_PK.text),
)  # fmt: skip

EMAIL_GUARD = Entity(
    "email_guard", "Reserves an e-mail address for one user", keys.EMAIL_PK.text, keys.GUARD,
    (_f("user_id", "uid", Kind.INT, True),),
)  # fmt: skip
GOOGLE_GUARD = Entity(
    "google_guard", "Reserves a Google account for one user; sign-in with Google reads it",
    keys.GOOGLE_PK.text, keys.GUARD,
    (_f("user_id", "uid", Kind.INT, True),),
)  # fmt: skip
USER_ENTRY = Entity(
    "user_entry", "A user's entry in the list of all users", keys.USER_LIST.entry_text,
    keys.time_and_id_text("user_id"),
    (_f("user_id", "uid", Kind.INT, True),),
)  # fmt: skip

PROBLEM = Entity(
    "problem", "An algorithm problem", keys.PROBLEM_PK.text, keys.META,
    (
        _f("problem_id", "id", Kind.INT, True),
        _f("platform", "plt", Kind.TEXT, True),
        _f("problem_number", "num", Kind.TEXT, True),
        _f("title", "tit", Kind.TEXT, True),
        _f("url", "url", Kind.TEXT),
        _f("tags", "tag", Kind.JSON),
        _f("difficulty", "dif", Kind.TEXT),
        _f("language", "lng", Kind.TEXT),
        _f("solution_code", "cod", Kind.LARGE_TEXT),
        _f("constraints", "con", Kind.LARGE_TEXT),
        _f("hints", "hnt", Kind.JSON),
        _f("time_limit", "tl", Kind.FLOAT),
        _f("memory_limit", "ml", Kind.INT),
        _f("is_completed", "cmp", Kind.BOOL, True),
        _f("is_deleted", "del", Kind.BOOL, True),
        _f("metadata", "met", Kind.JSON),
        _f("created_at", "crt", Kind.TIME),
        _f("updated_at", "upd", Kind.TIME),
        _f("version", "v", Kind.INT, True),
        _f("case_generation", "cgn", Kind.INT),
        _f("title_ko", "tko", Kind.TEXT),
        _f("statement_ko", "sko", Kind.LARGE_TEXT),
        _f("hints_ko", "hko", Kind.JSON),
        _f("title_en", "ten", Kind.TEXT),
        _f("statement_en", "sen", Kind.LARGE_TEXT),
        _f("hints_en", "hen", Kind.JSON),
        _f("solutions", "sol", Kind.JSON),
        _f("statement_version", "stv", Kind.INT),
    ),
)  # fmt: skip
STATEMENT_LANGUAGES = ("ko", "en")
# Fields of a problem that MySQL has no columns for, and that every move from there keeps.
STATEMENT_FIELDS = (
    "title_ko", "statement_ko", "hints_ko", "title_en", "statement_en", "hints_en", "solutions", "statement_version",
)  # fmt: skip

NUMBER_GUARD = Entity(
    "number_guard", "Reserves a platform's problem number for one problem; look-up by number reads it",
    keys.PROBLEM_NUMBER_PK.text, keys.GUARD,
    (_f("problem_id", "pid", Kind.INT, True),),
)  # fmt: skip

_PROBLEM_SUMMARY = (
    _f("problem_id", "id", Kind.INT, True),
    _f("platform", "plt", Kind.TEXT, True),
    _f("problem_number", "num", Kind.TEXT, True),
    _f("title", "tit", Kind.TEXT, True),
    _f("difficulty", "dif", Kind.TEXT),
    _f("tags", "tgs", Kind.TEXT_SET),
    _f("created_at", "crt", Kind.TIME),
)
PROBLEM_ENTRY = Entity(
    "problem_entry", "A problem's entry in a list: all, drafts, a platform, a difficulty or a tag",
    f"{keys.PROBLEM_LIST_PREFIX}{{problem_id % shards}}",
    keys.time_and_id_text("problem_id"), _PROBLEM_SUMMARY,
)  # fmt: skip
WORD_ENTRY = Entity(
    "word_entry", "A problem's entry under a word of its title",
    keys.WORD_PK.text, keys.WORD_SK.text, _PROBLEM_SUMMARY,
)  # fmt: skip

PROBLEM_CHANGE = Entity(
    "problem_change",
    "Notes that a problem's entry in the list of all was changed (with the new entry) or removed",
    keys.PROBLEM_CHANGES, keys.PROBLEM_CHANGE_SK.text,
    (
        _f("problem_id", "id", Kind.INT, True),
        *(_f(field.name, field.short, field.kind) for field in _PROBLEM_SUMMARY[1:]),
        _f("version", "v", Kind.INT, True),
        _f("expires_at", TTL, Kind.EPOCH, True),
    ),
    expires=True,
)  # fmt: skip

TEST_CASE = Entity(
    "test_case", "One input of a problem and its expected output",
    keys.PROBLEM_PK.text, f"{keys.SAMPLE_PREFIX} or {keys.HIDDEN_PREFIX}[{keys.CASE_GENERATION}]{keys.TEST_CASE_ORDER}",
    (
        _f("test_case_id", "id", Kind.INT, True),
        _f("problem_id", "pid", Kind.INT, True),
        _f("input", "in", Kind.LARGE_TEXT, True),
        _f("output", "out", Kind.LARGE_TEXT, True),
        _f("is_sample", "smp", Kind.BOOL, True),
        _f("position", "pos", Kind.INT, True),
        _f("output_digest", "odg", Kind.TEXT),
    ),
)  # fmt: skip

_RUN_SUMMARY = (
    _f("history_id", "id", Kind.INT, True),
    _f("user_id", "uid", Kind.INT),
    _f("problem_id", "pid", Kind.INT),
    _f("platform", "plt", Kind.TEXT, True),
    _f("problem_number", "num", Kind.TEXT, True),
    _f("problem_title", "tit", Kind.TEXT, True),
    _f("language", "lng", Kind.TEXT, True),
    _f("passed_count", "pas", Kind.INT, True),
    _f("failed_count", "fal", Kind.INT, True),
    _f("total_count", "tot", Kind.INT, True),
    _f("is_code_public", "pub", Kind.BOOL, True),
    _f("created_at", "crt", Kind.TIME, True),
)
# Not in GSI2, whose projection cannot change: the timeline reads it from the entries in users' histories.
_VERDICT_BASIS = _f("verdict_basis", "bas", Kind.TEXT)
RUN = Entity(
    "run", "A run of a user's code against a problem (a row of search_history)", keys.RUN_PK.text, keys.META,
    (
        *_RUN_SUMMARY,
        _VERDICT_BASIS,
        _f("code", "cod", Kind.LARGE_TEXT, True),
        _f("result_summary", "res", Kind.LARGE_TEXT),
        _f("test_results", "trs", Kind.JSON),
        _f("hints", "hnt", Kind.JSON),
        _f("version", "v", Kind.INT, True),
    ),
    gsi1=(f"{keys.SOLUTIONS_PK}, public runs that passed every case", keys.time_and_id_text("history_id")),
    gsi2=(f"{keys.TIMELINE.entry_text}, public runs only", keys.time_and_id_text("history_id")),
)  # fmt: skip
USER_RUN = Entity(
    "user_run", "A run's entry in its user's history", keys.USER_RUNS_PK.text,
    keys.time_and_id_text("history_id"),
    (*_RUN_SUMMARY, _VERDICT_BASIS),
)  # fmt: skip
USER_PROBLEM_RUN = Entity(
    "user_problem_run", "A run's entry in its user's history of one problem",
    keys.USER_PROBLEM_RUNS_PK.text, keys.time_and_id_text("history_id"),
    (*_RUN_SUMMARY, _VERDICT_BASIS),
)  # fmt: skip

USAGE_LOG = Entity(
    "usage_log", "One use of a limited action", keys.USAGE_PK.text,
    f"{keys.LOG_PREFIX}{keys.time_and_id_text('log_id')}[#{{use_id}}]",
    (
        _f("log_id", "id", Kind.INT, True),
        _f("user_id", "uid", Kind.INT, True),
        _f("action", "acn", Kind.TEXT, True),
        _f("problem_id", "pid", Kind.INT),
        _f("metadata", "met", Kind.JSON),
        _f("created_at", "crt", Kind.TIME, True),
        _f("expires_at", TTL, Kind.EPOCH),
    ),
    expires=True,
)  # fmt: skip
USAGE_DAY = Entity(
    "usage_day", "A user's uses of an action on one local day: the rate limit's ledger",
    keys.USAGE_PK.text, keys.USAGE_DAY_SK.text,
    (
        _f("count", "n", Kind.INT),
        _f("uses", "us", Kind.TEXT_SET),
        _f("last_use", "la", Kind.EPOCH),
        _f("expires_at", TTL, Kind.EPOCH, True),
    ),
    expires=True,
)  # fmt: skip

SESSION = Entity(
    "session", "A signed-in device (a page session, or a family of refresh tokens), or a personal access token",
    keys.SESSIONS_PK.text, keys.SESSION_SK.text,
    (
        _f("session_id", "id", Kind.INT, True),
        _f("user_id", "uid", Kind.INT, True),
        _f("kind", "knd", Kind.TEXT, True),
        _f("token_hash", "hsh", Kind.TEXT, True),
        _f("device", "dev", Kind.TEXT),
        _f("scopes", "scp", Kind.TEXT),
        _f("created_at", "crt", Kind.TIME, True),
        _f("used_at", "usd", Kind.TIME, True),
        _f("rotations", "rot", Kind.INT, True),
        _f("expires_at", TTL, Kind.EPOCH, True),
    ),
    expires=True,
)  # fmt: skip
USED_NONCE = Entity(
    "used_nonce", "A nonce used by a sign-in, or by a form that is stored once", keys.NONCE_PK.text, keys.GUARD,
    (_f("use_id", "use", Kind.TEXT, True), _f("expires_at", TTL, Kind.EPOCH, True)),
    expires=True,
)  # fmt: skip
ADDRESS_WINDOW = Entity(
    "address_window", "Failed sign-ins (SGN) or made-up refresh tokens (RFR) from a network address",
    keys.ADDRESS_PK.text, keys.ADDRESS_WINDOW_SK.with_text(kind="{SGN or RFR}"),
    (_f("count", "n", Kind.INT, True), _f("expires_at", TTL, Kind.EPOCH, True)),
    expires=True,
)  # fmt: skip

PROGRESS = Entity(
    "progress", "Totals of a user's runs: a cache computed from the list of runs",
    keys.PROGRESS_PK.text, keys.META,
    (
        _f("user_id", "uid", Kind.INT, True),
        _f("folded_to", "upt", Kind.TEXT),
        _f("totals", "sum", Kind.JSON),
        _f("solved", "slv", Kind.ID_SET),
        _f("is_outdated", "old", Kind.BOOL),
        _f("renewed_to", "rup", Kind.TEXT),
        _f("renewed_totals", "rsm", Kind.JSON),
        _f("renewed_solved", "rsl", Kind.ID_SET),
        _f("stamp", "stp", Kind.TEXT, True),
    ),
)  # fmt: skip
PRACTICE = Entity(
    "practice", "What a user keeps for practice: bookmarks, reviews marked as done, time zone",
    keys.PRACTICE_PK.text, keys.META,
    (
        _f("user_id", "uid", Kind.INT, True),
        _f("bookmarks", "bmk", Kind.JSON),
        _f("reviewed", "rev", Kind.JSON),
        _f("time_zone", "tz", Kind.TEXT),
        _f("version", "v", Kind.INT, True),
    ),
)  # fmt: skip
PROBLEM_NOTE = Entity(
    "problem_note", "A user's private note on a problem",
    keys.PROBLEM_NOTES_PK.text, keys.PROBLEM_NOTE_SK.text,
    (
        _f("problem_id", "pid", Kind.INT, True),
        _f("user_id", "uid", Kind.INT, True),
        _f("text", "txt", Kind.TEXT, True),
        _f("updated_at", "upd", Kind.TIME, True),
        _f("version", "v", Kind.INT, True),
    ),
)  # fmt: skip
OPENED_HINTS = Entity(
    "opened_hints", "A problem's hints that a user has opened",
    keys.OPENED_HINTS_PK.text, keys.OPENED_HINTS_SK.text,
    (
        _f("user_id", "uid", Kind.INT, True),
        _f("problem_id", "pid", Kind.INT, True),
        _f("nudge_at", "nud", Kind.TIME),
        _f("approach_at", "app", Kind.TIME),
        _f("outline_at", "out", Kind.TIME),
        _f("solution_at", "sol", Kind.TIME),
    ),
)  # fmt: skip

ERASURE = Entity(
    "erasure", "An account whose requested deletion is not finished", keys.ERASURES, keys.ERASURE_SK.text,
    (_f("user_id", "uid", Kind.INT, True), _f("asked_at", "ask", Kind.TIME, True)),
)  # fmt: skip
AUDIT = Entity(
    "audit", "A change by a member of staff, with old and new values", keys.AUDIT_PK.text,
    keys.time_and_id_text("audit_id"),
    (
        _f("audit_id", "id", Kind.INT, True),
        _f("staff_id", "by", Kind.INT, True),
        _f("action", "acn", Kind.TEXT, True),
        _f("target", "tgt", Kind.TEXT, True),
        _f("changes", "chg", Kind.JSON),
        _f("created_at", "crt", Kind.TIME, True),
    ),
)  # fmt: skip
AUDIT_MONTH = Entity("audit_month", "Marks a month that has audit entries", keys.AUDIT_MONTHS, "{month}", ())

TEXT_PART = Entity(
    "text_part", "A piece of a compressed text that is too large for its item",
    keys.PARTS_PK.text, keys.PART_SK.text, (), expires=True,
)  # fmt: skip
PENDING_PARTS = Entity(
    "pending_parts",
    "Notes text parts, or a problem's test cases, while they are written or removed, in case that is interrupted",
    keys.PENDING_PARTS.entry_text, keys.time_and_id_text("note_id"),
    (
        _f("note_id", "id", Kind.INT, True),
        _f("user_id", "uid", Kind.INT),
        _f("main_pk", "mpk", Kind.TEXT, True),
        _f("main_sk", "msk", Kind.TEXT, True),
        _f("owner", "own", Kind.TEXT, True),
        _f("part_sks", "prt", Kind.TEXT_SET),
        _f("generation", "gen", Kind.INT),
        _f("is_taken", "tkn", Kind.BOOL),
        _f("created_at", "crt", Kind.TIME, True),
    ),
)  # fmt: skip

ENTITIES = (
    PLAN, USER, EMAIL_GUARD, GOOGLE_GUARD, USER_ENTRY,
    PROBLEM, NUMBER_GUARD, PROBLEM_ENTRY, WORD_ENTRY, PROBLEM_CHANGE, TEST_CASE,
    RUN, USER_RUN, USER_PROBLEM_RUN,
    USAGE_LOG, USAGE_DAY, PROGRESS, OPENED_HINTS, PRACTICE, PROBLEM_NOTE, ERASURE, AUDIT, AUDIT_MONTH, SESSION,
    USED_NONCE, ADDRESS_WINDOW, TEXT_PART, PENDING_PARTS,
)  # fmt: skip

# What GSI2 projects besides its keys: a run without its code.
TIMELINE_ATTRIBUTES = tuple(field.short for field in _RUN_SUMMARY)
USAGE_ACTIONS = ("hint", "execution")
USAGE_RETENTION_DAYS = 90
SESSION_KINDS = ("web", "api", "token")
