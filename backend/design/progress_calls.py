"""The calls that repositories make for progress and for deleting an account; see `account_calls` for the form."""

from __future__ import annotations

from api.dynamodb import keys
from api.dynamodb.indexes import GSI1, GSI2
from design.actor import Actor
from design.pages import LIST_PAGE, size
from design.sign_in_calls import SESSIONS
from design.units import Call, Stored, batch_get, get, query, transact, write

# Stored sums are renewed by every fiftieth run, so that half of that many come after them.
RUNS_SINCE = 25
_FILTERED_READ = 64


def _sums(a: Actor) -> Stored:
    return Stored(keys.progress_pk(a.user_id), size("progress"))


def _read(a: Actor, runs: int, *, consistent: bool) -> list[Call]:
    sums = get(keys.progress_pk(a.user_id), size("progress"), consistent=consistent)
    since = query(keys.user_runs_pk(a.user_id), runs * size("user_run"), consistent=consistent)
    return [sums, since]


def get_progress(a: Actor) -> list[Call]:
    """Stored sums and the runs that came after."""
    return _read(a, RUNS_SINCE, consistent=True)


def store_progress(a: Actor) -> list[Call]:
    """The same when fifty runs came after."""
    user = Stored(keys.user_pk(a.user_id), size("user"))
    return [*_read(a, 2 * RUNS_SINCE, consistent=True), transact(_sums(a), user)]


def solved_ids(a: Actor) -> list[Call]:
    """The same for marks on a list, a moment behind."""
    return _read(a, RUNS_SINCE, consistent=False)


def list_filtered_history(a: Actor) -> list[Call]:
    """A page of a user's runs that match, found among the first that are read."""
    return [query(keys.user_runs_pk(a.user_id), _FILTERED_READ * size("user_run"))]


def get_histories(a: Actor) -> list[Call]:
    """Ten runs by id."""
    return [batch_get(Stored(keys.run_pk(a.run_id + n), size("run")) for n in range(10))]


def get_daily_counts(a: Actor) -> list[Call]:
    """The days of three months, a third of them with uses."""
    return [query(keys.usage_pk(a.user_id, a.action), 30 * size("usage_day"))]


def _note(a: Actor) -> Stored:
    return Stored(keys.ERASURES, size("erasure"))


def _guards(a: Actor) -> list[Stored]:
    return [
        Stored(keys.email_pk(a.email), size("email_guard")),
        Stored(keys.google_pk(a.google_id), size("google_guard")),
    ]


def begin_erasure(a: Actor) -> list[Call]:
    """An account is closed, its addresses are freed, its deletion is noted."""
    user, image = (
        Stored(keys.user_pk(a.user_id), size("user")),
        Stored(keys.email_pk(a.email), size("user_image"), GSI1.name),
    )
    read = get(keys.user_pk(a.user_id), size("user"), consistent=True)
    return [read, transact(user, image, *_guards(a), _note(a))]


def list_erasures(a: Actor) -> list[Call]:
    """The deletions under way, typically one."""
    return [query(keys.ERASURES, size("erasure"), consistent=True)]


def remains(a: Actor) -> list[Call]:
    """What is left of a user, counted."""
    sizes = {
        keys.user_runs_pk(a.user_id): LIST_PAGE * size("user_run"),
        keys.sessions_pk(a.user_id): SESSIONS * size("session"),
        **{keys.usage_pk(a.user_id, action): 30 * size("usage_day") for action in ("hint", "execution")},
    }
    return [query(pk, held, consistent=True) for pk, held in sizes.items()]


def _sweep(a: Actor, run: list[Call], lists: list[Call]) -> list[Call]:
    """A sweep of a user who left one run and nothing else: what is asked for on both sides of the run."""
    runs = keys.user_runs_pk(a.user_id)
    usage = [query(keys.usage_pk(a.user_id, action), 0, consistent=True) for action in ("hint", "execution")]
    return [
        query(keys.sessions_pk(a.user_id), 0, consistent=True),
        query(runs, size("user_run"), consistent=True), *run, *lists,
        query(runs, 0, consistent=True), *usage, write("DeleteItem", _sums(a)),
    ]  # fmt: skip


def _places(a: Actor) -> list[Stored]:
    return [
        Stored(keys.user_problem_runs_pk(a.user_id, a.problem_id), size("user_problem_run")),
        Stored(keys.user_runs_pk(a.user_id), size("user_run")),
    ]


def sweep_private_run(a: Actor) -> list[Call]:
    """A private run goes, then its places in the user's lists."""
    gone = write("DeleteItem", Stored(keys.run_pk(a.run_id), size("run")))
    return _sweep(a, [gone], [write("BatchWriteItem", place) for place in _places(a)])


def sweep_public_run(a: Actor) -> list[Call]:
    """A public run becomes nobody's; that its places are gone is made sure of."""
    run = Stored(keys.run_pk(a.run_id), size("run"))
    image = Stored(keys.timeline_pk(a.run_id % a.shape.timeline_shards), size("run_image"), GSI2.name)
    release = [
        get(run.pk, run.size, consistent=True), query(keys.parts_pk(run.pk), 0, consistent=True),
        transact(run, image, *_places(a), _sums(a)),
    ]  # fmt: skip
    return _sweep(a, release, [write("BatchWriteItem", place._replace(size=0)) for place in _places(a)])


def finish_erasure(a: Actor) -> list[Call]:
    """The record of a closed account goes, with its place in the list and the note."""
    place = Stored(keys.user_list_pk(a.user_id % keys.USER_LIST_SHARDS), size("user_entry"))
    read = get(keys.user_pk(a.user_id), size("user"), consistent=True)
    return [read, transact(Stored(keys.user_pk(a.user_id), size("user")), place, _note(a))]
