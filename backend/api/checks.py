"""Misconfiguration that would make sign-in fail or unsafe, as Django's system checks.

Errors keep the service from starting (`config.wsgi`); warnings are for `manage.py check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from api.composition import check_overrides
from config.environment import GOOGLE_CERTIFICATES_URL, LOOPBACK_NAMES
from config.secret_key import LEAST_CHARACTERS
from config.setting_values import ConfigurationError

_LEAST_DISTINCT = 5
_LOOPBACK_HOSTS = {*LOOPBACK_NAMES, "[::1]", ".localhost"}
Apps = Sequence[AppConfig] | None


@register(Tags.security)
def google_client(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Without a client id nobody can sign in, outside of development."""
    if settings.DEBUG or settings.GOOGLE_CLIENT_IDS:
        return []
    return [
        Error(
            "GOOGLE_CLIENT_ID is not set, so nobody can sign in",
            hint="set it to the client id of console.cloud.google.com/apis/credentials",
            id="algoitny.E001",
        )
    ]


@register(Tags.security)
def google_certificates(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Whoever serves the certificates decides who is signed in as whom."""
    if settings.DEBUG or settings.GOOGLE_CERTIFICATES_URL == GOOGLE_CERTIFICATES_URL:
        return []
    return [
        Error(
            "GOOGLE_CERTIFICATES_URL is not Google's, so others decide who is signed in",
            hint="unset it; only tests in development set it",
            id="algoitny.E002",
        )
    ]


@register(Tags.security)
def secret_keys(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Tokens and cookies are as safe as the keys that sign them."""
    if settings.DEBUG:
        return []
    named = [("DJANGO_SECRET_KEY", settings.SECRET_KEY)]
    named += [("DJANGO_SECRET_KEY_FALLBACKS", key) for key in settings.SECRET_KEY_FALLBACKS]
    return [
        Error(
            f"{name} has a key that can be guessed: too short, or too few different characters",
            hint='make one with: python -c "import secrets; print(secrets.token_urlsafe(50))"',
            id="algoitny.E003",
        )
        for name, key in named
        if len(key) < LEAST_CHARACTERS or len(set(key)) < _LEAST_DISTINCT or key.startswith("django-insecure")
    ]


@register(Tags.security)
def debug_in_public(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Debug is for one's own machine: its pages show code and settings."""
    strange = sorted(set(settings.ALLOWED_HOSTS) - _LOOPBACK_HOSTS)
    if not settings.DEBUG or not strange:
        return []
    return [
        Caution(
            f"DJANGO_DEBUG is on for {', '.join(strange)}: its error pages show code and settings",
            hint="set DJANGO_DEBUG=0, or DJANGO_ALLOWED_HOSTS to names of this machine alone",
            id="algoitny.W001",
        )
    ]


@register(Tags.security)
def visitors_addresses(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Behind a proxy that is not told of, all visitors have one address and share its limit."""
    if settings.DEBUG or settings.TRUSTED_PROXIES:
        return []
    if settings.TRUSTED_PROXIES is None:
        return [
            Error(
                "ALGOITNY_TRUSTED_PROXIES is not set, so all visitors behind the proxy would share one limit",
                hint="set it to the number of proxies that append to X-Forwarded-For, usually 1",
                id="algoitny.E004",
            )
        ]
    return [
        Caution(
            "ALGOITNY_TRUSTED_PROXIES is 0: behind the proxy that ends TLS all visitors share one limit of sign-ins",
            hint="set it to the number of proxies that append to X-Forwarded-For, usually 1",
            id="algoitny.W002",
        )
    ]


@register(Tags.security)
def any_host(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """A Host header that anybody may choose ends up in addresses that the service makes."""
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Caution(
            "DJANGO_ALLOWED_HOSTS accepts any name", hint="name the hosts of the service", id="algoitny.W003"
        )
    ]


@register(Tags.security)
def read_path_overrides(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """Who holds a process to a strategy has to know that it is the one."""
    try:
        check_overrides()
    except ConfigurationError as wrong:
        return [
            Error(str(wrong), hint="docs/rollout.md lists the paths and their strategies", id="algoitny.E005")
        ]
    return []
