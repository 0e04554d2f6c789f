"""The addresses of the service."""

from __future__ import annotations

from django.urls import path

from api.health.views import index, live, ready

urlpatterns = [
    path("", index, name="index"),
    path("api/health/", live, name="health-live"),
    path("api/health/ready/", ready, name="health-ready"),
]
