"""Items of the Responses and Conversations APIs as they are kept: each with an id, a type and a status.

Forms as in openai/types/responses/response_item.py; prefixes of ids as recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mockopenai.core.endpoint import JSON, Collection, Store
from pytest_mockopenai.core.seed import Draw

_PREFIXES: Mapping[str, str] = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "computer_call": "cu",
    "computer_call_output": "cuo",
    "local_shell_call": "lsh",
    "local_shell_call_output": "lsho",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "apply_patch_call": "apc",
    "apply_patch_call_output": "apco",
    "mcp_list_tools": "mcpl",
    "mcp_call": "mcp",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "compaction": "cmp",
}
_ID_DIGITS = 50


def new_id(kind: str, draw: Draw) -> str:
    """An id for an item of this type: its prefix and 50 hexadecimal digits, as recorded; the draw is for this one."""
    return f"{_PREFIXES.get(kind, 'item')}_{draw.hex(_ID_DIGITS)}"


def kept(item: Mapping[str, Any], draw: Draw) -> JSON:
    """An input item as it is listed later: what the client may leave out is filled in."""
    kind = item.get("type") or "message"
    filled = {**item, "id": item.get("id") or new_id(kind, draw), "type": kind}
    if kind == "message":
        return {**filled, "status": "completed", "content": _parts(item["role"], item["content"])}
    if kind.endswith(("_call", "_call_output")):
        filled["status"] = item.get("status") or "completed"
    return filled


def _parts(role: str, content: Any) -> list[JSON]:
    """The content of a message in parts; a text alone is what the user sends, or what the model has said."""
    if isinstance(content, str):
        spoken: JSON = {"type": "output_text", "annotations": [], "logprobs": [], "text": content}
        return [spoken if role == "assistant" else {"type": "input_text", "text": content}]
    return [{"detail": "auto", **part} if part.get("type") == "input_image" else dict(part) for part in content]


def user_message(text: str) -> JSON:
    """The item that a plain text as `input` stands for."""
    return {"role": "user", "content": text}


# --- the items of a mock, by id, for those that refer to one ----------------------------------------------------------


def remember(store: Store, items: Iterable[JSON]) -> None:
    """Keep items so that an `item_reference` finds them."""
    known = _known(store)
    for item in items:
        known.put(item["id"], item)


def recall(store: Store, id_: str) -> JSON | None:
    """The item of this id, if it was remembered."""
    return _known(store).get(id_)


def _known(store: Store) -> Collection:
    return store.collection("items")
