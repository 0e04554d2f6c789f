"""The catalogues have every text of the pages, translated, and the compiled file has the same."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from scripts import messages
from translations import catalogue
from translations.catalogue import Merge
from translations.extraction import Text


@pytest.fixture(scope="module")
def korean() -> Merge:
    """The Korean catalogue as it should be."""
    return catalogue.merge("ko")


def test_every_text_is_translated_into_korean(korean: Merge) -> None:
    assert korean.missing == []


def test_every_translation_keeps_the_placeholders_of_its_text(korean: Merge) -> None:
    assert korean.faulty == []


def test_the_files_are_up_to_date(korean: Merge) -> None:
    assert catalogue.is_fresh("ko", korean.catalog), "run make messages"


def test_a_translation_that_loses_a_placeholder_is_faulty() -> None:
    assert not catalogue.keeps_placeholders(Text("%(count)d of %(limit)d"), "%(count)d")
    assert not catalogue.keeps_placeholders(Text("at most {limit:,}"), "최대 {limit}")
    assert not catalogue.keeps_placeholders(Text("Wait"), "%(count)d")
    assert catalogue.keeps_placeholders(Text("100%% of {limit:,}"), "{limit:,}의 100%%")
    assert catalogue.keeps_placeholders(Text(("%(count)d run", "%(count)d runs")), "실행 %(count)d회")
    assert catalogue.keeps_placeholders(Text(("one run", "%(count)d runs")), "실행 %(count)d회")


def test_translations_stay_and_are_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, korean: Merge
) -> None:
    monkeypatch.setattr(catalogue, "LOCALES", tmp_path)
    file = catalogue.folder_of("ko") / "django.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "Timeline"\nmsgstr "타임라인"\n\nmsgid "Gone"\nmsgstr "없어진 글"\n')
    merge = catalogue.merge("ko")
    assert len(merge.missing) == len(korean.catalog) - 1
    assert not catalogue.is_fresh("ko", merge.catalog)
    catalogue.write("ko", merge.catalog)
    assert catalogue.is_fresh("ko", merge.catalog)
    assert len(catalogue.merge("ko").missing) == len(merge.missing), "existing translations stay"
    assert "Gone" not in file.read_text()
    with (catalogue.folder_of("ko") / "django.mo").open("rb") as compiled:
        translations = gettext.GNUTranslations(compiled)
    assert translations.gettext("Timeline") == "타임라인"
    assert translations.gettext("Gone") == "Gone"


def test_the_command_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "LOCALES", tmp_path)
    options = messages.arguments().parse_args(["--check"])
    assert messages.main(options) == 1
    output = capsys.readouterr().out
    assert "out of date: run make messages" in output
    assert "ko: untranslated: 'Timeline'" in output
    assert not (catalogue.LOCALES / "ko").exists(), "a check writes nothing"
