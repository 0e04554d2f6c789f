"""The answers' forms, field for field those of the product as far as the legacy schema has them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from legacy.models import Problem, SearchHistory, User

HINT_STEPS = ("nudge", "approach", "outline")


class ProblemSerializer(serializers.ModelSerializer):
    """A problem without its hints and its solution; of those, what there is."""

    problem_id = serializers.IntegerField(source="id")
    problem_number = serializers.CharField(source="problem_id")
    hint_steps = serializers.SerializerMethodField()
    is_retired = serializers.BooleanField(source="is_deleted")

    class Meta:
        model = Problem
        fields = (
            "problem_id", "platform", "problem_number", "title", "url", "tags", "difficulty", "constraints",
            "time_limit", "memory_limit", "hint_steps", "is_retired", "created_at", "updated_at",
        )  # fmt: skip

    def get_hint_steps(self, problem: Problem) -> list[str]:
        """The names of the steps."""
        steps = list(HINT_STEPS[: len(problem.hints or ())])
        return [*steps, "solution"] if problem.solution_code else steps


SUMMARY = (
    "history_id", "problem_id", "platform", "problem_number", "problem_title", "language",
    "passed_count", "failed_count", "total_count", "is_code_public", "created_at",
)  # fmt: skip


class RunSummarySerializer(serializers.ModelSerializer):
    """A run as lists show it."""

    history_id = serializers.IntegerField(source="id")
    problem_id = serializers.IntegerField()

    class Meta:
        model = SearchHistory
        fields: tuple[str, ...] = SUMMARY


class AuthorSerializer(serializers.ModelSerializer):
    """Whose run it is."""

    class Meta:
        model = User
        fields = ("name", "picture")


class RunSerializer(RunSummarySerializer):
    """A run, whole."""

    author = AuthorSerializer(source="user")

    class Meta(RunSummarySerializer.Meta):
        fields = (*SUMMARY, "code", "result_summary", "test_results", "author", "hints")


class CaseResultSerializer(serializers.Serializer):
    """What a run did with one test case."""

    test_case_id = serializers.IntegerField(min_value=0)
    status = serializers.ChoiceField(choices=("AC", "WA", "TLE", "MLE", "RE", "CE"))


class NewRunSerializer(serializers.Serializer):
    """A run to record; the problem is looked up."""

    problem_id = serializers.PrimaryKeyRelatedField(
        source="problem",
        queryset=Problem.objects.filter(is_completed=True, is_deleted=False).only(
            "id", "platform", "problem_id", "title"
        ),
    )
    language = serializers.CharField(max_length=50)
    code = serializers.CharField(max_length=256_000, trim_whitespace=False)
    results = CaseResultSerializer(many=True)
    is_code_public = serializers.BooleanField(default=False)

    def create(self, validated_data: dict[str, Any]) -> SearchHistory:
        """Stores the run with its counts."""
        problem: Problem = validated_data.pop("problem")
        results = validated_data.pop("results")
        passed = sum(result["status"] == "AC" for result in results)
        return SearchHistory.objects.create(
            **validated_data,
            problem=problem,
            platform=problem.platform,
            problem_number=problem.problem_id,
            problem_title=problem.title,
            passed_count=passed,
            failed_count=len(results) - passed,
            total_count=len(results),
            result_summary=f"{'Accepted' if passed == len(results) else 'Wrong answer'} ({passed}/{len(results)})",
            test_results=results,
        )
