"""What a model says to an eval or to a grader: a call to the mock itself, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.endpoint import JSON, Answered, CallsMock

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"


@dataclass(frozen=True, slots=True)
class Sample:
    """What was said, as `sample` of an output item (openai/types/evals/runs/output_item_list_response.py).

    `text` is what the model said, `tools` the tools that it called; `sample.error` is set if the call failed. `known`
    is what else templates may name.
    """

    sample: JSON
    text: str = ""
    tools: tuple[JSON, ...] = ()
    known: Mapping[str, Any] = field(default_factory=dict)

    @property
    def variables(self) -> JSON:
        """The namespace `sample` of templates."""
        found: JSON = {**self.sample, "output_text": self.text, "output_tools": list(self.tools), **self.known}
        with suppress(jsontext.BadJSON):
            found["output_json"] = jsontext.loads(self.text)
        return found


def nothing(model: str = "") -> JSON:
    """A sample of which nothing is known."""
    return {
        "input": [],
        "output": [],
        "finish_reason": "",
        "model": model,
        "usage": {"total_tokens": 0, "completion_tokens": 0, "prompt_tokens": 0, "cached_tokens": 0},
        "error": None,
        "seed": 0,
        "temperature": 1.0,
        "top_p": 1.0,
        "max_completion_tokens": 0,
    }


def asked(call: CallsMock, path: str, body: JSON) -> Sample:
    """Ask the model; `path` is `CHAT` or `RESPONSES`."""
    answered = call(path, body)
    given = body.get("messages") or body.get("input") or []
    sample = {
        **nothing(body["model"]),
        "input": [{"role": each["role"], "content": _written(each["content"])} for each in given],
        **{name: body[name] for name in ("seed", "temperature", "top_p") if body.get(name) is not None},
        "max_completion_tokens": body.get("max_completion_tokens") or body.get("max_output_tokens") or 0,
    }
    if answered.status >= 400:
        error = answered.object["error"]
        return Sample({**sample, "error": {"code": error["code"] or error["type"], "message": error["message"]}})
    return _of_chat(sample, answered) if path == CHAT else _of_responses(sample, answered)


def _of_chat(sample: JSON, answered: Answered) -> Sample:
    choice = answered.object["choices"][0]
    message, usage = choice["message"], answered.object["usage"]
    text = message.get("content") or message.get("refusal") or ""
    said = {
        "output": [{"role": message["role"], "content": text}],
        "finish_reason": choice["finish_reason"],
        "usage": _usage(usage, "prompt_tokens", "completion_tokens", "prompt_tokens_details"),
    }
    return Sample({**sample, **said}, text, tuple(message.get("tool_calls") or ()))


def _of_responses(sample: JSON, answered: Answered) -> Sample:
    items = answered.object["output"]
    texts = [
        part.get("text") or part.get("refusal") or ""
        for item in items
        if item["type"] == "message"
        for part in item["content"]
    ]
    text, usage = "".join(texts), answered.object["usage"] or {}
    said = {
        "output": [{"role": "assistant", "content": text}],
        "finish_reason": "stop" if answered.object["status"] == "completed" else answered.object["status"],
        "usage": _usage(usage, "input_tokens", "output_tokens", "input_tokens_details"),
    }
    return Sample({**sample, **said}, text, tuple(item for item in items if item["type"] == "function_call"))


def _usage(usage: Mapping[str, Any], prompt: str, completion: str, details: str) -> JSON:
    return {
        "total_tokens": usage.get("total_tokens", 0),
        "completion_tokens": usage.get(completion, 0),
        "prompt_tokens": usage.get(prompt, 0),
        "cached_tokens": (usage.get(details) or {}).get("cached_tokens", 0),
    }


def _written(content: object) -> str:
    return content if isinstance(content, str) else jsontext.text(content)
