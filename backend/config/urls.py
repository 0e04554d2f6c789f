"""The addresses of the service: the API, and the pages."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from api.ninja_api import api

urlpatterns = [
    path("api/", RedirectView.as_view(url="/api/docs")),
    path("api/docs/", RedirectView.as_view(url="/api/docs")),
    path("api/", api.urls),
    path("", include("web.urls")),
]
