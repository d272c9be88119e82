"""What a request asks, read from its body the same way for rules, for records and for made-up answers.

Reading is tolerant: a body that the endpoint will refuse is read as far as it makes sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core.wire import Request


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One request to one endpoint. `endpoint` is the SDK's resource, such as `chat.completions`."""

    endpoint: str
    request: Request
    body: Mapping[str, Any]
    model: str = ""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of a chat call, or the input items of a response; a plain text counts as a user's message."""
        for name in ("messages", "input", "prompt"):
            value = self.body.get(name)
            if isinstance(value, str):
                return [{"role": "user", "content": value}]
            if isinstance(value, list):
                return [item if isinstance(item, dict) else {"role": "user", "content": item} for item in value]
        return []

    @property
    def last_message(self) -> str:
        """The text of the last user message (chat, responses), or the input text; empty if there is none."""
        for message in reversed(self.messages):
            if message.get("role") == "user":
                return text_of(message.get("content"))
        return ""

    @property
    def tools(self) -> list[str]:
        """The names of the tools offered; a built-in tool's name is its type."""
        offered = [*_dicts(self.body.get("tools")), *_dicts(self.body.get("functions"))]
        return [str(_named(tool)) for tool in offered]

    @property
    def turn(self) -> int:
        """Which turn of the conversation is asked for: 1 with no assistant message yet, 2 after the first."""
        turns, speaking = 1, False
        for message in self.messages:
            said = message.get("role") == "assistant" or message.get("type") in _MODEL_ITEMS
            turns += said and not (speaking and "role" not in message)
            speaking = said
        return turns

    def header(self, name: str) -> str | None:
        """A request header, whatever its case."""
        return self.request.header(name)


_MODEL_ITEMS = frozenset({"function_call", "custom_tool_call"})


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or the text parts of a list, joined."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(str(part.get("text") or "") for part in _dicts(content))
    return ""


def _named(tool: Mapping[str, Any]) -> Any:
    for holder in (tool, tool.get("function"), tool.get("custom")):
        if isinstance(holder, Mapping) and "name" in holder:
            return holder["name"]
    return tool.get("type", "")


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
