"""The addresses of problems."""

from __future__ import annotations

from django.urls import path

from web.problems import views

urlpatterns = [
    path("", views.problems, name="problems"),
]
