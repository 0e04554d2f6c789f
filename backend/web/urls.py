"""URLs of the pages, one line for each area."""

from __future__ import annotations

from django.urls import include, path

from web import crawlers

urlpatterns = [
    path("robots.txt", crawlers.robots, name="robots"),
    path("", include("web.preferences.urls")),
    path("", include("web.practice.urls")),
    path("", include("web.problems.urls")),
    path("", include("web.sign_in.urls")),
    path("", include("web.runs.urls")),
    path("", include("web.runner.urls")),
    path("", include("web.hints.urls")),
    path("", include("web.account.urls")),
    path("", include("web.people.urls")),
    path("", include("web.staff.urls")),
]
