"""The one place where the service's repositories are put together."""

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


def _make() -> Repositories:
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


# The last ones made, and the settings they were made for: there is one value of those until it is read anew.
_made: tuple[Environment, Repositories] | None = None


def repositories() -> Repositories:
    """The process's repositories; no call is made. Raises `AccessDenied` without credentials."""
    global _made
    settings = environment()
    made = _made
    if made is None or made[0] is not settings:
        made = _made = settings, _make()
    return made[1]


def forget() -> None:
    """Drops them, after the credentials changed."""
    global _made
    _made = None
