"""The addresses of signing in and out."""

from __future__ import annotations

from django.urls import path

from web.sign_in import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
]
