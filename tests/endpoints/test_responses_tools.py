"""OpenAI's own tools on the Responses API: which are used, what a use leaves in the output, and how it streams."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from pytest_mockopenai.core import words
from pytest_mockopenai.core.answer import BUILT_IN_TOOLS, WAITING
from tests.endpoints.conftest import Api
from tests.endpoints.folding import folded, text_of

EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)

TOOLS: dict[str, dict[str, Any]] = {
    "web_search": {"type": "web_search"},
    "file_search": {"type": "file_search", "vector_store_ids": ["vs_1"]},
    "code_interpreter": {"type": "code_interpreter", "container": {"type": "auto"}},
    "image_generation": {"type": "image_generation", "size": "64x32", "partial_images": 2},
    "mcp": {"type": "mcp", "server_label": "crm", "server_url": "https://crm.test", "require_approval": "never"},
    "mcp_approval": {"type": "mcp", "server_label": "crm", "server_url": "https://crm.test"},
    "hosted_shell": {"type": "shell", "environment": {"type": "container_auto"}},
    "shell": {"type": "shell", "environment": {"type": "local"}},
    "local_shell": {"type": "local_shell"},
    "apply_patch": {"type": "apply_patch"},
    "computer": {"type": "computer_use_preview", "environment": "linux", "display_width": 800, "display_height": 600},
}
MADE = {
    "web_search": ["web_search_call"],
    "file_search": ["file_search_call"],
    "code_interpreter": ["code_interpreter_call"],
    "image_generation": ["image_generation_call"],
    "mcp": ["mcp_list_tools", "mcp_call"],
    "mcp_approval": ["mcp_list_tools", "mcp_approval_request"],
    "hosted_shell": ["shell_call", "shell_call_output"],
    "shell": ["shell_call"],
    "local_shell": ["local_shell_call"],
    "apply_patch": ["apply_patch_call"],
    "computer": ["computer_call"],
}


def types(response: dict[str, Any]) -> list[str]:
    return [item["type"] for item in response["output"]]


def test_every_tool_is_tried_here() -> None:
    assert set(TOOLS) == set(MADE) == set(BUILT_IN_TOOLS)


@pytest.mark.parametrize("tool", BUILT_IN_TOOLS)
def test_a_scripted_use(api: Api, tool: str) -> None:
    api.reply(*[words.built_in_call(tool)] * 2)
    whole = api.respond(tools=[TOOLS[tool]]).json
    assert types(whole) == [*MADE[tool], *([] if tool in WAITING else ["message"])]
    parsed = Response.model_validate(whole)
    assert [type(item).__name__ for item in parsed.output] == [type(item).__name__ for item in parsed.output]
    events = api.respond(tools=[TOOLS[tool]], stream=True).events()
    assert types({"output": folded(events)}) == types(whole)
    for event in events:
        EVENTS.validate_python(event)


@pytest.mark.parametrize("tool", BUILT_IN_TOOLS)
def test_a_use_of_a_tool_that_the_request_does_not_offer(api: Api, tool: str) -> None:
    api.reply(words.built_in_call(tool))
    assert types(api.respond().json)[: len(MADE[tool])] == MADE[tool]


@pytest.mark.parametrize("tool", BUILT_IN_TOOLS)
def test_unscripted_the_tools_that_openai_runs_are_used(api: Api, tool: str) -> None:
    used = tool not in WAITING or tool == "mcp_approval"
    assert types(api.respond(tools=[TOOLS[tool]]).json)[: len(MADE[tool])] == (MADE[tool] if used else ["message"])
    assert types(api.respond(tools=[TOOLS[tool]], tool_choice="none").json) == ["message"]


@pytest.mark.parametrize("tool", ["web_search", "code_interpreter", "image_generation", "mcp", "shell", "apply_patch"])
def test_a_forced_tool_is_used(api: Api, tool: str) -> None:
    choice = {"type": TOOLS[tool]["type"], **({"server_label": "crm"} if tool == "mcp" else {})}
    others = [TOOLS["file_search"], TOOLS[tool]]
    assert types(api.respond(tools=others, tool_choice=choice).json)[: len(MADE[tool])] == MADE[tool]


def test_required_uses_what_there_is(api: Api) -> None:
    offered = [TOOLS["apply_patch"], TOOLS["shell"]]
    assert types(api.respond(tools=offered, tool_choice="required").json) == ["apply_patch_call"]
    both = [TOOLS["apply_patch"], TOOLS["web_search"]]
    assert types(api.respond(tools=both, tool_choice="required").json) == ["web_search_call", "message"]


def test_allowed_tools(api: Api) -> None:
    offered = [TOOLS["web_search"], TOOLS["code_interpreter"]]
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "code_interpreter"}]}
    assert types(api.respond(tools=offered, tool_choice=allowed).json) == ["code_interpreter_call", "message"]


def test_max_tool_calls(api: Api) -> None:
    offered = [TOOLS["web_search"], TOOLS["code_interpreter"]]
    assert types(api.respond(tools=offered, max_tool_calls=1).json) == ["web_search_call", "message"]


def test_tools_rest_after_a_function_s_output(api: Api) -> None:
    items = [
        {"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "1"},
    ]
    assert types(api.respond(tools=[TOOLS["web_search"]], input=items).json) == ["message"]


def test_a_script_that_says_something_uses_no_tool(api: Api) -> None:
    api.reply("Paris")
    assert types(api.respond(tools=[TOOLS["web_search"]]).json) == ["message"]


def test_fields_replace_those_of_the_item(api: Api) -> None:
    api.reply(words.built_in_call("code_interpreter", code="1 + 1", outputs=[{"type": "logs", "logs": "2"}]))
    item = api.respond().json["output"][0]
    assert (item["code"], item["outputs"]) == ("1 + 1", [{"type": "logs", "logs": "2"}])


def test_a_wrong_field_is_told() -> None:
    api = Api()
    api.reply(words.built_in_call("code_interpreter", cod="1 + 1"))
    answered = api.respond()
    assert answered.error["code"] == "script_mistake"
    assert "Did you mean 'code'?" in answered.error["message"]


def test_a_wrong_tool_is_told() -> None:
    with pytest.raises(ValueError, match="'web_search', 'file_search'"):
        words.built_in_call("websearch")


def test_chat_has_no_built_in_tools() -> None:
    api = Api()
    api.reply(words.built_in_call("web_search"))
    assert "Responses API only" in api.chat().error["message"]


# --- what a use leaves ------------------------------------------------------------------------------------------------


def test_web_search_cites_its_source(api: Api) -> None:
    api.reply(words.built_in_call("web_search") | words.says("Paris has two million people. It is in France."))
    tool = {"type": "web_search", "filters": {"allowed_domains": ["insee.fr"]}}
    include = ["web_search_call.action.sources"]
    search, message = api.respond(input="Paris?", tools=[tool], include=include).json["output"]
    text, (citation,) = message["content"][0]["text"], message["content"][0]["annotations"]
    assert search["action"]["query"] == "Paris?"
    assert search["action"]["sources"] == [{"type": "url", "url": citation["url"]}]
    assert citation["url"].startswith("https://insee.fr/")
    assert text[citation["start_index"] : citation["end_index"]] == "It is in France."


@pytest.mark.parametrize(
    ("tool", "include", "field"),
    [
        ("file_search", "file_search_call.results", "results"),
        ("code_interpreter", "code_interpreter_call.outputs", "outputs"),
    ],
)
def test_results_only_when_included(api: Api, tool: str, include: str, field: str) -> None:
    assert api.respond(tools=[TOOLS[tool]]).json["output"][0][field] is None
    assert api.respond(tools=[TOOLS[tool]], include=[include]).json["output"][0][field]


def test_file_search_cites_the_file(api: Api) -> None:
    response = api.respond(tools=[TOOLS["file_search"]], include=["file_search_call.results"]).json
    (citation,) = response["output"][1]["content"][0]["annotations"]
    assert citation["file_id"] == response["output"][0]["results"][0]["file_id"]
    assert citation["index"] == len(text_of(response))


def test_code_and_what_it_prints_agree(api: Api) -> None:
    item = api.respond(tools=[TOOLS["code_interpreter"]], include=["code_interpreter_call.outputs"]).json["output"][0]
    one, other = map(int, item["code"].removeprefix("print(").removesuffix(")").split("*"))
    assert item["outputs"] == [{"type": "logs", "logs": f"{one * other}\n"}]
    kept = {**TOOLS["code_interpreter"], "container": "cntr_mine"}
    assert api.respond(tools=[kept]).json["output"][0]["container_id"] == "cntr_mine"


def test_a_picture_has_the_asked_size(api: Api) -> None:
    item = api.respond(tools=[TOOLS["image_generation"]], input="A cat").json["output"][0]
    picture = base64.b64decode(item["result"])
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (64, 32)
    assert (item["size"], item["output_format"], item["revised_prompt"]) == ("64x32", "png", "A cat")
    streamed = api.respond(tools=[TOOLS["image_generation"]], stream=True).events()
    partial = [event["partial_image_index"] for event in streamed if "partial_image_index" in event]
    assert partial == [0, 1]


def test_mcp_asks_runs_and_lists_its_tools_once(api: Api) -> None:
    server = {**TOOLS["mcp_approval"], "allowed_tools": ["find"]}
    first = api.respond(tools=[server]).json
    listed, request = first["output"]
    assert (listed["server_label"], listed["tools"][0]["name"], request["name"]) == ("crm", "find", "find")
    answer = {"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": True}
    again = {"tools": [server], "previous_response_id": first["id"]}
    approved = api.respond(**again, input=[answer]).json
    assert types(approved) == ["mcp_call", "message"]
    call = approved["output"][0]
    assert (call["approval_request_id"], call["arguments"]) == (request["id"], request["arguments"])
    assert types(api.respond(**again, input=[{**answer, "approve": False}]).json) == ["message"]


@pytest.mark.parametrize("tool", ["mcp", "mcp_approval"])
def test_mcp_tools_are_listed_before_the_model_reasons(api: Api, tool: str) -> None:
    server = TOOLS[tool]
    api.reply(words.thinks("Hm.") | words.built_in_call(tool))
    first = api.respond(tools=[server]).json
    assert types(first)[:2] == ["mcp_list_tools", "reasoning"]
    assert types(first)[2] in ("mcp_call", "mcp_approval_request")
    again = api.respond(tools=[server], input=[{"role": "user", "content": "Hi"}, *first["output"]])
    assert again.status == 200


def test_an_earlier_picture_is_named_by_its_id(api: Api) -> None:
    first = api.respond(tools=[TOOLS["image_generation"]]).json
    picture = {"type": "image_generation_call", "id": first["output"][0]["id"]}
    said = [{"role": "user", "content": "Hi"}, picture, {"role": "user", "content": "Now in blue."}]
    assert api.respond(tools=[TOOLS["image_generation"]], input=said).status == 200


def test_the_output_of_a_local_shell_names_its_call(api: Api) -> None:
    api.reply(words.built_in_call("local_shell"))
    (call,) = api.respond(tools=[TOOLS["local_shell"]]).json["output"]
    output = {"type": "local_shell_call_output", "call_id": call["call_id"], "output": "notes.md"}
    said = [{"role": "user", "content": "Hi"}, call, output]
    assert types(api.respond(tools=[TOOLS["local_shell"]], input=said).json) == ["message"]


def test_a_client_s_tool_goes_on_with_its_output(api: Api) -> None:
    first = api.respond(tools=[TOOLS["computer"]], tool_choice={"type": "computer_use_preview"}).json
    (call,) = first["output"]
    assert call["action"] == {"type": "screenshot"}
    shot = {"type": "computer_screenshot", "image_url": "data:image/png;base64,iVBORw0KGgo="}
    output = {"type": "computer_call_output", "call_id": call["call_id"], "output": shot}
    second = api.respond(tools=[TOOLS["computer"]], previous_response_id=first["id"], input=[output])
    assert types(second.json) == ["message"]


def test_several_tools_of_a_kind_are_each_used(api: Api) -> None:
    other = {**TOOLS["mcp"], "server_label": "erp"}
    items = api.respond(tools=[TOOLS["mcp"], other]).json["output"]
    assert [item["server_label"] for item in items if item["type"] == "mcp_call"] == ["crm", "erp"]
    assert json.loads(items[2]["arguments"]) == {"query": "Hi"}
