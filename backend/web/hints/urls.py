"""URLs of the hints pages."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.hints import views

urlpatterns = [
    path("runs/<id:history_id>/hints/", views.hints, name="hints"),
    path("problems/<id:problem_id>/hints/", views.problem_hints, name="problem-hints"),
]
