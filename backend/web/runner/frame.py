"""The frame in which visitors' code runs, with a policy of its own: an opaque origin without network and storage."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

# Without `'self'`: code could send what it knows to the site as queries of scripts.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}' blob: 'wasm-unsafe-eval'; "
    "worker-src blob:; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@require_safe
@xframe_options_exempt
def frame(request: HttpRequest) -> HttpResponse:
    """The frame's document, which loads one script. No call to the table, and nothing of the visitor."""
    nonce = secrets.token_urlsafe(16)
    response = HttpResponse(render_to_string("web/runner/frame.html", {"nonce": nonce}))
    response["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    return response
