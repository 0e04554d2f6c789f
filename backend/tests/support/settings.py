"""Django's settings in tests: the project's own, read after the machine's settings were taken away."""

from tests.support import isolation  # noqa: F401  # isort: skip
from config.settings import *  # noqa: F403
