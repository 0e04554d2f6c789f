"""The repositories: the domain's records in and out of the table; keys and short names stay inside."""

from api.dynamodb.repositories.audit_repository import AuditRepository
from api.dynamodb.repositories.erasure_repository import ErasureRepository
from api.dynamodb.repositories.list_move_repository import ListMoveRepository
from api.dynamodb.repositories.opened_hint_repository import OpenedHintRepository
from api.dynamodb.repositories.plan_repository import PlanRepository
from api.dynamodb.repositories.practice_repository import PracticeRepository
from api.dynamodb.repositories.problem_repository import ProblemRepository
from api.dynamodb.repositories.progress_repository import ProgressRepository
from api.dynamodb.repositories.search_history_repository import SearchHistoryRepository
from api.dynamodb.repositories.session_repository import SessionRepository
from api.dynamodb.repositories.sign_in_guard_repository import SignInGuardRepository
from api.dynamodb.repositories.usage_log_repository import UsageLogRepository
from api.dynamodb.repositories.user_repository import UserRepository
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page

__all__ = [
    "AuditNote",
    "AuditRepository",
    "BaseRepository",
    "ErasureRepository",
    "ListMoveRepository",
    "OpenedHintRepository",
    "Page",
    "PlanRepository",
    "PracticeRepository",
    "ProblemRepository",
    "ProgressRepository",
    "SearchHistoryRepository",
    "SessionRepository",
    "SignInGuardRepository",
    "UsageLogRepository",
    "UserRepository",
]
