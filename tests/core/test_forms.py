"""Forms: their parts as sent, and nothing of what is no form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.forms import Part, parts_of
from pytest_mockopenai.core.wire import Request

BOUNDARY = "mock-boundary-8Xy"
DATA = st.lists(st.binary(max_size=60), max_size=4)


def form(*parts: tuple[str, str, bytes], boundary: str = BOUNDARY) -> Request:
    sections = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, kind, data in parts
    ]
    body = b"".join([*sections, f"--{boundary}--\r\n".encode()])
    return Request("POST", "/", (("content-type", f"multipart/form-data; boundary={boundary}"),), body)


def test_parts_in_order() -> None:
    parts = [("sdp", "application/sdp", b"v=0\r\no=-\r\n"), ("session", "application/json; a=b", b'{"a": "\xc3\xbc"}')]
    assert parts_of(form(*parts)) == [
        Part("sdp", "application/sdp", b"v=0\r\no=-\r\n"),
        Part("session", "application/json", b'{"a": "\xc3\xbc"}'),
    ]


@given(DATA)
def test_any_bytes(data: list[bytes]) -> None:
    sent = form(*[(f"p{place}", "application/octet-stream", each) for place, each in enumerate(data)])
    assert [part.data for part in parts_of(sent)] == data


@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "/"),
        Request("POST", "/", (("content-type", "application/json"),), b"{}"),
        Request("POST", "/", (("content-type", "multipart/form-data"),), b"x"),
        Request("POST", "/", (("content-type", "multipart/form-data; boundary=B"),), b"no boundary"),
        Request("POST", "/", (("content-type", "é"),), b"\xff"),
    ],
)
def test_what_is_no_form(request_: Request) -> None:
    assert parts_of(request_) == []


@given(st.binary(max_size=200))
def test_noise_never_raises(noise: bytes) -> None:
    parts_of(Request("POST", "/", (("content-type", "multipart/form-data; boundary=B"),), b"--B\r\n" + noise))


def test_a_part_without_a_name_is_left_out() -> None:
    body = b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n"
    assert parts_of(Request("POST", "/", (("content-type", "multipart/form-data; boundary=B"),), body)) == []
