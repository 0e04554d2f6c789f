"""Django's settings in tests: the project's own, read after the machine's settings were taken away."""

from tests.support import isolation  # noqa: F401  # isort: skip
from config.settings import *  # noqa: F403

# As in debug: nobody collected static files.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
