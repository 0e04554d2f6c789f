"""A problem, my runs, recording a run."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import generics, status
from rest_framework.response import Response

from benchmarks.peers.drf_service.limits import use_execution
from benchmarks.peers.drf_service.serializers import (
    NewRunSerializer,
    ProblemSerializer,
    RunSerializer,
    RunSummarySerializer,
)
from legacy.models import Problem, SearchHistory


class ProblemView(generics.RetrieveAPIView):
    """`GET /api/problems/ID/`."""

    serializer_class = ProblemSerializer
    queryset = Problem.objects.filter(is_completed=True).defer("language", "metadata")


class RunsView(generics.ListCreateAPIView):
    """`GET /api/history/` and `POST /api/history/`."""

    def get_serializer_class(self) -> Any:
        """Lists show runs without their code."""
        return RunSummarySerializer if self.request.method == "GET" else NewRunSerializer

    def get_queryset(self) -> QuerySet[SearchHistory]:
        """My runs."""
        return SearchHistory.objects.filter(user=self.request.user).defer(
            "code", "result_summary", "test_results", "hints"
        )

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Records a run, which costs one execution."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        use_execution(request.user, serializer.validated_data["problem"])
        run = serializer.save(user=request.user)
        document = RunSerializer(run, context=self.get_serializer_context()).data
        return Response(
            document, status=status.HTTP_201_CREATED, headers={"Location": f"{request.path}{run.pk}/"}
        )
