"""Cases between preview and confirmation: the form carries them, compressed and signed. The server remembers
nothing, so that any worker can store them, and what is stored is what was shown, to that person for that problem.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core import signing

from web.staff.case_texts import NewCase

SECONDS = 3_600


class NotCarried(Exception):
    """The form was not made here, for another problem or person, or too long ago."""


def _salt(problem_id: int, staff_id: int) -> str:
    return f"web.staff.cases|{problem_id}|{staff_id}"


def pack(cases: Sequence[NewCase], problem_id: int, staff_id: int) -> str:
    """The cases as one field of a form; a little less than their size at worst, most often a third."""
    return signing.dumps([list(case) for case in cases], salt=_salt(problem_id, staff_id), compress=True)


def unpack(text: str, problem_id: int, staff_id: int) -> list[NewCase]:
    """The cases again. Raises `NotCarried`."""
    try:
        carried = signing.loads(text, salt=_salt(problem_id, staff_id), max_age=SECONDS)
    except signing.BadSignature:
        raise NotCarried from None
    return [NewCase(*case) for case in carried]
