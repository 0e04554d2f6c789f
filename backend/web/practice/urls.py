"""URLs of home, bookmarks, reviews and notes."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.practice import actions, home, notes

urlpatterns = [
    path("home/", home.home, name="home"),
    path("notes/", notes.my_notes, name="my-notes"),
    path("problems/<id:problem_id>/bookmark/", actions.bookmark, name="bookmark"),
    path("problems/<id:problem_id>/reviewed/", actions.reviewed, name="reviewed"),
    path("problems/<id:problem_id>/note/", notes.note, name="note"),
]
