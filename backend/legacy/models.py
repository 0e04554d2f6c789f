"""Django models of the six MySQL tables of the old AlgoItny; the service does not use them.

The migration tools read these tables with SQL of their own. A field has the name of its
column; a foreign key's column ends in `_id` and is spelled out. Times are `datetime(6)` in UTC.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class SubscriptionPlan(models.Model):
    """The daily limits of a subscription."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=64, unique=True)
    max_hints_per_day = models.IntegerField()
    max_executions_per_day = models.IntegerField()
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "legacy"
        db_table = "subscription_plans"

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """A person who signed in; e-mail and Google account are unique where they are set."""

    id = models.BigAutoField(primary_key=True)
    email = models.CharField(max_length=255, null=True, blank=True, unique=True)
    name = models.CharField(max_length=255, null=True, blank=True)
    picture = models.CharField(max_length=1024, null=True, blank=True)
    google_id = models.CharField(max_length=255, null=True, blank=True, unique=True)
    subscription_plan = models.ForeignKey(
        SubscriptionPlan,
        on_delete=models.SET_NULL,
        db_column="subscription_plan_id",
        related_name="users",
        null=True,
        blank=True,
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    last_login = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "legacy"
        db_table = "users"

    def __str__(self) -> str:
        return self.email or f"user {self.pk}"


class Problem(models.Model):
    """A problem of a platform; `problem_id` is the platform's number or slug."""

    id = models.BigAutoField(primary_key=True)
    platform = models.CharField(max_length=50)
    problem_id = models.CharField(max_length=100)
    title = models.CharField(max_length=500)
    url = models.CharField(max_length=1000)
    tags = models.JSONField(default=list)
    difficulty = models.CharField(max_length=50, null=True, blank=True)
    language = models.CharField(max_length=50, null=True, blank=True)
    solution_code = models.TextField(null=True, blank=True)
    constraints = models.TextField(null=True, blank=True)
    hints = models.JSONField(null=True, blank=True)
    time_limit = models.FloatField(null=True, blank=True, help_text="seconds")
    memory_limit = models.IntegerField(null=True, blank=True, help_text="megabytes")
    is_completed = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    metadata = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "legacy"
        db_table = "problems"
        constraints = (
            models.UniqueConstraint(fields=["platform", "problem_id"], name="problems_platform_problem_id"),
        )

    def __str__(self) -> str:
        return f"{self.platform} {self.problem_id}"


class TestCase(models.Model):
    """One input of a problem and its expected output."""

    __test__ = False  # not a test class; pytest must not collect it

    id = models.BigAutoField(primary_key=True)
    problem = models.ForeignKey(
        Problem, on_delete=models.CASCADE, db_column="problem_id", related_name="test_cases"
    )
    input = models.TextField()
    output = models.TextField()
    is_sample = models.BooleanField(default=False)
    position = models.IntegerField()

    class Meta:
        app_label = "legacy"
        db_table = "test_cases"

    def __str__(self) -> str:
        return f"test case {self.position} of problem {self.problem_id}"


class SearchHistory(models.Model):
    """One run of a user's code, with copies of the problem's number and title at the time."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, db_column="user_id", related_name="history", null=True, blank=True
    )
    problem = models.ForeignKey(
        Problem,
        on_delete=models.SET_NULL,
        db_column="problem_id",
        related_name="history",
        null=True,
        blank=True,
    )
    platform = models.CharField(max_length=50)
    problem_number = models.CharField(max_length=100)
    problem_title = models.CharField(max_length=500)
    language = models.CharField(max_length=50)
    code = models.TextField()
    result_summary = models.TextField(null=True, blank=True)
    passed_count = models.IntegerField(default=0)
    failed_count = models.IntegerField(default=0)
    total_count = models.IntegerField(default=0)
    is_code_public = models.BooleanField(default=False)
    test_results = models.JSONField(null=True, blank=True)
    hints = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "legacy"
        db_table = "search_history"
        indexes = (
            models.Index(fields=["user", "created_at"], name="history_user_created"),
            models.Index(fields=["is_code_public", "created_at"], name="history_public_created"),
        )

    def __str__(self) -> str:
        return f"run {self.pk} of {self.platform} {self.problem_number}"


class UsageLog(models.Model):
    """One hint or one execution that counts against a user's daily limit."""

    class Action(models.TextChoices):
        HINT = "hint"
        EXECUTION = "execution"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_column="user_id", related_name="usage_logs")
    action = models.CharField(max_length=20, choices=Action.choices)
    problem = models.ForeignKey(
        Problem,
        on_delete=models.SET_NULL,
        db_column="problem_id",
        related_name="usage_logs",
        null=True,
        blank=True,
    )
    metadata = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "legacy"
        db_table = "usage_logs"
        indexes = (models.Index(fields=["user", "action", "created_at"], name="usage_user_action_created"),)

    def __str__(self) -> str:
        return f"{self.action} by user {self.user_id}"
