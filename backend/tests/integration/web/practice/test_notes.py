"""Bookmarks and notes on the page of a problem, and the list of notes."""

from __future__ import annotations

from typing import NoReturn

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.errors import Unavailable
from api.dynamodb.repositories import PracticeRepository
from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem
from tests.integration.web.browsers import followed, is_sent_to_sign_in, text_of
from tests.integration.web.problems.conftest import hold_in_memory, listed

PAGE, NOTE = "/problems/100/", "/problems/100/note/"


@pytest.fixture(autouse=True)
def _problem(cast: object) -> None:
    a_problem(100)


def test_a_problem_is_bookmarked_and_found_by_it(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_in_memory(monkeypatch)
    a_problem(101)
    text = text_of(followed(alice, alice.post(f"{PAGE}bookmark/", {"bookmark": "add", "next": PAGE})))
    assert "Bookmark added." in text
    assert 'value="remove" aria-pressed="true"' in text
    assert listed(alice.get("/?status=bookmarked")) == [100]
    text = text_of(followed(alice, alice.post(f"{PAGE}bookmark/", {"bookmark": "remove", "next": PAGE})))
    assert "Bookmark removed." in text
    assert listed(alice.get("/?status=bookmarked")) == []


def test_a_note_is_written_shown_and_removed(alice: Client, bob: Client) -> None:
    text = text_of(
        followed(alice, alice.post(NOTE, {"text": "two *pointers*\r\n<b>O(n)</b>", "version": "0"}))
    )
    assert "Note saved." in text
    assert "two *pointers*<br>&lt;b&gt;O(n)&lt;/b&gt;" in text
    assert "two *pointers*" in text_of(alice.get("/notes/"))
    for address in (PAGE, "/notes/", NOTE):
        assert "two *pointers*" not in text_of(bob.get(address))
    text = text_of(followed(alice, alice.post(NOTE, {"text": " ", "version": "1"})))
    assert "Note removed." in text
    assert repositories().practice.get_note(ALICE, 100) is None


def test_what_was_typed_is_kept_when_the_note_was_changed_elsewhere(alice: Client) -> None:
    repositories().practice.put_note(ALICE, 100, "stored")
    for version in ("0", "7"):
        text = text_of(alice.post(NOTE, {"text": "typed", "version": version}), 409)
        assert "changed in another window" in text
        assert "stored" in text
        assert "typed</textarea>" in text
        assert 'name="version" value="1"' in text
    followed(alice, alice.post(NOTE, {"text": "typed", "version": "1"}))
    note = repositories().practice.get_note(ALICE, 100)
    assert note is not None
    assert note["text"] == "typed"


@pytest.mark.parametrize(
    ("text", "message"),
    [("x" * 4001, "Use at most 4,000 characters."), ("a\0b", "Remove the NUL characters")],
)
def test_a_note_that_cannot_be_stored_is_shown_again(alice: Client, text: str, message: str) -> None:
    response = text_of(alice.post(NOTE, {"text": text, "version": "0"}), 422)
    assert message in response
    assert 'aria-invalid="true"' in response
    assert repositories().practice.get_note(ALICE, 100) is None


def test_visitors_are_sent_to_sign_in(nobody: Client) -> None:
    assert "note-title" not in text_of(nobody.get(PAGE))
    for address in (NOTE, "/notes/"):
        assert is_sent_to_sign_in(nobody.get(address))
    for address in (NOTE, f"{PAGE}bookmark/", f"{PAGE}reviewed/"):
        assert is_sent_to_sign_in(nobody.post(address, {"text": "x"}))


def test_the_page_is_there_without_them_when_they_cannot_be_read(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise Unavailable("too slow")

    monkeypatch.setattr(PracticeRepository, "get_practice_and_note", fail)
    assert "Your note and bookmark can't be loaded right now." in text_of(alice.get(PAGE))
