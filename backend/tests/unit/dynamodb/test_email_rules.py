"""The rules by which e-mail addresses are compared: what they make one, what they keep apart, and that they stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import email_rules, keys
from api.dynamodb.schema.email_rules import (
    UnseenCharacter,
    former_forms,
    same_email,
    unseen_characters,
    v1,
    v2,
)
from api.dynamodb.schema.key_rules import USER_RULES, UserRules

# Persian for "letter", which has a joiner that domains allow.
LETTER = "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc"
# Address, and what the first and the second rule make of it; None is a refusal.
GOLDEN = [
    ("Kim@X.org", "kim@x.org", "kim@x.org"),
    (" kim@x.org\t", "kim@x.org", "kim@x.org"),
    ("kim", "kim", "kim"),
    ("Kim Lee@x.org", "kim lee@x.org", "kim lee@x.org"),
    ('"a@b"@X.org', '"a@b"@x.org', '"a@b"@x.org'),
    ("kim@[IPv6:2001:DB8::1]", "kim@[ipv6:2001:db8::1]", "kim@[ipv6:2001:db8::1]"),
    ("kim@stra\u00dfe.example", "kim@strasse.example", "kim@xn--strae-oqa.example"),
    ("kim@XN--strae-OQA.example", "kim@xn--strae-oqa.example", "kim@xn--strae-oqa.example"),
    ("kim@strasse.example", "kim@strasse.example", "kim@strasse.example"),
    ("kim@B\u00dcCHER.example", "kim@b\u00fccher.example", "kim@xn--bcher-kva.example"),
    ("kim@\u4f8b\u3048\u3002jp", "kim@\u4f8b\u3048\u3002jp", "kim@xn--r8jz45g.jp"),
    ("kim@\uff38.org", "kim@\uff58.org", "kim@x.org"),
    ("kim@\U0001f4a9.la", "kim@\U0001f4a9.la", "kim@xn--ls8h.la"),
    ("kim@fa\u00dfb\u00e4r_x.org", "kim@fassb\u00e4r_x.org", "kim@fa\u00dfb\u00e4r_x.org"),
    ("a@x\uff20y.org", "a@x\uff20y.org", "a@x\uff20y.org"),
    ("\u017fam@x.org", "sam@x.org", "\u017fam@x.org"),
    ("\u212aim@x.org", "kim@x.org", "\u212aim@x.org"),
    ("a\u037eb@x.org", "a;b@x.org", "a\u037eb@x.org"),
    ("a\u1fefb@x.org", "a`b@x.org", "a\u1fefb@x.org"),
    ("Jose\u0301@x.org", "jos\u00e9@x.org", "jos\u00e9@x.org"),
    ("\u00dc@x.org", "\u00fc@x.org", "\u00dc@x.org"),
    ("H\u0331@x.org", "h\u0331@x.org", "\u1e96@x.org"),
    ("\u0130@x.org", "i\u0307@x.org", "\u0130@x.org"),
    ("kim@x.org\u200b", "kim@x.org\u200b", "kim@x.org"),
    ("\ufeffkim@x.org", "\ufeffkim@x.org", "kim@x.org"),
    ("\u200b \u2060kim@x.org \u200e", "\u200b \u2060kim@x.org \u200e", "kim@x.org"),
    ("kim@x\u00ad.org", "kim@x\u00ad.org", "kim@x.org"),
    ("k\u200bim@x.org", "k\u200bim@x.org", None),
    ("k\u00adim@x.org", "k\u00adim@x.org", None),
    ("k\nim@x.org", "k\nim@x.org", None),
    ("kim@x\n.org", "kim@x\n.org", None),
    ("kim@x\u202e.org", "kim@x\u202e.org", None),
    ("kim@x\u200d.org", "kim@x\u200d.org", None),
    ("k\u200cim@x.org", "k\u200cim@x.org", None),
    (f"{LETTER}@x.org", f"{LETTER}@x.org", f"{LETTER}@x.org"),
    (f"kim@{LETTER}.com", f"kim@{LETTER}.com", "kim@xn--mgba3gch31f060k.com"),
    ("", "", ""),
    ("  ", "", ""),
    ("\u200b", "\u200b", ""),
]  # fmt: skip

# Characters that mail systems keep apart, or drop: whole blocks where rules have something to do, and a sample of the
# others, such as Chinese characters and Hangul syllables.
CHARACTERS = [
    *range(0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x11000), *range(0x1D000, 0x1F300),
    *range(0x3400, 0xA000, 64), *range(0xAC00, 0xF900, 64), *range(0x11000, 0x110000, 509),
]  # fmt: skip
DIGESTS = {"v1": "4cc0295e6d455b001caf5ccd963d6790", "v2": "ad67963f821b7b2f44bd9c5b887225b9"}

# Texts of characters that rules change, join or refuse, between plain ones.
texts = st.text(
    st.sampled_from(
        "aKk.@ hx-_\u00df\u017f\u212a\u037e\u00dc\u00fc\u0301\u0331\u200b\u200d\u00ad\ufe0f\u0130\u3002\uff20\U0001f4a9"
    )
    | st.characters()
)  # fmt: skip


@pytest.mark.parametrize(("email", "first", "second"), GOLDEN, ids=ascii)
def test_what_each_rule_makes_of_an_address_stays(email: str, first: str, second: str | None) -> None:
    assert v1(email) == first
    if second is None:
        with pytest.raises(UnseenCharacter, match=r"has U\+[0-9A-F]{4}, which nobody sees"):
            v2(email)
    else:
        assert v2(email) == second


def _results(rule: Callable[[str], str]) -> Iterator[str]:
    for number in CHARACTERS:
        for email in (f"a{chr(number)}b@x", f"a@x{chr(number)}y.z"):
            try:
                yield rule(email)
            except UnseenCharacter:
                yield "refused"


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_what_each_rule_makes_of_every_kind_of_character_stays(name: str) -> None:
    """A new release of Python or idna brings other tables: keep the old ones for this rule, or begin a new rule."""
    digest = blake2b(digest_size=16)
    for result in _results(getattr(email_rules, name)):
        digest.update(result.encode("utf-8", "surrogatepass") + b"\n")
    assert digest.hexdigest() == DIGESTS[name]


def test_the_present_rule_is_the_second() -> None:
    assert email_rules.normal_email is v2
    assert USER_RULES.current == UserRules(email_rules.VERSION, v2)
    assert keys.email_pk("Kim@X.org") == "EML#kim@x.org"
    assert issubclass(UnseenCharacter, InvalidInput)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("kim@stra\u00dfe.example", "kim@strasse.example"), ("\u017fam@x", "sam@x"), ("\u212aim@x", "kim@x"),
        ("\u00dc@x", "\u00fc@x"), ("a\ufb01@x", "afi@x"), ("k\u200bim@x", "kim@x"), ("", "\u200b"),
        ("\uff4bim@x", "kim@x"), ("kim@x.org", "kim@x.org.example"), ("kim", "kim@"),
    ],
)  # fmt: skip
def test_addresses_of_two_people_are_two(first: str, second: str) -> None:
    assert first == "" or not same_email(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("kim@stra\u00dfe.example", "KIM@xn--STRAE-oqa.example"), ("Jose\u0301@x", "jos\u00e9@X"),
        ("kim@x\u200b.org", "kim@X.org\ufeff"), ("k\u200bim@x", "k\u200bim@x"),
    ],
)  # fmt: skip
def test_spellings_of_one_address_are_one(first: str, second: str) -> None:
    assert same_email(first, second)


@given(texts)
def test_a_plain_address_has_no_former_form_and_others_have_those_that_differ(email: str) -> None:
    forms = former_forms(email)
    try:
        present = v2(email)
    except UnseenCharacter:
        present = ""
    assert present not in forms
    assert "" not in forms
    assert v1(email) in (*forms, present, "")
    if email.isascii() and "xn--" not in email.lower() and not unseen_characters(email):
        assert forms == []


@pytest.mark.parametrize("email", ["Kim@stra\u00dfe.example", "kim@XN--STRAE-OQA.example"])
def test_the_former_form_of_each_spelling_of_a_domain_is_known(email: str) -> None:
    assert former_forms(email) == ["kim@strasse.example"]


@given(texts)
def test_what_the_second_rule_makes_has_nothing_that_nobody_sees_but_joiners(email: str) -> None:
    try:
        form = v2(email)
    except UnseenCharacter:
        return
    assert set(unseen_characters(form)) <= {"U+200C", "U+200D"}
    assert not any("A" <= character <= "Z" for character in form)


@given(texts)
def test_the_second_rule_leaves_what_it_made_before_the_at_as_it_is(email: str) -> None:
    try:
        form = v2(email)
    except UnseenCharacter:
        return
    assert v2(form).rpartition("@")[0] == form.rpartition("@")[0]


@given(texts, texts)
def test_what_is_not_ascii_is_never_made_one_with_what_is(local: str, other: str) -> None:
    email, plain = f"a{local}b@x.org", "a" + "".join(c for c in other if "!" <= c <= "~") + "b@x.org"
    try:
        is_one = v2(email) == v2(plain)
    except UnseenCharacter:
        return
    assert not is_one or email.isascii()


def test_the_unseen_characters_of_an_address_are_named_in_order() -> None:
    assert unseen_characters("k\u200bim@x.org\ufeff\U000e0041") == ["U+200B", "U+FEFF", "U+E0041"]
    assert unseen_characters(" kim@x.org ") == []
