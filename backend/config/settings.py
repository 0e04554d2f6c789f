"""Django's settings, from `config.environment`; this module does not read the environment itself.

Django's own database is not used: the service's data is in DynamoDB, and the alias `legacy` is the source
of the migration.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.databases import legacy_database
from config.environment import BACKEND_DIR, environment
from config.secret_key import development_key
from config.setting_values import ConfigurationError
from reporting.metric_lines import LOGGER as METRIC_LINES

try:
    _environment = environment()
    DEBUG = _environment.debug
    if _environment.secret_key is None and not DEBUG:
        raise ConfigurationError(
            "DJANGO_SECRET_KEY is not set: set it to 50 random characters, or DJANGO_DEBUG=1 on your own machine"
        )
    SECRET_KEY = _environment.secret_key or development_key(_environment.state_dir)
    _legacy = None if _environment.source is None else legacy_database(_environment.source)
except ConfigurationError as error:
    raise ImproperlyConfigured(str(error)) from None

BASE_DIR = BACKEND_DIR
# Earlier keys; signatures made with them are still accepted.
SECRET_KEY_FALLBACKS = list(_environment.secret_key_fallbacks)
ALLOWED_HOSTS = list(_environment.allowed_hosts)

INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "api",
    "web",
    "legacy",
]
MIDDLEWARE = [
    "api.http.request_ids.RequestIds",
    "api.http.security.Security",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # a file ends here: it is no request of the service
    "api.middleware.RequestMeter",  # it counts and times what the following do as well
    "api.http.cross_origin.CrossOrigin",
    "api.http.error_responses.ErrorResponses",
    "api.http.request_limits.LimitedRequests",
    "api.http.api_methods.ApiMethods",
    "api.http.addresses.Addresses",
    "web.middleware.Pages",
]
# `check --deploy` looks in the list for Django's own: `Security` is one, and `Pages` has CSRF and X-Frame-Options.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ERROR_PAGE = "web.errors.page"
CSRF_FAILURE_VIEW = "api.http.error_responses.csrf_failure"
# The largest request body of any endpoint; `api.http.request_limits` gives most addresses less.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16_000_000

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "web.context.site",
            ]
        },
    }
]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

STATIC_URL = "/static/"
# Debug mode serves the files from their folders; a release collects them under names with a content hash.
STATIC_ROOT = None if DEBUG else BACKEND_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

DATABASES: dict[str, dict[str, Any]] = {"default": {}}  # Django's dummy backend: every use is an error
if _legacy is not None:
    DATABASES["legacy"] = _legacy
DATABASE_ROUTERS = ["config.databases.LegacyRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("ko", "한국어"), ("en", "English")]
LOCALE_PATHS = [BACKEND_DIR / "web" / "locale"]
USE_I18N = True

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# TLS ends at the proxy in front, which sets this header and must drop a client's own.
SECURE_PROXY_SSL_HEADER = None if DEBUG else ("HTTP_X_FORWARDED_PROTO", "https")
# Cookies are sent over TLS only, and to this site only.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = not DEBUG
# The load balancer's health checks do not use TLS.
SECURE_REDIRECT_EXEMPT = [r"^api/health/"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG

# Sites whose pages may use the API, as browsers name them in `Origin`.
CORS_ORIGINS = frozenset(_environment.cors_origins)

# Sign-in: SIGN_IN_LIMIT failures per network address in ten minutes.
GOOGLE_CLIENT_IDS = list(_environment.google_client_ids)
GOOGLE_CERTIFICATES_URL = _environment.google_certificates_url
TRUSTED_PROXIES = _environment.trusted_proxies
SIGN_IN_LIMIT = _environment.sign_in_limit
# Opens the development sign-in, in debug and on this machine alone.
SIGN_IN_SECRET = _environment.sign_in_secret

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JSONLines"}},
    "filters": {"request": {"()": "api.http.request_ids.WithRequestId"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request"]},
        "bare": {"class": "logging.StreamHandler"},
    },
    "root": {"handlers": ["stderr"], "level": logging.INFO},
    # Django's own handlers would print each record a second time.
    # Metric lines are JSON objects of their own, which reports look for.
    "loggers": {
        "django": {"handlers": [], "level": logging.INFO, "propagate": True},
        METRIC_LINES: {"handlers": ["bare"], "level": logging.INFO, "propagate": False},
    },
}
