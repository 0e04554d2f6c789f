"""Errors of MySQL: which of them a new connection mends, and what to tell a person about the others."""

from __future__ import annotations

import socket
import ssl

import pymysql

from config.environment import MySQLSource, Source

# A closed connection of PyMySQL's, CR_SERVER_GONE_ERROR, CR_SERVER_LOST and its extended form, and what servers say
# when they shut down, kill a connection, end an idle one (4031, since MySQL 8.0.24) or lose the network.
_LOST = frozenset({0, 2006, 2013, 2055, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1927, 3169, 4031})
# The server ended the statement: interrupted, out of time on MariaDB and on MySQL, a sort that was aborted.
_TIMED_OUT = frozenset({1969, 3024})
_CUT_OFF = frozenset({1317, 1028}) | _TIMED_OUT
# A server that is starting, taking over or full: nothing answers, no such name yet, too many connections, Galera.
_NOT_YET = frozenset({2002, 2003, 2005, 1040, 1203, 1047})


def code_of(error: pymysql.Error) -> int:
    """The error's number; 0 for a connection that PyMySQL has closed."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else -1


def can_continue(error: pymysql.Error) -> bool:
    """Whether a new connection can go on behind the last row."""
    return code_of(error) in _LOST | _CUT_OFF


def may_come_back(error: pymysql.Error) -> bool:
    """Whether a server that refuses a new connection in this way may accept one soon."""
    return code_of(error) in _LOST | _NOT_YET


def explain(error: pymysql.Error, source: Source) -> str:
    """A one-line message for an error of MySQL, with the next step and never with a password."""
    code = code_of(error)
    if code in (2002, 2003, 2005):
        return _unreachable(error, source)
    if code == 2026:
        return f"{source} offers no TLS: turn it on there, or set MYSQL_SSL_MODE=disabled"
    if code in (1044, 1045, 1698, 1251, 3118, 3159):
        return f"MySQL refused the user at {source}: check MYSQL_USER, MYSQL_PASSWORD and their grants{_tls(source)}"
    if code == 1049:
        return f"there is no such database: {source}: set MYSQL_DATABASE (upper and lower case may differ)"
    if code in (1142, 1143):
        return f"the user may not read {source}: GRANT SELECT on the database to it"
    if code in _TIMED_OUT:
        return (
            f"{source} ends each statement before it has sent a row (max_statement_time, max_execution_time): "
            "raise the limit for this account"
        )
    if code in _LOST | _CUT_OFF:
        return f"the connection to {source} was lost: run the command again, it continues where it stopped"
    lines = str(error.args[1] if len(error.args) > 1 else error).splitlines()
    return f"MySQL at {source} says: {lines[0] if lines else code}"


def _unreachable(error: pymysql.Error, source: Source) -> str:
    """What kept a connection from being made, by the error below PyMySQL's."""
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        if "hostname" in cause.verify_message.lower() or "ip address" in cause.verify_message.lower():
            return (
                f"the certificate of {source} is for another name ({cause.verify_message}): set MYSQL_HOST to that "
                "name, or MYSQL_SSL_MODE=verify_ca"
            )
        return (
            f"the certificate of {source} is not trusted ({cause.verify_message}): "
            "set MYSQL_SSL_CA to the certificate of its authority"
        )
    if isinstance(cause, ssl.SSLError):
        reason = cause.reason or cause
        return f"TLS with {source} failed ({reason}): check MYSQL_SSL_CA, MYSQL_SSL_CERT and MYSQL_SSL_KEY"
    if isinstance(source, MySQLSource) and source.socket is not None:
        return f"nothing answers at {source}: start MySQL, or correct MYSQL_SOCKET"
    if isinstance(cause, socket.gaierror):
        return f"the host of {source} has no address: correct MYSQL_HOST"
    return f"nothing answers at {source}: start MySQL, or correct MYSQL_HOST and MYSQL_PORT"


def _tls(source: Source) -> str:
    """What an account that requires TLS needs beside its password."""
    if not isinstance(source, MySQLSource) or source.ssl.certificate is not None:
        return ""
    if source.ssl.mode == "disabled":
        return "; one with REQUIRE SSL needs MYSQL_SSL_MODE=required"
    return "; one with REQUIRE X509 needs MYSQL_SSL_CERT and MYSQL_SSL_KEY"
