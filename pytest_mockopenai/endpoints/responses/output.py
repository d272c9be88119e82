"""The output items of a response: an answer, cut at the token limit, as reasoning, tool use, message and calls."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import catalog, prose
from pytest_mockopenai.core.answer import Answer, BuiltInCall, ToolCall
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.items import new_id
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.responses import container, file_search
from pytest_mockopenai.endpoints.responses.compaction import compaction_of, is_due
from pytest_mockopenai.endpoints.responses.tools import definition_of
from pytest_mockopenai.endpoints.responses.turn import Turn
from pytest_mockopenai.endpoints.responses.uses import Use, used
from pytest_mockopenai.rendering import logprobs
from pytest_mockopenai.rendering.cutting import Limited, limited

_ENCRYPTED = 120  # bytes of an `encrypted_content`; the real ones grow with the reasoning
_SUMMARY = 12  # tokens of a made-up summary


@dataclass(frozen=True, slots=True)
class Output:
    """The output items, the completion side of the usage, and why the response is incomplete (None: it is complete)."""

    items: list[JSON]
    usage: Usage
    incomplete: str | None


_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}


def output_of(context: Context, turn: Turn, answer: Answer) -> Output:
    """The output that says this answer."""
    fitting = limited(answer, turn.counter, context.body.get("max_output_tokens"))
    reason = _REASONS.get(answer.finish_reason or "", "max_output_tokens" if fitting.cut else None)
    items = list(_Writer(context, turn, fitting).items())
    if reason and items and "status" in items[-1]:
        items[-1] = {**items[-1], "status": "incomplete"}
    return Output(items, _usage(context, turn, fitting, items), reason)


def _usage(context: Context, turn: Turn, fitting: Limited, items: list[JSON]) -> Usage:
    """The completion side; a cut answer has exactly the tokens of the limit."""
    reasoning, limit = fitting.reasoning_tokens, context.body.get("max_output_tokens")
    if fitting.cut:
        return Usage(completion_tokens=limit or 0, reasoning_tokens=reasoning)
    sent = bool(context.body.get("tools"))
    counted = tokens.responses_output(items, turn.counter, tools_sent=sent, reasoning_tokens=reasoning)
    total = counted.tokens if limit is None else min(counted.tokens, limit)
    return Usage(completion_tokens=total, reasoning_tokens=reasoning, completion_method=counted.method)


class _Writer:
    """Writes the items of one answer, in the order in which the real API has them."""

    def __init__(self, context: Context, turn: Turn, fitting: Limited) -> None:
        self._context = context
        self._turn = turn
        self._fitting = fitting
        self._include = frozenset(context.body.get("include") or ())
        self._citations: list[JSON] = []

    def items(self) -> Iterator[JSON]:
        answer = self._fitting.answer
        if is_due(self._context, self._turn):
            yield compaction_of(self._context, self._turn)
        used = list(self._built_in(answer.built_in_calls))
        yield from (item for item in used if item["type"] == "mcp_list_tools")  # asked for before the model begins
        yield from self._reasoning(answer)
        yield from (item for item in used if item["type"] != "mcp_list_tools")
        yield from self._message(answer)
        for place, call in enumerate(answer.tool_calls):
            yield self._call(call, self._serial(f"call {place}"))

    def _serial(self, label: str) -> Draw:
        return self._context.serial.child(label)

    # --- reasoning ----------------------------------------------------------------------------------------------------

    def _reasoning(self, answer: Answer) -> Iterator[JSON]:
        """The item of what was thought before the answer; none if nothing was."""
        if not (self._fitting.reasoning_tokens or answer.reasoning):
            return
        item: JSON = {"id": new_id("reasoning", self._serial("reasoning")), "type": "reasoning"}
        item["summary"] = [{"type": "summary_text", "text": text} for text in self._summary(answer)]
        if "reasoning.encrypted_content" in self._include:
            data = bytes.fromhex(self._serial("encrypted").hex(2 * _ENCRYPTED))
            item["encrypted_content"] = base64.urlsafe_b64encode(data).decode()
        yield item

    def _summary(self, answer: Answer) -> Iterator[str]:
        """What was scripted is always shown; a summary is made up where the request asks for one."""
        asked = self._context.body.get("reasoning") or {}
        if answer.reasoning:
            yield answer.reasoning
        elif asked.get("summary") or asked.get("generate_summary"):
            yield prose.filler(_SUMMARY, self._context.draw.child("summary"))

    # --- built-in tools -----------------------------------------------------------------------------------------------

    def _built_in(self, calls: tuple[BuiltInCall, ...]) -> Iterator[JSON]:
        earlier: Counter[str] = Counter()
        for place, call in enumerate(calls):
            tool = definition_of(self._context.body, call.tool, earlier[call.tool])
            serial = self._serial(f"use {place}")
            use = Use(
                tool=tool,
                asked=self._context.inquiry.last_message,
                items=self._turn.items,
                include=self._include,
                draw=self._context.draw.child(f"use {place}"),
                serial=serial,
                found=file_search.found(self._context, tool) if call.tool == "file_search" else None,
                container=self._container(call.tool, tool, serial),
            )
            earlier[call.tool] += 1
            made = used(call.tool, use, call.fields)
            self._citations += [made.citation] if made.citation else []
            yield from made.items

    def _container(self, kind: str, tool: Mapping[str, Any], serial: Draw) -> str:
        """Where this use of a tool runs its code; nowhere if it runs none."""
        if kind not in container.TOOLS:
            return ""
        return container.container_of(self._context, tool, self._turn.items, serial)

    # --- what is said -------------------------------------------------------------------------------------------------

    def _message(self, answer: Answer) -> Iterator[JSON]:
        if answer.refusal is not None:
            content: JSON = {"type": "refusal", "refusal": answer.refusal}
        elif answer.text is not None and (answer.text or not self._fitting.cut):
            content = self._text(answer.text)
        else:
            return
        phase = {"phase": self._phase(answer)} if catalog.has_phases(self._context.model) else {}
        yield {
            "id": new_id("message", self._serial("message")),
            "type": "message",
            "status": "completed",
            "content": [content],
            **phase,
            "role": "assistant",
        }

    def _phase(self, answer: Answer) -> str:
        return "commentary" if answer.tool_calls else "final_answer"

    def _text(self, text: str) -> JSON:
        annotations = [_placed(citation, text) for citation in self._citations]
        return {"type": "output_text", "annotations": annotations, "logprobs": self._logprobs(text), "text": text}

    def _logprobs(self, text: str) -> list[JSON]:
        """An entry for each token if the request asks for them, else none."""
        top = self._context.body.get("top_logprobs") or 0
        if not top and "message.output_text.logprobs" not in self._include:
            return []
        return logprobs.entries(self._turn.counter.encoding, text, top, self._context.draw.child("logprobs"))

    def _call(self, call: ToolCall, serial: Draw) -> JSON:
        custom = call.kind == "custom"
        kind = "custom_tool_call" if custom else "function_call"
        namespace = _namespace_of(self._context.body, call.name)
        return {
            "id": new_id(kind, serial.child("id")),
            "type": kind,
            "status": "completed",
            ("input" if custom else "arguments"): call.arguments,
            "call_id": "call_" + serial.alphanumeric(24),
            "name": call.name,
            **({"namespace": namespace} if namespace else {}),
        }


def _placed(citation: JSON, text: str) -> JSON:
    """A citation with its place: the text's last sentence, or for a file the text's end."""
    if citation["type"] == "file_citation":
        return {**citation, "index": len(text)}
    start = text.rstrip(". ").rfind(". ")
    return {**citation, "start_index": start + 2 if start >= 0 else 0, "end_index": len(text)}


def _namespace_of(body: Any, name: str) -> str | None:
    """The namespace in which the request offers this function, if it does so in one."""
    spaces = (tool for tool in body.get("tools") or () if tool["type"] == "namespace")
    return next((space["name"] for space in spaces if any(tool["name"] == name for tool in space["tools"])), None)
