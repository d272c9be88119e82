"""Forms of `multipart/form-data` (RFC 7578), read by the standard library's parser of mail."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP

from pytest_mockopenai.core.wire import Request


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: its content type without parameters, and its bytes."""

    name: str
    content_type: str
    data: bytes


def parts_of(request: Request) -> list[Part]:
    """The parts of a form in order; empty for a body that is no form."""
    head = f"content-type: {request.header('content-type') or ''}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + request.body)
    if not message.is_multipart():
        return []
    found = []
    for part in message.iter_parts():
        name, data = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(data, bytes):
            found.append(Part(name, part.get_content_type(), data))
    return found
