"""The addresses of the service: the API, and the pages."""

from __future__ import annotations

from django.urls import include, path

from api.service import api

urlpatterns = [
    path("api/", api.urls),
    path("", include("web.urls")),
]
