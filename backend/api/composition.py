"""The one place where the service's repositories are put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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
    """Every repository of the configured table; safe to share between threads."""

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


@lru_cache(maxsize=4)
def _made(_settings: Environment) -> Repositories:
    return Repositories(
        users=UserRepository(),
        plans=PlanRepository(),
        problems=ProblemRepository(),
        history=SearchHistoryRepository(),
        usage=UsageLogRepository(),
        progress=ProgressRepository(),
        sessions=SessionRepository(),
        sign_in_guards=SignInGuardRepository(),
        audit=AuditRepository(),
        erasures=ErasureRepository(),
    )


def repositories() -> Repositories:
    """The process's repositories; no call is made. Raises `AccessDenied` without credentials."""
    return _made(environment())


def forget() -> None:
    """Drops them, after the settings or the credentials changed."""
    _made.cache_clear()
