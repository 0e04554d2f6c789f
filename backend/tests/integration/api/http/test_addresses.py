"""Addresses that are nearly right: without their slash, the roots of the API and of its documentation."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_change_without_its_slash_is_sent_again_as_it_is(
    settings: LazySettings, debug: bool, method: str
) -> None:
    settings.DEBUG = debug
    answer = getattr(Client(), method)("/api/history?x=1", b"{}", content_type="application/json")
    assert (answer.status_code, answer["Location"]) == (308, "/api/history/?x=1")


def test_a_form_without_its_slash_is_sent_again_as_it_is(settings: LazySettings) -> None:
    settings.DEBUG = True
    answer = Client().post("/sign-out")
    assert (answer.status_code, answer["Location"]) == (308, "/sign-out/")


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_read_without_its_slash_is_redirected(method: str) -> None:
    answer = getattr(Client(), method)("/api/faults")
    assert (answer.status_code, answer["Location"]) == (301, "/api/faults/")


def test_an_address_that_no_slash_helps_is_not_found(settings: LazySettings) -> None:
    settings.DEBUG = True
    assert Client().post("/api/nothing").status_code == 404


@pytest.mark.parametrize("address", ["/api", "/api/", "/api/docs/"])
def test_the_roots_lead_to_the_documentation(address: str) -> None:
    answer = Client().get(address, follow=True)
    assert answer.request["PATH_INFO"] == "/api/docs"
    assert "swagger" in answer.text
