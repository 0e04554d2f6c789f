"""The entities: their fields, short attribute names and kinds, declared once.

`table_schema` builds the table from what stands here, the codec is compiled from it,
and the design document's tables are made from it. Keys are in `keys`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a field's value is stored; the text is what the design document says of it."""

    INT = "N, whole number"
    FLOAT = "N, the float's shortest text"
    BOOL = "BOOL"
    TEXT = "S"
    LARGE_TEXT = "S up to 4 KB, then compressed B, then parts"
    JSON = "JSON text, stored like large text"
    TIME = "N, microseconds since 1970 UTC"
    EPOCH = "N, seconds since 1970 UTC"
    TEXT_SET = "SS"
    ID_SET = "B, ascending whole numbers as differences of 8 bytes, compressed"


LARGE_KINDS = frozenset({Kind.LARGE_TEXT, Kind.JSON})


@dataclass(frozen=True)
class Field:
    """One field: the domain's name, the attribute's short name, its kind."""

    name: str
    short: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True)
class Entity:
    """One kind of item: what it is called, the keys it stands under (as text, for people), its fields."""

    name: str
    purpose: str
    pk: str
    sk: str
    fields: tuple[Field, ...]
    gsi1: tuple[str, str] | None = None
    gsi2: tuple[str, str] | None = None
    expires: bool = False

    def field(self, name: str) -> Field:
        """The field of that domain name. Raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


def _f(name: str, short: str, kind: Kind, required: bool = False) -> Field:
    return Field(name, short, kind, required)


# Table-wide attribute names.
PK, SK = "PK", "SK"
GSI1PK, GSI1SK = "GSI1PK", "GSI1SK"
GSI2PK, GSI2SK = "GSI2PK", "GSI2SK"
TTL = "ttl"
PART = "b"
KEY_ATTRIBUTES = (PK, SK, GSI1PK, GSI1SK, GSI2PK, GSI2SK)

PLAN = Entity(
    "plan", "A subscription plan and its daily limits", "PLAN", "{plan_id:016}",
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
    "user", "A person with an account", "USR#{user_id}", "META",
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
        _f("version", "v", Kind.INT, True),
    ),
    gsi1=("EML#{email, normalised}", "USR#{user_id}"),
)  # fmt: skip

EMAIL_GUARD = Entity(
    "email_guard", "Holds an e-mail address for one user", "EML#{email, normalised}", "GUARD",
    (_f("user_id", "uid", Kind.INT, True),),
)  # fmt: skip
GOOGLE_GUARD = Entity(
    "google_guard", "Holds a Google account for one user; sign-in by Google reads it", "GID#{google_id}", "GUARD",
    (_f("user_id", "uid", Kind.INT, True),),
)  # fmt: skip
USER_ENTRY = Entity(
    "user_entry", "A user's line in the list of all users", "USRLIST#{user_id % 4}", "{created_at}#{user_id:016}",
    (_f("user_id", "uid", Kind.INT, True),),
)  # fmt: skip

PROBLEM = Entity(
    "problem", "An algorithm problem", "PRB#{problem_id}", "META",
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
    ),
)  # fmt: skip

NUMBER_GUARD = Entity(
    "number_guard", "Holds a platform's problem number for one problem; look-up by number reads it",
    "NUM#{platform}#{problem_number}", "GUARD",
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
    "problem_entry", "A problem's line in a list: all, drafts, a platform, a difficulty or a tag",
    "PRBLIST#{facet}#{problem_id % shards}", "{created_at}#{problem_id:016}", _PROBLEM_SUMMARY,
)  # fmt: skip
WORD_ENTRY = Entity(
    "word_entry", "A problem's line under a word of its title",
    "PRBWORD#{first two characters}", "{word}#{created_at}#{problem_id:016}", _PROBLEM_SUMMARY,
)  # fmt: skip

TEST_CASE = Entity(
    "test_case", "One input of a problem and the output it wants",
    "PRB#{problem_id}", "TCS# or TCH#{position + 2^31:010}#{test_case_id:016}",
    (
        _f("test_case_id", "id", Kind.INT, True),
        _f("problem_id", "pid", Kind.INT, True),
        _f("input", "in", Kind.LARGE_TEXT, True),
        _f("output", "out", Kind.LARGE_TEXT, True),
        _f("is_sample", "smp", Kind.BOOL, True),
        _f("position", "pos", Kind.INT, True),
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
RUN = Entity(
    "run", "A run of somebody's code against a problem (a row of search_history)", "RUN#{history_id}", "META",
    (
        *_RUN_SUMMARY,
        _f("code", "cod", Kind.LARGE_TEXT, True),
        _f("result_summary", "res", Kind.LARGE_TEXT),
        _f("test_results", "trs", Kind.JSON),
        _f("hints", "hnt", Kind.JSON),
        _f("version", "v", Kind.INT, True),
    ),
    gsi2=("PUB#{history_id % 4}, public runs only", "{created_at}#{history_id:016}"),
)  # fmt: skip
USER_RUN = Entity(
    "user_run", "A run's line in its user's history", "USR#{user_id}#RUN", "{created_at}#{history_id:016}",
    _RUN_SUMMARY,
)  # fmt: skip
USER_PROBLEM_RUN = Entity(
    "user_problem_run", "A run's line in its user's history of one problem",
    "USR#{user_id}#PRB#{problem_id}", "{created_at}#{history_id:016}", _RUN_SUMMARY,
)  # fmt: skip

USAGE_LOG = Entity(
    "usage_log", "One use of a limited action", "USR#{user_id}#USE#{action}",
    "LOG#{created_at}#{log_id:016}[#{use_id}]",
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
    "USR#{user_id}#USE#{action}", "DAY#{date}",
    (
        _f("count", "n", Kind.INT),
        _f("uses", "us", Kind.TEXT_SET),
        _f("last_use", "la", Kind.EPOCH),
        _f("expires_at", TTL, Kind.EPOCH, True),
    ),
    expires=True,
)  # fmt: skip

SESSION = Entity(
    "session", "A signed-in device: a page session, or a family of refresh tokens",
    "USR#{user_id}#SES", "{session_id:016}",
    (
        _f("session_id", "id", Kind.INT, True),
        _f("user_id", "uid", Kind.INT, True),
        _f("kind", "knd", Kind.TEXT, True),
        _f("token_hash", "hsh", Kind.TEXT, True),
        _f("device", "dev", Kind.TEXT),
        _f("created_at", "crt", Kind.TIME, True),
        _f("used_at", "usd", Kind.TIME, True),
        _f("rotations", "rot", Kind.INT, True),
        _f("expires_at", TTL, Kind.EPOCH, True),
    ),
    expires=True,
)  # fmt: skip
USED_NONCE = Entity(
    "used_nonce", "A nonce that a sign-in used up", "NON#{nonce}", "GUARD",
    (_f("use_id", "use", Kind.TEXT, True), _f("expires_at", TTL, Kind.EPOCH, True)),
    expires=True,
)  # fmt: skip
ADDRESS_WINDOW = Entity(
    "address_window", "Attempts to sign in (SGN), or refreshes that failed (RFR), from a network address",
    "ADR#{address}", "SGN# or RFR#{window start, epoch seconds}",
    (_f("count", "n", Kind.INT, True), _f("expires_at", TTL, Kind.EPOCH, True)),
    expires=True,
)  # fmt: skip

PROGRESS = Entity(
    "progress", "A user's runs added up: a cache that is folded from the list of the runs",
    "USR#{user_id}#PRG", "META",
    (
        _f("user_id", "uid", Kind.INT, True),
        _f("folded_to", "upt", Kind.TEXT),
        _f("totals", "sum", Kind.JSON),
        _f("solved", "slv", Kind.ID_SET),
        _f("stamp", "stp", Kind.TEXT, True),
    ),
)  # fmt: skip
ERASURE = Entity(
    "erasure", "An account whose deletion was asked for and is not finished", "ERASURE", "{user_id:016}",
    (_f("user_id", "uid", Kind.INT, True), _f("asked_at", "ask", Kind.TIME, True)),
)  # fmt: skip
AUDIT = Entity(
    "audit", "What a member of staff changed, with old and new values", "AUD#{month of created_at}",
    "{created_at}#{audit_id:016}",
    (
        _f("audit_id", "id", Kind.INT, True),
        _f("staff_id", "by", Kind.INT, True),
        _f("action", "acn", Kind.TEXT, True),
        _f("target", "tgt", Kind.TEXT, True),
        _f("changes", "chg", Kind.JSON),
        _f("created_at", "crt", Kind.TIME, True),
    ),
)  # fmt: skip
AUDIT_MONTH = Entity("audit_month", "Says that a month has audit entries", "AUD", "{month}", ())

TEXT_PART = Entity(
    "text_part", "A piece of a compressed text that is too large for its item",
    "TXT#{owner}", "{attribute}#{digest}#{number:04}", (), expires=True,
)  # fmt: skip

ENTITIES = (
    PLAN, USER, EMAIL_GUARD, GOOGLE_GUARD, USER_ENTRY,
    PROBLEM, NUMBER_GUARD, PROBLEM_ENTRY, WORD_ENTRY, TEST_CASE,
    RUN, USER_RUN, USER_PROBLEM_RUN,
    USAGE_LOG, USAGE_DAY, PROGRESS, ERASURE, AUDIT, AUDIT_MONTH, SESSION, USED_NONCE, ADDRESS_WINDOW, TEXT_PART,
)  # fmt: skip

# What GSI2 carries beside its keys: a timeline row without the code.
TIMELINE_ATTRIBUTES = tuple(field.short for field in _RUN_SUMMARY)
USAGE_ACTIONS = ("hint", "execution")
USAGE_RETENTION_DAYS = 90
SESSION_KINDS = ("web", "api")
