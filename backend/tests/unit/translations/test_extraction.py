"""Texts are extracted from templates and Python as gettext reads them."""

from __future__ import annotations

from io import BytesIO

from translations.extraction import Text, collect, texts_of


def in_template(source: str) -> list[Text]:
    return list(texts_of(BytesIO(source.encode()), is_template=True))


def test_templates_translate_by_tags_and_in_filters() -> None:
    assert in_template('{% load i18n %}<p title="{% translate "It\'s" %}">{% trans "x" as y %}</p>') == [
        Text("It's"), Text("x"),
    ]  # fmt: skip
    assert in_template('{% translate "May" context "month" %}') == [Text("May", "month")]
    assert in_template('{{ _("hi")|add:_("you") }}') == [Text("hi"), Text("you")]


def test_blocks_keep_their_placeholders_and_plurals() -> None:
    block = "{% blocktranslate count n=a.b %}{{ n }} run{% plural %}{{ n }} runs{% endblocktranslate %}"
    assert in_template(block) == [Text(("%(n)s run", "%(n)s runs"))]
    trimmed = "{% blocktranslate trimmed %}\n  one\n  100% of {{ x }}\n{% endblocktranslate %}"
    assert in_template(trimmed) == [Text("one 100%% of %(x)s")]


def test_indented_markup_does_not_disturb_the_texts() -> None:
    source = "<ul>\n    <li>'{% translate 'a' %}\n  </li>\n      {# ( #} {% translate 'b' %}\n</ul>"
    assert in_template(source) == [Text("a"), Text("b")]


def test_python_translates_by_gettexts_functions() -> None:
    source = b"""
_("a"); gettext_lazy("b"); ngettext("one", "many", n); pgettext("c", "d"); npgettext("e", "f", "g", n)
_(variable); other("no"); translation.gettext("h"); gettext_noop("i"); ngettext_lazy("j", "k", "count")
_("two "
  "lines")
"""
    assert list(texts_of(BytesIO(source), is_template=False)) == [
        Text("a"), Text("b"), Text(("one", "many")), Text("d", "c"), Text(("f", "g"), "e"), Text("h"), Text("i"),
        Text(("j", "k")), Text("two lines"),
    ]  # fmt: skip


def test_texts_of_templates_code_and_errors_are_collected() -> None:
    texts = collect()
    assert "web/templates/web/problems/search.html" in texts[Text("Search problems")]
    assert "web/navigation.py" in texts[Text("Timeline")]
    assert texts[Text("Page not found.")] == ["api/http/error_texts.py"]
    assert Text("Dark", "appearance") in texts
    assert Text("Send a well-formed request.") not in texts, "remedies are for developers"
