"""The addresses of runs."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.runs import changing, listing, recording, showing

urlpatterns = [
    path("problems/<id:problem_id>/record/", recording.record, name="record-run"),
    path("runs/", listing.my_runs_page, name="my-runs"),
    path("runs/<id:history_id>/", showing.run_page, name="run"),
    path("runs/<id:history_id>/visibility/", changing.visibility, name="run-visibility"),
    path("runs/<id:history_id>/delete/", changing.delete_run, name="delete-run"),
    path("timeline/", listing.timeline_page, name="timeline"),
]
