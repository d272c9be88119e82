"""What using one of OpenAI's own tools leaves in the output: believable finished items, one function for each tool.

Forms as in openai/types/responses/response_output_item.py. The answers' texts and addresses are made up.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.core import errors, jsontext, picture, prose
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.items import new_id
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.retrieval.search import Hit


@dataclass(frozen=True, slots=True)
class Use:
    """One use: how the request configures the tool, the user's last message, and the items so far.

    `include` is the request's; `draw` and `serial` are as in `Context`, for this use alone. `found` is what a file
    search has found, None if there is nothing that it could search; `container` is where code runs.
    """

    tool: Mapping[str, Any]
    asked: str
    items: tuple[JSON, ...]
    include: frozenset[str]
    draw: Draw
    serial: Draw
    found: Sequence[Hit] | None = None
    container: str = ""

    def item(self, kind: str, **fields: Any) -> JSON:
        """A finished item of this type."""
        return {"id": new_id(kind, self.serial.child(kind)), "type": kind, "status": "completed", **fields}

    @property
    def call_id(self) -> str:
        """The id by which the client's output names the call."""
        return "call_" + self.serial.child("call").alphanumeric(24)


@dataclass(frozen=True, slots=True)
class Used:
    """The items of a use, and what the text that follows cites (an annotation without its place in the text)."""

    items: tuple[JSON, ...]
    citation: JSON | None = None


def used(kind: str, use: Use, fields: Mapping[str, Any]) -> Used:
    """The items of using a tool of `core.answer.BUILT_IN_TOOLS`; `fields` replace those of the call's own item.

    Raises `Refused` for a field that the item does not have.
    """
    made = _USES[kind](use)
    if not fields:
        return made
    place = next(index for index, item in enumerate(made.items) if item["type"] != "mcp_list_tools")
    item = made.items[place]
    unknown = next((name for name in fields if name not in item), None)
    if unknown:
        message = f"the item of built_in_call({kind!r}) has no field '{unknown}'.{did_you_mean(unknown, item)}"
        raise Refused(errors.script_mistake(message))
    return Used((*made.items[:place], {**item, **fields}, *made.items[place + 1 :]), made.citation)


# --- run by OpenAI ----------------------------------------------------------------------------------------------------


def _web_search(use: Use) -> Used:
    domains = (use.tool.get("filters") or {}).get("allowed_domains") or ["example.com"]
    words = prose.filler(3, use.draw.child("page"))
    url = f"https://{domains[0]}/{words.lower().replace(' ', '-').rstrip('.')}"
    action: JSON = {"type": "search", "query": use.asked, "queries": [use.asked]}
    if "web_search_call.action.sources" in use.include:
        action["sources"] = [{"type": "url", "url": url}]
    citation = {"type": "url_citation", "title": words.rstrip("."), "url": url}
    return Used((use.item("web_search_call", action=action),), citation)


def _file_search(use: Use) -> Used:
    results, citation = _made_up_result(use) if use.found is None else _results(use.found)
    shown = results if "file_search_call.results" in use.include else None
    return Used((use.item("file_search_call", queries=[use.asked], results=shown),), citation)


def _results(found: Sequence[Hit]) -> tuple[list[JSON], JSON | None]:
    """What was found in the mock's vector stores; the best of it is cited if it has anything to do with the query."""
    results = [
        {
            "attributes": hit.attributes,
            "file_id": hit.file_id,
            "filename": hit.filename,
            "score": hit.score,
            "text": hit.text,
        }
        for hit in found
    ]
    return results, _file_citation(results[0]) if results and found[0].score else None


def _made_up_result(use: Use) -> tuple[list[JSON], JSON]:
    file_id, filename = "file-" + use.draw.child("file").alphanumeric(22), "notes.md"
    text = prose.filler(24, use.draw.child("text"))
    score = round(0.5 + 0.499 * use.draw.child("score").uniform(), 4)
    result = {"attributes": {}, "file_id": file_id, "filename": filename, "score": score, "text": text}
    return [result], _file_citation(result)


def _file_citation(result: JSON) -> JSON:
    return {"type": "file_citation", "file_id": result["file_id"], "filename": result["filename"]}


def _code_interpreter(use: Use) -> Used:
    one, other = (use.draw.child(name).integer(2, 99) for name in ("one", "other"))
    outputs = [{"type": "logs", "logs": f"{one * other}\n"}] if "code_interpreter_call.outputs" in use.include else None
    code = f"print({one} * {other})"
    return Used((use.item("code_interpreter_call", code=code, container_id=use.container, outputs=outputs),))


_ANY_SIZE = (1024, 1024)


def _image_generation(use: Use) -> Used:
    width, height = picture.size_of(use.tool.get("size")) or _ANY_SIZE
    form = _given(use.tool.get("output_format"), "png")
    background = _given(use.tool.get("background"), "opaque")
    drawn = picture.drawn(width, height, use.draw, transparent=background == "transparent")
    fields = {
        "action": "generate",
        "background": background,
        "output_format": form,
        "quality": _given(use.tool.get("quality"), "high"),
        "result": base64.b64encode(picture.encoded(drawn, form)).decode(),
        "revised_prompt": use.asked,
        "size": f"{width}x{height}",
    }
    return Used((use.item("image_generation_call", **fields),))


def _given(value: Any, default: str) -> Any:
    return default if value in (None, "auto") else value


def _mcp(use: Use) -> Used:
    approved = next((item for item in reversed(use.items) if item.get("type") == "mcp_approval_request"), None)
    answered = bool(use.items) and use.items[-1].get("type") == "mcp_approval_response"
    asked = approved if answered and approved else {}
    call = use.item(
        "mcp_call",
        approval_request_id=asked.get("id"),
        arguments=asked.get("arguments") or _arguments(use),
        error=None,
        name=asked.get("name") or _mcp_tool(use),
        output=prose.filler(12, use.draw.child("output")),
        server_label=_label(use),
    )
    return Used((*_tools_of_server(use), call))


def _mcp_approval(use: Use) -> Used:
    request = use.item("mcp_approval_request", arguments=_arguments(use), name=_mcp_tool(use), server_label=_label(use))
    del request["status"]
    return Used((*_tools_of_server(use), request))


def _tools_of_server(use: Use) -> tuple[JSON, ...]:
    """The list of the server's tools, which is made once for each server in a conversation."""
    listed = (item for item in use.items if item.get("type") == "mcp_list_tools")
    if any(item["server_label"] == _label(use) for item in listed):
        return ()
    schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    tool = {"annotations": None, "description": None, "input_schema": schema, "name": _mcp_tool(use)}
    found = use.item("mcp_list_tools", error=None, server_label=_label(use), tools=[tool])
    del found["status"]
    return (found,)


def _label(use: Use) -> str:
    return str(use.tool.get("server_label", "mock"))


def _mcp_tool(use: Use) -> str:
    allowed = use.tool.get("allowed_tools")
    names = (allowed.get("tool_names") if isinstance(allowed, Mapping) else allowed) or ["search"]
    return str(names[0])


def _arguments(use: Use) -> str:
    return jsontext.text({"query": use.asked})


def _hosted_shell(use: Use) -> Used:
    call = _shell_call(use, {"type": "container_reference", "container_id": use.container})
    printed = {"stdout": "notes.md\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    output = use.item("shell_call_output", call_id=use.call_id, max_output_length=None, output=[printed])
    return Used((call, output))


# --- carried out by the client ----------------------------------------------------------------------------------------


def _shell(use: Use) -> Used:
    return Used((_shell_call(use, {"type": "local"}),))


def _shell_call(use: Use, environment: JSON) -> JSON:
    action = {"commands": ["ls"], "max_output_length": None, "timeout_ms": None}
    return use.item("shell_call", action=action, call_id=use.call_id, environment=environment)


def _local_shell(use: Use) -> Used:
    rest = {"timeout_ms": None, "user": None, "working_directory": None}
    action: JSON = {"type": "exec", "command": ["ls"], "env": {}, **rest}
    return Used((use.item("local_shell_call", action=action, call_id=use.call_id),))


def _apply_patch(use: Use) -> Used:
    diff = f"+{prose.filler(8, use.draw.child('line'))}"
    operation = {"type": "create_file", "path": "notes.md", "diff": diff}
    return Used((use.item("apply_patch_call", call_id=use.call_id, operation=operation),))


def _computer(use: Use) -> Used:
    look = {"type": "screenshot"}
    older = use.tool.get("type") == "computer_use_preview"
    actions: JSON = {"action": look} if older else {"actions": [look]}
    return Used((use.item("computer_call", **actions, call_id=use.call_id, pending_safety_checks=[]),))


_USES: Mapping[str, Callable[[Use], Used]] = {
    "web_search": _web_search,
    "file_search": _file_search,
    "code_interpreter": _code_interpreter,
    "image_generation": _image_generation,
    "mcp": _mcp,
    "mcp_approval": _mcp_approval,
    "hosted_shell": _hosted_shell,
    "shell": _shell,
    "local_shell": _local_shell,
    "apply_patch": _apply_patch,
    "computer": _computer,
}
