"""URLs of the preference forms."""

from __future__ import annotations

from django.urls import path

from web.preferences import views

urlpatterns = [
    path("language/", views.language, name="language"),
    path("spoilers/", views.spoilers, name="spoilers"),
    path("theme/", views.theme, name="theme"),
]
