"""The OpenAPI document: every operation declares its answers, its errors, its headers and who may ask."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from api.http.faults import (
    BAD_REQUEST,
    CONTENT_TYPE,
    SERVER_ERROR,
    UNAVAILABLE,
    Fault,
    FaultKind,
)

# Any request can meet these, whatever it asks for.
EVERYWHERE = (BAD_REQUEST, SERVER_ERROR, UNAVAILABLE)


def responses(
    model: Any, *kinds: FaultKind, status: int = 200, also: dict[int, Any] | None = None
) -> dict[int, Any]:
    """What an operation answers, for ninja: `model` with `status` (None: no body), and each kind of fault.

    `also` has further statuses, such as {304: None}.
    """
    found: dict[int, Any] = {status: model, **(also or {})}
    for kind in (*kinds, *EVERYWHERE):
        found.setdefault(kind.status, Fault)
    return dict(sorted(found.items()))


def header(description: str, kind: str = "string") -> dict[str, Any]:
    """The declaration of a header of an answer."""
    return {"description": description, "schema": {"type": kind}}


ETAG = {"ETag": header("names this version; send it back in If-None-Match or If-Match")}
# A parameter for `openapi_extra`; `conditional.expected_version` reads the header.
IF_MATCH: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "description": "the ETag of the version that is changed; 428 without it, 412 when it is another by now",
            "schema": {"type": "string", "pattern": '^"[0-9]{1,16}-[0-9]{1,15}"$'},
        }
    ]
}
LINK = {"Link": header('the next page: `<...>; rel="next"`')}
RATE_LIMIT = {
    "RateLimit-Policy": header("each limit's quota `q` and window `w` in seconds"),
    "RateLimit": header("what remains `r` of each limit, and the seconds `t` to its reset"),
}
LOCATION = {"Location": header("where the new thing is")}


def with_headers(status: int, *groups: dict[str, Any]) -> dict[str, Any]:
    """For `openapi_extra`: headers of the answer of that status."""
    return {"responses": {status: {"headers": {name: h for group in groups for name, h in group.items()}}}}


class _Document(OpenAPISchema):
    """Ninja's document, with faults as problem documents."""

    def responses(self, operation: Any) -> dict[int, Any]:
        found = super().responses(operation)
        for status, details in found.items():
            if operation.response_models[status] is not None and status >= 400:
                (content,) = details["content"].values()
                if content["schema"].get("$ref", "").endswith("/Fault"):
                    details["content"] = {CONTENT_TYPE: content}
            if status == 429:
                details["headers"] = {"Retry-After": header("seconds to wait", "integer")}
            if status == 503:
                details["headers"] = {"Retry-After": header("seconds after which to try again", "integer")}
            if status == 401:
                details["headers"] = {"WWW-Authenticate": header("how to sign in (RFC 6750)")}
        return found

    def operation_security(self, operation: Any) -> list[dict[str, Any]] | None:
        found = super().operation_security(operation)
        if found and any(getattr(auth, "is_optional", False) for auth in operation.auth_callbacks):
            found.append({})
        return found


class DocumentedAPI(NinjaAPI):
    """Ninja's API, whose OpenAPI document is made once, and whose operations return finished answers."""

    _made: OpenAPISchema | None = None

    def get_openapi_schema(self, **how: Any) -> OpenAPISchema:
        """The document."""
        if self._made is None:
            prefix = how.get("path_prefix")
            self._made = _Document(self, self.get_root_path({}) if prefix is None else prefix)
        return self._made

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Nothing: every operation makes its own answer, and ninja's, which it throws away, takes a while to make."""
        return _NO_RESPONSE


# Changing it would show in another request; no operation asks for it.
_NO_RESPONSE = HttpResponse()
