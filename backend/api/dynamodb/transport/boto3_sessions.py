"""boto3's sessions: one that finds credentials, and one whose clients sign with `BackgroundCredentials`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.credentials import CredentialProvider, CredentialResolver, Credentials
from botocore.exceptions import BotoCoreError, CredentialRetrievalError, NoCredentialsError

from api.dynamodb.errors import AccessDenied
from api.dynamodb.transport import deadlines
from config.environment import AwsKeys, environment, is_aws_endpoint

if TYPE_CHECKING:
    from api.dynamodb.transport.credentials import BackgroundCredentials

_PLACEHOLDER_KEYS = Credentials("test", "test")  # for local engines when no keys are set; never sent to AWS
_KEY_ATTRIBUTES = frozenset({"access_key", "secret_key", "token", "account_id"})


def load_credentials(endpoint_url: str | None, region: str) -> Credentials | None:
    """The credentials that boto3 finds, from profile, program, role or metadata; placeholders for a local engine.

    None if there are none. May run a program and call AWS; raises whatever these raise.
    """
    credentials: Credentials | None = _session(region).get_credentials()
    if credentials is None and endpoint_url is not None and not is_aws_endpoint(endpoint_url):
        return _PLACEHOLDER_KEYS
    return credentials


def _session(region: str) -> boto3.Session:
    core = botocore.session.Session()
    bundle = environment().ca_bundle
    if bundle is not None:  # it may stand in .env, which boto3 does not read
        core.set_config_variable("ca_bundle", bundle)
    return boto3.Session(botocore_session=core, region_name=region)


def ca_bundle_of(session: boto3.Session) -> str | None:
    """The file of certificates that a session trusts, from AWS_CA_BUNDLE or the profile; None for the system's."""
    bundle: str | None = session._session.get_config_variable("ca_bundle")
    return bundle


def session_of_keys(region: str, keys: AwsKeys) -> boto3.Session:
    """A session with keys that do not expire. No call."""
    session = _session(region)
    session._session.set_credentials(keys.access_key, keys.secret_key, keys.token)
    return session


def session_of_credentials(region: str, credentials: BackgroundCredentials) -> boto3.Session:
    """A session whose clients sign with these credentials. No call."""
    session = _session(region)
    session._session.register_component("credential_provider", CredentialResolver([_Provider(credentials)]))
    return session


class _Provider(CredentialProvider):
    METHOD = CANONICAL_NAME = "algoitny-background"

    def __init__(self, credentials: BackgroundCredentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return _SharedCredentials(self._credentials)


class _SharedCredentials(Credentials):
    """`BackgroundCredentials` as botocore's clients use them. A use waits at most until the block's deadline.

    Raises botocore's own errors, and `Unavailable` when the look-up takes too long.
    """

    def __init__(self, credentials: BackgroundCredentials) -> None:
        self._credentials = credentials
        self.method = _Provider.METHOD

    def get_frozen_credentials(self) -> Any:
        try:
            return self._credentials.get_keys(deadlines.deadline())
        except AccessDenied as denied:
            cause = denied.__cause__
            if cause is None:
                raise NoCredentialsError from None
            if isinstance(cause, BotoCoreError):
                raise cause from None
            raise CredentialRetrievalError(provider="boto3", error_msg=str(cause)) from cause

    def __getattribute__(self, name: str) -> Any:
        if name in _KEY_ATTRIBUTES:
            return getattr(self.get_frozen_credentials(), name)
        return super().__getattribute__(name)
