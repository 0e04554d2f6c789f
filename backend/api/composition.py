"""The composition root: creates the service's repositories."""

from __future__ import annotations

from dataclasses import dataclass

from api.dynamodb.repositories import (
    AuditRepository,
    ErasureRepository,
    OpenedHintRepository,
    PlanRepository,
    PracticeRepository,
    ProblemRepository,
    ProgressRepository,
    SearchHistoryRepository,
    SessionRepository,
    SignInGuardRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table.read_paths import Reads
from config.environment import Environment, environment
from rollout.process import flag_overrides, reads_of_process


@dataclass(frozen=True)
class Repositories:
    """The repositories of the configured table, and what chooses their strategies. Safe to share between threads."""

    users: UserRepository
    plans: PlanRepository
    problems: ProblemRepository
    history: SearchHistoryRepository
    usage: UsageLogRepository
    progress: ProgressRepository
    practice: PracticeRepository
    sessions: SessionRepository
    sign_in_guards: SignInGuardRepository
    audit: AuditRepository
    erasures: ErasureRepository
    opened_hints: OpenedHintRepository
    reads: Reads


def _new_repositories() -> Repositories:
    settings = environment()
    reads = reads_of_process(settings)
    return Repositories(
        users=UserRepository(reads=reads),
        plans=PlanRepository(),
        problems=ProblemRepository(catalogue=settings.catalogue_problems, reads=reads),
        history=SearchHistoryRepository(reads=reads),
        usage=UsageLogRepository(),
        progress=ProgressRepository(),
        practice=PracticeRepository(),
        sessions=SessionRepository(),
        sign_in_guards=SignInGuardRepository(),
        audit=AuditRepository(),
        erasures=ErasureRepository(),
        opened_hints=OpenedHintRepository(),
        reads=reads,
    )


# The latest repositories, and the settings for which they were created.
_cached: tuple[Environment, Repositories] | None = None


def repositories() -> Repositories:
    """The process's repositories. No call. Raises `AccessDenied` without credentials."""
    global _cached
    settings = environment()
    cached = _cached
    if cached is None or cached[0] is not settings:
        cached = _cached = settings, _new_repositories()
    return cached[1]


def check_overrides() -> None:
    """Raises `ConfigurationError` for an override of a read path that there is not. No call."""
    flag_overrides(environment())


def answered(**_: object) -> None:
    """A request has its answer: a receiver of Django's `request_finished`. No call."""
    if _cached is not None:
        _cached[1].reads.answered()


def forget() -> None:
    """Drops the repositories, for when the credentials have changed."""
    global _cached
    _cached = None
