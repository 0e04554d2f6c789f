"""The calls that repositories make for runs and usage; see `account_calls` for the form."""

from __future__ import annotations

from api.dynamodb import keys
from api.dynamodb.indexes import GSI2
from design.actor import Actor
from design.pages import LIST_PAGE, TIMELINE_PAGE, merged, size
from design.units import Call, Stored, get, query, transact, write


def _run(a: Actor, run_id: int) -> list[Stored]:
    return [
        Stored(keys.run_pk(run_id), size("run")),
        Stored(keys.user_runs_pk(a.user_id), size("user_run")),
        Stored(keys.user_problem_runs_pk(a.user_id, a.problem_id), size("user_problem_run")),
    ]


def _on_timeline(a: Actor, run_id: int) -> Stored:
    return Stored(keys.timeline_pk(run_id % a.shape.timeline_shards), size("run_image"), GSI2.name)


def create_private_run(a: Actor) -> list[Call]:
    """A run that only its user sees."""
    return [transact(*_run(a, a.new_id))]


def create_public_run(a: Actor) -> list[Call]:
    """A run that stands on the timeline at once."""
    return [transact(*_run(a, a.new_id), _on_timeline(a, a.new_id))]


def get_history(a: Actor) -> list[Call]:
    """One run with its code."""
    return [get(keys.run_pk(a.run_id), size("run"))]


def update_history(a: Actor) -> list[Call]:
    """A change that no list shows, such as hints."""
    read = get(keys.run_pk(a.run_id), size("run"), consistent=True)
    return [read, write("UpdateItem", Stored(keys.run_pk(a.run_id), size("run")))]


def set_visibility(a: Actor) -> list[Call]:
    """A run put on the timeline or taken off, by its owner."""
    read = get(keys.run_pk(a.run_id), size("run"), consistent=True)
    return [read, transact(*_run(a, a.run_id), _on_timeline(a, a.run_id))]


def delete_public_run(a: Actor) -> list[Call]:
    """A run with its places in the lists and on the timeline, and the sums that it may be in."""
    read = get(keys.run_pk(a.run_id), size("run"), consistent=True)
    sums = Stored(keys.progress_pk(a.user_id), size("progress"))
    return [read, transact(*_run(a, a.run_id), _on_timeline(a, a.run_id), sums)]


def list_user_history(a: Actor) -> list[Call]:
    """A page of a user's runs."""
    return merged([keys.user_runs_pk(a.user_id)], "user_run", LIST_PAGE)


def list_user_problem_history(a: Actor) -> list[Call]:
    """A user's runs of one problem."""
    # A person has few runs of one problem; five is typical.
    return [query(keys.user_problem_runs_pk(a.user_id, a.problem_id), 5 * size("user_problem_run"))]


def list_public_timeline(a: Actor) -> list[Call]:
    """A page of the timeline."""
    shards = [keys.timeline_pk(shard) for shard in range(a.shape.timeline_shards)]
    return merged(shards, "run_image", TIMELINE_PAGE, GSI2.name)


def check_rate_limit(a: Actor) -> list[Call]:
    """The day's ledger."""
    return [get(keys.usage_pk(a.user_id, a.action), size("usage_day"))]


def admit(a: Actor) -> list[Call]:
    """One use that is admitted, or given back: a change of the day's ledger."""
    return [write("UpdateItem", Stored(keys.usage_pk(a.user_id, a.action), size("usage_day")))]


def admit_apart(a: Actor) -> list[Call]:
    """One use under a limit that the ledger is too small for: its log and the count."""
    pk = keys.usage_pk(a.user_id, a.action)
    day = size("usage_day_apart")
    return [get(pk, day, consistent=True), transact(Stored(pk, size("usage_log")), Stored(pk, day))]


def get_usage(a: Actor) -> list[Call]:
    """A day's uses: those whose logs are items of their own, typically none, and the ledger."""
    pk = keys.usage_pk(a.user_id, a.action)
    return [query(pk, 0), query(pk, size("usage_day"))]
