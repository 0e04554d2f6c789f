"""URLs of the run pages."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.runs import actions, detail, listing, recording, solutions

urlpatterns = [
    path("problems/<id:problem_id>/record/", recording.record, name="record-run"),
    path("problems/<id:problem_id>/solutions/", solutions.solutions_page, name="solutions"),
    path("runs/", listing.my_runs_page, name="my-runs"),
    path("runs/<id:history_id>/", detail.run_page, name="run"),
    path("runs/<id:history_id>/visibility/", actions.visibility, name="run-visibility"),
    path("runs/<id:history_id>/delete/", actions.delete_run, name="delete-run"),
    path("timeline/", listing.timeline_page, name="timeline"),
]
