"""What the API finds wrong with a batch's file while the batch is `validating`.

Codes and wordings are those of recorded failures (the tests of meta-llama/llama-stack quote them, and for two models or
equal ids Alibaba's guide to its compatible API). Of a file that is empty or too long only the code is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mockopenai.core import errors, files, jsontext
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.wording import json_type

MOST_LINES = 50_000
"""Requests of a batch (openai/types/batch_create_params.py)."""

MOST_ERRORS = 100
"""How many errors of a file are told; its lines are not looked at any further."""

_FIELDS: Mapping[str, tuple[type, str]] = {
    "custom_id": (str, "a string"),
    "method": (str, "a string"),
    "url": (str, "a string"),
    "body": (dict, "an object"),
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "/v1/chat/completions": ("model", "messages"),
    "/v1/completions": ("model",),
    "/v1/embeddings": ("model", "input"),
}
"""What the body of a line must have; whatever else is wrong with one is found when it runs."""

_STREAMS: Mapping[str, str] = {"/v1/chat/completions": "Chat Completions", "/v1/completions": "Completions"}


@dataclass(slots=True)
class Validated:
    """The lines of a file as they are to be run, the model they are all for, and what is wrong with any of them."""

    lines: list[bytes] = field(default_factory=list)
    model: str | None = None
    errors: list[JSON] = field(default_factory=list)

    def note(self, error: Error, line: int | None = None) -> None:
        """Add an error of a line, which count from 1, or of the whole file."""
        self.errors.append({"code": error.code, "line": line, "message": error.message, "param": error.param})


def validated(context: Context) -> Validated:
    """The file that a batch is created for."""
    found, id_ = Validated(), context.body["input_file_id"]
    try:
        file, data = files.file_of(context, id_), files.content_of(context, id_)
    except Refused:
        why = f"Cannot find file {id_}, or organization org-mock does not have access to it."
        found.note(errors.invalid(why, param="file_id", code="invalid_request"))
        return found
    if file["purpose"] == "batch":
        _read(data, context.body["endpoint"], found)
    else:
        why = f"File {id_} has the purpose '{file['purpose']}'; a batch needs one with the purpose 'batch'."
        found.note(errors.invalid(why, param="file_id", code="invalid_request"))
    return found


def _read(data: bytes, endpoint: str, found: Validated) -> None:
    seen: set[str] = set()
    for number, text in enumerate(data.split(b"\n"), 1):
        if not text.strip():
            continue
        found.lines.append(text)
        line = _object(text)
        error = _unreadable() if line is None else _problem(line, endpoint, seen, found)
        if error:
            found.note(error, number)
        if len(found.errors) == MOST_ERRORS or len(found.lines) > MOST_LINES:
            break
    if not found.lines:
        found.note(errors.invalid("The input file has no requests.", code="empty_file"))
    if len(found.lines) > MOST_LINES:
        found.note(errors.invalid(f"A batch may have at most {MOST_LINES} requests.", code="too_many_tasks"))


def _object(text: bytes) -> JSON | None:
    """A line's object; a byte order mark, which JSON elsewhere may begin with, makes it none."""
    try:
        value = jsontext.loads(text.decode())
    except (UnicodeDecodeError, jsontext.BadJSON):
        return None
    return value if isinstance(value, dict) else None


def _unreadable() -> Error:
    return errors.invalid("This line is not parseable as valid JSON.", code="invalid_json_line")


def _problem(line: JSON, endpoint: str, seen: set[str], found: Validated) -> Error | None:
    """The first thing that is wrong with a line."""
    return (
        _misfit(line)
        or _duplicate(line["custom_id"], seen)
        or _astray(line, endpoint)
        or _incomplete(line["body"], endpoint)
        or _of_another_model(line["body"], found)
    )


def _misfit(line: JSON) -> Error | None:
    for name, (kind, phrase) in _FIELDS.items():
        value = line.get(name)
        if value is None:
            return errors.missing_parameter(name)
        if not isinstance(value, kind):
            return errors.invalid_type(name, phrase, json_type(value))
    return None


def _duplicate(id_: str, seen: set[str]) -> Error | None:
    if id_ not in seen:
        seen.add(id_)
        return None
    return errors.invalid(
        f"The custom_id '{id_}' for this request is a duplicate of another request. The custom_id parameter must be "
        "unique for each request in a batch.",
        param="custom_id",
        code="duplicate_custom_id",
    )


def _astray(line: JSON, endpoint: str) -> Error | None:
    if line["method"] != "POST":
        return errors.invalid_value("method", line["method"], ["POST"])
    if line["url"] != endpoint:
        why = "The URL provided for this request does not match the batch endpoint."
        return errors.invalid(why, param="url", code="invalid_url")
    return None


def _incomplete(body: Mapping[str, Any], endpoint: str) -> Error | None:
    for name in _NEEDED.get(endpoint, ()):
        if body.get(name) is None:
            why = f"{name.capitalize()} parameter is required."
            return errors.invalid(why, param=f"body.{name}", code="invalid_request")
    if body.get("stream"):
        why = f"{_STREAMS.get(endpoint, 'Responses')}: Streaming is not supported in the Batch API."
        return errors.invalid(why, param="body.stream", code="streaming_unsupported")
    return None


def _of_another_model(body: Mapping[str, Any], found: Validated) -> Error | None:
    model = body.get("model")
    if not isinstance(model, str):
        return None
    if found.model is None:
        found.model = model
    if model == found.model:
        return None
    why = (
        f"The model '{model}' for this request does not match the rest of the batch. Each batch must contain requests "
        "for a single model."
    )
    return errors.invalid(why, param="body.model", code="mismatched_model")
