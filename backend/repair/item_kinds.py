"""Tells what an item is by its keys, whose forms come from the schema's key templates."""

from __future__ import annotations

import re
from collections.abc import Callable

from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys

OPERATION = "operation"
_TIME = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}"
_NUMBER = r"(?:0|[1-9]\d*)"
_NUMBERS = frozenset({"user_id", "problem_id", "history_id", "shard"})
_ACTION = f"(?:{'|'.join(e.USAGE_ACTIONS)})"
_PART = re.compile(r"\{([^}:]+)(?::0(\d+))?\}")
_OWNERS = "|".join(
    re.escape(template.text.partition("{")[0]) + _NUMBER
    for template in (keys.RUN_PK, keys.PROBLEM_PK, keys.TEST_CASE_OWNER, keys.USAGE_LOG_OWNER)
)


def _pattern(template: str) -> str:
    """The expression of a key template's text."""
    pattern, end = "", 0
    for part in _PART.finditer(template):
        pattern += re.escape(template[end : part.start()])
        name, digits = part[1], part[2]
        if digits:
            pattern += rf"\d{{{digits},}}"
        elif name == "created_at":
            pattern += _TIME
        elif name == "action":
            pattern += _ACTION
        elif name in _NUMBERS:
            pattern += _NUMBER
        else:
            pattern += ".+"
        end = part.end()
    return pattern + re.escape(template[end:])


_SHARDED = "{shard}"
_TIME_AND_ID = _pattern(keys.TIME_AND_ID.text)
_CASE_PREFIX = f"(?:{re.escape(keys.SAMPLE_PREFIX)}|{re.escape(keys.HIDDEN_PREFIX)})"


def _list_pattern(partition: str) -> str:
    """The expression of a sharded list's partitions, from the key of its first one."""
    return _pattern(partition[:-1] + _SHARDED)


# (kind, partition key, sort key) as regular expressions; where two kinds share a form, the first one counts.
_FORMS = (
    (e.USER_RUN.name, _pattern(keys.USER_RUNS_PK.text), _TIME_AND_ID),
    (e.USER_PROBLEM_RUN.name, _pattern(keys.USER_PROBLEM_RUNS_PK.text), _TIME_AND_ID),
    (e.USAGE_LOG.name, _pattern(keys.USAGE_PK.text), f"{keys.LOG_PREFIX}{_TIME_AND_ID}(?:#.+)?"),
    (e.USAGE_DAY.name, _pattern(keys.USAGE_PK.text), rf"{keys.DAY_PREFIX}\d{{4}}-\d{{2}}-\d{{2}}"),
    (e.SESSION.name, _pattern(keys.SESSIONS_PK.text), _pattern(keys.SESSION_SK.text)),
    (e.PROGRESS.name, _pattern(keys.PROGRESS_PK.text), keys.META),
    (e.USER.name, _pattern(keys.USER_PK.text), keys.META),
    (e.PROBLEM.name, _pattern(keys.PROBLEM_PK.text), keys.META),
    (e.TEST_CASE.name, _pattern(keys.PROBLEM_PK.text), f"{_CASE_PREFIX}.+"),
    (e.PROBLEM_ENTRY.name, _pattern(keys.PROBLEM_LIST_PREFIX.text + _SHARDED), _TIME_AND_ID),
    (e.WORD_ENTRY.name, _pattern(keys.WORD_PK.text), _pattern(keys.WORD_SK.text)),
    (e.RUN.name, _pattern(keys.RUN_PK.text), keys.META),
    (e.PLAN.name, keys.PLANS, _pattern(keys.PLAN_SK.text)),
    (e.EMAIL_GUARD.name, _pattern(keys.EMAIL_PK.text), keys.GUARD),
    (e.GOOGLE_GUARD.name, _pattern(keys.GOOGLE_PK.text), keys.GUARD),
    (e.NUMBER_GUARD.name, f"{keys.NUMBER_PREFIX}[^#]*#[^#]*", keys.GUARD),
    (e.USER_ENTRY.name, _list_pattern(keys.USER_LIST.pk(0)), _TIME_AND_ID),
    (e.TEXT_PART.name, f"{re.escape(keys.parts_pk(''))}(?:{_OWNERS})", r"[a-z]+#[^#]+#\d{4,}"),
    (e.USED_NONCE.name, _pattern(keys.NONCE_PK.text), keys.GUARD),
    (e.ADDRESS_WINDOW.name, _pattern(keys.ADDRESS_PK.text), r"(?:SGN|RFR)#\d+"),
    (e.AUDIT.name, r"AUD#\d{4}-\d{2}", _TIME_AND_ID),
    (e.AUDIT_MONTH.name, keys.AUDIT_MONTHS, r"\d{4}-\d{2}"),
    (e.ERASURE.name, keys.ERASURES, _pattern(keys.ERASURE_SK.text)),
    (e.PENDING_PARTS.name, _list_pattern(keys.PENDING_PARTS.pk(0)), _TIME_AND_ID),
    (OPERATION, f"{keys.OPERATIONS_PREFIX}.+", ".+"),
)

_Match = Callable[[str], "re.Match[str] | None"]


def _by_head() -> dict[str, list[tuple[str, _Match, _Match]]]:
    """The forms by the first three characters of the partition key."""
    forms: dict[str, list[tuple[str, _Match, _Match]]] = {}
    for kind, pk, sk in _FORMS:
        patterns = (re.compile(pk, re.DOTALL).fullmatch, re.compile(sk, re.DOTALL).fullmatch)
        forms.setdefault(pk[:3], []).append((kind, *patterns))
    return forms


_BY_HEAD = _by_head()


def kind_of(pk: str, sk: str) -> str | None:
    """The kind of the item with these keys; None when they have no declared form."""
    for kind, matches_pk, matches_sk in _BY_HEAD.get(pk[:3], ()):
        if matches_sk(sk) and matches_pk(pk):
            return kind
    return None
