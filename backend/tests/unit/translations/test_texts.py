"""Texts are found in templates and Python as gettext finds them."""

from __future__ import annotations

from translations import in_python, in_templates
from translations.texts import Text


def in_template(source: str) -> list[Text]:
    return list(in_templates.texts_of(source, "a template"))


def test_templates_translate_by_tags_and_in_filters() -> None:
    assert in_template('{% load i18n %}<p title="{% translate "It\'s" %}">{% trans "x" as y %}</p>') == [
        Text("It's"), Text("x"),
    ]  # fmt: skip
    assert in_template('{% translate "May" context "month" %}') == [Text("May", context="month")]
    assert in_template('{{ _("hi")|add:_("you") }}') == [Text("hi"), Text("you")]


def test_blocks_keep_their_values_and_plurals() -> None:
    block = "{% blocktranslate count n=a.b %}{{ n }} run{% plural %}{{ n }} runs{% endblocktranslate %}"
    assert in_template(block) == [Text("%(n)s run", "%(n)s runs")]
    trimmed = "{% blocktranslate trimmed %}\n  one\n  100% of {{ x }}\n{% endblocktranslate %}"
    assert in_template(trimmed) == [Text("one 100%% of %(x)s")]


def test_python_translates_by_gettexts_functions() -> None:
    source = """
_("a"); gettext_lazy("b"); ngettext("one", "many", n); pgettext("c", "d"); npgettext("e", "f", "g", n)
_(variable); other("no"); translation.gettext("h")
"""
    found = [
        Text("a"),
        Text("b"),
        Text("one", "many"),
        Text("d", context="c"),
        Text("f", "g", "e"),
        Text("h"),
    ]
    assert set(in_python.texts_of(source)) == set(found)


def test_what_the_service_says_is_what_it_refuses_with() -> None:
    source = """
raise Refusal(KIND, "one" if x else f"two {n} and {m.o}")
raise invalid("field", "three")
FaultKind("slug", 400, "four", "never")
detail = f"{n}: {m}"
_DETAILS = {400: "five"}
log("never")
"""
    assert sorted(in_python.said_by(source)) == ["five", "four", "one", "three", "two {} and {}"]
