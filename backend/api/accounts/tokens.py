"""Access tokens: short-lived signed JWTs that identify the caller without a lookup."""

from __future__ import annotations

import time

import jwt
from jwt.types import Options

from api.accounts.identity import Identity
from api.dynamodb.schema.records import User
from api.http.signing_keys import signing_keys

ACCESS_SECONDS = 600
ISSUER, AUDIENCE = "algoitny", "algoitny-api"
_ALGORITHM, _PURPOSE = "HS256", "access token"
_LEEWAY = 5
_CAPACITY = 10_000
_OPTIONS: Options = {"require": ["exp", "iat", "sub", "sid", "iss", "aud"]}
_JWT = jwt.PyJWT(_OPTIONS)

_verified: dict[str, tuple[Identity, int]] = {}


class TokenInvalid(Exception):
    """The token is not one of ours, or it has expired; `code` is the error code for the client."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def make_access_token(user: User, session_id: int) -> str:
    """A token for a user's session, good for ten minutes from now."""
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + ACCESS_SECONDS,
        "sub": str(user["user_id"]), "sid": session_id, "stf": user["is_staff"],
    }  # fmt: skip
    if user["subscription_plan_id"] is not None:
        claims["pln"] = user["subscription_plan_id"]
    return _JWT.encode(claims, signing_keys(_PURPOSE)[0], _ALGORITHM)


def read_access_token(token: str) -> Identity:
    """The identity in the token. Raises `TokenInvalid`. No call.

    A verified token is cached until it expires: a client sends the same one for minutes, and checking a signature
    costs more than reading a problem's item.
    """
    cached = _verified.get(token)
    if cached is not None and time.time() < cached[1]:
        return cached[0]
    identity, until = _verify(token)
    if len(_verified) >= _CAPACITY:
        _verified.clear()
    _verified[token] = identity, until
    return identity


def _verify(token: str) -> tuple[Identity, int]:
    """The identity in the token, and when the token expires, in epoch seconds."""
    for key in signing_keys(_PURPOSE):
        try:
            claims = _JWT.decode(token, key, [_ALGORITHM], audience=AUDIENCE, issuer=ISSUER, leeway=_LEEWAY)
            identity = Identity(
                int(claims["sub"]), int(claims["sid"]), claims.get("pln"), bool(claims.get("stf"))
            )
            return identity, int(claims["exp"]) + _LEEWAY
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise TokenInvalid("access_token_expired") from None
        except (jwt.InvalidTokenError, ValueError, TypeError):
            break
    raise TokenInvalid("access_token_invalid")


def forget() -> None:
    """Drops the cached tokens, after the key changed."""
    _verified.clear()
