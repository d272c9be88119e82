"""Forms of `multipart/form-data` (RFC 7578), read as the JSON object that they stand for.

An endpoint whose body is a form declares it beside the SDK's type of its parameters; one that takes JSON as well
declares `read_either`:

    Endpoint("POST", "/files", "files", create, params="openai.types.file_create_params:FileCreateParams", read=read)

Its `Context.body` is then what that type describes, and is checked like any other body. `expires_after[anchor]` is the
key of an object, `image[]` an item of an array, and so is each value of a name that comes again. The texts of a form
are numbers, truth values and JSON where the type says so (`contract.fields`). A file is a `File`, for which `file_in`
asks:

    data = file_in(context.body, "file").data
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value
from hashlib import sha256
from itertools import islice
from typing import Any, TypeAlias

from pytest_mockopenai.core import errors, handle
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.wire import Request

MULTIPART = "multipart/form-data"

MOST_PARTS = 1_000
"""A form of more is refused: reading it would take long."""

JSON: TypeAlias = dict[str, Any]

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]+\]){0,8})(\[\])?")
"""A name with the keys that lead into it, and whether it is an item of an array; any other name stands for itself."""


class File(JSON):
    """A file of a form. As JSON, which is what is recorded: `filename`, `content_type`, `bytes` and `sha256`."""

    __slots__ = ("data",)

    def __init__(self, filename: str, content_type: str, data: bytes) -> None:
        digest = sha256(data).hexdigest()
        super().__init__(filename=filename, content_type=content_type, bytes=len(data), sha256=digest)
        self.data = data


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: its content type without parameters, its bytes, and the name of its file if it is one."""

    name: str
    content_type: str
    data: bytes
    filename: str | None = None

    @property
    def value(self) -> str | File:
        """A file, or the text of a field."""
        if self.filename is None:
            return self.data.decode("utf-8", "replace")
        return File(self.filename, self.content_type, self.data)


def is_form(request: Request) -> bool:
    """Whether the request says that its body is a form."""
    return _media_type(request) == MULTIPART


def read(request: Request) -> JSON:
    """The fields and files of a form; raises `Refused` for a body that is none, or is broken."""
    if not is_form(request):
        raise Refused(errors.form_expected(request.header("content-type")))
    return _object_of(parts_of(request))


def read_either(request: Request) -> JSON:
    """The same of an endpoint that takes JSON as well."""
    return handle.json_object(request.body) if _media_type(request) == "application/json" else read(request)


def file_in(body: Mapping[str, Any], name: str) -> File:
    """The file that a form has under this name; raises `Refused` if it has none, or a text in its place."""
    if name not in body:
        raise Refused(errors.missing_parameter(name))
    value = body[name]
    if not isinstance(value, File):
        raise Refused(errors.invalid_type(name, "a file", "an array" if isinstance(value, list) else "a string"))
    return value


# --- names: where a value belongs -------------------------------------------------------------------------------------


def _object_of(parts: Iterable[Part]) -> JSON:
    made: JSON = {}
    for part in parts:
        found = _NAME.fullmatch(part.name)
        first, inner, item = found.groups() if found else (part.name, "", None)
        _put(made, [first, *re.findall(r"\[(.+?)\]", inner)], part.value, is_item=item is not None)
    return made


def _put(holder: JSON, keys: list[str], value: str | File, *, is_item: bool) -> None:
    *outer, last = keys
    for key in outer:
        holder = holder.setdefault(key, {})
        if type(holder) is not dict:
            raise Refused(errors.bad_form())
    if last not in holder:
        holder[last] = [value] if is_item else value
    elif type(holder[last]) is dict:
        raise Refused(errors.bad_form())
    elif isinstance(holder[last], list):
        holder[last].append(value)
    else:
        holder[last] = [holder[last], value]


# --- parts (RFC 2046, section 5.1.1, and RFC 7578) --------------------------------------------------------------------


def parts_of(request: Request) -> list[Part]:
    """The parts of a form in order, except those without a name; raises `Refused` for a form that is broken."""
    parts = (_part(section) for section in _sections(request.body, _boundary(request)))
    return [part for part in parts if part is not None]


def _sections(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What is between the boundaries. The line break before one belongs to it, the one after it to the section."""
    body, begin = b"\r\n" + body, None
    found_all = re.finditer(rb"\r\n--" + re.escape(boundary) + rb"(--|[ \t]*(?=\r\n))", body)
    for found in islice(found_all, MOST_PARTS + 1):
        if begin is not None:
            yield body[begin : found.start()]
        if found[1] == b"--":
            return
        begin = found.end()
    raise Refused(errors.bad_form())


def _part(section: bytes) -> Part | None:
    head, end, data = section.partition(b"\r\n\r\n")
    if not end:
        raise Refused(errors.bad_form())
    headers = HeaderParser().parsestr(head.removeprefix(b"\r\n").decode("utf-8", "replace"))
    name = _parameter(headers, "name", "content-disposition")
    if name is None:
        return None
    return Part(name, headers.get_content_type(), data, headers.get_filename())


def _boundary(request: Request) -> bytes:
    headers = Message()
    headers["content-type"] = request.header("content-type") or ""
    boundary = _parameter(headers, "boundary", "content-type")
    if not boundary:
        raise Refused(errors.bad_form())
    return boundary.encode("latin-1", "replace")


def _parameter(headers: Message, name: str, header: str) -> str | None:
    value = headers.get_param(name, header=header)
    return None if value is None else collapse_rfc2231_value(value)


def _media_type(request: Request) -> str:
    return (request.header("content-type") or "").partition(";")[0].strip().lower()
