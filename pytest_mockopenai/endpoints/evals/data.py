"""The items of a run: from the request, from a file, or from completions and responses that were stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_mockopenai.core import errors, files, jsontext, schema
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.grading import sampling


class Unusable(Exception):
    """The data cannot be run: the run fails, with this message."""


def items_of(context: Context, item_schema: Mapping[str, Any] | None) -> list[JSON]:
    """The items of the request's data source, each `{"item": {...}}` and, if it is known, `sample`.

    Raises `Refused` for a source that is not there, `Unusable` for a file that is not in order.
    """
    source = context.body["data_source"]["source"]
    if source["type"] == "file_content":
        found = list(source["content"])
        for place, each in enumerate(found):
            if not _fits(each["item"], item_schema):
                where = f"data_source.source.content[{place}].item"
                message = f"Invalid value for '{where}': it does not match the eval's item_schema."
                raise Refused(errors.invalid(message, param=where, code="invalid_value"))
        return found
    if source["type"] == "file_id":
        return list(_lines(files.content_of(context, source["id"]), item_schema))
    stored = _completions if source["type"] == "stored_completions" else _responses
    return [found for found in stored(context) if _picked(found["about"], source)][: source.get("limit")]


def _lines(data: bytes, item_schema: Mapping[str, Any] | None) -> Iterator[JSON]:
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = jsontext.loads(line)
        except jsontext.BadJSON:
            raise Unusable(f"Line {number} of the file is no JSON.") from None
        if not isinstance(found, dict) or not isinstance(found.get("item"), dict):
            raise Unusable(f"Line {number} of the file has no object 'item'.")
        if not isinstance(found.get("sample"), (dict, type(None))):
            raise Unusable(f"Line {number} of the file has a 'sample' that is no object.")
        if not _fits(found["item"], item_schema):
            raise Unusable(f"The item in line {number} of the file does not match the eval's item_schema.")
        yield found


def _fits(item: JSON, item_schema: Mapping[str, Any] | None) -> bool:
    return item_schema is None or schema.fits(item, item_schema)


def _completions(context: Context) -> Iterator[JSON]:
    for entry in context.store.collection("chat.completions").all():
        completion, asked = entry["completion"], [_message(each) for each in entry["messages"]]
        message = completion["choices"][0]["message"]
        yield _stored(completion, completion["created"], asked, message.get("content") or "")


def _responses(context: Context) -> Iterator[JSON]:
    for entry in context.store.collection("responses").all():
        response = entry["response"]
        asked = [_message(each) for each in entry["input"] if each.get("role")]
        parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
        text = "".join(part.get("text", "") for part in parts)
        yield _stored(response, response["created_at"], asked, text)


def _stored(made: JSON, created: float, asked: list[JSON], text: str) -> JSON:
    """What was stored as an item, with what was said as its sample."""
    said = {"role": "assistant", "content": text}
    sample = {**sampling.nothing(made["model"]), "input": asked, "output": [said], "output_text": text}
    return {"item": {"input": asked, "output": [said]}, "sample": sample, "about": {**made, "created": created}}


def _message(message: Mapping[str, Any]) -> JSON:
    content = message.get("content") or message.get("content_parts") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return {"role": message["role"], "content": content}


def _picked(made: JSON, source: Mapping[str, Any]) -> bool:
    """Whether the filters of a source let something stored through."""
    wanted = source.get("metadata") or {}
    after, before = source.get("created_after"), source.get("created_before")
    return (
        source.get("model") in (None, made["model"])
        and wanted.items() <= (made.get("metadata") or {}).items()
        and (after is None or made["created"] > after)
        and (before is None or made["created"] < before)
    )
