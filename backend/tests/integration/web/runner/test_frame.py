"""The frame of visitors' code: its policy, and who may frame what."""

from __future__ import annotations

import re

from django.test import Client

from api.dynamodb.metering import meter


def test_its_policy_leaves_code_neither_origin_nor_network(service_table: str) -> None:
    with meter.recording() as counted:
        answer = Client().get("/runner/")
    assert counted.calls == []
    policy = dict((part.strip().partition(" ")[::2]) for part in answer["Content-Security-Policy"].split(";"))
    nonce = re.search(r'<script nonce="([\w-]+)" src="/static/web/runner/frame.js">', answer.text)
    assert nonce
    assert policy == {
        "sandbox": "allow-scripts",
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce[1]}' blob: 'wasm-unsafe-eval'",
        "worker-src": "blob:",
        "connect-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }


def test_each_answer_has_a_nonce_of_its_own(service_table: str) -> None:
    first, second = (Client().get("/runner/")["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_pages_may_frame_it_and_nothing_may_frame_pages(service_table: str) -> None:
    frame, page = Client().get("/runner/"), Client().get("/")
    assert "X-Frame-Options" not in frame
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-src 'self'; frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "unsafe" not in page["Content-Security-Policy"]
