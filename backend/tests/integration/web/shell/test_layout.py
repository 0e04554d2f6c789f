"""The frame around every page: navigation for whom it is, language, appearance, headers, what crawlers are told."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from api.dynamodb.metering import meter
from tests.integration.api.conftest import ALICE, DORA
from tests.integration.web.browsers import Visit


def entries(page: str) -> list[str]:
    """The titles of the navigation."""
    (navigation,) = re.findall(r"<nav .*?</nav>", page, re.DOTALL)
    return re.findall(r"<a [^>]*>([^<]*)</a>", navigation)


@pytest.mark.usefixtures("cast")
def test_everybody_has_the_navigation_that_is_theirs(visit: Visit) -> None:
    assert entries(Client().get("/").text) == ["Problems", "Timeline", "Sign in"]
    assert entries(visit(ALICE).get("/").text) == ["Home", "Problems", "Timeline", "My runs", "Account"]
    staff = ["Home", "Problems", "Timeline", "My runs", "Staff", "Account"]
    assert entries(visit(DORA).get("/").text) == staff
    page = visit(ALICE).get("/timeline/").text
    assert 'href="/timeline/" aria-current="page"' in page
    assert page.count("aria-current=") == 1


@pytest.mark.usefixtures("cast")
def test_nobody_costs_no_look_up_and_somebody_one() -> None:
    with meter.recording() as calls:
        Client().get("/sign-in/")
    assert calls.calls == []


def test_the_language_is_the_browsers_until_another_is_chosen(service_table: str) -> None:
    browser = Client(headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"})
    page = browser.get("/")
    assert page["Content-Language"] == "ko"
    assert '<html lang="ko"' in page.text
    assert "<h1>문제</h1>" in page.text
    answer = browser.post(
        "/language/", {"language": "en"}, headers={"Referer": "http://testserver/?words=%EB%82%98"}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/?words=%EB%82%98")
    assert '<html lang="en"' in browser.get("/").text
    assert Client(headers={"Accept-Language": "fr"}).get("/")["Content-Language"] == "en"


def test_the_appearance_is_the_systems_until_one_is_chosen(service_table: str) -> None:
    browser = Client()
    assert "data-theme" not in browser.get("/").text
    answer = browser.post("/theme/", {"theme": "dark", "next": "/timeline/"})
    assert answer["Location"] == "/timeline/"
    cookie = answer.cookies["theme"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    page = browser.get("/").text
    assert '<html lang="en" data-theme="dark">' in page
    assert 'value="dark" aria-pressed="true"' in page
    browser.post("/theme/", {"theme": "auto"})
    assert "data-theme" not in browser.get("/").text
    browser.cookies["theme"] = '"><script>'
    assert "data-theme" not in browser.get("/").text


def test_a_choice_that_is_not_offered_is_refused(service_table: str) -> None:
    for address, field in (("/language/", "language"), ("/theme/", "theme")):
        answer = Client().post(address, {field: "klingon"})
        assert answer.status_code == 422
        assert "Choose one of the options offered." in answer.text
        assert Client().get(address).status_code == 405
        assert Client(enforce_csrf_checks=True).post(address, {field: "en"}).status_code == 403


def test_a_form_leads_back_to_no_other_site(service_table: str) -> None:
    for strange in ("https://evil.example/", "//evil.example", "http://testserver.evil.example/"):
        answer = Client().post(
            "/theme/", {"theme": "dark", "next": strange}, headers={"Referer": "https://evil.example/x"}
        )
        assert answer["Location"] == "/"


class Inline(HTMLParser):
    """Collects what a Content-Security-Policy without 'unsafe-inline' forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if (tag == "script" and "src" not in names) or tag == "style":
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


@pytest.mark.usefixtures("cast")
def test_no_page_has_inline_code_or_style(visit: Visit) -> None:
    for address in ("/", "/?words=none", "/sign-in/", "/nothing/", "/timeline/"):
        answer = visit(ALICE).get(address)
        assert "unsafe" not in answer["Content-Security-Policy"]
        inline = Inline()
        inline.feed(answer.text)
        assert inline.found == [], address


def test_pages_stay_with_the_browser_that_got_them(service_table: str) -> None:
    answer = Client().get("/")
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "HX-Request", "Accept-Language"} <= set(answer["Vary"].split(", "))


def test_crawlers_are_kept_out_of_private_areas(service_table: str) -> None:
    answer = Client().get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert {"User-agent: *", "Disallow: /account/", "Disallow: /staff/", "Disallow: /runs/$"} <= set(lines)
    assert "Disallow: /problems/" not in lines
