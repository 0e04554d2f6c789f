"""The repositories: the domain's records in and out of the table; keys and short names stay inside."""

from api.dynamodb.cursor import Page
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.plan_repository import PlanRepository
from api.dynamodb.repositories.problem_repository import ProblemRepository
from api.dynamodb.repositories.progress_repository import ProgressRepository
from api.dynamodb.repositories.search_history_repository import SearchHistoryRepository
from api.dynamodb.repositories.usage_log_repository import UsageLogRepository
from api.dynamodb.repositories.user_repository import UserRepository

__all__ = [
    "BaseRepository",
    "Page",
    "PlanRepository",
    "ProblemRepository",
    "ProgressRepository",
    "SearchHistoryRepository",
    "UsageLogRepository",
    "UserRepository",
]
