"""Fixtures of the page tests: the site on an empty table, its cast, and a browser for each member."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.api.conftest import ALICE, BOB, CHARLIE, DORA, cast, service_table
from tests.integration.web.browsers import Visit, visit

__all__ = ["cast", "service_table", "visit"]


@pytest.fixture
def nobody(cast: object) -> Client:
    """A browser in which nobody is signed in."""
    return Client()


@pytest.fixture
def alice(visit: Visit) -> Client:
    """Alice's browser: the data is hers."""
    return visit(ALICE)


@pytest.fixture
def bob(visit: Visit) -> Client:
    """Bob's browser: he may see what is public."""
    return visit(BOB)


@pytest.fixture
def charlie(visit: Visit) -> Client:
    """Charlie's browser: he may see nothing of the others."""
    return visit(CHARLIE)


@pytest.fixture
def dora(visit: Visit) -> Client:
    """Dora's browser; she is staff."""
    return visit(DORA)
