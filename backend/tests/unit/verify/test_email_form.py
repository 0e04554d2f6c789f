"""The verification's own form of e-mail addresses agrees with the rule that makes the keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.schema.email_rules import UnseenCharacter, normal_email
from migration.verify.email_form import email_form
from migration.verify.row_values import Unmovable
from tests.unit.dynamodb.test_email_rules import GOLDEN, texts


def outcomes(email: str) -> tuple[str | None, str | None]:
    """What both make of an address, None where they refuse it."""
    try:
        expected = email_form(email)
    except Unmovable:
        expected = None
    try:
        return expected, normal_email(email)
    except UnseenCharacter:
        return expected, None


@pytest.mark.parametrize("email", [email for email, _, _ in GOLDEN], ids=ascii)
def test_both_make_the_same_of_known_addresses(email: str) -> None:
    expected, actual = outcomes(email)
    assert expected == actual


@given(texts, st.sampled_from(["", "@", "@x."]), texts)
def test_both_make_the_same_of_any_text(before: str, between: str, after: str) -> None:
    expected, actual = outcomes(before + between + after)
    assert expected == actual
