"""Django's settings, out of `config.environment`; reads nothing of the environment itself.

Django's own database is not used: the service's data is in DynamoDB, and the alias `legacy`
is the source that the tools of the move read.
"""

from __future__ import annotations

import logging
from secrets import token_urlsafe
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.databases import legacy_database
from config.environment import BACKEND_DIR, ConfigurationError, environment

try:
    _environment = environment()
except ConfigurationError as error:
    raise ImproperlyConfigured(str(error)) from None

BASE_DIR = BACKEND_DIR
DEBUG = _environment.debug
if _environment.secret_key is None and not DEBUG:
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY is not set: set it to 50 random characters, or DJANGO_DEBUG=1 on your own machine"
    )
SECRET_KEY = _environment.secret_key or token_urlsafe(50)
ALLOWED_HOSTS = list(_environment.allowed_hosts)

INSTALLED_APPS = ["legacy"]
MIDDLEWARE = [
    "api.middleware.RequestMeter",  # first: it counts and times what the others do as well
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

DATABASES: dict[str, dict[str, Any]] = {"default": {}}  # Django's dummy backend: every use is an error
if _environment.source is not None:
    DATABASES["legacy"] = legacy_database(_environment.source)
DATABASE_ROUTERS = ["config.databases.LegacyRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# TLS ends at the proxy in front; it says so in this header and must drop a client's own.
SECURE_PROXY_SSL_HEADER = None if DEBUG else ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JSONLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": logging.INFO},
    # Django's own handlers would print each record a second time.
    "loggers": {"django": {"handlers": [], "level": logging.INFO, "propagate": True}},
}
