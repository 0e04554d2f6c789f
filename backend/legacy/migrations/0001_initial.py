"""The legacy schema of the old AlgoItny; columns are in the order of the MySQL tables."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def _to(model: str, column: str, related_name: str, nullable: bool = True) -> models.ForeignKey:  # type: ignore[type-arg]
    if nullable:
        return models.ForeignKey(
            blank=True,
            db_column=column,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name=related_name,
            to=model,
        )
    return models.ForeignKey(
        db_column=column, on_delete=django.db.models.deletion.CASCADE, related_name=related_name, to=model
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="SubscriptionPlan",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=64, unique=True)),
                ("max_hints_per_day", models.IntegerField()),
                ("max_executions_per_day", models.IntegerField()),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"db_table": "subscription_plans"},
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("email", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ("name", models.CharField(blank=True, max_length=255, null=True)),
                ("picture", models.CharField(blank=True, max_length=1024, null=True)),
                ("google_id", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ("subscription_plan", _to("legacy.subscriptionplan", "subscription_plan_id", "users")),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_login", models.DateTimeField(blank=True, null=True)),
            ],
            options={"db_table": "users"},
        ),
        migrations.CreateModel(
            name="Problem",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("platform", models.CharField(max_length=50)),
                ("problem_id", models.CharField(max_length=100)),
                ("title", models.CharField(max_length=500)),
                ("url", models.CharField(max_length=1000)),
                ("tags", models.JSONField(default=list)),
                ("difficulty", models.CharField(blank=True, max_length=50, null=True)),
                ("language", models.CharField(blank=True, max_length=50, null=True)),
                ("solution_code", models.TextField(blank=True, null=True)),
                ("constraints", models.TextField(blank=True, null=True)),
                ("hints", models.JSONField(blank=True, null=True)),
                ("time_limit", models.FloatField(blank=True, help_text="seconds", null=True)),
                ("memory_limit", models.IntegerField(blank=True, help_text="megabytes", null=True)),
                ("is_completed", models.BooleanField(default=False)),
                ("is_deleted", models.BooleanField(default=False)),
                ("metadata", models.JSONField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "problems",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "problem_id"), name="problems_platform_problem_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TestCase",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("problem", _to("legacy.problem", "problem_id", "test_cases", nullable=False)),
                ("input", models.TextField()),
                ("output", models.TextField()),
                ("is_sample", models.BooleanField(default=False)),
                ("position", models.IntegerField()),
            ],
            options={"db_table": "test_cases"},
        ),
        migrations.CreateModel(
            name="SearchHistory",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("user", _to("legacy.user", "user_id", "history")),
                ("problem", _to("legacy.problem", "problem_id", "history")),
                ("platform", models.CharField(max_length=50)),
                ("problem_number", models.CharField(max_length=100)),
                ("problem_title", models.CharField(max_length=500)),
                ("language", models.CharField(max_length=50)),
                ("code", models.TextField()),
                ("result_summary", models.TextField(blank=True, null=True)),
                ("passed_count", models.IntegerField(default=0)),
                ("failed_count", models.IntegerField(default=0)),
                ("total_count", models.IntegerField(default=0)),
                ("is_code_public", models.BooleanField(default=False)),
                ("test_results", models.JSONField(blank=True, null=True)),
                ("hints", models.JSONField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "search_history",
                "indexes": [
                    models.Index(fields=["user", "created_at"], name="history_user_created"),
                    models.Index(fields=["is_code_public", "created_at"], name="history_public_created"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageLog",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("user", _to("legacy.user", "user_id", "usage_logs", nullable=False)),
                (
                    "action",
                    models.CharField(choices=[("hint", "Hint"), ("execution", "Execution")], max_length=20),
                ),
                ("problem", _to("legacy.problem", "problem_id", "usage_logs")),
                ("metadata", models.JSONField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "usage_logs",
                "indexes": [
                    models.Index(fields=["user", "action", "created_at"], name="usage_user_action_created")
                ],
            },
        ),
    )
