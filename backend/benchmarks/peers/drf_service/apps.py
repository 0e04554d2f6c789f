"""Registers the ordinary service's own models with Django."""

from django.apps import AppConfig


class OrdinaryServiceConfig(AppConfig):
    """The app that serves the measured endpoints."""

    name = "benchmarks.peers.drf_service"
    label = "ordinary"
