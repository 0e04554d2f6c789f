"""The eye that the tests keep on browsers sees what it should."""

from __future__ import annotations

from tests.e2e.browsing import Browsing


def test_what_a_browser_complains_of_is_noticed(browsing: Browsing) -> None:
    page = browsing.page()
    page.goto("/api/docs")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'let a'}))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw Error('thrown') })")
    page.goto("/no/such/page/")
    said = "\n".join(browsing.complaints)
    for part in ("CSP: script-src-elem", "CSP: style-src-attr", "error: thrown", "404: GET"):
        assert part in said
    browsing.complaints.clear()
