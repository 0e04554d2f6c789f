"""Settings: what is read from where, what a bad value says, and that no password is ever printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.databases import LegacyRouter, legacy_database
from config.environment import (
    BACKEND_DIR,
    GOOGLE_CERTIFICATES_URL,
    PROJECT_DIR,
    ConfigurationError,
    MySQLSource,
    SQLiteSource,
    environment,
    read_environment,
)
from tests.support.scripts import script_environment

SECRET = "correct horse battery staple"


def test_without_settings_it_is_aws_and_no_source() -> None:
    settings = read_environment({})
    assert settings.target == "AWS us-east-1"
    assert settings.endpoint_url is None
    assert settings.source is None
    assert settings.table_name == "algoitny_main"
    assert settings.history_table == "algoitny_main_schema_history"
    assert settings.name == "dev"
    assert settings.state_dir == PROJECT_DIR / ".algoitny"
    assert (settings.web_port, settings.engine_port) == (8000, 4566)
    assert not settings.debug


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOCALSTACK_URL", "localhost:4566"),
        ("LOCALSTACK_URL", "ftp://localhost"),
        ("LOCALSTACK_URL", "http://"),
        ("LOCALSTACK_URL", "http://localhost:99999"),
        ("MYSQL_PORT", "3306x"),
        ("MYSQL_PORT", "0"),
        ("MYSQL_PORT", "-1"),
        ("MYSQL_PORT", "65536"),
        ("ALGOITNY_PORT", "web"),
        ("ALGOITNY_ENGINE_PORT", "70000"),
        ("ALGOITNY_ENVIRONMENT", "live"),
        ("ALGOITNY_TIME_ZONE", "Asia/Nowhere"),
        ("ALGOITNY_TIME_ZONE", "../secret"),
        ("PRICE_PER_MILLION_WRU", "cheap"),
        ("PRICE_PER_MILLION_RRU", "-1"),
        ("PRICE_PER_GB_MONTH", "nan"),
        ("PRICE_PER_GB_MONTH", "inf"),
        ("DJANGO_DEBUG", "maybe"),
        ("GOOGLE_CERTIFICATES_URL", "https://example.org/certs"),
        ("GOOGLE_CERTIFICATES_URL", "http://10.0.0.1/certs"),
        ("GOOGLE_CERTIFICATES_URL", "http://[::1"),
        ("ALGOITNY_TRUSTED_PROXIES", "-1"),
        ("ALGOITNY_SIGN_IN_LIMIT", "0"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_settings_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is "):
        read_environment({"MYSQL_HOST": "db", name: value})


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://localhost:4566/", "http://localhost:4566"),
        ("http://localhost", "http://localhost:80"),
        ("https://user:pw@db.internal", "https://db.internal:443"),
        ("http://[::1]:4566", "http://[::1]:4566"),
    ],
)
def test_the_target_is_told_without_credentials(url: str, target: str) -> None:
    assert read_environment({"LOCALSTACK_URL": url}).target == target


def test_an_empty_value_is_as_good_as_none() -> None:
    names = (
        "LOCALSTACK_URL",
        "MYSQL_HOST",
        "LEGACY_SQLITE",
        "DYNAMODB_TABLE",
        "ALGOITNY_PORT",
        "DJANGO_DEBUG",
    )
    assert read_environment(dict.fromkeys(names, "")) == read_environment({})


def test_mysql_wins_over_sqlite() -> None:
    settings = read_environment({"MYSQL_HOST": "db", "MYSQL_PORT": "3307", "LEGACY_SQLITE": "x.sqlite3"})
    assert settings.source == MySQLSource("db", 3307, "algoitny", "", "algoitny")


def test_a_sqlite_path_is_relative_to_the_checkout() -> None:
    assert read_environment({"LEGACY_SQLITE": "a/b.sqlite3"}).source == SQLiteSource(
        PROJECT_DIR / "a/b.sqlite3"
    )


def test_host_names_lose_blanks_and_empty_ones_go() -> None:
    assert read_environment({"DJANGO_ALLOWED_HOSTS": "a.org, b.org,,"}).allowed_hosts == ("a.org", "b.org")


def test_google_is_asked_unless_a_test_says_otherwise() -> None:
    settings = read_environment({"GOOGLE_CLIENT_ID": "a.apps, b.apps"})
    assert settings.google_certificates_url == GOOGLE_CERTIFICATES_URL
    assert settings.google_client_ids == ("a.apps", "b.apps")
    own = "http://127.0.0.1:9000/certs"
    assert read_environment({"GOOGLE_CERTIFICATES_URL": own}).google_certificates_url == own


def test_no_password_is_in_any_text_of_the_settings() -> None:
    names = ("MYSQL_PASSWORD", "DJANGO_SECRET_KEY", "DJANGO_SECRET_KEY_FALLBACKS")
    settings = read_environment({"MYSQL_HOST": "db", **dict.fromkeys(names, SECRET)})
    assert isinstance(settings.source, MySQLSource)
    assert settings.source.password == settings.secret_key == settings.secret_key_fallbacks[0] == SECRET
    for thing in (settings, settings.source, [settings], {"source": settings.source}):
        assert SECRET not in repr(thing)
        assert SECRET not in str(thing)
        assert SECRET not in f"{thing}"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings"
    path.write_text("DYNAMODB_TABLE=from_file\nALGOITNY_PORT=8123\n")
    monkeypatch.setenv("ALGOITNY_ENV_FILE", str(path))
    return path


def test_the_environment_wins_over_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_TABLE", "from_environment")
    environment.cache_clear()
    try:
        assert (environment().table_name, environment().web_port) == ("from_environment", 8123)
    finally:
        environment.cache_clear()


def test_tests_do_not_see_a_developers_settings() -> None:
    assert os.environ["ALGOITNY_ENV_FILE"] == ""
    assert environment().source is None
    assert environment().state_dir != PROJECT_DIR / ".algoitny"


def test_the_source_database_is_utc_and_utf8mb4() -> None:
    database = legacy_database(MySQLSource("db", 3306, "me", SECRET, "algoitny"))
    assert database["ENGINE"] == "django.db.backends.mysql"
    assert database["TIME_ZONE"] == "UTC"
    assert database["OPTIONS"]["charset"] == "utf8mb4"
    assert database["OPTIONS"]["init_command"] == "SET time_zone='+00:00'"


def test_only_the_source_app_has_a_database() -> None:
    from legacy.models import User

    router = LegacyRouter()
    assert router.db_for_read(User) == router.db_for_write(User) == "legacy"
    assert router.allow_migrate("legacy", "legacy")
    assert not router.allow_migrate("default", "legacy")
    assert not router.allow_migrate("legacy", "sessions")


def check_django(**settings: str) -> subprocess.CompletedProcess[str]:
    environment_of_child = script_environment(settings)
    environment_of_child["DJANGO_SETTINGS_MODULE"] = "config.settings"
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BACKEND_DIR,
        env=environment_of_child,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_without_a_secret_key_refuses_to_start_and_says_so() -> None:
    done = check_django(DJANGO_DEBUG="0", DJANGO_SECRET_KEY="")
    assert done.returncode != 0
    assert "DJANGO_SECRET_KEY is not set" in done.stderr


def test_django_finds_nothing_wrong_with_production() -> None:
    key = "k" * 25 + "0123456789abcdefghijklmnopqrstuv"
    done = check_django(
        DJANGO_DEBUG="0", DJANGO_SECRET_KEY=key, DJANGO_ALLOWED_HOSTS="algoitny.example",
        GOOGLE_CLIENT_ID="1.apps.googleusercontent.com", ALGOITNY_TRUSTED_PROXIES="1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
