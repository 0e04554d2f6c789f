"""Queries for runs that a reader may see: their own and public ones; others count as missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.schema.records import Run, RunSummary, User
from api.dynamodb.table.cursor import Page
from api.http.errors import ApiError

MAX_FILTER = 100


class VisibleRun(NamedTuple):
    """A run, its author if there is one, and whether it is the reader's own."""

    run: Run
    author: User | None
    is_mine: bool


def my_run(user_id: int, history_id: int, *, consistent: bool = False) -> Run:
    """A run of one's own. Raises `ApiError`: 404, the same for another's run as for none. One GetItem."""
    run = repositories().history.get_history(history_id, consistent=consistent)
    if run is None or run["user_id"] != user_id:
        raise ApiError("run_not_found")
    return run


def my_runs(
    user_id: int,
    *,
    problem_id: int | None = None,
    platform: str | None = None,
    language: str | None = None,
    passed: bool | None = None,
    public: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[RunSummary]:
    """A user's runs that match every filter, newest first; empty filters are ignored.

    One Query: 0.5 RCU for each 4 KB, about 15 runs; a filtered page looks at no more than 500.
    """
    history = repositories().history
    if problem_id is None:
        return history.list_user_history(
            user_id, platform=platform or None, language=language or None, passed=passed, public=public,
            limit=limit, cursor=cursor,
        )  # fmt: skip
    return history.list_user_problem_history(
        user_id, problem_id, platform=platform or None, language=language or None, passed=passed, public=public,
        limit=limit, cursor=cursor,
    )  # fmt: skip


def visible_run(reader_id: int | None, history_id: int) -> VisibleRun:
    """A run that is the reader's own or public. Raises `ApiError`: 404. Two GetItems: 1 RCU, for long code more."""
    run = repositories().history.get_history(history_id)
    if run is None:
        raise ApiError("run_not_found")
    owner = run["user_id"]
    is_mine = owner is not None and owner == reader_id
    if not (is_mine or run["is_code_public"]):
        raise ApiError("run_not_found")
    return VisibleRun(run, None if owner is None else repositories().users.get_user(owner), is_mine)


def authors_of(runs: Iterable[RunSummary]) -> dict[int, User]:
    """The authors of runs, by id. One BatchGetItem: 0.5 RCU an author."""
    ids = dict.fromkeys(run["user_id"] for run in runs if run["user_id"] is not None)
    return repositories().users.get_users(ids)


class Timeline(NamedTuple):
    """A page of the public timeline with its authors, None where an account is gone."""

    page: Page[RunSummary]
    authors: dict[int, User]

    def author(self, run: RunSummary) -> User | None:
        """A run's author."""
        return None if run["user_id"] is None else self.authors.get(run["user_id"])


def timeline(
    *, platform: str | None = None, language: str | None = None, limit: int = 20, cursor: str | None = None
) -> Timeline:
    """Everyone's public runs, newest first.

    One Query (1 RCU a page of 20), and two BatchGetItems: 0.5 RCU an author, 0.5 RCU a run with results.
    """
    history = repositories().history
    page = history.list_public_timeline(
        platform=platform or None, language=language or None, limit=limit, cursor=cursor
    )
    return Timeline(Page(history.add_verdict_bases(page), page.cursor), authors_of(page))


def solutions(problem_id: int, *, limit: int = 20, cursor: str | None = None) -> Timeline:
    """Everyone's public runs that passed every case of a problem, newest first; for a problem that the reader may see.

    One Query (2.5 RCU a page of 20) and one BatchGetItem: 0.5 RCU an author.
    """
    page = repositories().history.list_solutions(problem_id, limit=limit, cursor=cursor)
    return Timeline(page, authors_of(page))
