"""Registers the legacy schema with Django under the label `legacy`."""

from django.apps import AppConfig


class LegacyConfig(AppConfig):
    """The app for the tables of the database alias `legacy`."""

    name = "legacy"
    label = "legacy"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Legacy MySQL schema"
