"""Settings: what is read from where, what a bad value says, and that no password is ever printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.databases import LegacyRouter, legacy_database
from config.environment import (
    BACKEND_DIR,
    GOOGLE_CERTIFICATES_URL,
    PROJECT_DIR,
    ListShards,
    MySQLSource,
    MySQLSsl,
    SQLiteSource,
    environment,
    read_environment,
)
from config.setting_values import ConfigurationError
from tests.support.scripts import script_environment

SECRET = "correct horse battery staple of ours"


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
    assert settings.trusted_proxies is None


@pytest.mark.parametrize(
    "url",
    ["", "https://dynamodb.eu-west-1.amazonaws.com", "https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com"],
)
def test_tables_in_aws_are_changed_in_a_named_environment_only(url: str) -> None:
    unnamed = read_environment({"LOCALSTACK_URL": url})
    with pytest.raises(
        ConfigurationError, match=r"ALGOITNY_ENVIRONMENT is not set, .*dev, staging, demo, prod"
    ):
        assert unnamed.table_environment
    assert (
        read_environment({"LOCALSTACK_URL": url, "ALGOITNY_ENVIRONMENT": "demo"}).table_environment == "demo"
    )


def test_a_local_engine_has_the_tables_of_dev_where_none_is_named() -> None:
    assert read_environment({"LOCALSTACK_URL": "http://localstack:4566"}).table_environment == "dev"


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
        ("PRICE_PER_GB_IMPORT", "-0.1"),
        ("PRICE_PER_GB_MONTH", "nan"),
        ("PRICE_PER_GB_MONTH", "inf"),
        ("PRICE_INFREQUENT_REQUESTS", "much"),
        ("PRICE_INFREQUENT_STORAGE", "-0.4"),
        ("DJANGO_DEBUG", "maybe"),
        ("GOOGLE_CERTIFICATES_URL", "https://example.org/certs"),
        ("GOOGLE_CERTIFICATES_URL", "http://10.0.0.1/certs"),
        ("GOOGLE_CERTIFICATES_URL", "http://[::1"),
        ("ALGOITNY_TRUSTED_PROXIES", "-1"),
        ("ALGOITNY_SIGN_IN_LIMIT", "0"),
        ("DYNAMODB_CATALOGUE_PROBLEMS", "-1"),
        ("ALGOITNY_SIGN_IN_SECRET", "guess"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_settings_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is "):
        read_environment({"MYSQL_HOST": "db", name: value})


def test_lists_have_their_declared_shards_unless_they_are_set() -> None:
    assert read_environment({}).list_shards == {}
    settings = read_environment(
        {
            "DYNAMODB_TIMELINE_SHARDS": "8",
            "DYNAMODB_USER_LIST_SHARDS": "1",
            "DYNAMODB_USER_LIST_READ_SHARDS": "4",
        }
    )
    assert settings.list_shards == {"timeline": ListShards(8, None), "users": ListShards(1, 4)}


@pytest.mark.parametrize(
    ("writers", "readers", "message"),
    [
        ("8", "4", "readers would miss what writers store"),
        ("", "8", "DYNAMODB_PROBLEM_LIST_SHARDS is not"),
        ("0", "", "whole number from 1 to 64"),
        ("4", "65", "whole number from 1 to 64"),
    ],
)
def test_readers_have_at_least_as_many_shards_as_writers(writers: str, readers: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_environment(
            {"DYNAMODB_PROBLEM_LIST_SHARDS": writers, "DYNAMODB_PROBLEM_LIST_READ_SHARDS": readers}
        )


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
    names = (
        "MYSQL_PASSWORD", "DJANGO_SECRET_KEY", "DJANGO_SECRET_KEY_FALLBACKS", "ALGOITNY_SIGN_IN_SECRET",
    )  # fmt: skip
    settings = read_environment({"MYSQL_HOST": "db", **dict.fromkeys(names, SECRET)})
    assert isinstance(settings.source, MySQLSource)
    assert settings.source.password == settings.secret_key == settings.secret_key_fallbacks[0] == SECRET
    for thing in (settings, settings.source, [settings], {"source": settings.source}):
        assert SECRET not in repr(thing)
        assert SECRET not in str(thing)
        assert SECRET not in f"{thing}"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of settings; what is read of it is forgotten afterwards."""
    path = tmp_path / "settings"
    path.write_text("DYNAMODB_TABLE=from_file\nALGOITNY_PORT=8123\n")
    monkeypatch.setenv("ALGOITNY_ENV_FILE", str(path))
    environment.cache_clear()
    yield path
    environment.cache_clear()


def test_the_environment_wins_over_the_file(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_TABLE", "from_environment")
    assert (environment().table_name, environment().web_port) == ("from_environment", 8123)


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


def test_a_line_end_in_a_value_is_said_and_the_value_is_not_shown() -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "MYSQL_PASSWORD", "DJANGO_SECRET_KEY", "MYSQL_HOST"):
        for end in ("\r", "\n", "\0"):
            with pytest.raises(ConfigurationError, match=f"^{name} is unusable: it has a line end") as raised:
                read_environment({name: SECRET + end})
            assert SECRET not in str(raised.value)
    assert read_environment({"PS1": "\r\n"}) == read_environment({})


@pytest.mark.parametrize("value", ['"a${HOME}b"', "'a${HOME}b'", "a${HOME}b", '"a${NOWHERE:-x}b"', "a$HOME"])
def test_a_value_of_the_file_is_taken_as_it_is_written(env_file: Path, value: str) -> None:
    env_file.write_text(f"MYSQL_HOST=db\nMYSQL_PASSWORD={value}\r\nDYNAMODB_TABLE=other\r\n")
    environment.cache_clear()
    source = environment().source
    assert isinstance(source, MySQLSource)
    assert source.password == value.strip("\"'")
    assert environment().table_name == "other"


def test_certificates_ask_for_as_much_tls_as_they_are_good_for() -> None:
    def ssl_of(**values: str) -> MySQLSsl:
        source = read_environment({"MYSQL_HOST": "db", **values}).source
        assert isinstance(source, MySQLSource)
        return source.ssl

    assert ssl_of() == MySQLSsl("preferred")
    assert ssl_of(MYSQL_SSL_MODE="DISABLED") == MySQLSsl("disabled")
    ca, certificate, key = (Path(f"/certificates/{name}.pem") for name in ("ca", "client", "key"))
    assert ssl_of(MYSQL_SSL_CA=str(ca)) == MySQLSsl("verify_identity", ca)
    assert ssl_of(MYSQL_SSL_CA=str(ca), MYSQL_SSL_MODE="verify_ca") == MySQLSsl("verify_ca", ca)
    pair = {"MYSQL_SSL_CERT": str(certificate), "MYSQL_SSL_KEY": str(key)}
    assert ssl_of(**pair) == MySQLSsl("required", None, certificate, key)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"MYSQL_SSL_MODE": "yes"},
            "MYSQL_SSL_MODE is 'yes': set it to one of disabled, preferred, required",
        ),
        (
            {"MYSQL_SSL_MODE": "disabled", "MYSQL_SSL_CA": "ca.pem"},
            "MYSQL_SSL_MODE is 'disabled' with certificates",
        ),
        ({"MYSQL_SSL_KEY": "key.pem"}, "MYSQL_SSL_CERT is missing"),
        ({"MYSQL_TIME_ZONE": "Seoul"}, "MYSQL_TIME_ZONE is 'Seoul': set it to an IANA name"),
    ],
)
def test_settings_of_mysql_that_contradict_each_other_are_said(values: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(says)}"):
        read_environment({"MYSQL_HOST": "db", **values})


def test_a_source_says_its_socket_and_its_time_zone() -> None:
    source = read_environment({"MYSQL_SOCKET": "/run/mysqld.sock", "MYSQL_TIME_ZONE": "Asia/Seoul"}).source
    assert str(source) == "mysql://algoitny@localhost/run/mysqld.sock/algoitny in Asia/Seoul"
    assert str(read_environment({"MYSQL_HOST": "db"}).source) == "mysql://algoitny@db:3306/algoitny"


def test_settings_are_equal_and_cached_by_their_values() -> None:
    first, second = read_environment({}), read_environment({})
    assert (first, hash(first)) == (second, hash(second))
