"""Laws of the Responses API, over many requests, and what each parameter does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from pytest_mockopenai.core import words
from pytest_mockopenai.core.word import Word
from tests.endpoints.conftest import NOW, Api
from tests.endpoints.folding import folded, text_of

FUNCTION = {
    "type": "function",
    "name": "f",
    "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
}
CUSTOM = {"type": "custom", "name": "c"}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
SAID = st.one_of(
    TEXT.map(words.says),
    st.integers(0, 80).map(lambda tokens: words.says(tokens=tokens)),
    TEXT.map(words.refuses),
    st.just(words.says()),
    st.dictionaries(TEXT, TEXT, max_size=2).map(words.says_json),
    TEXT.map(lambda text: words.tool_call("f", a=text)),
    TEXT.map(lambda text: words.says("Look:") | words.tool_call("f", a=text) | words.custom_tool_call("c", text)),
    st.builds(lambda text, tokens: words.thinks(text, tokens=tokens) | words.says(text), TEXT, st.integers(0, 200)),
    TEXT.map(lambda text: words.says(text) | words.fails("No.")),
    st.just(words.built_in_call("web_search") | words.says("Found. It is here.")),
    st.just(words.built_in_call("code_interpreter")),
    st.just(words.says("Cut", finish_reason="content_filter")),
)
REQUESTS = st.fixed_dictionaries(
    {
        "input": TEXT.filter(bool)
        | st.lists(
            st.fixed_dictionaries({"role": st.sampled_from(["user", "developer"]), "content": TEXT}),
            min_size=1,
            max_size=3,
        )
    },
    optional={
        "max_output_tokens": st.integers(16, 90),
        "instructions": TEXT,
        "include": st.lists(
            st.sampled_from(
                ["message.output_text.logprobs", "reasoning.encrypted_content", "web_search_call.action.sources"]
            ),
            unique=True,
        ),
        "reasoning": st.just({"summary": "auto"}),
        "text": st.just({"format": {"type": "json_schema", "name": "s", "schema": SCHEMA}}),
        "tools": st.just([FUNCTION, CUSTOM, {"type": "web_search"}]),
        "tool_choice": st.sampled_from(["auto", "none"]),
        "model": st.sampled_from(["gpt-4o", "gpt-4", "gpt-5-mini", "gpt-5.5", "my-own"]),
        "store": st.booleans(),
    },
)


def asked(said: Word | None, request: dict[str, Any], *, stream: bool) -> Any:
    api = Api()
    if said is not None:
        api.reply(said)
    answered = api.respond(**request, stream=stream)
    assert answered.status == 200, answered.json
    assert api.app.problems == []
    return answered


@given(st.none() | SAID, REQUESTS)
def test_folding_the_stream_gives_the_whole(said: Word | None, request: dict[str, Any]) -> None:
    whole = asked(said, request, stream=False).json
    events = asked(said, request, stream=True).events()
    assert events[-1]["response"] == whole
    assert events[-1]["type"] == f"response.{whole['status']}"
    assert folded(events) == whole["output"]
    begun = events[0]["response"]
    assert (begun["status"], begun["output"], begun["usage"]) == ("in_progress", [], None)
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]


@given(st.none() | SAID, REQUESTS)
def test_every_reply_parses_in_the_sdk_types_and_adds_up(said: Word | None, request: dict[str, Any]) -> None:
    whole = Response.model_validate(asked(said, request, stream=False).json)
    for event in asked(said, request, stream=True).events():
        EVENTS.validate_python(event)
    if whole.status == "failed":
        assert whole.usage is None
        return
    assert whole.usage is not None
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens
    assert whole.usage.output_tokens >= whole.usage.output_tokens_details.reasoning_tokens
    limit = request.get("max_output_tokens")
    assert limit is None or whole.usage.output_tokens <= limit


@given(REQUESTS, st.integers(0, 3))
def test_same_seed_same_bytes(request: dict[str, Any], seed: int) -> None:
    first, second = (Api(seed=seed).respond(**request) for _ in range(2))
    assert first.reply == second.reply


def test_another_seed_says_something_else_and_ids_never_repeat(api: Api) -> None:
    texts = {text_of(Api(seed=seed).respond().json) for seed in range(10)}
    assert len(texts) == 10
    made = [api.respond().json for _ in range(20)]
    assert len({response["id"] for response in made} | {response["output"][0]["id"] for response in made}) == 40
    assert len({text_of(response) for response in made}) == 1


# --- the object -------------------------------------------------------------------------------------------------------


def test_the_object_says_what_was_asked(api: Api) -> None:
    echoed = {
        "instructions": "Be brief.",
        "max_output_tokens": 50,
        "max_tool_calls": 2,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "safety_identifier": "me",
        "temperature": 0.5,
        "tool_choice": "none",
        "top_p": 0.25,
        "truncation": "auto",
        "user": "u",
        "store": False,
    }
    response = api.respond(**echoed, text={"verbosity": "low"}, service_tier="fast").json
    assert {name: response[name] for name in echoed} == echoed
    assert response["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert response["service_tier"] == "priority"
    assert (response["created_at"], response["completed_at"]) == (NOW, NOW)
    assert response["id"].startswith("resp_")


def test_what_was_not_asked_has_the_api_s_defaults(api: Api) -> None:
    response = api.respond().json
    null = [name for name, value in response.items() if value is None]
    assert null == [
        *("error", "incomplete_details", "instructions", "max_output_tokens", "max_tool_calls", "moderation"),
        *("previous_response_id", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "user"),
    ]
    assert (response["temperature"], response["top_p"], response["truncation"]) == (1.0, 1.0, "disabled")
    assert (response["store"], response["parallel_tool_calls"], response["tool_choice"]) == (True, True, "auto")
    assert response["reasoning"] == {"effort": None, "summary": None}
    assert api.respond(model="gpt-5").json["reasoning"] == {"effort": "medium", "summary": None}


def test_function_tools_are_strict_unless_they_cannot_be(api: Api) -> None:
    loose = {**FUNCTION, "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}
    echoed = api.respond(tools=[FUNCTION, loose, {**FUNCTION, "strict": False}, CUSTOM]).json["tools"]
    assert [tool.get("strict") for tool in echoed] == [True, False, False, None]
    assert echoed[0]["parameters"]["additionalProperties"] is False
    assert "additionalProperties" not in echoed[1]["parameters"]
    assert echoed[3] == {"type": "custom", "name": "c", "description": None, "format": {"type": "text"}}


def test_usage_counts_the_published_example(api: Api) -> None:
    items = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "How do I cross the street?"},
    ]
    assert api.respond(model="gpt-5", input=items).json["usage"]["input_tokens"] == 23


# --- limits and ends --------------------------------------------------------------------------------------------------


def test_max_output_tokens_cuts(api: Api) -> None:
    api.reply(words.says(tokens=100))
    response = api.respond(max_output_tokens=16).json
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert response["output"][0]["status"] == "incomplete"
    assert response["completed_at"] is None
    assert response["usage"]["output_tokens"] == 16


def test_reasoning_may_use_up_the_limit(api: Api) -> None:
    response = api.respond(model="gpt-5", max_output_tokens=64).json
    assert [item["type"] for item in response["output"]] == ["reasoning"]
    assert response["usage"]["output_tokens_details"]["reasoning_tokens"] == 64
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}


def test_a_filtered_answer_is_incomplete(api: Api) -> None:
    api.reply(words.says("Well", finish_reason="content_filter"))
    response = api.respond().json
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})


def test_a_failure_keeps_what_was_said(api: Api) -> None:
    api.reply(words.says("Well") | words.fails("The GPU is on fire.", code="server_error"), words.fails())
    response = api.respond().json
    assert (response["status"], response["usage"]) == ("failed", None)
    assert response["error"] == {"code": "server_error", "message": "The GPU is on fire."}
    assert text_of(response) == "Well"
    events = api.respond(stream=True).events()
    assert [event["type"] for event in events] == ["response.created", "response.in_progress", "response.failed"]


# --- what is said -----------------------------------------------------------------------------------------------------


def test_structured_output_conforms(api: Api) -> None:
    wanted = {"format": {"type": "json_schema", "name": "s", "schema": SCHEMA}}
    response = api.respond(text=wanted).json
    assert isinstance(json.loads(text_of(response))["n"], int)
    assert response["text"]["format"] == {**wanted["format"], "strict": True, "description": None}
    assert isinstance(
        json.loads(text_of(api.respond(input="JSON!", text={"format": {"type": "json_object"}}).json)), dict
    )


def test_a_refusal_is_content(api: Api) -> None:
    api.reply(words.refuses("No."))
    assert api.respond().json["output"][0]["content"] == [{"type": "refusal", "refusal": "No."}]


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ("required", "f"),
        ({"type": "function", "name": "f"}, "f"),
        ({"type": "custom", "name": "c"}, "c"),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "custom", "name": "c"}]}, "c"),
    ],
)
def test_demanded_tools(api: Api, choice: Any, name: str) -> None:
    (item,) = api.respond(tools=[FUNCTION, CUSTOM], tool_choice=choice).json["output"]
    assert (item["type"], item["name"], item["status"]) == (
        "function_call" if name == "f" else "custom_tool_call",
        name,
        "completed",
    )
    assert item["call_id"].startswith("call_")
    assert name == "c" or set(json.loads(item["arguments"])) == {"a"}


def test_a_function_in_a_namespace_says_so(api: Api) -> None:
    space = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [FUNCTION]}
    (item,) = api.respond(tools=[space], tool_choice="required").json["output"]
    assert (item["name"], item["namespace"]) == ("f", "crm")


def test_reasoning_items(api: Api) -> None:
    plain = api.respond(model="gpt-5").json["output"][0]
    assert (plain["type"], plain["summary"]) == ("reasoning", [])
    assert "encrypted_content" not in plain
    item = api.respond(
        model="gpt-5", reasoning={"effort": "low", "summary": "auto"}, include=["reasoning.encrypted_content"]
    ).json
    assert item["output"][0]["summary"][0]["text"]
    assert len(item["output"][0]["encrypted_content"]) == 160
    assert item["usage"]["output_tokens_details"]["reasoning_tokens"] == 64
    api.reply(words.thinks("I ponder.") | words.says("Yes."))
    said = api.respond(model="gpt-4o").json["output"]
    assert said[0]["summary"] == [{"type": "summary_text", "text": "I ponder."}]
    assert [item["type"] for item in said] == ["reasoning", "message"]


def test_logprobs(api: Api) -> None:
    api.reply("Paris is far", "Paris is far")
    include = ["message.output_text.logprobs"]
    entries = api.respond(include=include, top_logprobs=2).json["output"][0]["content"][0]["logprobs"]
    assert "".join(entry["token"] for entry in entries) == "Paris is far"
    assert {len(entry["top_logprobs"]) for entry in entries} == {2}
    assert api.respond().json["output"][0]["content"][0]["logprobs"] == []


def test_phases_are_of_newer_models(api: Api) -> None:
    api.reply("Hm", words.says("Hm") | words.tool_call("f", a=""), "Hm")
    phases = [api.respond(model=model, reasoning=...).json["output"] for model in ("gpt-5.5", "gpt-5.5", "gpt-4o")]
    assert [items[0].get("phase") for items in phases] == ["final_answer", "commentary", None]


def test_obfuscation_only_when_asked_for(api: Api) -> None:
    plain, padded = (
        api.respond(stream=True, stream_options={"include_obfuscation": on}).events() for on in (False, True)
    )
    assert not any("obfuscation" in event for event in plain)
    assert all(bool(event.get("obfuscation")) == ("delta" in event) for event in padded)


def test_an_error_in_the_middle_of_a_stream_is_numbered(api: Api) -> None:
    api.reply(words.says("Paris") | words.error_event(after=3))
    last = api.respond(stream=True).events()[-1]
    assert last["sequence_number"] == 3
    assert set(last) == {"type", "error", "sequence_number"}
    assert (last["type"], last["error"]["type"]) == ("error", "server_error")


def test_an_error_may_be_flat_as_the_sdk_s_type_has_it(api: Api) -> None:
    api.reply(words.says("Paris") | words.error_event(after=3, flat=True))
    last = EVENTS.validate_python(api.respond(stream=True).events()[-1])
    assert (last.type, last.sequence_number, last.param) == ("error", 3, None)
    assert last.message.startswith("The server had an error")


def test_a_scripted_context_overflow_is_worded_as_this_api_does(api: Api) -> None:
    api.reply(words.context_length_exceeded(limit=10, used=20))
    error = api.respond().error
    assert (error["code"], error["param"]) == ("context_length_exceeded", "input")
    assert error["message"].startswith("Your input exceeds the context window of this model.")


# --- refusals ---------------------------------------------------------------------------------------------------------

CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
REFUSED: list[tuple[dict[str, Any], str | None, str | None, str]] = [
    ({"model": ...}, "model", "missing_required_parameter", "Missing required parameter: 'model'."),
    ({"input": ...}, "input", "missing_required_parameter", 'One of "input" or "previous_response_id"'),
    ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value", "Expected a value >= 16"),
    ({"nonsense": 1}, "nonsense", "unknown_parameter", "Unknown parameter: 'nonsense'."),
    ({"temperature": 3}, "temperature", "decimal_above_max_value", "Expected a value <= 2"),
    ({"previous_response_id": "resp_x"}, "previous_response_id", "previous_response_not_found", "'resp_x' not found"),
    (
        {"previous_response_id": "resp_x", "conversation": "conv_x"},
        "previous_response_id",
        "mutually_exclusive_parameters",
        "Mutually exclusive parameters",
    ),
    ({"stream_options": {"include_obfuscation": True}}, "stream_options", None, "only allowed when 'stream'"),
    ({"background": True, "store": False}, "background", None, "'store'"),
    ({"model": "gpt-5", "temperature": 0.3}, "temperature", "unsupported_parameter", "not supported with this model"),
    ({"reasoning": {"effort": "low"}}, "reasoning.effort", "unsupported_parameter", "not supported with this model"),
    ({"tool_choice": {"type": "function", "name": "g"}, "tools": [FUNCTION]}, "tool_choice", None, "'g' not found"),
    ({"tool_choice": "required"}, "tool_choice", None, "must be specified with 'tools'"),
    ({"text": {"format": {"type": "json_object"}}}, "input", None, "must contain the word 'json'"),
    (
        {"text": {"format": {"type": "json_schema", "name": "s", "schema": {"type": "object", "properties": {}}}}},
        "text.format.schema",
        "invalid_json_schema",
        "additionalProperties",
    ),
    ({"input": [OUTPUT]}, "input", None, "No tool call found for function call output with call_id call_1."),
    ({"input": [CALL]}, "input", None, "No tool output found for function call call_1."),
    (
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
        "input[0].content[0].type",
        "invalid_value",
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
    ),
    ({"input": [{"type": "item_reference", "id": "msg_x"}]}, "input", None, "Item with id 'msg_x' not found."),
    (
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}, {"role": "user", "content": "Hi"}]},
        "input",
        None,
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
    ),
    ({"metadata": {"k" * 65: "v"}}, "metadata", "string_above_max_length", "property name"),
    ({"model": "gpt-4", "max_output_tokens": 9000}, "max_output_tokens", "invalid_value", "too large"),
    ({"model": "gpt-4", "input": "hello " * 9000}, "input", "context_length_exceeded", "exceeds the context window"),
]


@pytest.mark.parametrize(("changes", "param", "code", "message"), REFUSED)
def test_refusals(api: Api, changes: dict[str, Any], param: str | None, code: str | None, message: str) -> None:
    answered = api.respond(**changes)
    assert answered.status == (404 if "Item with id" in message else 400)
    assert (answered.error["param"], answered.error["code"]) == (param, code)
    assert message in answered.error["message"]


def test_calls_with_their_mates_are_taken(api: Api) -> None:
    assert api.respond(input=[CALL, OUTPUT]).status == 200
    assert api.respond(input=[{"type": "reasoning", "id": "rs_1", "summary": []}, CALL, OUTPUT]).status == 200


def test_an_unmeetable_schema_asks_for_a_script() -> None:
    api = Api()
    schema = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 2}}, "required": ["a"]}
    wanted = {"format": {"type": "json_schema", "name": "s", "strict": False, "schema": schema}}
    answered = api.respond(text=wanted)
    assert (answered.error["code"], answered.error["param"]) == ("script_mistake", "text.format")
