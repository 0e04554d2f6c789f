"""Google in tests: keys of its own, ID tokens signed with them, and a server on 127.0.0.1 for their certificates."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt

CLIENT_ID = "1234.apps.googleusercontent.com"


class SigningKey:
    """An RSA key with its certificate, under the id by which tokens name it."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, key_id)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()
        form, none = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, form, none)
        self._signer = crypt.RSASigner.from_string(private, key_id)

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A token of these claims."""
        token: bytes = jwt.encode(self._signer, claims, header=header)
        return token.decode()


@lru_cache(maxsize=4)
def signing_key(key_id: str) -> SigningKey:
    """The key of an id, made once a run: making one takes long."""
    return SigningKey(key_id)


def claims_of(nonce: str, /, **changes: Any) -> dict[str, Any]:
    """The claims of a good ID token; None takes one away."""
    now = int(time.time())
    claims = {
        "iss": "https://accounts.google.com", "aud": CLIENT_ID, "azp": CLIENT_ID, "sub": "g-5", "nonce": nonce,
        "email": "eve@example.org", "email_verified": True, "name": "Eve", "picture": "https://lh3.example/eve",
        "iat": now - 5, "exp": now + 3600, **changes,
    }  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


class Google:
    """Serves certificates; a context manager. `keys`, `status`, `cache_control` and `body` may change at any time."""

    def __init__(self) -> None:
        self.keys = [signing_key("first")]
        self.status = 200
        self.cache_control = "public, max-age=20000, must-revalidate, no-transform"
        self.age: str | None = None
        self.body: bytes | None = None
        self.seconds = 0.0
        self.asked = 0
        google = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                google.asked += 1
                time.sleep(google.seconds)
                body = google.body
                if body is None:
                    body = json.dumps({key.key_id: key.certificate for key in google.keys}).encode()
                self.send_response(google.status)
                self.send_header("Cache-Control", google.cache_control)
                if google.age is not None:
                    self.send_header("Age", google.age)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/oauth2/v1/certs"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Google:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops serving, for good; closing twice is fine."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(120)
            self._server.server_close()

    def token(self, nonce: str, /, **changes: Any) -> str:
        """A good ID token, but for the claims that are changed."""
        return self.keys[0].sign(claims_of(nonce, **changes))
