"""Forms as clients send them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.endpoints.conftest import KEY, Answered, Api

_BOUNDARY = "b0und4ry"


def sent(api: Api, target: str, fields: Sequence[tuple[str, Any]]) -> Answered:
    """POST a form of texts and of files, which are given as name, content type and bytes."""
    body = b"".join(_part(name, value) for name, value in fields) + f"--{_BOUNDARY}--\r\n".encode()
    return api.send("POST", target, body, KEY, ("content-type", f"multipart/form-data; boundary={_BOUNDARY}"))


def _part(name: str, value: Any) -> bytes:
    filename, kind, data = value if isinstance(value, tuple) else (None, None, str(value).encode())
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    if filename is not None:
        head += f'; filename="{filename}"\r\nContent-Type: {kind}'
    return head.encode() + b"\r\n\r\n" + data + b"\r\n"
