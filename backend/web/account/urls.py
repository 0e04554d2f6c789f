"""The addresses of one's own account."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.account import overview, sessions

urlpatterns = [
    path("account/", overview.account, name="account"),
    path("account/sessions/<id:session_id>/end/", sessions.end, name="end-session"),
]
