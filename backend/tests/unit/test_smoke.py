"""`scripts/smoke.py`: a newcomer's environment, and what it sees of processes that are left running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import smoke


def test_no_setting_of_this_machine_reaches_the_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "ALGOITNY_PORT",
        "AWS_PROFILE",
        "DJANGO_DEBUG",
        "GIT_DIR",
        "MAKEFLAGS",
        "MYSQL_HOST",
        "VIRTUAL_ENV",
    ):
        monkeypatch.setenv(name, "set")
    monkeypatch.setenv("PIP_CERT", "/etc/certificates.pem")
    environment = smoke.newcomers_environment(tmp_path)
    assert "set" not in environment.values()
    assert environment["PIP_CERT"] == "/etc/certificates.pem"
    assert environment["TMPDIR"].startswith(str(tmp_path))


def test_a_process_that_is_left_behind_is_found_by_its_session() -> None:
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()'], process_group=0)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{child}; print(flush=True); input()"],
        start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        assert len(smoke.processes_of(process.pid)) == 2
    assert process.pid not in smoke.processes_of(process.pid)


def test_the_sign_in_link_is_the_one_that_the_last_start_printed(tmp_path: Path) -> None:
    checkout = smoke.Checkout(tmp_path)
    assert checkout.log.write_text(f"{checkout.origin}/sign-in/development/open/?secret=first\n")
    assert checkout.sign_in_link() == "/sign-in/development/open/?secret=first"
    checkout._start_of_output = checkout.log.stat().st_size
    assert checkout.sign_in_link() is None
    with checkout.log.open("a") as log:
        log.write(
            f"AlgoItny serves {checkout.origin}/\n{checkout.origin}/sign-in/development/open/?secret=two\n"
        )
    assert checkout.sign_in_link() == "/sign-in/development/open/?secret=two"


def test_the_secret_of_the_link_is_not_in_an_error() -> None:
    with pytest.raises(smoke.SmokeFailed, match=r"^GET /sign-in/: ") as caught:
        smoke.Browser("http://127.0.0.1:1").open("/sign-in/?secret=word")
    assert "word" not in str(caught.value)


def test_the_form_and_the_page_that_it_expects_are_named_when_they_are_missing() -> None:
    browser = smoke.Browser("http://127.0.0.1:1")
    browser.path, browser.page = "/sign-in/", "<p>Nobody can sign in here</p>"
    with pytest.raises(smoke.SmokeFailed, match="/sign-in/ has nothing that matches"):
        browser.find('name="email"')
    with pytest.raises(smoke.SmokeFailed, match="ended at /sign-in/ instead of /account/"):
        browser.expect_path("/account/")
