"""The API as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The API."""

    name = "api"

    def ready(self) -> None:
        """Registers the system checks."""
        import api.checks  # noqa: F401
