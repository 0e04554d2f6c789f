"""How often somebody may do something a day: today's rows are counted, and one is added."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import Throttled

from benchmarks.peers.drf_service.models import Account
from legacy.models import Problem, UsageLog

DAYS = ZoneInfo("Asia/Seoul")  # they end at midnight there


@transaction.atomic
def use_execution(user: Account, problem: Problem) -> None:
    """Counts a use of the user's day and logs it. Raises `Throttled` at the plan's limit.

    Two requests at once may both pass the last place: nothing is locked, as in the code that it stands for.
    """
    now = timezone.localtime(timezone=DAYS)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    plan = user.subscription_plan
    limit = plan.max_executions_per_day if plan is not None else 50
    action = UsageLog.Action.EXECUTION
    if UsageLog.objects.filter(user=user, action=action, created_at__gte=today).count() >= limit:
        raise Throttled(wait=(today + timedelta(days=1) - now).total_seconds())
    UsageLog.objects.create(user=user, action=action, problem=problem)
