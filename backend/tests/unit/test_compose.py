"""docker-compose.yml and the Dockerfile, checked as data: no Docker engine is needed."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from config.environment import BACKEND_DIR, PROJECT_DIR, MySQLSource, read_environment

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (BACKEND_DIR / "Dockerfile").read_text()


def environment_of(name: str) -> dict[str, str]:
    """A service's environment with Compose's defaults filled in."""
    found = SERVICES[name]["environment"]
    pairs = dict(line.split("=", 1) for line in found) if isinstance(found, list) else found
    return {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in pairs.items()}


def test_it_has_the_three_services_of_the_guide() -> None:
    assert set(SERVICES) == {"backend", "mysql", "localstack"}


@pytest.mark.parametrize("name", ["mysql", "localstack"])
def test_an_image_is_pinned_to_a_release(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+", SERVICES[name]["image"])


def test_localstack_is_the_last_tag_without_a_token_and_mysql_is_8_4() -> None:
    assert SERVICES["localstack"]["image"] == "localstack/localstack:4.14.0"
    assert SERVICES["mysql"]["image"].startswith("mysql:8.4.")


@pytest.mark.parametrize("name", ["backend", "mysql", "localstack"])
def test_a_service_has_a_health_check_that_ends(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_the_backend_waits_until_both_others_are_healthy() -> None:
    assert SERVICES["backend"]["depends_on"] == {
        "mysql": {"condition": "service_healthy"},
        "localstack": {"condition": "service_healthy"},
    }


def test_localstack_serves_sqs_and_dynamodb() -> None:
    assert environment_of("localstack")["SERVICES"] == "sqs,dynamodb"
    assert environment_of("localstack")["LOCALSTACK_URL"] == "http://localstack:4566"


def test_the_backends_settings_are_read_as_they_stand() -> None:
    settings = read_environment(environment_of("backend"))
    assert settings.endpoint_url == "http://localstack:4566"
    assert settings.table_name == "algoitny_main"
    assert isinstance(settings.source, MySQLSource)
    assert str(settings.source) == "mysql://algoitny@mysql:3306/algoitny"


def test_the_backend_and_the_server_agree_on_the_account() -> None:
    names = ("MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE")
    assert [environment_of("backend")[n] for n in names] == [environment_of("mysql")[n] for n in names]


def test_mysql_speaks_utf8mb4_and_utc() -> None:
    assert "--character-set-server=utf8mb4" in SERVICES["mysql"]["command"]
    assert "--default-time-zone=+00:00" in SERVICES["mysql"]["command"]


@pytest.mark.parametrize("name", ["backend", "mysql", "localstack"])
def test_ports_are_published_on_loopback_alone(name: str) -> None:
    assert SERVICES[name]["ports"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])


@pytest.mark.parametrize("name", ["backend", "mysql", "localstack"])
def test_kept_data_is_in_a_declared_volume(name: str) -> None:
    for volume in SERVICES[name]["volumes"]:
        assert volume.split(":")[0] in COMPOSE["volumes"]


def test_every_path_that_the_image_copies_exists() -> None:
    copied = re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE)
    assert copied
    assert all((PROJECT_DIR / path).exists() for path in copied)
    assert (PROJECT_DIR / SERVICES["backend"]["build"]["dockerfile"]).exists()


def test_the_image_is_pinned_hashed_and_not_root() -> None:
    assert re.search(r"^FROM python:3\.11\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("\nUSER ") < DOCKERFILE.index("\nCMD ")


def test_scripts_stand_where_the_guide_runs_them() -> None:
    assert re.search(r"^WORKDIR /app/backend$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("name", [".env", ".algoitny", ".git"])
def test_secrets_and_data_of_a_checkout_stay_out_of_the_image(name: str) -> None:
    assert name in (PROJECT_DIR / ".dockerignore").read_text().splitlines()
