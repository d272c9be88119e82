"""The opening handshake of a WebSocket (RFC 6455, section 4): which requests are one, and what accepts it."""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha1

from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.wire import Headers, Request

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION = "13"
_NONCE_BYTES = 16
_KEY_PROTOCOL = "openai-insecure-api-key."


def is_upgrade(request: Request) -> bool:
    """Whether the request asks to speak WebSocket."""
    return "websocket" in _listed(request, "upgrade") and "upgrade" in _listed(request, "connection")


def accepting(request: Request, supported: tuple[str, ...] = ()) -> Headers:
    """The headers of the 101; of the `supported` subprotocols the first that the client offers is chosen.

    Raises `Refused`: 426 without an upgrade or for another version of the protocol, 400 for a key that is none.
    """
    if not is_upgrade(request):
        raise Refused(_upgrade_required("This endpoint speaks WebSocket: connect to it with ws:// or wss://."))
    if request.header("sec-websocket-version") != _VERSION:
        raise Refused(_upgrade_required(f"Sec-WebSocket-Version must be {_VERSION}."))
    offered = protocols(request)
    chosen = next((name for name in supported if name in offered), None)
    protocol = (("sec-websocket-protocol", chosen),) if chosen else ()
    return (
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-accept", _answer_to(request.header("sec-websocket-key"))),
        *protocol,
    )


def protocols(request: Request) -> list[str]:
    """The subprotocols that the client offers, in its order."""
    values = (value for name, value in request.headers if name.lower() == "sec-websocket-protocol")
    return [item.strip() for value in values for item in value.split(",") if item.strip()]


def key_of(request: Request) -> str | None:
    """The API key of a request: bearer token, Azure's `api-key`, a browser's subprotocol; an empty one is none."""
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    key = token.strip() if scheme.lower() in ("bearer", "basic") else request.header("api-key")
    return key or _key_in_protocols(request)


def _key_in_protocols(request: Request) -> str | None:
    """A browser's WebSocket has no other place for the key."""
    found = (name.removeprefix(_KEY_PROTOCOL) for name in protocols(request) if name.startswith(_KEY_PROTOCOL))
    return next(found, None) or None


def _listed(request: Request, name: str) -> list[str]:
    values = (value for key, value in request.headers if key.lower() == name)
    return [item.strip().lower() for value in values for item in value.split(",")]


def _answer_to(key: str | None) -> str:
    if key is None or not _is_nonce(key):
        raise Refused(Error(400, "Sec-WebSocket-Key must be 16 bytes in base64."))
    return base64.b64encode(sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()).decode()


def _is_nonce(key: str) -> bool:
    try:
        return bool(re.fullmatch(r"[A-Za-z0-9+/=]+", key)) and len(base64.b64decode(key, validate=True)) == _NONCE_BYTES
    except binascii.Error:
        return False


def _upgrade_required(message: str) -> Error:
    headers = (("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-version", _VERSION))
    return Error(426, message, code="websocket_upgrade_required").with_headers(*headers)
