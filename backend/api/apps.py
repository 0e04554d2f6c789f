"""The API as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries


class ApiConfig(AppConfig):
    """The API."""

    name = "api"

    def ready(self) -> None:
        """Registers the system checks, and takes off each request what Django does for a database and a cache."""
        import api.checks  # noqa: F401
        from api.composition import answered

        # The service has neither; commands that use the source of the move are no requests.
        request_started.disconnect(reset_queries)
        for receiver in (close_old_connections, close_caches):
            request_started.disconnect(receiver)
            request_finished.disconnect(receiver)
        request_finished.connect(answered)
