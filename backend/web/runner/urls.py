"""URLs of running code in the browser."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.runner import cases, frame, recording

urlpatterns = [
    path("runner/", frame.frame, name="runner"),
    path("problems/<id:problem_id>/run-cases/", cases.run_cases, name="run-cases"),
    path("problems/<id:problem_id>/runs/", recording.record, name="record-from-browser"),
]
