"""The service as a system whose read paths are rolled out, with reads to compare their strategies by."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from api.dynamodb.metering import meter
from api.dynamodb.repositories import ProblemRepository, SearchHistoryRepository, UserRepository
from api.dynamodb.schema.records import User
from api.dynamodb.table.cursor import Page
from api.dynamodb.table.read_paths import (
    IN_MEMORY,
    MY_RUNS,
    PATHS,
    PROBLEMS,
    SIGN_IN,
    STAFF_DRAFTS,
    STAFF_USERS,
    ReadPath,
    Reads,
    Strategy,
)
from config.environment import environment
from rollout.service_flags import FLAGS
from rollout.system import Sample, System

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

R = TypeVar("R")
_PAGE = 20
_LOAD_SECONDS = 30.0


class _Always(Reads):
    """Reads one path by one strategy."""

    def __init__(self, path: ReadPath, strategy: Strategy) -> None:
        self._path, self._strategy = path, strategy

    def choose(self, path: ReadPath, unit: str) -> Strategy:
        """The strategy, the default on other paths."""
        return self._strategy if path is self._path else path.default


def _measured(read: Callable[[], Any]) -> tuple[Any, int, float]:
    with meter.recording() as calls:
        result = read()
    return result, calls.items, calls.read_units


def _sample(
    path: ReadPath, description: str, repositories: Mapping[str, R], read: Callable[[R], Any]
) -> Sample:
    def by(repository: R) -> Callable[[], tuple[Any, int, float]]:
        return lambda: _measured(lambda: read(repository))

    return Sample(path.name, description, {name: by(repository) for name, repository in repositories.items()})


def _pages(list_page: Callable[[str | None], Page[Any]]) -> Iterator[str | None]:
    """The cursors of a list's pages."""
    cursor: str | None = None
    while True:
        yield cursor
        cursor = list_page(cursor).cursor
        if cursor is None:
            return


def _users(number: int) -> list[User]:
    """Up to so many of the newest users."""
    users, newest = UserRepository(), list[User]()
    cursor: str | None = None
    while len(newest) < number:
        page = users.list_users(limit=100, cursor=cursor)
        newest += page.items
        cursor = page.cursor
        if cursor is None:
            break
    return newest[:number]


def _repositories(path: ReadPath, build: Callable[[Reads], R]) -> dict[str, R]:
    return {strategy.name: build(_Always(path, strategy)) for strategy in path.strategies}


def _sign_in(number: int) -> Iterator[Sample]:
    repositories = _repositories(SIGN_IN, lambda reads: UserRepository(reads=reads))
    for user in _users(number):
        if email := user["email"]:
            description = f"user {user['user_id']}"
            yield _sample(
                SIGN_IN, description, repositories, partial(UserRepository.get_user_for_sign_in, email=email)
            )


def _staff_users(number: int) -> Iterator[Sample]:
    repositories = _repositories(STAFF_USERS, lambda reads: UserRepository(reads=reads))
    first = next(iter(repositories.values()))
    cursors = islice(_pages(lambda cursor: first.list_users(limit=_PAGE, cursor=cursor)), number)
    for page, cursor in enumerate(cursors, 1):
        yield _sample(
            STAFF_USERS,
            f"page {page}",
            repositories,
            partial(UserRepository.list_users, limit=_PAGE, cursor=cursor),
        )


def _problem_lists(path: ReadPath, number: int) -> Iterator[Sample]:
    most, drafts = environment().catalogue_problems, path is STAFF_DRAFTS
    repositories = _repositories(path, lambda reads: ProblemRepository(reads=reads, catalogue=most))
    if IN_MEMORY.name in repositories:
        _wait_for_catalogue(repositories[IN_MEMORY.name])

    def listed(problems: ProblemRepository, cursor: str | None) -> Page[Any]:
        return problems.list_problems(drafts=drafts, limit=_PAGE, cursor=cursor)

    first = next(iter(repositories.values()))
    for page, cursor in enumerate(islice(_pages(lambda cursor: listed(first, cursor)), number), 1):
        yield _sample(path, f"page {page}", repositories, partial(listed, cursor=cursor))


def _wait_for_catalogue(problems: ProblemRepository) -> None:
    """Lists until the process answers from memory; an empty or too long list is never held there."""
    until = time.monotonic() + _LOAD_SECONDS
    while time.monotonic() < until:
        with meter.recording() as calls:
            page = problems.list_problems(limit=1)
        if not page.items or all(call.entity != "problem_entry" for call in calls.calls):
            return
        time.sleep(0.1)


def _my_runs(number: int) -> Iterator[Sample]:
    repositories = _repositories(MY_RUNS, lambda reads: SearchHistoryRepository(reads=reads))
    for user in _users(number):
        user_id = user["user_id"]
        yield _sample(
            MY_RUNS, f"user {user_id}", repositories,
            partial(SearchHistoryRepository.list_user_history, user_id=user_id, limit=_PAGE),
        )  # fmt: skip


_SAMPLES: dict[str, Callable[[int], Iterator[Sample]]] = {
    SIGN_IN.name: _sign_in,
    STAFF_USERS.name: _staff_users,
    STAFF_DRAFTS.name: lambda number: _problem_lists(STAFF_DRAFTS, number),
    MY_RUNS.name: _my_runs,
    PROBLEMS.name: lambda number: _problem_lists(PROBLEMS, number),
}


def samples(client: BotoClient, env: str, paths: tuple[str, ...], number: int) -> Iterator[Sample]:
    """Up to `number` reads of each path, of the newest users and the first pages of lists in the configured table."""
    for path in paths:
        yield from _SAMPLES[path](number)


SYSTEM = System(
    "service", FLAGS, lambda env: environment().table_name, samples,
    tuple(path.name for path in PATHS if path.strategies[1:]),
)  # fmt: skip
