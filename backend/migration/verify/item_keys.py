"""Tells the kind of an item by its keys, which must have exactly the form that the service builds.

The forms are written from the design document, apart from the service's key templates. An item whose
key only begins like one of them is of no kind, because no reader would find it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from migration.verify.item_kinds import OPERATION, TEXTS, UNKNOWN

_ID = "(?:0|[1-9][0-9]*)"
_PADDED_ID = "[0-9]{16}"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME_AND_ID = f"{_DATE}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}\\.[0-9]{{6}}#{_PADDED_ID}"
_USES = f"USR#{_ID}#USE#(?:hint|execution)"
_TEXT = "[a-z]+#[0-9a-f]{16}(?:\\.[^#]+)?#(?:[0-9]{4}|[1-9][0-9]{4,})"

# (kind, partition key, sort key) as regular expressions; where two kinds share a form, the first one counts.
_FORMS = (
    ("user_run", f"USR#{_ID}#RUN", _TIME_AND_ID),
    ("user_problem_run", f"USR#{_ID}#PRB#{_ID}", _TIME_AND_ID),
    ("usage_log", _USES, f"LOG#{_TIME_AND_ID}(?:#[^#]+)?"),
    ("usage_day", _USES, f"DAY#{_DATE}"),
    ("user", f"USR#{_ID}", "META"),
    ("progress", f"USR#{_ID}#PRG", "META"),
    ("practice", f"USR#{_ID}#PRC", "META"),
    ("problem_note", f"USR#{_ID}#NTE", _PADDED_ID),
    ("session", f"USR#{_ID}#SES", _PADDED_ID),
    ("opened_hints", f"USR#{_ID}#HNT", _PADDED_ID),
    ("problem", f"PRB#{_ID}", "META"),
    ("test_case", f"PRB#{_ID}", f"TC[SH]#[0-9]{{10}}#{_PADDED_ID}"),
    ("problem_entry", "PRBLIST#.+#[0-9]+", _TIME_AND_ID),
    ("problem_change", "PRBLOG", _TIME_AND_ID),
    ("word_entry", "PRBWORD#.{1,2}", f".+#{_TIME_AND_ID}"),
    ("run", f"RUN#{_ID}", "META"),
    ("plan", "PLAN", _PADDED_ID),
    ("email_guard", "EML#.+", "GUARD"),
    ("google_guard", "GID#.+", "GUARD"),
    ("number_guard", "NUM#[^#]*#[^#]*", "GUARD"),
    ("user_entry", "USRLIST#[0-9]+", _TIME_AND_ID),
    (TEXTS, f"TXT#(?:PRB|TC|RUN|USE)#{_ID}", _TEXT),
    ("used_nonce", "NON#.+", "GUARD"),
    ("address_window", "ADR#.+", "(?:SGN|RFR)#[0-9]+"),
    ("audit", "AUD#[0-9]{4}-[0-9]{2}", _TIME_AND_ID),
    ("audit_month", "AUD", "[0-9]{4}-[0-9]{2}"),
    ("erasure", "ERASURE", _PADDED_ID),
    ("pending_parts", "PND#[0-9]+", _TIME_AND_ID),
    (OPERATION, "OPS#[a-z_]+", "[A-Z_]+(?:#[0-9]+)?"),
)

_Match = Callable[[str], "re.Match[str] | None"]


class _Form(NamedTuple):
    kind: str
    pk: _Match
    sk: _Match


def _by_head() -> dict[str, tuple[_Form, ...]]:
    """The forms by the first four characters of the partition key."""
    forms: dict[str, list[_Form]] = {}
    for kind, pk, sk in _FORMS:
        pattern: Any = re.compile(pk, re.DOTALL)
        form = _Form(kind, pattern.fullmatch, re.compile(sk, re.DOTALL).fullmatch)
        forms.setdefault(pk[:4], []).append(form)
    return {head: tuple(kinds) for head, kinds in forms.items()}


_BY_HEAD = _by_head()


def kind_of(pk: str, sk: str) -> str:
    """The kind of the item with these keys; `UNKNOWN` when they have no declared form."""
    for kind, matches_pk, matches_sk in _BY_HEAD.get(pk[:4], ()):
        if matches_sk(sk) and matches_pk(pk):
            return kind
    return UNKNOWN
