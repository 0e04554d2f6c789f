"""The addresses of one's own account."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.account import leaving, overview, sessions

urlpatterns = [
    path("account/", overview.account, name="account"),
    path("account/export/", leaving.export, name="export"),
    path("account/delete/", leaving.delete_account, name="delete-account"),
    path("account/sessions/<id:session_id>/end/", sessions.end, name="end-session"),
]
