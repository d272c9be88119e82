"""One turn of the model in a run: it is a chat completion that the mock asks of itself.

So rules, words, `when(...)`, counting and the record are those of `chat.completions`, and nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_mockopenai.core.endpoint import JSON, Answered, Context
from pytest_mockopenai.core.seed import Draw

_CHAT = "/v1/chat/completions"
_SAME = ("temperature", "top_p", "max_completion_tokens", "reasoning_effort")
_CODES = {400: "invalid_prompt", 429: "rate_limit_exceeded"}
_NO_USAGE: JSON = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn comes to: `status` of the run, and fields of it; a `message` or `tool_calls`.

    `chat` is what the model has been given and has called, to go on from. `scripted`: a word says the message.
    `search` is the call of the tool `file_search`, if files were searched for it.
    """

    status: str
    chat: list[JSON]
    usage: JSON = field(default_factory=lambda: dict(_NO_USAGE))
    fields: JSON = field(default_factory=dict)
    message: JSON | None = None
    tool_calls: list[JSON] = field(default_factory=list)
    scripted: bool = False
    search: JSON | None = None


def turn(context: Context, run: Mapping[str, Any], chat: list[JSON], serial: Draw) -> Turn:
    """Ask the model for the next turn of a run; `chat` is all that it is given but the instructions."""
    answered = context.call(_CHAT, _request(run, chat))
    if answered.status != 200:
        return Turn("failed", chat, fields={"last_error": _last_error(answered)})
    choice = answered.object["choices"][0]
    usage = {name: answered.object["usage"][name] for name in _NO_USAGE}
    calls = choice["message"].get("tool_calls")
    if calls:
        return Turn("requires_action", [*chat, choice["message"]], usage, tool_calls=calls)
    status, fields = _end(run, choice["finish_reason"], usage)
    message = _message(run, choice, context.now, serial)
    return Turn(status, chat, usage, fields, message, scripted=answered.scripted)


def _request(run: Mapping[str, Any], chat: list[JSON]) -> JSON:
    instructions = [{"role": "system", "content": run["instructions"]}] if run["instructions"] else []
    functions = [tool for tool in run["tools"] if tool["type"] == "function"]
    body = {"model": run["model"], "messages": [*instructions, *chat]}
    body |= {name: run[name] for name in _SAME if run.get(name) is not None}
    if run["response_format"] not in ("auto", None):
        body["response_format"] = run["response_format"]
    if functions:
        body |= {"tools": functions, "parallel_tool_calls": run["parallel_tool_calls"]}
        choice = run["tool_choice"]
        forced = isinstance(choice, str) or choice["type"] == "function"
        body |= {"tool_choice": choice} if forced and not _answered(chat) else {}
    return body


def _answered(chat: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the tools have been called already: a run that forces a call forces the first one."""
    return bool(chat) and chat[-1]["role"] == "tool"


def _last_error(answered: Answered) -> JSON:
    return {"code": _CODES.get(answered.status, "server_error"), "message": answered.object["error"]["message"]}


def _end(run: Mapping[str, Any], reason: str, usage: JSON) -> tuple[str, JSON]:
    """How a turn that has spoken ends the run."""
    if reason == "length":
        return "incomplete", {"incomplete_details": {"reason": "max_completion_tokens"}}
    if run["max_prompt_tokens"] is not None and usage["prompt_tokens"] > run["max_prompt_tokens"]:
        return "incomplete", {"incomplete_details": {"reason": "max_prompt_tokens"}}
    return "completed", {}


_CUT = {"length": "max_tokens", "content_filter": "content_filter"}


def _message(run: Mapping[str, Any], choice: JSON, now: int, serial: Draw) -> JSON:
    """The message that the model adds to the thread."""
    spoken, cut = choice["message"], _CUT.get(choice["finish_reason"])
    made = {
        **said(run["thread_id"], serial, now),
        "role": "assistant",
        "assistant_id": run["assistant_id"],
        "run_id": run["id"],
        "content": [_content(spoken)],
    }
    if cut:
        made |= {
            "status": "incomplete",
            "incomplete_details": {"reason": cut},
            "incomplete_at": now,
            "completed_at": None,
        }
    return made


def _content(spoken: JSON) -> JSON:
    if spoken["refusal"] is not None:
        return {"type": "refusal", "refusal": spoken["refusal"]}
    return {"type": "text", "text": {"value": spoken["content"] or "", "annotations": []}}


def said(thread: str, serial: Draw, now: int) -> JSON:
    """What every message has; its author fills in the rest."""
    return {
        "id": "msg_" + serial.child("message").alphanumeric(24),
        "object": "thread.message",
        "created_at": now,
        "thread_id": thread,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": now,
        "incomplete_at": None,
        "role": "user",
        "content": [],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {},
    }


def as_chat(messages: Sequence[JSON]) -> list[JSON]:
    """The messages of a thread as chat has them."""
    return [{"role": each["role"], "content": _spoken([*map(_part, each["content"])])} for each in messages]


def _spoken(parts: list[JSON]) -> str | list[JSON]:
    """A message of one text is that text."""
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts or ""


def _part(block: JSON) -> JSON:
    kind = block["type"]
    if kind == "image_url":
        return block
    if kind == "image_file":
        return {"type": "text", "text": f"[image {block['image_file']['file_id']}]"}  # chat knows no files
    return {"type": "text", "text": block["refusal"] if kind == "refusal" else block["text"]["value"]}
