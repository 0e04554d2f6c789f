"""URLs of public profiles."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.people import profile

urlpatterns = [path("people/<id:user_id>/", profile.person, name="person")]
