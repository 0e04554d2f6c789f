"""Cases between preview and confirmation: a form field holds them, compressed and signed.

The server does not keep the cases, so any worker can store them, and only the previewed cases can be stored, by the
same user for the same problem, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from django.core import signing

from api.composition import repositories
from web.staff.case_parser import NewCase

MAX_AGE_SECONDS = 3_600


class InvalidPreview(Exception):
    """The signature is wrong, too old, or for another problem or user."""


def _salt(problem_id: int, staff_id: int) -> str:
    return f"web.staff.cases|{problem_id}|{staff_id}"


def sign(cases: Sequence[NewCase], problem_id: int, staff_id: int) -> str:
    """The cases as the value of a form field: about a third of their size, at most slightly more than it."""
    return signing.dumps([list(case) for case in cases], salt=_salt(problem_id, staff_id), compress=True)


def load(text: str, problem_id: int, staff_id: int) -> list[NewCase]:
    """The cases of a signed field. Raises `InvalidPreview`."""
    try:
        values = signing.loads(text, salt=_salt(problem_id, staff_id), max_age=MAX_AGE_SECONDS)
    except signing.BadSignature:
        raise InvalidPreview from None
    return [NewCase(*case) for case in values]


def token_of(text: str) -> str:
    """The token that a signed field uses up when its cases are stored (see `AuditNote`)."""
    return f"preview-{sha256(text.encode()).hexdigest()}"


def was_stored(text: str) -> bool:
    """Whether the cases of a signed field were stored. One GetItem: 1 RCU."""
    return repositories().sign_in_guards.nonce_use(token_of(text)) is not None
