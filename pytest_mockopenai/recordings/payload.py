"""Bodies as a recording holds them: JSON as a value, text as text, a form as its parts, all else as base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.forms import Part, is_form, parts_of
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.recordings import layout

Payload: TypeAlias = Mapping[str, Any]
"""One of `json` (with its `layout`, unless that is compact), `text`, `base64` and `form`; empty for no body."""

KINDS = ("json", "text", "base64", "form")

_LINE = 100  # characters of base64 on one line
_TEXT = 64 * 2**10  # bytes of a file up to which it is kept, if it is text


def of_bytes(data: bytes, content_type: str = "") -> dict[str, Any]:
    """A body that is no form."""
    if not data:
        return {}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"base64": _lines(base64.b64encode(data).decode())}
    found = _json(text) if "json" in content_type or text.startswith(("{", "[")) else None
    if found is not None:
        return found
    printable = all(character.isprintable() or character in "\t\r\n" for character in text)
    return {"text": text} if printable else {"base64": _lines(base64.b64encode(data).decode())}


def _json(text: str) -> dict[str, Any] | None:
    """The value, and its layout if its text can be written again: of any other layout the value is kept."""
    try:
        value = jsontext.loads(text)
    except jsontext.BadJSON:
        return None
    found = layout.layout_of(text, value)
    return {"json": value, "layout": found} if found else {"json": value}


def of_request(request: Request) -> dict[str, Any]:
    """The body of a request. Files in a form are compared, never sent again: of binary ones size and hash are kept."""
    if is_form(request):
        with suppress(Refused):  # a broken form is kept as the bytes that it is
            return {"form": [_part(part) for part in parts_of(request)]}
    found = of_bytes(request.body, request.header("content-type") or "")
    found.pop("layout", None)  # a request is compared by its value
    return found


def _part(part: Part) -> dict[str, Any]:
    value = part.value
    if isinstance(value, str):
        return {"name": part.name, "text": value}
    text = of_bytes(value.data).get("text") if len(value.data) <= _TEXT else None
    if text is None:
        return {"name": part.name, **value}
    return {"name": part.name, "filename": value["filename"], "content_type": value["content_type"], "text": text}


def to_bytes(payload: Payload) -> bytes:
    """The bytes of a body that is no form; raises ValueError for what is no payload."""
    if "json" in payload:
        return layout.written(payload["json"], payload.get("layout", layout.COMPACT)).encode("utf-8", "surrogatepass")
    if "text" in payload:
        return str(payload["text"]).encode()
    if "base64" in payload:
        lines = payload["base64"]
        try:
            return base64.b64decode("".join(lines), validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise ValueError(f"this is no base64: {error}") from None
    return b""


def _lines(text: str) -> str | list[str]:
    """Long base64 as a list of lines, which editors and diffs can show."""
    return [text[at : at + _LINE] for at in range(0, len(text), _LINE)] if len(text) > _LINE else text
