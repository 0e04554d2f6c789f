"""The composition root: creates the service's repositories."""

from __future__ import annotations

from dataclasses import dataclass

from api.dynamodb.repositories import (
    AuditRepository,
    ErasureRepository,
    PlanRepository,
    ProblemRepository,
    ProgressRepository,
    SearchHistoryRepository,
    SessionRepository,
    SignInGuardRepository,
    UsageLogRepository,
    UserRepository,
)
from config.environment import Environment, environment


@dataclass(frozen=True)
class Repositories:
    """The repositories of the configured table. Safe to share between threads."""

    users: UserRepository
    plans: PlanRepository
    problems: ProblemRepository
    history: SearchHistoryRepository
    usage: UsageLogRepository
    progress: ProgressRepository
    sessions: SessionRepository
    sign_in_guards: SignInGuardRepository
    audit: AuditRepository
    erasures: ErasureRepository


def _new_repositories() -> Repositories:
    return Repositories(
        users=UserRepository(),
        plans=PlanRepository(),
        problems=ProblemRepository(catalogue=environment().catalogue_problems),
        history=SearchHistoryRepository(),
        usage=UsageLogRepository(),
        progress=ProgressRepository(),
        sessions=SessionRepository(),
        sign_in_guards=SignInGuardRepository(),
        audit=AuditRepository(),
        erasures=ErasureRepository(),
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


def forget() -> None:
    """Drops the repositories, for when the credentials have changed."""
    global _cached
    _cached = None
