"""URLs of signing in and out."""

from __future__ import annotations

from django.urls import path

from web.sign_in import development, google, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/development/", development.sign_in, name="development-sign-in"),
    path("sign-in/development/open/", development.open_link, name="development-link"),
    path("sign-in/google/", google.google_sign_in, name="google-sign-in"),
    path("sign-in/google/callback/", google.google_callback, name="google-callback"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("sign-out/everywhere/", views.sign_out_everywhere, name="sign-out-everywhere"),
]
