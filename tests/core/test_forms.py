"""Forms: their parts as sent, the JSON that they stand for, and a refusal for what is no form."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core import forms
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.forms import File, Part, file_in, parts_of, read, read_either
from pytest_mockopenai.core.wire import Request

BOUNDARY = "mock-boundary-8Xy"
KIND = ("content-type", "multipart/form-data; boundary=B")


def form(*parts: tuple[str, str, bytes], boundary: str = BOUNDARY) -> Request:
    sections = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, kind, data in parts
    ]
    body = b"".join([*sections, f"--{boundary}--\r\n".encode()])
    return Request("POST", "/", (("content-type", f"multipart/form-data; boundary={boundary}"),), body)


def fields(*pairs: tuple[str, str]) -> Request:
    return form(*((name, "text/plain", value.encode()) for name, value in pairs))


def sent(**parts: Any) -> Request:
    """As the SDK's transport writes it."""
    request = httpx.Request("POST", "http://mock", **parts)
    return Request("POST", "/", tuple(request.headers.multi_items()), request.read())


def refusal(request: Request, reading: Any = read) -> tuple[int, str, str | None]:
    with pytest.raises(Refused) as refused:
        reading(request)
    return refused.value.error.status, refused.value.error.message, refused.value.error.param


# --- parts ------------------------------------------------------------------------------------------------------------


def test_parts_in_order() -> None:
    parts = [("sdp", "application/sdp", b"v=0\r\no=-\r\n"), ("session", "application/json; a=b", b'{"a": "\xc3\xbc"}')]
    assert parts_of(form(*parts)) == [
        Part("sdp", "application/sdp", b"v=0\r\no=-\r\n"),
        Part("session", "application/json", b'{"a": "\xc3\xbc"}'),
    ]


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_bytes(data: list[bytes]) -> None:
    request = form(*[(f"p{place}", "application/octet-stream", each) for place, each in enumerate(data)])
    assert [part.data for part in parts_of(request)] == data


@given(st.text(min_size=1, max_size=20), st.binary(max_size=200))
def test_a_file_comes_as_the_transport_of_the_sdk_sends_it(filename: str, data: bytes) -> None:
    filename = filename.encode("utf-8", "replace").decode()
    request = sent(files={"file": (filename, data, "application/x-mock")}, data={"purpose": "batch"})
    body = read(request)
    assert (body["purpose"], body["file"].data) == ("batch", data)
    assert (body["file"]["content_type"], body["file"]["bytes"]) == ("application/x-mock", len(data))


@pytest.mark.parametrize("filename", ["data.jsonl", "Übung 1.jsonl", "a;b.txt", "данные.csv"])
def test_the_name_of_a_file(filename: str) -> None:
    assert read(sent(files={"file": (filename, b"x")}))["file"]["filename"] == filename


def test_a_boundary_is_one_only_at_the_end_of_its_line() -> None:
    data = b"--B\r\n--Bx\r\n -- B\r\n--B-x"[5:]
    body = b"preamble\r\n--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\n" + data + b"\r\n--B--\r\nepilogue"
    assert parts_of(Request("POST", "/", (KIND,), body)) == [Part("a", "text/plain", data)]


def test_a_quoted_boundary() -> None:
    body = b"--a b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--a b--"
    request = Request("POST", "/", (("Content-Type", 'Multipart/Form-Data; charset=utf-8; boundary="a b"'),), body)
    assert read(request) == {"a": ""}


def test_a_part_without_a_name_is_left_out() -> None:
    body = b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n"
    assert parts_of(Request("POST", "/", (KIND,), body)) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary",
        b"--B\r\n",
        b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\nnever ends",
        b"--B\r\nno head\r\n--B--",
        b"--B\r\n--B--",
    ],
)
def test_a_broken_form_is_refused(body: bytes) -> None:
    assert refusal(Request("POST", "/", (KIND,), body)) == (400, "Could not parse multipart form", None)


def test_a_form_without_a_boundary_is_refused() -> None:
    assert refusal(Request("POST", "/", (("content-type", "multipart/form-data"),), b"x"))[0] == 400


@pytest.mark.parametrize("kind", [None, "application/json", "é", "multipart/mixed; boundary=B"])
def test_what_is_no_form_is_refused(kind: str | None) -> None:
    status, message, _ = refusal(Request("POST", "/", (("content-type", kind),) if kind else (), b"{}"))
    assert status == 415
    assert message.startswith(f"Invalid Content-Type header ({kind or ''}), expected multipart/form-data.")


@given(st.binary(max_size=200), st.booleans())
def test_noise_is_read_or_refused(noise: bytes, ends: bool) -> None:
    head = b"--B\r\nContent-Disposition: form-data; name="
    with suppress(Refused):
        json.dumps(read(Request("POST", "/", (KIND,), head + noise + b"\r\n--B--" * ends)))


def test_a_form_of_very_many_parts_is_refused() -> None:
    assert len(parts_of(fields(*[("a", "x")] * forms.MOST_PARTS))) == forms.MOST_PARTS
    assert refusal(fields(*[("a", "x")] * (forms.MOST_PARTS + 1)))[0] == 400


# --- the object that they stand for -----------------------------------------------------------------------------------


def test_names_lead_into_objects_and_arrays() -> None:
    request = fields(
        ("purpose", "batch"),
        ("expires_after[anchor]", "created_at"),
        ("expires_after[seconds]", "3600"),
        ("include[]", "a"),
        ("include[]", "b"),
        ("svg[reasoning][effort]", "low"),
        ("a[b][]", "1"),
        ("again", "1"),
        ("again", "2"),
        ("again", "3"),
    )
    assert read(request) == {
        "purpose": "batch",
        "expires_after": {"anchor": "created_at", "seconds": "3600"},
        "include": ["a", "b"],
        "svg": {"reasoning": {"effort": "low"}},
        "a": {"b": ["1"]},
        "again": ["1", "2", "3"],
    }


@pytest.mark.parametrize("name", ["[]", "[a]", "a[b", "a]b", "a[b]c", "a[][b]", "a" + "[b]" * 9, "a b", "é"])
def test_any_other_name_stands_for_itself(name: str) -> None:
    assert read(fields((name, "x"))) == {name: "x"}


@pytest.mark.parametrize("names", [("a", "a[b]"), ("a[b]", "a"), ("a[]", "a[b]"), ("a[b]", "a[]"), ("a[b]", "a[b][c]")])
def test_a_name_is_either_a_value_or_an_object(names: tuple[str, str]) -> None:
    assert refusal(fields(*((name, "x") for name in names)))[:2] == (400, "Could not parse multipart form")


def test_several_files() -> None:
    request = sent(files=[("image[]", ("a.png", b"1", "image/png")), ("image[]", ("b.png", b"2", "image/png"))])
    assert [file.data for file in read(request)["image"]] == [b"1", b"2"]


def test_a_file_is_json_without_its_bytes() -> None:
    file = File("a.txt", "text/plain", b"Hi")
    digest = hashlib.sha256(b"Hi").hexdigest()
    assert json.loads(json.dumps(file)) == {
        "filename": "a.txt",
        "content_type": "text/plain",
        "bytes": 2,
        "sha256": digest,
    }


def test_the_file_that_is_asked_for() -> None:
    body = read(sent(files=[("file", ("a", b"1")), ("b", ("b", b"2")), ("b", ("b", b"3"))], data={"text": "x"}))
    assert file_in(body, "file").data == b"1"
    for name, message in (
        ("none", "Missing required parameter: 'none'."),
        ("text", "Invalid type for 'text': expected a file, but got a string instead."),
        ("b", "Invalid type for 'b': expected a file, but got an array instead."),
    ):
        with pytest.raises(Refused) as refused:
            file_in(body, name)
        assert (refused.value.error.message, refused.value.error.param) == (message, name)


def test_either_a_form_or_json() -> None:
    as_json = Request("POST", "/", (("content-type", "application/json; charset=utf-8"),), b'{"n": 2}')
    assert read_either(as_json) == {"n": 2}
    assert read_either(fields(("n", "2"))) == {"n": "2"}
    assert refusal(Request("POST", "/", (("content-type", "text/plain"),), b"n=2"), read_either)[0] == 415
    assert forms.is_form(as_json) is False
