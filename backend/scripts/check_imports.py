"""Imports every module of the product with the runtime requirements alone, and takes the service's optional paths.

It belongs to `.venv`, which holds requirements.txt and nothing else: a module that needs a package of the tests or the
development tools fails here. Nothing is started and nothing is called over the network.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import BACKEND_DIR, environment

PACKAGES = (
    "api", "benchmarks", "config", "dashboard", "design", "engines", "examples", "inspection", "legacy", "lifecycle",
    "live", "metrics", "migration", "migrations", "repair", "reporting", "rollout", "scripts", "table_exports",
    "translations", "web",
)  # fmt: skip
# Modules that need more than requirements.txt, with the reason; tests/ runs in .venv-dev.
NEEDS_MORE = {
    "benchmarks.dashboard_page": "draws pages by Streamlit, in .venv-dashboard",
    "benchmarks.peers": "the programs that are measured beside the product, in .venv-bench",
    "dashboard.app": "Streamlit and Plotly, in .venv-dashboard",
    "legacy.demo.problems": "programs for a judge, which read standard input as soon as they are imported",
    "examples.trading_dashboard.app": "Streamlit and Plotly, in .venv-dashboard",
    "engines.ministack_server": "the embedded engine, in .venv-engine",
    "translations": "extracts and compiles texts with Babel; `make messages` runs in .venv-dev",
}
# What `python -m venv` puts there by itself.
_OF_VENV = {"pip", "setuptools"}
# As in production; nothing listens on the port of the endpoint.
_SETTINGS = {
    "ALGOITNY_ENV_FILE": "",
    "ALGOITNY_TRUSTED_PROXIES": "1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "DJANGO_DEBUG": "0",
    "DJANGO_SECRET_KEY": "imports-modules-and-signs-nothing-at-all-0123456789",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "GOOGLE_CLIENT_ID": "1.apps.googleusercontent.com",
    "LOCALSTACK_URL": "http://127.0.0.1:9",
}


def module_names() -> Iterator[str]:
    """Every module of the product by its name."""
    for package in PACKAGES:
        for path in sorted((BACKEND_DIR / package).rglob("*.py")):
            parts = path.relative_to(BACKEND_DIR).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    yield "manage"


def exemption(name: str) -> str | None:
    """Why a module is not imported; None for one that is."""
    return next(
        (reason for prefix, reason in NEEDS_MORE.items() if name == prefix or name.startswith(f"{prefix}.")),
        None,
    )


def foreign_packages() -> list[str]:
    """Installed packages that requirements.txt does not name."""
    text = (BACKEND_DIR / "requirements.txt").read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    installed = {re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower() for each in distributions()}
    return sorted(installed - pinned - _OF_VENV)


def boto3_transport() -> None:
    """DYNAMODB_TRANSPORT=boto3: its transport, client and table"""
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.transport.factory import transport_for

    os.environ["DYNAMODB_TRANSPORT"] = "boto3"
    environment.cache_clear()
    transport_for(DynamoDBClient.get_table())
    DynamoDBClient.get_client(patient=True)


def google_certificates() -> None:
    """the HTTP client for Google's certificates, and the verification of ID tokens"""
    import google.auth.transport.urllib3
    import google.oauth2.id_token
    import urllib3

    google.auth.transport.urllib3.Request(urllib3.PoolManager())


def mysql_password() -> None:
    """caching_sha2_password of MySQL 8.4, whose password is encrypted with RSA"""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from pymysql._auth import sha2_rsa_encrypt

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    sha2_rsa_encrypt(b"password", b"salt" * 5, pem)


def gunicorn_configuration() -> None:
    """gunicorn with the options of `make run`, and its class of workers"""
    from scripts.run_demo import service_command

    sys.argv = service_command(8000)[1:]
    _ = importlib.import_module("gunicorn.app.wsgiapp").WSGIApplication().cfg.worker_class


def static_files() -> None:
    """WhiteNoise's storage of compressed files"""
    importlib.import_module("whitenoise.storage").CompressedManifestStaticFilesStorage()


def system_checks() -> None:
    """manage.py check"""
    from django.core.management import call_command

    call_command("check", stdout=io.StringIO(), stderr=io.StringIO())


OPTIONAL_PATHS: tuple[Callable[[], None], ...] = (
    boto3_transport, google_certificates, mysql_password, gunicorn_configuration, static_files, system_checks,
)  # fmt: skip


def check() -> tuple[int, list[str]]:
    """Imports everything and takes the optional paths: how many modules were imported, and a line for each failure."""
    causes: dict[str, list[str]] = {
        f"{name} is installed, but requirements.txt does not name it": ["environment"]
        for name in foreign_packages()
    }
    names = [name for name in module_names() if exemption(name) is None]
    steps: dict[str, Callable[[], object]] = {name: partial(importlib.import_module, name) for name in names}
    steps |= {path.__doc__ or path.__name__: path for path in OPTIONAL_PATHS}
    for step, work in steps.items():
        try:
            work()
        except (Exception, SystemExit) as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            message = (str(error).splitlines() or [""])[0]
            cause = f"{type(error).__name__}: {message} ({where.filename}:{where.lineno})"
            causes.setdefault(cause, []).append(step)
    failures = [
        f"{failed[0]}{f' and {len(failed) - 1} more' if failed[1:] else ''}: {cause}"
        for cause, failed in causes.items()
    ]
    return sum(name in sys.modules for name in names), failures


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    return argparse.ArgumentParser(
        description="Import every module of the product with the packages of requirements.txt alone. "
        "Exit code 1 when a module cannot be imported, or another package is installed.",
        allow_abbrev=False,
    )


def main() -> int:
    """Prints what was imported, what was left out and what failed; 0 when nothing failed."""
    arguments().parse_args()
    os.environ.update(_SETTINGS)
    environment.cache_clear()
    import django

    warnings.filterwarnings(
        "ignore", "No directory at", UserWarning
    )  # nothing is collected into staticfiles/ here
    django.setup()
    count, failures = check()
    print(f"{count} modules imported by {sys.executable}")
    for path in OPTIONAL_PATHS:
        print(f"  with {path.__doc__}")
    for prefix, reason in NEEDS_MORE.items():
        print(f"  without {prefix}: {reason}")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
