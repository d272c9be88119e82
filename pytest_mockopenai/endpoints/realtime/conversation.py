"""The items of a conversation: in order, by id, with the sound that was heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_mockopenai.core import errors, sound
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.endpoints.realtime.audio import Format, decoded, encoded

ROOT = "root"
_SPOKEN = ("input_audio", "output_audio")


class Conversation:
    """Items in order. An item holds the sound of its parts; what is sent of it (`shown`) does not."""

    def __init__(self) -> None:
        self._items: list[JSON] = []

    def __iter__(self) -> Iterator[JSON]:
        return iter(self._items)

    @property
    def last_id(self) -> str | None:
        """The id of the last item."""
        return self._items[-1]["id"] if self._items else None

    def get(self, id_: str) -> JSON | None:
        """The item of this id."""
        return next((item for item in self._items if item["id"] == id_), None)

    def add(self, item: JSON, after: str | None = None) -> str | None:
        """Put an item after another one (`root`: first; None: last); returns the id of the one before it.

        Raises Refused if the id is taken, if there is no item to follow, or no call that a tool's output answers.
        """
        if self.get(item["id"]) is not None:
            message = f"Error adding item: an item with id '{item['id']}' already exists in the conversation."
            raise Refused(_refused(message, "item.id", "item_create_duplicate_id"))
        if after not in (None, ROOT) and self.get(str(after)) is None:
            message = f"Error adding item: the previous item with id '{after}' does not exist."
            raise Refused(_refused(message, "previous_item_id", "item_create_invalid_previous_item_id"))
        if item["type"] == "function_call_output":
            self._check_call(item["call_id"])
        place = len(self._items) if after is None else 0 if after == ROOT else self._place(str(after)) + 1
        self._items.insert(place, item)
        return self._items[place - 1]["id"] if place else None

    def put(self, item: JSON) -> None:
        """Replace the item of the same id, if it is still there."""
        for place, known in enumerate(self._items):
            if known["id"] == item["id"]:
                self._items[place] = item

    def discard(self, id_: str) -> None:
        """Take an item out, if it is there."""
        self._items = [item for item in self._items if item["id"] != id_]

    def needed(self, id_: str, what: str) -> JSON:
        """The item of this id; `what` is to be done with it (`delete`). Raises Refused if there is none."""
        item = self.get(id_)
        if item is None:
            doing = {"delete": "deleting", "retrieve": "retrieving", "truncate": "truncating"}[what]
            message = f"Error {doing} item: the item with id '{id_}' does not exist."
            raise Refused(_refused(message, "item_id", f"item_{what}_invalid_item_id"))
        return item

    def delete(self, id_: str) -> None:
        """Take an item out. Raises Refused if there is none."""
        self._items.remove(self.needed(id_, "delete"))

    def _place(self, id_: str) -> int:
        return next(place for place, item in enumerate(self._items) if item["id"] == id_)

    def _check_call(self, call_id: str) -> None:
        if all(item.get("call_id") != call_id or item["type"] != "function_call" for item in self._items):
            message = f"Tool call ID '{call_id}' not found in conversation."
            raise Refused(_refused(message, "item.call_id", "invalid_tool_call_id"))


def made(given: Mapping[str, Any], id_: str, path: str = "item") -> JSON:
    """The item that a client describes, with this id; `path` is where it stands in the client's event.

    Raises Refused for what is missing, which not every form's types say, and for sound that is not base64.
    """
    _check_given(given, ("type", *_OF_ITEMS.get(given.get("type"), ())), path)
    kept = {name: value for name, value in given.items() if name != "content" or given["type"] == "message"}
    item = {**kept, "id": id_, "object": "realtime.item"}
    if item["type"] in _OF_ITEMS:
        item["status"] = "completed"
    if item["type"] == "function_call" and not item.get("call_id"):
        item["call_id"] = f"call_{id_.removeprefix('item_')}"
    if item["type"] == "message":
        item["content"] = [_part(part, f"{path}.content[{place}]") for place, part in enumerate(item["content"])]
    return item


_OF_ITEMS: Mapping[Any, tuple[str, ...]] = {
    "message": ("role", "content"),
    "function_call": ("name", "arguments"),
    "function_call_output": ("call_id", "output"),
}
_OF_PARTS: Mapping[Any, tuple[str, ...]] = {
    "input_text": ("text",),
    "output_text": ("text",),
    "input_audio": ("audio",),
    "input_image": ("image_url",),
}


def _check_given(given: Mapping[str, Any], names: Iterable[str], path: str) -> None:
    for name in names:
        if given.get(name) is None:
            raise Refused(errors.missing_parameter(f"{path}.{name}"))


def _part(part: Mapping[str, Any], path: str) -> JSON:
    _check_given(part, ("type", *_OF_PARTS.get(part.get("type"), ())), path)
    if part["type"] == "input_audio" and decoded(part["audio"]) is None:
        raise Refused(bad_audio(f"{path}.audio"))
    return {**part, "transcript": part.get("transcript")} if part["type"] in _SPOKEN else dict(part)


def shown(item: JSON) -> JSON:
    """The item as events show it: without sound."""
    if "content" not in item:
        return item
    return {**item, "content": [{k: v for k, v in part.items() if k != "audio"} for part in item["content"]]}


def sent_to_model(item: JSON) -> JSON:
    """The item as the model gets it: what it says, not what it is called."""
    said = {name: value for name, value in item.items() if name not in ("id", "object", "status")}
    if "content" in said:
        said["content"] = [{k: v for k, v in part.items() if v is not None} for part in said["content"]]
    return said


def with_sound(item: JSON, form: Format) -> JSON:
    """The item with all its sound: what the model said is made again."""
    if "content" not in item:
        return item
    return {**item, "content": [_sounding(part, form) for part in item["content"]]}


def _sounding(part: JSON, form: Format) -> JSON:
    if part["type"] != "output_audio" or part.get("audio") or not part.get("transcript"):
        return part
    return {**part, "audio": encoded(form.make(sound.seconds_for(part["transcript"])))}


def truncated(item: JSON, index: int, end_ms: int, form: Format) -> JSON:
    """The item whose spoken part ends early: the transcript goes, as nobody knows how far it was heard.

    Raises Refused for an item or part that the model did not speak, and for an end after its end.
    """
    if item.get("role") != "assistant":
        message = "Only model output audio messages can be truncated"
        raise Refused(_refused(message, "item_id", "invalid_value"))
    content = with_sound(item, form)["content"]
    if not 0 <= index < len(content) or content[index]["type"] != "output_audio":
        message = f"Content at index {index} is not audio of the model."
        raise Refused(_refused(message, "content_index", "invalid_value"))
    data = decoded(content[index].get("audio") or "") or b""
    length = len(data) * 1000 // form.rate
    if end_ms > length:
        message = f"Audio content of {length}ms is already shorter than {end_ms}ms"
        raise Refused(_refused(message, "audio_end_ms", "invalid_value"))
    cut = {**content[index], "audio": encoded(data[: form.size(end_ms) & ~1]), "transcript": None}
    parts = [cut if place == index else part for place, part in enumerate(item["content"])]
    return {**item, "content": parts}


def bad_audio(param: str) -> Error:
    """The error for sound that is not base64."""
    return _refused("Invalid audio: expected base64-encoded bytes.", param, "invalid_value")


def _refused(message: str, param: str, code: str) -> Error:
    return errors.invalid(message, param=param, code=code)
