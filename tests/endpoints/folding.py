"""What a client that reads all events of a response knows of its output."""

from __future__ import annotations

from copy import deepcopy
from typing import Any


def folded(events: list[Any]) -> list[Any]:
    """The output items that the deltas make, each checked against the item that is said to be done."""
    items: dict[int, Any] = {}
    done: dict[int, Any] = {}
    for event in events:
        kind = event["type"].removeprefix("response.")
        index = event.get("output_index")
        if kind == "output_item.added":
            assert index == len(items)
            items[index] = deepcopy(event["item"])
        elif kind == "output_item.done":
            done[index] = event["item"]
        elif index is not None:
            assert index == len(items) - 1
            assert event.get("item_id", items[index]["id"]) == items[index]["id"]
            fold(items[index], kind, event)
    assert {index: said(item) for index, item in items.items()} == {i: said(item) for i, item in done.items()}
    return list(done.values())


def fold(item: dict[str, Any], kind: str, event: dict[str, Any]) -> None:
    """Add to an item what one event inside it says."""
    if kind == "content_part.added":
        item["content"].append(deepcopy(event["part"]))
    elif kind == "output_text.delta":
        item["content"][event["content_index"]]["text"] += event["delta"]
        item["content"][event["content_index"]]["logprobs"] += event["logprobs"]
    elif kind == "output_text.annotation.added":
        item["content"][event["content_index"]]["annotations"].append(event["annotation"])
    elif kind == "refusal.delta":
        item["content"][event["content_index"]]["refusal"] += event["delta"]
    elif kind == "reasoning_summary_part.added":
        item["summary"].append(deepcopy(event["part"]))
    elif kind == "reasoning_summary_text.delta":
        item["summary"][event["summary_index"]]["text"] += event["delta"]
    elif kind in WRITTEN:
        item[WRITTEN[kind]] += event["delta"]


WRITTEN = {
    "function_call_arguments.delta": "arguments",
    "mcp_call_arguments.delta": "arguments",
    "custom_tool_call_input.delta": "input",
    "code_interpreter_call_code.delta": "code",
}
SETTLED_AT_THE_END = ("status", "outputs", "output", "results", "result", "tools")


def said(item: dict[str, Any]) -> dict[str, Any]:
    """An item without what only its end tells."""
    return {name: value for name, value in item.items() if name not in SETTLED_AT_THE_END}


def text_of(response: dict[str, Any]) -> str:
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part.get("text", "") for part in parts)
