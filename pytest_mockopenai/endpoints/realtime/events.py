"""The events of a response in the GA form, cut from the finished response; and those that end one early.

Order: that of OpenAI's guide "Realtime conversations". Law: the deltas, put together, are the items of `response.done`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import headers, sound
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.endpoints.realtime.audio import Format, encoded
from pytest_mockopenai.tokens import Encoding

NOT_YET: JSON = {"status": "in_progress", "status_details": None, "output": [], "usage": None}


@dataclass(frozen=True, slots=True)
class Voice:
    """How a response sounds: its format, and how fast it speaks (1 is normal)."""

    form: Format
    speed: float = 1.0

    def seconds(self, transcript: str) -> float:
        """How long saying this takes."""
        return sound.seconds_for(transcript) / self.speed


def events_of(response: JSON, encoding: Encoding, voice: Voice, before: str | None) -> Iterator[JSON]:
    """All events of a response, without event ids; `before` is the id of the item that its first one follows.

    A response that is no part of the conversation (its `conversation_id` is null) adds no items to it.
    """
    yield {"type": "response.created", "response": {**response, **NOT_YET}}
    yield _rate_limits(response)
    for index, item in enumerate(response["output"]):
        added = _Added(response, index, before)
        yield from added.opened(item)
        yield from _Content(response["id"], item, index).said(encoding, voice)
        yield from added.closed(item)
        before = item["id"]
    yield {"type": "response.done", "response": response}


def cancelled(told: Sequence[JSON], response: JSON, before: str | None, reason: str) -> tuple[JSON, list[JSON]]:
    """The response as far as it was told, and the events that end it: of the open item, and of the response."""
    partial = _folded(told)
    ending: list[JSON] = []
    for index, (item, is_closed) in enumerate(partial):
        if not is_closed:
            item["status"] = "incomplete"
            ending += _Content(response["id"], item, index).ended()
            ending += _Added(response, index, partial[index - 1][0]["id"] if index else before).closed(item)
    details = {"type": "cancelled", "reason": reason}
    items = [item for item, _ in partial]
    done = {**response, "status": "cancelled", "status_details": details, "output": items}
    return done, ending


def _folded(told: Sequence[JSON]) -> list[tuple[JSON, bool]]:
    """The items that events have built up so far, and whether each is finished."""
    items: list[tuple[JSON, bool]] = []
    for event in told:
        kind = event["type"]
        if kind == "response.output_item.added":
            item = event["item"]
            items.append(({**item, "content": []} if "content" in item else dict(item), False))
        elif kind == "response.output_item.done":
            items[event["output_index"]] = (event["item"], True)
        elif kind == "response.content_part.added":
            items[event["output_index"]][0]["content"].append(_item_part(event["part"]))
        elif kind in _GROWS:
            item = items[event["output_index"]][0]
            holder = item if kind == _ARGUMENTS else item["content"][event["content_index"]]
            holder[_GROWS[kind]] += event["delta"]
    return items


_ARGUMENTS = "response.function_call_arguments.delta"
_GROWS = {
    _ARGUMENTS: "arguments",
    "response.output_text.delta": "text",
    "response.output_audio_transcript.delta": "transcript",
}
_PART_KINDS = {"output_text": "text", "output_audio": "audio"}  # an item's part and an event's are named differently
_TEXT_KEYS = {"output_text": "text", "output_audio": "transcript"}


def _item_part(part: JSON) -> JSON:
    return {**part, "type": f"output_{part['type']}"}


def _rate_limits(response: JSON) -> JSON:
    used = (response["usage"] or {}).get("total_tokens", 0)
    limits = (
        ("requests", headers.REQUESTS_A_MINUTE, 1),
        ("tokens", headers.TOKENS_A_MINUTE, used),
    )
    return {
        "type": "rate_limits.updated",
        "rate_limits": [
            {"name": name, "limit": limit, "remaining": max(0, limit - taken), "reset_seconds": 60 * taken / limit}
            for name, limit, taken in limits
        ],
    }


@dataclass(frozen=True, slots=True)
class _Added:
    """An item as a part of the response, and of the conversation."""

    response: JSON
    index: int
    before: str | None

    def opened(self, item: JSON) -> Iterator[JSON]:
        return self._told(opened(item), "added")

    def closed(self, item: JSON) -> Iterator[JSON]:
        return self._told(item, "done")

    def _told(self, item: JSON, what: str) -> Iterator[JSON]:
        place = {"response_id": self.response["id"], "output_index": self.index}
        yield {"type": f"response.output_item.{what}", **place, "item": item}
        if self.response["conversation_id"]:
            yield {"type": f"conversation.item.{what}", "previous_item_id": self.before, "item": item}


def opened(item: JSON) -> JSON:
    """An item of which nothing has been said."""
    empty: dict[str, Any] = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
    return {**item, "status": "in_progress", **empty}


@dataclass(frozen=True, slots=True)
class _Content:
    """What an item says."""

    response_id: str
    item: JSON
    index: int

    def said(self, encoding: Encoding, voice: Voice) -> Iterator[JSON]:
        """The deltas between the item's beginning and its end."""
        if self.item["type"] == "function_call":
            for piece in tokens.stream_pieces(encoding, self.item["arguments"]):
                yield self._of_call("delta", delta=piece)
            yield self._of_call("done", arguments=self.item["arguments"], name=self.item["name"])
        for place, part in enumerate(self.item.get("content") or ()):
            empty = {"type": _PART_KINDS[part["type"]], _TEXT_KEYS[part["type"]]: ""}
            yield self._of_part("response.content_part.added", place, part=empty)
            yield from self._deltas(part, place, encoding, voice)
            yield from self._part_ended(part, place)

    def ended(self) -> Iterator[JSON]:
        """The end of what was said so far of an item that is broken off."""
        if self.item["type"] == "function_call":
            yield self._of_call("done", arguments=self.item["arguments"], name=self.item["name"])
        for place, part in enumerate(self.item.get("content") or ()):
            yield from self._part_ended(part, place)

    def _deltas(self, part: JSON, place: int, encoding: Encoding, voice: Voice) -> Iterator[JSON]:
        if part["type"] == "output_text":
            for piece in tokens.stream_pieces(encoding, part["text"]):
                yield self._of_part("response.output_text.delta", place, delta=piece)
            return
        said = tokens.stream_pieces(encoding, part["transcript"])
        data = voice.form.make(voice.seconds(part["transcript"])) if part["transcript"] else b""
        for piece, chunk in zip_longest(said, voice.form.chunks(data)):
            if piece is not None:
                yield self._of_part("response.output_audio_transcript.delta", place, delta=piece)
            if chunk is not None:
                yield self._of_part("response.output_audio.delta", place, delta=encoded(chunk))

    def _part_ended(self, part: JSON, place: int) -> Iterator[JSON]:
        if part["type"] == "output_text":
            yield self._of_part("response.output_text.done", place, text=part["text"])
            whole = {"type": "text", "text": part["text"]}
        else:
            yield self._of_part("response.output_audio.done", place)
            yield self._of_part("response.output_audio_transcript.done", place, transcript=part["transcript"])
            whole = {"type": "audio", "transcript": part["transcript"]}
        yield self._of_part("response.content_part.done", place, part=whole)

    def _of_part(self, kind: str, place: int, **more: Any) -> JSON:
        return {"type": kind, **self._where(), "content_index": place, **more}

    def _of_call(self, what: str, **more: Any) -> JSON:
        call = {"call_id": self.item["call_id"]}
        return {"type": f"response.function_call_arguments.{what}", **self._where(), **call, **more}

    def _where(self) -> JSON:
        return {"response_id": self.response_id, "item_id": self.item["id"], "output_index": self.index}
