"""What a request asks, read from its body the same way for rules, for records and for made-up answers.

Reading is tolerant: a body that the endpoint will refuse is read as far as it makes sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from pytest_mockopenai.core.wire import Request


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One request to one endpoint. `endpoint` is the SDK's resource, such as `chat.completions`.

    `earlier_turns` and `earlier_message` are of what the request only refers to, such as a previous response: how often
    the model has spoken there, and the text of the last user message.
    """

    endpoint: str
    request: Request
    body: Mapping[str, Any]
    model: str = ""
    earlier_turns: int = 0
    earlier_message: str = ""

    def after(self, history: Sequence[Mapping[str, Any]]) -> Inquiry:
        """The same request, which goes on from these items."""
        if not history:
            return self
        return replace(self, earlier_turns=_turns(history), earlier_message=_last_user_text(history) or "")

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
        said = _last_user_text(self.messages)
        return self.earlier_message if said is None else said

    @property
    def tools(self) -> list[str]:
        """The names of the tools offered; a built-in tool's name is its type."""
        offered = [*_dicts(self.body.get("tools")), *_dicts(self.body.get("functions"))]
        return [str(_named(tool)) for tool in offered]

    @property
    def turn(self) -> int:
        """Which turn of the conversation is asked for: 1 with no assistant message yet, 2 after the first.

        The other items of a response (reasoning, tool calls) belong to the message beside them; without one, they are a
        turn together.
        """
        return 1 + self.earlier_turns + _turns(self.messages)

    def header(self, name: str) -> str | None:
        """A request header, whatever its case."""
        return self.request.header(name)


def _turns(messages: Sequence[Mapping[str, Any]]) -> int:
    """How often the model has spoken."""
    hosted = [item.get("call_id") for item in messages if _is_hosted_shell(item)]
    runs = groupby(messages, lambda item: is_models(item) or _is_output_of(item, hosted))
    return sum(max(1, sum("role" in item for item in run)) for by_model, run in runs if by_model)


def _last_user_text(messages: Sequence[Mapping[str, Any]]) -> str | None:
    users = (message for message in reversed(messages) if message.get("role") == "user")
    return next((text_of(message.get("content")) for message in users), None)


def is_models(item: Mapping[str, Any]) -> bool:
    """Whether the model said this message or item: its output items are the two below and those that end in `_call`."""
    kind = str(item.get("type"))
    return item.get("role") == "assistant" or kind in _OTHER_OUTPUT or kind.endswith("_call")


_OTHER_OUTPUT = ("reasoning", "mcp_approval_request")


def _is_hosted_shell(item: Mapping[str, Any]) -> bool:
    """Whether this is a call of the shell that OpenAI runs: its output is there before the model goes on."""
    environment = item.get("environment")
    hosted = isinstance(environment, Mapping) and environment.get("type") == "container_reference"
    return hosted and item.get("type") == "shell_call"


def _is_output_of(item: Mapping[str, Any], call_ids: Sequence[Any]) -> bool:
    return item.get("type") == "shell_call_output" and item.get("call_id") in call_ids


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or of a list its parts joined, of spoken ones the transcript."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(str(part.get("text") or part.get("transcript") or "") for part in _dicts(content))
    return ""


def _named(tool: Mapping[str, Any]) -> Any:
    for holder in (tool, tool.get("function"), tool.get("custom")):
        if isinstance(holder, Mapping) and "name" in holder:
            return holder["name"]
    return tool.get("type", "")


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
