"""Server-sent events as a recording holds them, one by one and with their times, and as the bytes that they were."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.recordings import layout, payload

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_FORM = re.compile(r"(?:event: (?P<name>[^\r\n]*)\n)?data: (?P<data>[^\r\n]*)\n\n")


class Splitter:
    """Cuts the bytes of a stream into its events, however they arrive; `rest` is what has no end yet."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The events that are complete now, each with the empty line that ends it."""
        self.rest += data
        found, at = [], 0
        for end in _END.finditer(self.rest):
            found.append(self.rest[at : end.end()])
            at = end.end()
        self.rest = self.rest[at:]
        return found


def plain(event: bytes) -> dict[str, Any]:
    """An event: its `event` name if it has one, and `data` (JSON, with its layout) or `text`; any other is `raw`.

    Raw ones are comments, events of several lines, and halves: text, or `base64` where that is none.
    """
    try:
        text = event.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(event).decode()}
    form = _FORM.fullmatch(text)
    if form is None:
        return {"raw": text}
    name = {} if form["name"] is None else {"event": form["name"]}
    held = payload.of_bytes(form["data"].encode(), "json") if form["data"] else {"text": ""}
    if "json" not in held:
        return {**name, "text": form["data"]}
    kept = {"layout": held["layout"]} if "layout" in held else {}
    return {**name, "data": held["json"], **kept}


def to_bytes(event: Mapping[str, Any]) -> bytes:
    """The bytes of an event; raises ValueError for what is none."""
    if "base64" in event:
        return payload.to_bytes({"base64": event["base64"]})
    if "raw" in event:
        return str(event["raw"]).encode()
    head = f"event: {event['event']}\n" if "event" in event else ""
    if "data" in event:
        data = layout.written(event["data"], event.get("layout", layout.COMPACT))
    elif "text" in event:
        data = str(event["text"])
    else:
        raise ValueError("an event has 'data', 'text', 'raw' or 'base64'")
    return f"{head}data: {data}\n\n".encode("utf-8", "surrogatepass")


def json_of(event: bytes) -> Any:
    """The JSON in the bytes of an event, whatever its form; None if there is none."""
    lines = event.decode("utf-8", "replace").splitlines()
    data = "\n".join(line[5:].removeprefix(" ") for line in lines if line.startswith("data:"))
    try:
        return jsontext.loads(data) if data else None
    except jsontext.BadJSON:
        return None
