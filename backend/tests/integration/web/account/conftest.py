"""Fixtures of the tests of the account's pages: the site on a fresh table, its cast, their browsers."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.api.conftest import ALICE, BOB, CHARLIE, cast, service_table
from tests.integration.web.browsers import Visit, visit

__all__ = ["cast", "service_table", "visit"]


@pytest.fixture
def alice(visit: Visit) -> Client:
    """Alice's browser: things are hers."""
    return visit(ALICE)


@pytest.fixture
def bob(visit: Visit) -> Client:
    """Bob's browser: he may see what is public."""
    return visit(BOB)


@pytest.fixture
def charlie(visit: Visit) -> Client:
    """Charlie's browser: nothing of anybody's is his to see."""
    return visit(CHARLIE)
