"""Cassettes of others, in all the forms they have, are the recordings that they stand for."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any

import pytest
import yaml

from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recordings import vcr
from pytest_mockopenai.recordings.interaction import Interaction
from pytest_mockopenai.taping import BadRecording

URI = "https://api.openai.com/v1/chat/completions"
ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Capital of France?"}]}
SAID = {"id": "chatcmpl-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "París"}}]}
TEXT = json.dumps(SAID, ensure_ascii=False)
TYPE = {"Content-Type": ["application/json"]}
STATUS = {"code": 200, "message": "OK"}


def request(**more: Any) -> dict[str, Any]:
    headers = {"Authorization": ["Bearer sk-real-0123456789abcdef"], **TYPE}
    return {"method": "POST", "uri": URI, "headers": headers, "body": json.dumps(ASKED), **more}


def response(body: Any, **headers: list[str]) -> dict[str, Any]:
    return {"status": STATUS, "headers": {**TYPE, **headers}, "body": {"string": body}}


def compressed(data: bytes, encoding: str) -> dict[str, Any]:
    return response(data, **{"Content-Encoding": [encoding]})


CASSETTES: dict[str, Any] = {
    "VCR.py": {"version": 1, "interactions": [{"request": request(), "response": response(TEXT)}]},
    "VCR.py, version 0": [{"request": request(), "response": response(TEXT)}],
    "VCR.py, a request in bytes": {
        "interactions": [{"request": request(body=json.dumps(ASKED).encode()), "response": response(TEXT.encode())}]
    },
    "VCR.py, gzip": {
        "interactions": [{"request": request(), "response": compressed(gzip.compress(TEXT.encode()), "gzip")}]
    },
    "VCR.py, deflate": {
        "interactions": [{"request": request(), "response": compressed(zlib.compress(TEXT.encode()), "deflate")}]
    },
    "VCR.py, decompressed with its header left": {
        "interactions": [{"request": request(), "response": compressed(TEXT.encode(), "gzip")}]
    },
    "VCR.py, br decompressed": {"interactions": [{"request": request(), "response": compressed(TEXT.encode(), "br")}]},
    "VCR.py, httpx before version 5": {
        "interactions": [
            {
                "request": request(headers={"content-type": "application/json"}),
                "response": {
                    "status_code": 200,
                    "http_version": "HTTP/1.1",
                    "content": TEXT,
                    "headers": {"content-type": "application/json"},
                },
            }
        ]
    },
    "base64": {
        "interactions": [
            {
                "request": request(),
                "response": {
                    **response(None),
                    "body": {"base64_string": base64.b64encode(TEXT.encode()).decode(), "encoding": "utf-8"},
                },
            }
        ]
    },
    "Ruby's VCR": {
        "http_interactions": [
            {
                "request": request(method="post", body={"encoding": "UTF-8", "string": json.dumps(ASKED)}),
                "response": {**response(None), "body": {"encoding": "UTF-8", "string": TEXT}},
                "recorded_at": "Thu, 17 Oct 2025 12:00:00 GMT",
            }
        ],
        "recorded_with": "VCR 6.2.0",
    },
    "JSON that was parsed": {
        "interactions": [
            {
                "request": {**request(body=None), "parsed_body": ASKED},
                "response": {**response(None), "parsed_body": SAID},
            }
        ]
    },
    "JSON as a mapping": {
        "interactions": [
            {
                "request": request(body={"type": "json", "content": ASKED}),
                "response": {**response(None), "body": {"type": "json", "content": SAID}},
            }
        ]
    },
}


def is_ours(uri: str, request: Request) -> bool:
    return uri.startswith("https://api.openai.com/")


def told(interaction: Interaction) -> Any:
    """What was asked and said, without how it was laid out."""
    plain = interaction.plain()
    return plain["request"], {name: value for name, value in plain["response"].items() if name != "layout"}


@pytest.mark.parametrize("name", CASSETTES)
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_every_form_is_the_same_recording(name: str, form: str) -> None:
    if form == "yaml":
        data = yaml.safe_dump(CASSETTES[name], allow_unicode=True).encode()
    else:
        try:
            data = json.dumps(CASSETTES[name]).encode()
        except TypeError:
            pytest.skip("JSON holds no bytes")
    value = vcr.values(data, is_yaml=form == "yaml")
    assert vcr.is_cassette(value)
    found, others = vcr.read(value, is_ours)
    assert [told(interaction) for interaction in found] == [
        (
            {
                "method": "POST",
                "path": "/chat/completions",
                "headers": {"content-type": "application/json"},
                "json": {"messages": ASKED["messages"], "model": "gpt-4o"},
            },
            {"status": 200, "headers": {"content-type": "application/json"}, "after": 0.0, "json": SAID},
        )
    ]
    assert others == []


def test_a_stream_is_its_events() -> None:
    body = 'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n'
    replied = {**response(body), "headers": {"content-type": ["text/event-stream; charset=utf-8"]}}
    (found,), _ = vcr.read({"interactions": [{"request": request(), "response": replied}]}, is_ours)
    assert found.reply.streamed
    assert found.plain()["response"]["events"] == [
        {"after": 0.0, "data": {"a": 1}},
        {"after": 0.0, "data": {"a": 2}},
        {"after": 0.0, "text": "[DONE]"},
    ]


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("https://openrouter.ai/api/v1/chat/completions", "/chat/completions"),
        ("http://localhost:8000/v1/models?limit=2", "/models"),
        ("https://x.openai.azure.com/openai/deployments/d/embeddings?a=1", "/openai/deployments/d/embeddings"),
    ],
)  # fmt: skip
def test_the_address_of_the_api_is_not_part_of_the_path(uri: str, path: str) -> None:
    found, _ = vcr.read([{"request": request(uri=uri), "response": response(TEXT)}], lambda *_: True)
    assert found[0].request.path == path


def test_calls_of_others_are_told_without_secrets() -> None:
    others = [{"request": request(uri="https://me:secret@example.com/v1/x?key=secret"), "response": response("")}] * 2
    found, addresses = vcr.read([*others, {"request": request(), "response": response(TEXT)}], is_ours)
    assert len(found) == 1
    assert vcr.summed(addresses) == ["POST https://example.com/v1/x (2 times)"]


@pytest.mark.parametrize("value", [None, 3, "x", {}, {"interactions": 3}, {"interactions": [3]}, [{"request": {}}]])
def test_what_is_no_cassette(value: object) -> None:
    assert not vcr.is_cassette(value)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"request": request()}, r"interactions\[0\] is not as a cassette has it: there is no 'response'"),
        ({"request": {"uri": URI}, "response": response("")}, r"interactions\[0\] is not .*: there is no 'method'"),
        (
            {"request": request(), "response": {"headers": {}}},
            r"interactions\[0\] is not .*: there is no 'status_code'",
        ),
        (
            {"request": request(), "response": compressed(b"\xce\xb2\xff", "br")},
            "a reply is compressed by br: record it",
        ),
        ({"request": request(), "response": {**response(""), "body": {"base64_string": "a"}}}, "a body is no base64"),
    ],
)
def test_what_is_wrong_in_a_cassette_is_said(item: Any, message: str) -> None:
    with pytest.raises(BadRecording, match=message):
        vcr.read([item], is_ours)


@pytest.mark.parametrize(
    ("data", "is_yaml", "message"),
    [
        (b"{", False, "this is no JSON"),
        (b"a: [", True, "this is no YAML that can be read"),
        (b"a: !!python/object/apply:os.getcwd []", True, "this is no YAML that can be read"),
    ],
)
def test_what_is_no_file_of_its_kind_is_said(data: bytes, is_yaml: bool, message: str) -> None:
    with pytest.raises(BadRecording, match=message):
        vcr.values(data, is_yaml=is_yaml)
