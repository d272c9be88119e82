from __future__ import annotations

from hashlib import sha256

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recordings import payload


@given(st.binary() | st.text().map(str.encode))
def test_whatever_has_no_layout_of_its_own_comes_back_to_the_byte(data: bytes) -> None:
    held = payload.of_bytes(data, "application/octet-stream")
    assert len(held) <= 1 or "json" in held
    if "json" not in held:
        assert payload.to_bytes(held) == data


@pytest.mark.parametrize(
    ("data", "kind", "held"),
    [
        (b"", "application/json", {}),
        (b'{"a":1}', "application/json", {"json": {"a": 1}}),
        (b'{"a": 1}\n', "", {"json": {"a": 1}, "layout": "spaced newline"}),
        (b'{"a" :1}', "application/json", {"json": {"a": 1}}),
        (b"{oops", "application/json", {"text": "{oops"}),
        (b"3", "application/json", {"json": 3}),
        (b"3", "text/plain", {"text": "3"}),
        (b"<html>\xc3\xa9\r\n", "text/html", {"text": "<html>é\r\n"}),
        (b"a\0b", "text/plain", {"base64": "YQBi"}),
        (b"\xff\xfe", "audio/mpeg", {"base64": "//4="}),
    ],
)
def test_bodies_are_kept_as_readably_as_they_can_be(data: bytes, kind: str, held: object) -> None:
    assert payload.of_bytes(data, kind) == held


def test_long_base64_has_lines() -> None:
    data = bytes(range(256)) * 2
    held = payload.of_bytes(data)
    assert {len(line) for line in held["base64"][:-1]} == {100}
    assert payload.to_bytes(held) == data


@pytest.mark.parametrize("wrong", [{"base64": "?"}, {"base64": 3}, {"base64": ["YQBi", 3]}, {"json": 1, "layout": "x"}])
def test_what_is_no_payload_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"base64|layout"):
        payload.to_bytes(wrong)


def form(files: dict[str, tuple[str, bytes, str]], **data: str) -> Request:
    sent = httpx.Request("POST", "http://x/v1/files", files=files, data=data)
    return Request("POST", "/v1/files", tuple(sent.headers.items()), sent.read())


def test_a_form_is_its_parts_whatever_parts_them() -> None:
    sound, lines = b"\0\1\2", '{"a":1}\n{"a":2}\n'
    files = {"file": ("a.wav", sound, "audio/wav"), "lines": ("b.jsonl", lines.encode(), "application/jsonl")}
    one, two = (payload.of_request(form(files, model="whisper-1")) for _ in range(2))
    assert one == two
    assert one == {
        "form": [
            {"name": "model", "text": "whisper-1"},
            {
                "name": "file",
                "filename": "a.wav",
                "content_type": "audio/wav",
                "bytes": 3,
                "sha256": sha256(sound).hexdigest(),
            },
            {"name": "lines", "filename": "b.jsonl", "content_type": "application/jsonl", "text": lines},
        ]
    }


def test_a_broken_form_is_the_text_that_it_is() -> None:
    broken = Request("POST", "/v1/files", (("content-type", "multipart/form-data; boundary=x"),), b"--y\r\n")
    assert payload.of_request(broken) == {"text": "--y\r\n"}


def test_the_layout_of_a_request_makes_no_difference() -> None:
    sent = (Request("POST", "/", (("content-type", "application/json"),), data) for data in (b'{"a":1}', b'{ "a": 1}'))
    assert [payload.of_request(request) for request in sent] == [{"json": {"a": 1}}] * 2
