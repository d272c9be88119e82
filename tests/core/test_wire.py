"""Requests are read as sent; replies know their bytes and their faults."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.dialogue import Talk
from pytest_mockopenai.core.wire import (
    HOWS,
    Cut,
    Headers,
    How,
    Request,
    Send,
    Stream,
    Upgrade,
    Whole,
    body_of,
    faults_of,
)

CHUNKS = st.lists(st.binary(max_size=8), max_size=6)


@given(st.text(), st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1))
def test_path_and_query(path: str, query: list[tuple[str, str]]) -> None:
    request = Request("GET", f"/{quote(path)}?{urlencode(query)}")
    assert request.path == f"/{path}"
    assert request.query == tuple(query)


def test_raw_path_keeps_an_encoded_slash() -> None:
    request = Request("GET", "/v1/models/org%2Fname?limit=2?3")
    assert request.raw_path == "/v1/models/org%2Fname"
    assert request.path == "/v1/models/org/name"
    assert request.query == (("limit", "2?3"),)


def test_a_name_may_be_asked_twice_or_be_empty() -> None:
    assert Request("GET", "/?include[]=a&include[]=b&after=").query == (
        ("include[]", "a"),
        ("include[]", "b"),
        ("after", ""),
    )


@pytest.mark.parametrize("name", ["x-test", "X-Test", "X-TEST"])
def test_header_whatever_its_case(name: str) -> None:
    request = Request("GET", "/", (("A", "0"), ("X-Test", "1"), ("x-test", "2")))
    assert request.header(name) == "1"
    assert request.header("y-test") is None


@given(CHUNKS)
def test_body_of_a_stream_is_that_of_the_same_whole(chunks: list[bytes]) -> None:
    stream = Stream(200, (), tuple(Send(chunk, 0.1) for chunk in chunks))
    assert body_of(stream) == body_of(Whole(200, (), b"".join(chunks)))
    assert list(stream) == list(stream.steps)


@pytest.mark.parametrize(
    ("headers", "scheme", "origin"),
    [
        ((), "http", "http://localhost"),
        ((("Host", "mock:81"),), "https", "https://mock:81"),
        ((("host", "mock"), ("X-Forwarded-Proto", "https, http")), "http", "https://mock"),
        ((("host", "mock"), ("x-forwarded-proto", "javascript")), "http", "http://mock"),
    ],
)
def test_where_the_client_reached_the_mock(headers: Headers, scheme: str, origin: str) -> None:
    assert Request("GET", "/", headers, scheme=scheme).origin == origin


def test_no_fault() -> None:
    assert faults_of(Whole(200, (), b"x")) == faults_of(Stream(200, (), (Send(b"x"),))) == frozenset()


@pytest.mark.parametrize("how", sorted(HOWS))
def test_fault(how: How) -> None:
    stream = Stream(200, (), (Send(b"x"), Cut(how)))
    assert faults_of(stream) == {how}
    assert body_of(stream) == b"x"


def test_a_dialogue_has_no_body_and_may_end_in_any_way() -> None:
    upgrade = Upgrade((), Talk())
    assert (upgrade.status, body_of(upgrade), faults_of(upgrade)) == (101, b"", HOWS)
