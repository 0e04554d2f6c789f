"""Cursors of the API: nobody makes one, changes one, or uses another's."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings as SettingsWrapper

from api.http.errors import ApiError
from api.http.paging import next_address, seal, unseal
from api.http.problem_types import INVALID

CURSOR = "WyJhYmMiLCJ4Il0"


def test_a_sealed_cursor_opens_for_its_list_and_reader() -> None:
    sealed = seal(CURSOR, "runs|1")
    assert sealed is not None
    assert sealed != CURSOR
    assert unseal(sealed, "runs|1") == CURSOR


def test_no_cursor_is_the_first_page() -> None:
    assert seal(None, "runs|1") is None
    assert unseal(None, "runs|1") is None
    assert unseal("", "runs|1") is None


@pytest.mark.parametrize("scope", ["runs|2", "timeline|1", "runs|"])
def test_it_opens_nothing_for_anybody_else(scope: str) -> None:
    with pytest.raises(ApiError) as caught:
        unseal(seal(CURSOR, "runs|1"), scope)
    assert caught.value.problem is INVALID
    assert [invalid.field for invalid in caught.value.fields] == ["query.cursor"]


@pytest.mark.parametrize(
    "text", [CURSOR, "x", ".", f"{CURSOR}.", f"{CURSOR}.AAAAAAAAAAAAAAAA", "ä.ö", "\x00"]
)
def test_a_text_that_we_did_not_sign_is_refused(text: str) -> None:
    with pytest.raises(ApiError):
        unseal(text, "runs|1")


def test_every_changed_character_is_noticed() -> None:
    sealed = seal(CURSOR, "runs|1")
    assert sealed is not None
    for place, letter in enumerate(sealed):
        changed = sealed[:place] + ("A" if letter != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(ApiError):
            unseal(changed, "runs|1")


def test_a_cursor_outlives_a_change_of_the_key(settings: SettingsWrapper) -> None:
    sealed = seal(CURSOR, "runs|1")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, of which nobody knew when the cursor was made"
    assert unseal(sealed, "runs|1") == CURSOR
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(ApiError):
        unseal(sealed, "runs|1")


def test_the_next_address_keeps_the_query() -> None:
    request = RequestFactory().get("/api/history/", {"limit": "5", "language": "c++", "cursor": "old"})
    assert next_address(request, "new.x") == "/api/history/?limit=5&language=c%2B%2B&cursor=new.x"
