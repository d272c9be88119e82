"""Puts the events of a stream together to the object that the same call gives whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]

_OBJECTS = {"chat.completion.chunk": "chat.completion"}
_WHOLE = ("type", "id", "name", "role", "object", "index")
"""Texts that are told whole, and not piece by piece."""


def folded(events: Sequence[JSON]) -> JSON | None:
    """The finished object; None of a stream that told nothing.

    Chunks are put together; of events with types the last that has a `response` or an `error` tells all, else the last.
    """
    if any("choices" in event for event in events):
        return _completion([event for event in events if "choices" in event])
    telling = [event for event in events if isinstance(event.get("response"), dict)]
    if telling:
        found: JSON = telling[-1]["response"]
        return found
    return events[-1] if events else None


def _completion(chunks: Sequence[JSON]) -> JSON:
    """A completion of its chunks, chat's or the older ones."""
    choices: dict[int, JSON] = {}
    whole: JSON = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            at = choice.get("index", 0)
            choices[at] = _joined(choices.get(at, {}), choice)
        told = {name: value for name, value in chunk.items() if name != "choices" and value is not None}
        whole = {**whole, **told}
    whole["object"] = _OBJECTS.get(whole.get("object", ""), whole.get("object"))
    listed = [choices[at] for at in sorted(choices)]
    return {**whole, "choices": [_finished(choice) for choice in listed]}


def _finished(choice: JSON) -> JSON:
    if "delta" not in choice:
        return choice
    delta = choice.pop("delta")
    message = {"role": "assistant", "content": None, **delta}
    if "tool_calls" in message:
        message["tool_calls"] = [_without_index(call) for call in message["tool_calls"]]
    return {"index": choice.pop("index", 0), "message": message, **choice}


def _without_index(call: JSON) -> JSON:
    return {name: value for name, value in call.items() if name != "index"}


def _joined(one: Any, other: Any, name: str = "") -> Any:
    """Pieces of one value: texts are joined, lists are joined by their items' `index`, objects by their keys."""
    if one is None or other is None:
        return one if other is None else other
    if isinstance(one, str) and isinstance(other, str):
        return other if name in _WHOLE else one + other
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: _joined(one.get(key), value, key) for key, value in other.items()}}
    if isinstance(one, list) and isinstance(other, list):
        return _by_index(one, other)
    return other


def _by_index(one: list[Any], other: list[Any]) -> list[Any]:
    found = list(one)
    for item in other:
        at = item.get("index") if isinstance(item, dict) else None
        if isinstance(at, int) and (place := _place(found, at)) is not None:
            found[place] = _joined(found[place], item)
        else:
            found.append(item)
    return found


def _place(items: list[Any], index: int) -> int | None:
    return next((at for at, item in enumerate(items) if isinstance(item, dict) and item.get("index") == index), None)
