"""The addresses, those of the product."""

from __future__ import annotations

from django.urls import path

from benchmarks.peers.drf_service.views import ProblemView, RunsView

urlpatterns = [
    path("api/problems/<int:pk>/", ProblemView.as_view()),
    path("api/history/", RunsView.as_view()),
]
