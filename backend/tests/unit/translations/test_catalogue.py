"""The catalogues hold every text of the pages, translated, and what the service reads is what people read."""

from __future__ import annotations

import polib
import pytest

from scripts import messages
from translations import catalogue
from translations.catalogue import Catalogue
from translations.texts import Text


@pytest.fixture(scope="module")
def korean() -> Catalogue:
    """The Korean catalogue as it should be."""
    return catalogue.merged("ko")


def test_every_text_is_translated_into_korean(korean: Catalogue) -> None:
    assert [text.singular for text in korean.missing] == []


def test_every_translation_keeps_the_values_of_its_text(korean: Catalogue) -> None:
    assert [text.singular for text in korean.faulty] == []


def test_the_files_are_fresh(korean: Catalogue) -> None:
    assert catalogue.is_fresh("ko", korean), "run make messages"


def test_all_that_the_service_says_around_values_has_a_pattern() -> None:
    assert catalogue.unpatterned() == []


def test_texts_of_templates_code_and_refusals_are_among_them() -> None:
    found = catalogue.collected()
    assert found[Text("Words of the title")] == ["web/templates/web/problems/search.html"]
    assert "web/navigation.py" in found[Text("Timeline")]
    assert "api/http/faults.py" in found[Text("There is no such thing here")]
    assert Text("Dark", context="appearance") in found
    assert Text("Send a valid access token") not in found


def test_a_translation_that_loses_a_value_is_a_fault() -> None:
    assert not catalogue.keeps_pieces(Text("%(count)d of %(limit)d"), "%(count)d")
    assert not catalogue.keeps_pieces(Text("Wait"), "%(count)d")
    assert catalogue.keeps_pieces(Text("%(count)d run", "%(count)d runs"), "실행 %(count)d회")
    assert catalogue.keeps_pieces(Text("one run", "%(count)d runs"), "실행 %(count)d회")


def test_what_is_translated_stays_and_is_compiled(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, korean: Catalogue
) -> None:
    monkeypatch.setattr(catalogue, "LOCALES", tmp_path)
    file = catalogue.place_of("ko") / "django.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "Timeline"\nmsgstr "타임라인"\n')
    made = catalogue.merged("ko")
    assert len(made.missing) == len(korean.po) - 1
    assert not catalogue.is_fresh("ko", made)
    catalogue.write("ko", made)
    assert catalogue.is_fresh("ko", made)
    assert len(catalogue.merged("ko").missing) == len(made.missing), "what is in the catalogue stays"
    read = polib.mofile(str(catalogue.place_of("ko") / "django.mo"))
    assert [(entry.msgid, entry.msgstr) for entry in read] == [("Timeline", "타임라인")]


def test_the_command_says_what_is_wrong(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "LOCALES", tmp_path)
    options = messages.arguments().parse_args(["--check"])
    assert messages.main(options) == 1
    said = capsys.readouterr().out
    assert "out of date: run make messages" in said
    assert "ko: untranslated: 'Timeline'" in said
    assert not (catalogue.LOCALES / "ko").exists(), "a check writes nothing"
