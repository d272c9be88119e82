"""OpenAI's own tools on the Responses API: which are used, what a use leaves in the output, and how it streams."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
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


def uploaded(api: Api, name: str, content: str | bytes) -> str:
    """The id of a new file."""
    data = content.encode() if isinstance(content, str) else content
    return str(api.upload(data, name, "assistants").json["id"])


@pytest.fixture
def api() -> Iterator[Api]:
    """An app with the vector store that the tool `file_search` of `TOOLS` is to search."""
    made = Api(job_seconds=0)
    file = uploaded(made, "refunds.md", "Refunds are paid within ten days. Hi!")
    store = made.send("POST", "/v1/vector_stores", {"file_ids": [file]}).json
    TOOLS["file_search"]["vector_store_ids"] = [store["id"]]
    yield made
    assert made.app.problems == []


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


# --- file search ------------------------------------------------------------------------------------------------------

RESULTS = ["file_search_call.results"]
ENGLISH = {"type": "eq", "key": "lang", "value": "en"}


def manual(api: Api, name: str, text: str, **attributes: Any) -> str:
    """The id of a new vector store with one file."""
    file = uploaded(api, name, text)
    id_ = str(api.send("POST", "/v1/vector_stores", {}).json["id"])
    api.send("POST", f"/v1/vector_stores/{id_}/files", {"file_id": file, "attributes": attributes})
    return id_


def searched(api: Api, *store_ids: str, question: str = "When are refunds paid?", **tool: Any) -> Any:
    """The items of a response that searches these vector stores."""
    offered = {"type": "file_search", "vector_store_ids": list(store_ids), **tool}
    response = api.respond(input=question, tools=[offered], include=RESULTS).json
    Response.model_validate(response)
    return response["output"]


def test_file_search_finds_and_cites_the_right_file(api: Api) -> None:
    stores = [
        manual(api, "shipping.md", "Parcels are shipped from Rotterdam.", lang="en"),
        manual(api, "refunds.md", "Refunds are paid within ten days.", lang="en"),
    ]
    search, message = searched(api, *stores)
    assert search["queries"] == ["When are refunds paid?"]
    first, other = search["results"]
    assert (first["filename"], first["text"], first["attributes"]) == (
        "refunds.md",
        "Refunds are paid within ten days.",
        {"lang": "en"},
    )
    assert 1 >= first["score"] > 0.8 > other["score"] >= 0
    (citation,) = message["content"][0]["annotations"]
    assert citation == {
        "type": "file_citation",
        "file_id": first["file_id"],
        "filename": "refunds.md",
        "index": len(message["content"][0]["text"]),
    }


def test_file_search_follows_its_options(api: Api) -> None:
    store = manual(api, "a.md", "Refunds are paid within ten days.", lang="en")
    other = manual(api, "b.md", "Refunds? Parcels are shipped from Rotterdam.", lang="nl")

    def files(**options: Any) -> list[str]:
        return [result["filename"] for result in searched(api, store, other, **options)[0]["results"]]

    assert files() == ["a.md", "b.md"]
    assert files(max_num_results=1) == ["a.md"]
    assert files(filters=ENGLISH) == ["a.md"]
    assert files(filters={**ENGLISH, "type": "ne"}) == ["b.md"]
    assert files(ranking_options={"score_threshold": 0.8}) == ["a.md"]


def test_the_weights_of_a_hybrid_search(api: Api) -> None:
    store = manual(api, "a.md", "Refunds are paid within ten days.")

    def score(embedding: float, text: float) -> float:
        weights = {"embedding_weight": embedding, "text_weight": text}
        search, _ = searched(api, store, question="refunds", ranking_options={"hybrid_search": weights})
        return float(search["results"][0]["score"])

    assert 0 < score(1, 0) < score(1, 1) < score(0, 1) == 1


def test_what_has_nothing_to_do_with_the_question_is_not_cited(api: Api) -> None:
    search, message = searched(api, manual(api, "a.md", "Parcels."), question="xyzzy")
    assert [result["score"] for result in search["results"]] == [0]
    assert message["content"][0]["annotations"] == []


def test_an_empty_store_is_searched_in_vain(api: Api) -> None:
    search, message = searched(api, str(api.send("POST", "/v1/vector_stores", {}).json["id"]))
    assert (search["results"], message["content"][0]["annotations"]) == ([], [])


def test_the_same_request_finds_what_has_been_added(api: Api) -> None:
    """A response that is not stored hangs on what is searched all the same."""
    store = str(api.send("POST", "/v1/vector_stores", {}).json["id"])
    tool = {"type": "file_search", "vector_store_ids": [store]}

    def results() -> Any:
        return api.respond(tools=[tool], include=RESULTS, store=False).json["output"][0]["results"]

    assert (results(), results()) == ([], [])
    api.send("POST", f"/v1/vector_stores/{store}/files", {"file_id": uploaded(api, "a.md", "Hi")})
    assert len(results()) == 1


def test_a_vector_store_that_does_not_exist(api: Api) -> None:
    tool = {"type": "file_search", "vector_store_ids": ["vs_x"]}
    refused = api.respond(tools=[tool])
    assert (refused.status, refused.error["message"]) == (404, "Vector store with id ['vs_x'] not found.")
    api.reply("Scripted.", words.built_in_call("file_search"), words.built_in_call("file_search", results=[]))
    assert text_of(api.respond(tools=[tool]).json) == "Scripted."
    assert len(api.respond(tools=[tool], include=RESULTS).json["output"][0]["results"]) == 1
    assert api.respond(tools=[tool], include=RESULTS).json["output"][0]["results"] == []


@pytest.mark.parametrize("tool", ["file_search", "code_interpreter"])
def test_ids_of_another_place(tool: str) -> None:
    named = {"file_search": {"vector_store_ids": ["vs_x"]}, "code_interpreter": {"container": "cntr_x"}}
    response = Api(unknown_ids="synthesize").respond(tools=[{"type": tool, **named[tool]}], include=RESULTS).json
    used, message = response["output"]
    assert used.get("results") or used["container_id"] == "cntr_x"
    assert message["content"][0]["text"]


def test_a_scripted_search_is_a_real_one(api: Api) -> None:
    store = manual(api, "a.md", "Refunds are paid within ten days.")
    api.reply(words.built_in_call("file_search") | words.says("In ten days."))
    search, message = searched(api, store)
    assert search["results"][0]["filename"] == "a.md"
    assert message["content"][0]["annotations"][0]["index"] == len("In ten days.")


def test_a_vector_store_that_has_expired(api: Api) -> None:
    body = {"expires_after": {"anchor": "last_active_at", "days": 1}}
    store = api.send("POST", "/v1/vector_stores", body).json["id"]
    tool = {"type": "file_search", "vector_store_ids": [store]}
    api.time += 23 * 60 * 60
    assert api.respond(tools=[tool]).status == 200
    api.time += 23 * 60 * 60
    assert api.respond(tools=[tool]).status == 200  # being searched has put it off
    api.time += 24 * 60 * 60
    refused = api.respond(tools=[tool])
    assert (refused.status, refused.error["message"]) == (400, f"Vector store '{store}' has expired.")


@pytest.mark.parametrize(
    ("options", "param", "code"),
    [
        ({"vector_store_ids": []}, "tools[0].vector_store_ids", "empty_array"),
        ({"max_num_results": 51}, "tools[0].max_num_results", "integer_above_max_value"),
        ({"filters": {"type": "and", "filters": [1]}}, "tools[0].filters.filters[0]", "invalid_type"),
        (
            {"ranking_options": {"score_threshold": -0.1}},
            "tools[0].ranking_options.score_threshold",
            "decimal_below_min_value",
        ),
        (
            {"ranking_options": {"hybrid_search": {"embedding_weight": 0, "text_weight": 0}}},
            "tools[0].ranking_options.hybrid_search",
            "invalid_value",
        ),
    ],
)
def test_bad_options_of_a_file_search(api: Api, options: Any, param: str, code: str) -> None:
    refused = api.respond(tools=[{**TOOLS["file_search"], **options}])
    assert (refused.status, refused.error["param"], refused.error["code"]) == (400, param, code)


# --- the other tools --------------------------------------------------------------------------------------------------


def test_code_and_what_it_prints_agree(api: Api) -> None:
    item = api.respond(tools=[TOOLS["code_interpreter"]], include=["code_interpreter_call.outputs"]).json["output"][0]
    one, other = map(int, item["code"].removeprefix("print(").removesuffix(")").split("*"))
    assert item["outputs"] == [{"type": "logs", "logs": f"{one * other}\n"}]


# --- containers -------------------------------------------------------------------------------------------------------


def container_of(response: Any) -> str:
    item = response.json["output"][0]
    return str(item.get("container_id") or item["environment"]["container_id"])


def running(api: Api) -> list[str]:
    """The ids of the containers that run, the newest first."""
    return [each["id"] for each in api.get("/v1/containers").json["data"] if each["status"] == "running"]


@pytest.mark.parametrize(("tool", "name"), [("code_interpreter", "container"), ("hosted_shell", "environment")])
def test_code_runs_in_a_container_that_is_there(api: Api, tool: str, name: str) -> None:
    file = uploaded(api, "a.csv", "1,2")
    auto = {**TOOLS[tool][name], "file_ids": [file], "memory_limit": "4g"}
    first = api.respond(tools=[{**TOOLS[tool], name: auto}])
    id_ = container_of(first)
    assert running(api) == [id_]
    assert api.get(f"/v1/containers/{id_}").json["memory_limit"] == "4g"
    (copy,) = api.get(f"/v1/containers/{id_}/files").json["data"]
    assert copy["path"].endswith("-a.csv")
    again = api.respond(tools=[TOOLS[tool]], previous_response_id=first.json["id"])
    assert container_of(again) == id_
    other = api.respond(tools=[TOOLS[tool]])
    assert container_of(other) != id_
    assert len(running(api)) == 2


def test_code_runs_in_the_container_that_is_named(api: Api) -> None:
    mine = api.send("POST", "/v1/containers", {"name": "mine"}).json["id"]
    interpreter = {"type": "code_interpreter", "container": mine}
    shell = {"type": "shell", "environment": {"type": "container_reference", "container_id": mine}}
    for tool in (interpreter, shell):
        api.time += 19 * 60  # to run code keeps it for longer
        assert container_of(api.respond(tools=[tool])) == mine
    assert running(api) == [mine]
    api.time += 20 * 60
    for tool in (interpreter, shell):
        refused = api.respond(tools=[tool])
        assert (refused.status, refused.error["message"]) == (400, "Container is expired.")


def test_an_expired_container_gives_way_to_a_new_one(api: Api) -> None:
    first = api.respond(tools=[TOOLS["code_interpreter"]])
    api.time += 20 * 60
    again = api.respond(tools=[TOOLS["code_interpreter"]], previous_response_id=first.json["id"])
    assert running(api) == [container_of(again)] != [container_of(first)]


def test_containers_and_files_that_do_not_exist(api: Api) -> None:
    unknown = {"type": "code_interpreter", "container": "cntr_x"}
    refused = api.respond(tools=[unknown])
    assert (refused.status, refused.error["message"]) == (404, "Container with id 'cntr_x' not found.")
    auto = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-x"]}}
    assert api.respond(tools=[auto]).error["message"] == "No such File object: file-x"
    api.reply(*[words.built_in_call("code_interpreter")] * 2)
    assert container_of(api.respond(tools=[unknown])) == "cntr_x"
    assert [container_of(api.respond(tools=[auto]))] == running(api)


def test_a_picture_has_the_asked_size(api: Api) -> None:
    item = api.respond(tools=[TOOLS["image_generation"]], input="A cat").json["output"][0]
    picture = base64.b64decode(item["result"])
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (64, 32)
    assert (item["size"], item["output_format"], item["revised_prompt"]) == ("64x32", "png", "A cat")
    streamed = api.respond(tools=[TOOLS["image_generation"]], stream=True).events()
    partial = [event["partial_image_index"] for event in streamed if "partial_image_index" in event]
    assert partial == [0, 1]


@pytest.mark.parametrize(("form", "begins"), [("webp", b"RIFF"), ("jpeg", b"\xff\xd8\xff"), ("png", b"\x89PNG")])
def test_a_picture_in_the_asked_format(api: Api, form: str, begins: bytes) -> None:
    tool = {"type": "image_generation", "output_format": form, "background": "transparent", "size": "1024x1536"}
    item = api.respond(tools=[tool], input="A cat").json["output"][0]
    assert base64.b64decode(item["result"]).startswith(begins)
    assert (item["output_format"], item["background"], item["size"]) == (form, "transparent", "1024x1536")


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
