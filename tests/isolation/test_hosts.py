"""Which hosts are OpenAI's, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.isolation.hosts import PATTERNS, is_real_host

REAL = (
    "api.openai.com",
    "eu.api.openai.com",
    "us.api.openai.com",
    "mtls-eu.api.openai.com",
    "auth.openai.com",
    "mtls.auth.openai.com",
    "my-resource.openai.azure.com",
    "my-resource.openai.azure.us",
    "my-resource.openai.azure.cn",
    "my-resource.privatelink.openai.azure.com",
    "my-resource.services.ai.azure.com",
    "my-resource.cognitiveservices.azure.com",
    "eastus.api.cognitive.microsoft.com",
)
OTHER = (
    "",
    "127.0.0.1",
    "::1",
    "[::1]:443",
    "localhost",
    "openai.com",
    "platform.openai.com",
    "evil-api.openai.com",
    "api.openai.com.example.org",
    "api-openai.com",
    "openai.azure.com",
    "notopenai.azure.com",
    "login.microsoftonline.com",
    "openaipublic.blob.core.windows.net",
    "gateway.internal",
)


@pytest.mark.parametrize("host", REAL)
def test_real(host: str) -> None:
    assert is_real_host(host)


@pytest.mark.parametrize("host", OTHER)
def test_other(host: str) -> None:
    assert not is_real_host(host)


def test_no_host() -> None:
    assert not is_real_host(None)
    assert not is_real_host(b"")


@given(
    host=st.sampled_from((*REAL, *OTHER)),
    upper=st.booleans(),
    dot=st.booleans(),
    port=st.sampled_from(("", ":443", ":")),
    kind=st.sampled_from((str, str.encode, lambda text: bytearray(text.encode()))),
)
def test_spelling_does_not_matter(host: str, upper: bool, dot: bool, port: str, kind: object) -> None:
    spelt = (host.upper() if upper else host) + ("." if dot and host else "")
    if ":" not in host:
        spelt += port
    assert is_real_host(kind(spelt)) == is_real_host(host)  # type: ignore[operator]


@pytest.mark.parametrize(
    "host",
    [
        "api。openai。com",
        "ａｐｉ.openai.com",
        "api.open\u00adai.com",
        "ⓐpi.openai.com:443",
        "bücher.openai.azure.com",
    ],
)
def test_what_a_resolver_takes_for_a_real_host_is_one(host: str) -> None:
    assert is_real_host(host)


@given(st.text(max_size=70))
def test_any_text_has_an_answer(host: str) -> None:
    assert is_real_host(host) in (True, False)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_holds_below_it_and_not_beside_it(pattern: str) -> None:
    assert is_real_host("x." + pattern.lstrip("."))
    assert not is_real_host("x" + pattern.lstrip("."))
