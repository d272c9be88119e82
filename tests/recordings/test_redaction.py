from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recordings import redaction
from pytest_mockopenai.recordings.redaction import Redactor

KEY = "sk-proj-AbC_123-0123456789"
TEXTS = st.text(max_size=5).map(lambda text: f"{text} {KEY} {text}") | st.text(max_size=5)
JSON = st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@given(JSON)
def test_no_key_is_left_anywhere_in_a_value(value: object) -> None:
    assert KEY not in json.dumps(Redactor().value(value))


@given(JSON)
def test_what_is_redacted_stays_as_it_is(value: object) -> None:
    once = Redactor(("AbC_123-0123456789",)).value(value)
    assert Redactor().value(once) == once


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"Incorrect API key provided: {KEY}.", "Incorrect API key provided: [redacted]."),
        ("ek_68af296e8e408191a1120ab6383263c2", "[redacted]"),
        ("Authorization: Bearer abcDEF0123456789.x-y_z", "Authorization: Bearer [redacted]"),
        ("in organization org-AbCdEfGhIjKl0123 on", "in organization org-mock on"),
        ("project proj_AbCdEfGhIjKl0123", "project proj_mock"),
        ("task-force-of-the-sk-dialect", "task-force-of-the-sk-dialect"),
        ("asking for a risk-assessment-of-something", "asking for a risk-assessment-of-something"),
        (
            "https://x.blob.core.windows.net/a.png?se=1&sig=abc%2F%3D&rsct=x",
            "https://x.blob.core.windows.net/a.png?se=1&sig=[redacted]&rsct=x",
        ),
        ("opaque and mine", "[redacted] and mine"),
    ],
)
def test_secrets_are_taken_out_of_texts(text: str, left: str) -> None:
    assert Redactor(("opaque",)).text(text) == left


def test_fields_that_name_a_secret_have_none() -> None:
    tool = {"type": "mcp", "authorization": "short", "headers": {"X-Api-Key": "mine", "accept": "*/*"}}
    redacted = {"type": "mcp", "authorization": "[redacted]", "headers": {"X-Api-Key": "[redacted]", "accept": "*/*"}}
    assert Redactor().value({"tools": [tool], "password": {"min": 3}}) == {"tools": [redacted], "password": {"min": 3}}


def test_the_secrets_of_a_request_are_those_of_its_headers() -> None:
    headers = (
        ("Authorization", "Bearer mine-12345678"),
        ("api-key", "mine-12345678-and-more"),
        ("cookie", "a=b"),
        ("content-type", "application/json"),
    )
    found = redaction.secrets_of(Request("GET", "/", headers))
    assert found == ("mine-12345678-and-more", "mine-12345678")  # what a part is taken out later; short ones are none
    assert Redactor(found).text("mine-12345678-and-more mine-12345678") == "[redacted] [redacted]"


def test_of_headers_is_kept_what_is_known_to_matter() -> None:
    sent = (("Content-Type", "application/json"), ("Authorization", "x"), ("X-Stainless-Lang", "python"))
    assert redaction.request_headers(sent) == (("content-type", "application/json"),)
    came = [
        *(("Content-Type", "text/plain"), ("Set-Cookie", "a=b"), ("CF-Ray", "x"), ("X-RateLimit-Limit-Tokens", "5")),
        *(("OpenAI-Organization", "acme"), ("openai-project", "proj_1"), ("x-request-id", "req_1"), ("date", "now")),
    ]
    assert redaction.reply_headers(came) == (
        ("content-type", "text/plain"),
        ("openai-organization", "org-mock"),
        ("openai-project", "proj_mock"),
        ("x-ratelimit-limit-tokens", "5"),
        ("x-request-id", "req_1"),
    )
