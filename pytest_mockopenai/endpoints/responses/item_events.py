"""The events of one output item: added as it begins, what it says piece by piece, done as it is in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pytest_mockopenai import tokens
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.rendering.streaming import scored_pieces
from pytest_mockopenai.tokens import Encoding


@dataclass(frozen=True, slots=True)
class Cutting:
    """How finished items are cut up: texts by the tokens of this encoding, pictures with so many partial ones."""

    encoding: Encoding
    partial_images: int = 0


def events_of(item: JSON, output_index: int, cut: Cutting) -> Iterator[JSON]:
    """All events of a finished item, without their sequence numbers."""
    place = {"item_id": item["id"], "output_index": output_index}
    yield {"type": "response.output_item.added", "item": _opened(item), "output_index": output_index}
    inside = _INSIDE.get(item["type"])
    for event in inside(item, cut) if inside else ():
        yield {"type": f"response.{event.pop('type')}", **place, **event}
    yield {"type": "response.output_item.done", "item": item, "output_index": output_index}


_EMPTY: Mapping[str, JSON] = {
    "message": {"content": []},
    "function_call": {"arguments": ""},
    "custom_tool_call": {"input": ""},
    "reasoning": {"summary": []},
    "file_search_call": {"results": None},
    "code_interpreter_call": {"code": "", "outputs": None},
    "image_generation_call": {"result": None},
    "mcp_call": {"arguments": "", "output": None, "error": None},
    "mcp_list_tools": {"tools": []},
    "shell_call_output": {"output": []},
}


def _opened(item: JSON) -> JSON:
    """The item as it is when it begins."""
    status = {"status": "in_progress"} if "status" in item else {}
    return {**item, **_EMPTY.get(item["type"], {}), **status}


# --- what the model writes --------------------------------------------------------------------------------------------


def _message(item: JSON, cut: Cutting) -> Iterator[JSON]:
    for index, part in enumerate(item["content"]):
        at = {"content_index": index}
        said = _refusal(part, cut) if part["type"] == "refusal" else _text(part, cut)
        yield {"type": "content_part.added", **at, "part": _empty_part(part)}
        yield from ({**event, **at} for event in said)
        yield {"type": "content_part.done", **at, "part": part}


def _empty_part(part: JSON) -> JSON:
    if part["type"] == "refusal":
        return {"type": "refusal", "refusal": ""}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}


def _text(part: JSON, cut: Cutting) -> Iterator[JSON]:
    for piece, entries in scored_pieces(cut.encoding, part["text"], part["logprobs"]):
        yield {"type": "output_text.delta", "delta": piece, "logprobs": entries or []}
    for index, annotation in enumerate(part["annotations"]):
        yield {"type": "output_text.annotation.added", "annotation": annotation, "annotation_index": index}
    yield {"type": "output_text.done", "logprobs": part["logprobs"], "text": part["text"]}


def _refusal(part: JSON, cut: Cutting) -> Iterator[JSON]:
    yield from _written("refusal", "refusal", part["refusal"], cut)


def _written(kind: str, name: str, text: str, cut: Cutting) -> Iterator[JSON]:
    """A text piece by piece, then whole under its name."""
    yield from ({"type": f"{kind}.delta", "delta": piece} for piece in tokens.stream_pieces(cut.encoding, text))
    yield {"type": f"{kind}.done", name: text}


def _function_call(item: JSON, cut: Cutting) -> Iterator[JSON]:
    return _written("function_call_arguments", "arguments", item["arguments"], cut)


def _custom_tool_call(item: JSON, cut: Cutting) -> Iterator[JSON]:
    return _written("custom_tool_call_input", "input", item["input"], cut)


def _reasoning(item: JSON, cut: Cutting) -> Iterator[JSON]:
    for index, part in enumerate(item["summary"]):
        at = {"summary_index": index}
        yield {"type": "reasoning_summary_part.added", **at, "part": {**part, "text": ""}}
        yield from ({**e, **at} for e in _written("reasoning_summary_text", "text", part["text"], cut))
        yield {"type": "reasoning_summary_part.done", **at, "part": part}


# --- what OpenAI's own tools do ---------------------------------------------------------------------------------------


def _web_search(item: JSON, cut: Cutting) -> Iterator[JSON]:
    return _stages("web_search_call", "in_progress", "searching", "completed")


def _file_search(item: JSON, cut: Cutting) -> Iterator[JSON]:
    return _stages("file_search_call", "in_progress", "searching", "completed")


def _stages(kind: str, *stages: str) -> Iterator[JSON]:
    return ({"type": f"{kind}.{stage}"} for stage in stages)


def _code_interpreter(item: JSON, cut: Cutting) -> Iterator[JSON]:
    yield from _stages("code_interpreter_call", "in_progress")
    yield from _written("code_interpreter_call_code", "code", item["code"] or "", cut)
    yield from _stages("code_interpreter_call", "interpreting", "completed")


def _image_generation(item: JSON, cut: Cutting) -> Iterator[JSON]:
    yield from _stages("image_generation_call", "in_progress", "generating")
    shown = {name: item[name] for name in ("background", "output_format", "quality", "size")}
    for index in range(cut.partial_images if item["result"] else 0):
        partial = {"partial_image_b64": item["result"], "partial_image_index": index}
        yield {"type": "image_generation_call.partial_image", **partial, **shown}
    yield from _stages("image_generation_call", "completed")


def _mcp_list_tools(item: JSON, cut: Cutting) -> Iterator[JSON]:
    return _stages("mcp_list_tools", "in_progress", "failed" if item["error"] else "completed")


def _mcp_call(item: JSON, cut: Cutting) -> Iterator[JSON]:
    yield from _stages("mcp_call", "in_progress")
    yield from _written("mcp_call_arguments", "arguments", item["arguments"], cut)
    yield from _stages("mcp_call", "failed" if item["error"] else "completed")


def _shell_call(item: JSON, cut: Cutting) -> Iterator[JSON]:
    for index, command in enumerate(item["action"]["commands"]):
        at = {"command_index": index}
        yield {"type": "shell_call_command.added", **at, "command": ""}
        yield from ({**e, **at} for e in _written("shell_call_command", "command", command, cut))


def _shell_output(item: JSON, cut: Cutting) -> Iterator[JSON]:
    for index, printed in enumerate(item["output"]):
        at = {"command_index": index}
        for stream in ("stdout", "stderr"):
            pieces = tokens.stream_pieces(cut.encoding, printed[stream])
            yield from ({"type": "shell_call_output_content.delta", **at, "delta": {stream: piece}} for piece in pieces)
        yield {"type": "shell_call_output_content.done", **at, "output": [printed]}


def _compaction(item: JSON, cut: Cutting) -> Iterator[JSON]:
    return _stages("compaction", "compacting")


_INSIDE: Mapping[str, Callable[[JSON, Cutting], Iterator[JSON]]] = {
    "message": _message,
    "function_call": _function_call,
    "custom_tool_call": _custom_tool_call,
    "reasoning": _reasoning,
    "web_search_call": _web_search,
    "file_search_call": _file_search,
    "code_interpreter_call": _code_interpreter,
    "image_generation_call": _image_generation,
    "mcp_list_tools": _mcp_list_tools,
    "mcp_call": _mcp_call,
    "shell_call": _shell_call,
    "shell_call_output": _shell_output,
    "compaction": _compaction,
}
