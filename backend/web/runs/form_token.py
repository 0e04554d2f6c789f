"""The token of a recording form, by which sending the same form twice records one run.

The token is a signed new id. A run's id is the token's id with the low bits replaced by a digest of what was sent: the
same input gives the same id, and the table refuses to store it again. Changed input is another run.
"""

from __future__ import annotations

from hashlib import sha256

from django.core import signing

from api.dynamodb.schema import ids
from api.dynamodb.schema.records import Run
from api.history.models import RunIn

_LOW_MASK = (1 << ids.LOW_BITS) - 1


def _salt(user_id: int, problem_id: int) -> str:
    return f"web.runs.record|{user_id}|{problem_id}"


def new_token(user_id: int, problem_id: int) -> str:
    """A token for a form that is shown for the first time."""
    return signing.dumps(ids.new_id(), salt=_salt(user_id, problem_id))


def history_id_of(token: str, user_id: int, run: RunIn) -> int:
    """The id of the run that a form with this token records; a new id if the token is not one of this form."""
    try:
        token_id: int = signing.loads(token, salt=_salt(user_id, run.problem_id))
    except signing.BadSignature:
        return ids.new_id()
    digest = sha256(run.model_dump_json().encode()).digest()
    return token_id & ~_LOW_MASK | int.from_bytes(digest[:4]) & _LOW_MASK


def is_run_of(stored: Run | None, user_id: int, run: RunIn) -> bool:
    """Whether a stored run is the one that this user sent: 12 bits of a digest may agree by chance."""
    if stored is None or stored["user_id"] != user_id or stored["problem_id"] != run.problem_id:
        return False
    outputs = {result.test_case_id: result.output for result in run.results}
    stored_outputs = {result["test_case_id"]: result.get("output") for result in stored["test_results"] or []}
    return (stored["code"], stored["language"], stored_outputs) == (run.code, run.language, outputs)
