"""URLs of the account pages."""

from __future__ import annotations

from django.urls import path

import web.converters  # noqa: F401 (registers `id`)
from web.account import overview, personal_data, personal_tokens, public_profile, sessions, time_zone

urlpatterns = [
    path("account/", overview.account, name="account"),
    path("account/public-profile/", public_profile.show, name="public-profile"),
    path("account/time-zone/", time_zone.time_zone, name="time-zone"),
    path("account/export/", personal_data.export, name="export"),
    path("account/delete/", personal_data.delete_account, name="delete-account"),
    path("account/tokens/", personal_tokens.create, name="create-token"),
    path("account/tokens/<id:token_id>/revoke/", personal_tokens.revoke, name="revoke-token"),
    path("account/sessions/<id:session_id>/end/", sessions.end, name="end-session"),
]
