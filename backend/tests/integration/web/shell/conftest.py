"""Fixtures of the tests of the frame around every page: the site on a fresh table, browsers of the cast."""

from __future__ import annotations

from tests.integration.api.conftest import cast, service_table
from tests.integration.web.browsers import visit

__all__ = ["cast", "service_table", "visit"]
