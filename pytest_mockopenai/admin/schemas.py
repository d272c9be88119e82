"""The JSON Schemas of the admin API's OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, get_args

from pytest_mockopenai.core.endpoint import Contract
from pytest_mockopenai.core.scenario import Source
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import VOCABULARY
from pytest_mockopenai.recorder import Ended
from pytest_mockopenai.stubs.grammar import CONDITIONS

JSON = dict[str, Any]

TEXT: JSON = {"type": "string"}
WHOLE: JSON = {"type": "integer", "minimum": 0}
NUMBER: JSON = {"type": "number"}
YES_OR_NO: JSON = {"type": "boolean"}
ANYTHING: JSON = {}


def ref(name: str) -> JSON:
    """A reference to a schema of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: JSON) -> JSON:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def object_of(required: JSON, **optional: JSON) -> JSON:
    """An object with these properties, the first ones required, and no others."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def list_of(schema: JSON, **more: JSON) -> JSON:
    """OpenAI's form of a list."""
    return object_of({"object": {"const": "list"}, "data": {"type": "array", "items": schema}, **more})


def texts(names: Sequence[str]) -> JSON:
    """One of some texts."""
    return {"type": "string", "enum": list(names)}


_PAIRS: JSON = {"type": "array", "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}}
_COUNTS = {field.name: WHOLE for field in fields(Usage) if field.name.endswith("_tokens")}
_REQUEST = object_of(
    {
        "target": TEXT,
        "headers": _PAIRS,
        "body": {"type": "object"},
        "earlier_turns": WHOLE,
        "earlier_message": TEXT,
    }
)
_CONDITIONS: JSON = {
    "header": {"type": "object", "additionalProperties": TEXT},
    "turn": {"type": "integer", "minimum": 1},
}
_REPLY: JSON = {
    "description": "A text (said, or a word: `rate_limit;retry_after=2`), a mapping of words, or a list of these.",
    "type": ["string", "object", "array"],
}

SCHEMAS: JSON = {
    "Usage": object_of(
        {**_COUNTS, "total_tokens": WHOLE, "prompt_method": TEXT, "completion_method": TEXT, "method": TEXT}
    ),
    "Call": object_of(
        {
            "index": WHOLE,
            "method": TEXT,
            "path": TEXT,
            "endpoint": TEXT,
            "model": TEXT,
            "status": WHOLE,
            "stream": YES_OR_NO,
            "turn": WHOLE,
            "last_message": TEXT,
            "word": maybe(TEXT),
            "source": texts(get_args(Source)),
            "contract": maybe(texts(get_args(Contract))),
            "fault": maybe(TEXT),
            "retry_after": maybe(NUMBER),
            "request_id": TEXT,
            "ended": texts(get_args(Ended)),
            "started": NUMBER,
            "arrived": NUMBER,
            "seconds": NUMBER,
            "finished": maybe(NUMBER),
            "usage": maybe(ref("Usage")),
            "response": ANYTHING,
            "response_headers": _PAIRS,
            "request": _REQUEST,
        }
    ),
    "Delivery": object_of(
        {
            "type": TEXT,
            "id": TEXT,
            "event_id": TEXT,
            "webhook_id": TEXT,
            "url": TEXT,
            "time": NUMBER,
            "attempts": WHOLE,
            "status": maybe(WHOLE),
            "body": TEXT,
            "error": maybe(TEXT),
        }
    ),
    "When": object_of(
        {},
        **{name: _CONDITIONS.get(name, TEXT) for name in CONDITIONS},
    ),
    "Word": object_of({"text": maybe(TEXT), "label": TEXT, "times": WHOLE, "origin": TEXT}),
    "Rule": object_of(
        {
            "number": WHOLE,
            "when": ref("When"),
            "left": {"type": "array", "items": ref("Word")},
            "always": maybe(ref("Word")),
            "group": maybe(TEXT),
        },
        where=TEXT,
    ),
    "NewRule": object_of({}, when=ref("When"), reply=_REPLY, always=_REPLY, origin=TEXT),
    "Vocabulary": texts(list(VOCABULARY)),
    "Error": object_of(
        {"error": object_of({"message": TEXT, "type": TEXT, "param": maybe(TEXT), "code": maybe(TEXT)})}
    ),
}
