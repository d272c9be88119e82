"""Cassettes of VCR.py (also pytest-recording's and pytest-vcr's), of Ruby's VCR and of betamax, read as recordings.

Source of the forms: vcr/serialize.py, vcr/serializers/ and vcr/stubs/httpx_stubs.py of VCR.py, whose httpx replies were
`status_code` and `content` before version 5; docs/api.rst of betamax; `parsed_body` is what projects write with a
serializer of their own that keeps JSON readable (pydantic-ai does).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.wire import Headers, Request, Send, Step
from pytest_mockopenai.recordings import redaction
from pytest_mockopenai.recordings.events import Splitter
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest
from pytest_mockopenai.recordings.redaction import Redactor
from pytest_mockopenai.taping import BadRecording

_LISTS = ("interactions", "http_interactions")


def is_cassette(value: Any) -> bool:
    """Whether the values of a file look like a cassette: its interactions are requests with a `uri`."""
    listed = _listed(value)
    return listed is not None and all(
        isinstance(item, Mapping) and "uri" in _mapping(item, "request") for item in listed
    )


def _listed(value: Any) -> list[Any] | None:
    """The interactions; those of VCR.py's version 0 are the file itself."""
    found = next((value[name] for name in _LISTS if name in value), None) if isinstance(value, Mapping) else value
    return found if isinstance(found, list) else None


def read(value: Any, is_ours: Callable[[str, Request], bool]) -> tuple[list[Interaction], list[str]]:
    """The interactions of a cassette with an API like OpenAI's, and the addresses of all others.

    `is_ours` says of an address and a request, its path as the mock serves it, whether it is one. Raises
    `BadRecording`.
    """
    found, others = [], []
    for at, item in enumerate(_listed(value) or ()):
        try:
            request = _request(item["request"])
            if is_ours(str(item["request"]["uri"]), request):
                found.append(Interaction(RecordedRequest.of(request, Redactor()), _reply(item["response"])))
            else:
                others.append(f"{request.method} {_bare(item['request']['uri'])}")
        except (KeyError, TypeError, AttributeError) as error:
            raise BadRecording(f"interactions[{at}] is not as a cassette has it: {_told(error)}") from None
        except ValueError as error:
            raise BadRecording(f"interactions[{at}]: {error}") from None
    return found, others


def _told(error: Exception) -> str:
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)


def _bare(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


# --- requests ---------------------------------------------------------------------------------------------------------


def _request(found: Mapping[str, Any]) -> Request:
    parts = urlsplit(str(found["uri"]))
    path = parts.path
    if "/v1/" in path:
        path = "/v1/" + path.rpartition("/v1/")[2]  # what is before it is the address of the API
    target = f"{path}?{parts.query}" if parts.query else path
    return Request(str(found["method"]).upper(), target, _headers(found), _body(found))


def _headers(found: Mapping[str, Any]) -> Headers:
    """A header's value is a text or a list of them."""
    pairs = ((str(name), value) for name, value in _mapping(found, "headers").items())
    return tuple((name, str(text)) for name, value in pairs for text in (value if isinstance(value, list) else [value]))


def _mapping(found: Any, name: str) -> Mapping[str, Any]:
    value = found.get(name) if isinstance(found, Mapping) else None
    return value if isinstance(value, Mapping) else {}


# --- replies ----------------------------------------------------------------------------------------------------------


def _reply(found: Mapping[str, Any]) -> RecordedReply:
    headers = _headers(found)
    body = _decompressed(_body(found), _first(headers, "content-encoding"))
    kept = redaction.reply_headers(headers)
    status = int(_mapping(found, "status").get("code") or found["status_code"])
    if "text/event-stream" in _first(headers, "content-type"):
        splitter = Splitter()
        sent: list[Step] = [Send(event) for event in splitter.feed(body)]
        rest = (Send(splitter.rest),) if splitter.rest.strip() else ()
        return RecordedReply(status, kept, (*sent, *rest), streamed=True)
    return RecordedReply(status, kept, (Send(body),))


def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "").lower()


def _decompressed(body: bytes, encoding: str) -> bytes:
    """The body as it was before it was compressed; VCR.py may have done that already, and left the header."""
    for name in reversed([part.strip() for part in encoding.split(",") if part.strip()]):
        body = _one(body, name)
    return body


def _one(body: bytes, encoding: str) -> bytes:
    if encoding in ("gzip", "x-gzip"):
        return _tried(gzip.decompress, body, (OSError, EOFError, zlib.error)) if body.startswith(b"\x1f\x8b") else body
    if encoding == "deflate":
        return _tried(zlib.decompress, body, (zlib.error,))
    if encoding in ("br", "zstd") and not _is_text(body):
        raise ValueError(
            f"a reply is compressed by {encoding}: record it with decode_compressed_response=True, or with gzip"
        )
    return body


def _tried(make: Callable[[bytes], bytes], body: bytes, errors: tuple[type[Exception], ...]) -> bytes:
    try:
        return make(body)
    except errors:
        return body


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


# --- bodies, of both --------------------------------------------------------------------------------------------------


def _body(found: Mapping[str, Any]) -> bytes:
    """A text, bytes, a mapping that holds one, JSON that was parsed, or `content` as VCR.py's older replies have it."""
    if "parsed_body" in found:
        return jsontext.dumps(found["parsed_body"])
    held = found.get("body", found.get("content"))
    if isinstance(held, Mapping) and "type" in held and "content" in held:
        held = held["content"] if held["type"] != "json" else jsontext.dumps(held["content"])
    if isinstance(held, Mapping):
        return _of_mapping(held)
    return _bytes(held)


def _of_mapping(held: Mapping[str, Any]) -> bytes:
    if held.get("base64_string") is not None:
        try:
            return base64.b64decode(_bytes(held["base64_string"]))
        except binascii.Error as error:
            raise ValueError(f"a body is no base64: {error}") from None
    if "string" in held:
        return _bytes(held["string"])
    return jsontext.dumps(held)


def _bytes(value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return json.dumps(value).encode()


# --- files ------------------------------------------------------------------------------------------------------------


def values(data: bytes, *, is_yaml: bool) -> Any:
    """The values of a file, JSON or YAML with bytes in it. Raises `BadRecording`."""
    if not is_yaml:
        try:
            return jsontext.loads(data)
        except jsontext.BadJSON as error:
            raise BadRecording(f"this is no JSON: {error}") from None
    try:
        import yaml
    except ImportError:
        raise BadRecording("YAML needs PyYAML: pip install 'pytest-mockopenai[server]'") from None
    try:
        return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadRecording(f"this is no YAML that can be read: {' '.join(str(error).split())}") from None


def summed(addresses: Iterable[str]) -> list[str]:
    """Addresses, each once, with how often it is there."""
    counted: dict[str, int] = {}
    for address in addresses:
        counted[address] = counted.get(address, 0) + 1
    return [address if count == 1 else f"{address} ({count} times)" for address, count in counted.items()]
