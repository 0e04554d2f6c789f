"""How the tools sign in to MySQL: passwords of any letters, TLS, client certificates, the socket, other plugins."""

from __future__ import annotations

import gc
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.environment import MySQLSource, MySQLSsl
from config.setting_values import ConfigurationError
from engines.mariadb import RunningMariaDB, start_mariadb
from engines.processes import EngineUnavailable
from migration.errors import MigrationError
from migration.source import LegacyDatabase
from tests.support.certificates import Authority
from tests.support.scripts import run_manage, run_script
from tests.support.sources import connect, settings_of

IDENTITY = "verify_identity"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[RunningMariaDB]:
    """A server of its own with a certificate for 127.0.0.1, which asks clients for theirs."""
    pair = authority.pair("127.0.0.1")
    try:
        running = start_mariadb(f"--ssl-ca={authority.file}", f"--ssl-cert={pair}", f"--ssl-key={pair}")
    except EngineUnavailable as missing:
        pytest.skip(str(missing))
    with running:
        yield running


AddAccount = Callable[..., MySQLSource]


@pytest.fixture
def account(server: RunningMariaDB) -> Iterator[AddAccount]:
    """Makes an account with this password and these words behind it, until the test ends."""
    created = []

    def add(
        password: str = "", more: str = "", host: str = "127.0.0.1", identified: str = "BY %s"
    ) -> MySQLSource:
        name = f"account_{secrets.token_hex(4)}"
        with connect(server.source) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE USER '{name}'@'{host}' IDENTIFIED {identified} {more}", [password])
            cursor.execute(f"GRANT SELECT ON *.* TO '{name}'@'{host}'".replace("%", "%%"))
        created.append(f"'{name}'@'{host}'")
        return replace(server.source, user=name, password=password)

    yield add
    with connect(server.source) as connection, connection.cursor() as cursor:
        for name in created:
            cursor.execute(f"DROP USER {name}")


def cipher(source: MySQLSource) -> str:
    """The cipher of a connection; empty without TLS."""
    with LegacyDatabase(source) as database:
        ((_, name),) = database.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    return str(name)


def with_tls(source: MySQLSource, mode: str = IDENTITY, **files: Path) -> MySQLSource:
    return replace(source, ssl=MySQLSsl(mode, **files))


@pytest.mark.parametrize("password", ["비밀번호 🎓", "café", "naïve ÿ", "q" * 70, "$ {x} \\ ' \" #"])
def test_a_password_of_any_letters_signs_in(account: AddAccount, password: str) -> None:
    source = account(password)
    assert cipher(source)
    with connect(source):
        pass
    run_manage("migrate", "legacy", "--plan", "--database", "legacy", settings=settings_of(source))
    with pytest.raises(MigrationError, match="MySQL refused the user"):
        cipher(replace(source, password=f"{password}!"))


def test_an_account_of_a_plugin_that_is_not_supported_is_told_which_are(
    server: RunningMariaDB, account: AddAccount
) -> None:
    with connect(server.source) as connection, connection.cursor() as cursor:
        cursor.execute("INSTALL SONAME 'auth_ed25519'")
    source = account("secret-of-it", identified="VIA ed25519 USING PASSWORD(%s)")
    for script in ("migrate_to_dynamodb", "verify_migration", "seed_demo"):
        options = ["--into-mysql"] if script == "seed_demo" else []
        done = run_script(script, *options, settings=settings_of(source))
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1
        assert "signs in by a plugin that is not supported" in done.stderr
        assert "mysql_native_password" in done.stderr
        assert "secret-of-it" not in done.stdout + done.stderr


def test_tls_is_used_where_the_server_offers_it_unless_it_is_turned_off(account: AddAccount) -> None:
    source = account("x")
    assert cipher(source)
    assert cipher(with_tls(source, "required"))
    assert cipher(with_tls(source, "disabled")) == ""


def test_a_certificate_of_the_named_authority_is_accepted(account: AddAccount, authority: Authority) -> None:
    assert cipher(with_tls(account("x"), ca=authority.file))


@pytest.mark.parametrize("mode", ["verify_ca", IDENTITY])
def test_a_certificate_of_another_authority_is_refused(
    account: AddAccount, tmp_path: Path, mode: str
) -> None:
    other = Authority(tmp_path)
    with pytest.raises(MigrationError, match=r"is not trusted .* set MYSQL_SSL_CA to the certificate"):
        cipher(with_tls(account("x"), mode, ca=other.file))


def test_a_certificate_for_another_name_is_accepted_by_verify_ca_alone(
    account: AddAccount, authority: Authority
) -> None:
    source = replace(account("x"), host="localhost")
    assert cipher(with_tls(source, "verify_ca", ca=authority.file))
    with pytest.raises(MigrationError, match=r"is for another name .* MYSQL_SSL_MODE=verify_ca"):
        cipher(with_tls(source, ca=authority.file))


def test_an_account_that_requires_a_client_certificate_is_told_so_and_signs_in_with_one(
    account: AddAccount, authority: Authority
) -> None:
    source = account("x", "REQUIRE X509")
    with pytest.raises(MigrationError, match="one with REQUIRE X509 needs MYSQL_SSL_CERT and MYSQL_SSL_KEY"):
        cipher(source)
    pair = authority.pair("client.example")
    assert cipher(with_tls(source, ca=authority.file, certificate=pair, key=pair))
    assert cipher(with_tls(source, "required", certificate=pair))


def test_an_account_that_requires_tls_is_told_so(account: AddAccount) -> None:
    source = account("x", "REQUIRE SSL")
    assert cipher(source)
    with pytest.raises(MigrationError, match="one with REQUIRE SSL needs MYSQL_SSL_MODE=required"):
        cipher(with_tls(source, "disabled"))


def test_a_server_without_tls_is_named_where_tls_is_required(mysql_server: MySQLSource) -> None:
    with pytest.raises(MigrationError, match="offers no TLS: turn it on there, or set MYSQL_SSL_MODE"):
        cipher(with_tls(mysql_server, "required"))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_read_is_named(
    account: AddAccount, authority: Authority, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "file.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"^MYSQL_SSL_CA is .*file.pem, which cannot be read"):
        cipher(with_tls(account("x"), ca=file))
    with pytest.raises(ConfigurationError, match=r"^MYSQL_SSL_CERT is .*file.pem, which cannot be used"):
        cipher(with_tls(account("x"), ca=authority.file, certificate=file))


def test_a_source_is_reached_by_its_socket(server: RunningMariaDB, account: AddAccount) -> None:
    source = replace(account("x", host="localhost"), socket=server.folder / "sock", host="elsewhere", port=1)
    with LegacyDatabase(source) as database:
        assert str(database.query("SELECT CURRENT_USER()")[0][0]).endswith("@localhost")


# PyMySQL 1.2 does not close a socket that it could not connect.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_socket_where_nothing_answers_is_named(server: RunningMariaDB) -> None:
    source = replace(server.source, socket=server.folder / "no-sock")
    with pytest.raises(MigrationError, match=r"nothing answers at .* correct MYSQL_SOCKET"):
        cipher(source)
    gc.collect()


def test_a_host_without_an_address_is_named(mysql_server: MySQLSource) -> None:
    with pytest.raises(MigrationError, match="has no address: correct MYSQL_HOST"):
        cipher(replace(mysql_server, host="db.invalid"))


@pytest.mark.parametrize(
    "greeting",
    [b"", b"\x00", b"\x04\x00\x00\x00abcd", b"\x01\x00\x00\x00\x0a", b"HTTP/1.1 400 Bad Request\r\n\r\n"],
)
@pytest.mark.parametrize("hangs", [True, False])
def test_a_port_where_something_else_answers_is_named(
    mysql_server: MySQLSource, monkeypatch: pytest.MonkeyPatch, greeting: bytes, hangs: bool
) -> None:
    monkeypatch.setattr("migration.source.connection.SIGN_IN_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        done = threading.Event()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(greeting)
                if hangs:
                    done.wait(120)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            with pytest.raises(MigrationError, match=r"MySQL.*correct MYSQL_HOST and MYSQL_PORT"):
                cipher(replace(mysql_server, port=listener.getsockname()[1]))
        finally:
            done.set()
            thread.join(120)
