"""The Responses and Conversations APIs through the SDK, sync and async: run by `make sdks` with openai 1, 2 and 3.

What an older SDK does not have is skipped there.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Callable
from itertools import groupby
from typing import Any

import openai
import pydantic
import pytest

from pytest_mockopenai import (
    MockOpenAI,
    built_in_call,
    custom_tool_call,
    cut,
    error_event,
    fails,
    malformed,
    no_done,
    rate_limit,
    refuses,
    reset,
    says,
    server_error,
    slow,
    thinks,
    tool_call,
    usage,
)

if not hasattr(openai.OpenAI, "responses"):
    pytest.skip("this SDK has no responses", allow_module_level=True)

ASK: dict[str, Any] = {"model": "gpt-4o", "input": "Capital of France?"}
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
        "required": ["city", "days"],
        "additionalProperties": False,
    },
    "strict": True,
}
Use = Callable[[Any], Any]
Call = Callable[..., Any]


class Capital(pydantic.BaseModel):
    """A structured answer."""

    city: str
    inhabitants: int


def needs(path: str) -> pytest.MarkDecorator:
    """Skips where the SDK's client has no such method or resource."""
    found: Any = openai.OpenAI(api_key="sk-none")
    for name in path.split("."):
        found = getattr(found, name, None)
    return pytest.mark.skipif(found is None, reason=f"this SDK has no client.{path}")


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, mock_openai: MockOpenAI) -> Call:
    """Run `use(client)` on a client of this kind; a stream or a page is read to its end."""
    if request.param == "sync":
        return _sync
    return lambda use, **options: asyncio.run(_async(use, options))


def _sync(use: Use, **options: Any) -> Any:
    with openai.OpenAI(**options) as client:
        result = use(client)
        return list(result) if isinstance(result, openai.Stream) or hasattr(result, "iter_pages") else result


async def _async(use: Use, options: dict[str, Any]) -> Any:
    async with openai.AsyncOpenAI(**options) as client:
        result = use(client)
        result = result if hasattr(result, "__aiter__") else await result
        return [item async for item in result] if hasattr(result, "__aiter__") else result


def create(**more: Any) -> Use:
    return lambda client: client.responses.create(**{**ASK, **more})


def streamed(**more: Any) -> Use:
    return create(stream=True, **more)


def dumped(model: Any) -> Any:
    """As it came over the wire: with nothing that only the SDK's class has."""
    return model.model_dump(mode="json", exclude_unset=True)


def without_ids(value: Any) -> Any:
    """Without what differs between two answers to the same request."""
    if isinstance(value, dict):
        varying = (
            "id",
            "call_id",
            "created_at",
            "completed_at",
            "container_id",
            "encrypted_content",
            "approval_request_id",
        )
        return {name: without_ids(item) for name, item in value.items() if name not in varying}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


# --- whole ------------------------------------------------------------------------------------------------------------


def test_says_what_is_scripted(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris")
    response = call(create(instructions="Be brief.", metadata={"case": "1"}))
    assert response.output_text == "Paris"
    assert response.id.startswith("resp_")
    assert (response.status, response.model, response.instructions) == ("completed", "gpt-4o", "Be brief.")
    assert (response.metadata, response.temperature, response.tool_choice) == ({"case": "1"}, 1.0, "auto")
    message = response.output[0]
    assert (message.type, message.role, message.status) == ("message", "assistant", "completed")
    used = response.usage
    assert used.output_tokens == mock_openai.calls[0].usage.completion_tokens > 0
    assert used.total_tokens == used.input_tokens + used.output_tokens


def test_made_up_answers_are_the_same_for_the_same_request(call: Call) -> None:
    one, other, third = call(create()), call(create()), call(create(input="Capital of Italy?"))
    assert "gpt-4o" in one.output_text
    assert "Capital of France?" in one.output_text
    assert one.output_text == other.output_text != third.output_text
    assert one.id != other.id


def test_refusal(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(refuses("No."))
    response = call(create())
    assert response.output_text == ""
    assert (response.output[0].content[0].type, response.output[0].content[0].refusal) == ("refusal", "No.")


def test_reasoning(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(thinks("It is known.", tokens=64) | says("Paris"), thinks(tokens=32) | says("Paris"))
    first = call(create(model="gpt-5"))
    assert [item.type for item in first.output] == ["reasoning", "message"]
    assert first.output[0].summary[0].text == "It is known."
    assert first.usage.output_tokens_details.reasoning_tokens == 64
    hidden = call(create(model="gpt-5", include=["reasoning.encrypted_content"]))
    assert hidden.output[0].summary == []
    assert len(hidden.output[0].encrypted_content) > 100
    assert hidden.usage.output_tokens_details.reasoning_tokens == 32


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (says("Par", finish_reason="length"), "max_output_tokens"),
        (says("", finish_reason="content_filter"), "content_filter"),
    ],
    ids=str,
)
def test_incomplete(call: Call, mock_openai: MockOpenAI, word: Any, reason: str) -> None:
    mock_openai.reply(word, word)
    response = call(create())
    assert (response.status, response.incomplete_details.reason) == ("incomplete", reason)
    assert response.output[0].status == "incomplete"
    last = call(streamed())[-1]
    assert (last.type, last.response.incomplete_details.reason) == ("response.incomplete", reason)


def test_is_cut_exactly_at_the_limit(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says(tokens=50))
    response = call(create(max_output_tokens=16))
    assert (response.status, response.usage.output_tokens) == ("incomplete", 16)


def test_log_probabilities(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris, naïve 🦉!")
    response = call(create(include=["message.output_text.logprobs"], top_logprobs=2))
    entries = response.output[0].content[0].logprobs
    assert b"".join(bytes(entry.bytes) for entry in entries).decode() == "Paris, naïve 🦉!"
    assert all(len(entry.top_logprobs) == 2 for entry in entries)


def test_usage_as_given(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says("Paris") | usage(prompt_tokens=1000, completion_tokens=5, cached_tokens=900))
    used = call(create()).usage
    assert (used.input_tokens, used.output_tokens, used.total_tokens) == (1000, 5, 1005)
    assert used.input_tokens_details.cached_tokens == 900


def test_a_raw_response(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris")
    raw = call(lambda client: client.responses.with_raw_response.create(**ASK))
    assert raw.headers["x-request-id"] == mock_openai.calls[0].request_id
    assert raw.parse().output_text == "Paris"


# --- tools and structured output --------------------------------------------------------------------------------------


def test_a_tool_loop(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris", days=1), "It is sunny.")
    said: list[Any] = [{"role": "user", "content": "Weather?"}]
    first = call(create(input=said, tools=[WEATHER]))
    asked = first.output[0]
    assert (asked.type, asked.name, json.loads(asked.arguments)) == (
        "function_call",
        "get_weather",
        {"city": "Paris", "days": 1},
    )
    said += first.output
    said.append({"type": "function_call_output", "call_id": asked.call_id, "output": "sunny"})
    assert call(create(input=said, tools=[WEATHER])).output_text == "It is sunny."
    assert [one.turn for one in mock_openai.calls] == [1, 2]


def test_a_demanded_call_conforms(call: Call) -> None:
    response = call(create(tools=[WEATHER], tool_choice={"type": "function", "name": "get_weather"}))
    arguments = json.loads(response.output[0].arguments)
    assert set(arguments) == {"city", "days"}
    assert 1 <= arguments["days"] <= 7


def test_a_call_without_its_output_is_refused(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris", days=1))
    first = call(create(tools=[WEATHER]))
    with pytest.raises(openai.BadRequestError, match="No tool output found for function call call_") as raised:
        call(create(previous_response_id=first.id))
    assert raised.value.param == "input"


def test_a_custom_tool(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(custom_tool_call("run", "ls -l"))
    response = call(create(tools=[{"type": "custom", "name": "run"}]))
    assert (response.output[0].type, response.output[0].input) == ("custom_tool_call", "ls -l")


@needs("responses.parse")
def test_parse(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply({"city": "Paris", "inhabitants": 2_100_000}, refuses("No."))

    def parse(client: Any) -> Any:
        return client.responses.parse(**ASK, text_format=Capital)

    assert call(parse).output_parsed == Capital(city="Paris", inhabitants=2_100_000)
    assert call(parse).output_parsed is None  # refused
    assert isinstance(call(parse).output_parsed, Capital)  # made up


@needs("responses.parse")
def test_parsed_tools(call: Call) -> None:
    tool = {**openai.pydantic_function_tool(Capital)["function"], "type": "function"}
    response = call(lambda client: client.responses.parse(**ASK, tools=[tool], tool_choice="required"))
    assert set(response.output[0].parsed_arguments) == {"city", "inhabitants"}


# --- streams ----------------------------------------------------------------------------------------------------------

SAID = {
    "text": says("Paris, of course."),
    "refusal": refuses("I will not."),
    "reasoning": thinks("It is known.") | says("Paris."),
    "function": tool_call("get_weather", city="Paris", days=1),
    "functions": tool_call("get_weather", city="Paris", days=1) | tool_call("get_weather", city="Rome", days=2),
    "custom": custom_tool_call("run", "ls -l"),
    "text and function": says("Let me look.") | tool_call("get_weather", city="Paris", days=1),
}
TOOLS = [WEATHER, {"type": "custom", "name": "run"}]

EVENTS = {
    "text": ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"],
    "refusal": ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"],
    "function": ["function_call_arguments.delta", "function_call_arguments.done"],
    "custom": ["custom_tool_call_input.delta", "custom_tool_call_input.done"],
}


@pytest.mark.parametrize("kind", SAID)
def test_a_stream_says_the_same_as_the_whole(call: Call, mock_openai: MockOpenAI, kind: str) -> None:
    mock_openai.reply(SAID[kind], SAID[kind])
    whole = call(create(tools=TOOLS))
    events = call(streamed(tools=TOOLS))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert without_ids(dumped(events[-1].response)) == without_ids(dumped(whole))
    done = [dumped(event.item) for event in events if event.type == "response.output_item.done"]
    assert done == dumped(events[-1].response)["output"]
    assert folded(events) == [texts(item) for item in done]


def folded(events: list[Any]) -> list[list[str]]:
    """The texts of each output item, put together from its deltas."""
    items: dict[int, dict[int, str]] = {}
    for event in events:
        if event.type == "response.output_item.added":
            items[event.output_index] = {}
        elif event.type.endswith(".delta"):
            place = getattr(event, "content_index", getattr(event, "summary_index", 0))
            item = items[event.output_index]
            item[place] = item.get(place, "") + event.delta
    return [list(item.values()) for item in items.values()]


def texts(item: dict[str, Any]) -> list[str]:
    parts = item.get("content") or item.get("summary")
    if parts:
        return [part.get("text") or part["refusal"] for part in parts]
    return [item.get("arguments") or item["input"]]


def kinds_of(events: list[Any]) -> list[str]:
    """The types of the events, those that follow each other told once."""
    return [kind.removeprefix("response.") for kind, _ in groupby(event.type for event in events)]


@pytest.mark.parametrize("kind", EVENTS)
def test_the_order_of_events(call: Call, mock_openai: MockOpenAI, kind: str) -> None:
    mock_openai.reply(SAID[kind])
    kinds = kinds_of(call(streamed(tools=TOOLS)))
    assert kinds == ["created", "in_progress", "output_item.added", *EVENTS[kind], "output_item.done", "completed"]


def test_a_streamed_summary(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(SAID["reasoning"])
    kinds = [kind for kind in kinds_of(call(streamed())) if kind.startswith("reasoning")]
    assert kinds == [
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
    ]


@needs("responses.stream")
@pytest.mark.parametrize("kind", SAID)
def test_the_stream_helper_folds_to_the_whole(mock_openai: MockOpenAI, kind: str) -> None:
    mock_openai.reply(SAID[kind], SAID[kind])
    with openai.OpenAI() as client:
        whole = client.responses.create(**ASK, tools=TOOLS)
        with client.responses.stream(**ASK, tools=TOOLS) as stream:
            events = list(stream)
            final = stream.get_final_response()
    assert final.output_text == whole.output_text
    assert [texts(dumped(item)) for item in final.output] == [texts(dumped(item)) for item in whole.output]
    assert final.usage == whole.usage
    snapshots = [event.snapshot for event in events if event.type == "response.output_text.delta"]
    assert (snapshots or [""])[-1] == whole.output_text


@needs("responses.stream")
def test_the_stream_helper_parses(mock_openai: MockOpenAI) -> None:
    mock_openai.reply({"city": "Paris", "inhabitants": 2_100_000})
    with mock_openai.client.responses.stream(**ASK, text_format=Capital) as stream:
        done = [event.parsed for event in stream if event.type == "response.output_text.done"]
        assert stream.get_final_response().output_parsed == Capital(city="Paris", inhabitants=2_100_000)
    assert done == [Capital(city="Paris", inhabitants=2_100_000)]


@needs("responses.stream")
def test_the_asynchronous_stream_helper(mock_openai: MockOpenAI) -> None:
    mock_openai.reply({"city": "Paris", "inhabitants": 2_100_000})

    async def ask() -> Any:
        async with openai.AsyncOpenAI() as client, client.responses.stream(**ASK, text_format=Capital) as stream:
            return await stream.get_final_response()

    assert asyncio.run(ask()).output_parsed == Capital(city="Paris", inhabitants=2_100_000)


# --- OpenAI's own tools -----------------------------------------------------------------------------------------------

BUILT_IN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "web_search": ({"type": "web_search"}, ["web_search_call"]),
    "file_search": ({"type": "file_search", "vector_store_ids": ["vs_1"]}, ["file_search_call"]),
    "code_interpreter": ({"type": "code_interpreter", "container": {"type": "auto"}}, ["code_interpreter_call"]),
    "image_generation": (
        {"type": "image_generation", "partial_images": 2, "size": "1024x1024"},
        ["image_generation_call"],
    ),
    "mcp": (
        {"type": "mcp", "server_label": "s", "server_url": "https://example.org", "require_approval": "never"},
        ["mcp_list_tools", "mcp_call"],
    ),
    "mcp_approval": (
        {"type": "mcp", "server_label": "s", "server_url": "https://example.org"},
        ["mcp_list_tools", "mcp_approval_request"],
    ),
    "hosted_shell": (
        {"type": "shell", "environment": {"type": "container_auto"}},
        ["shell_call", "shell_call_output"],
    ),
    "shell": ({"type": "shell", "environment": {"type": "local"}}, ["shell_call"]),
    "local_shell": ({"type": "local_shell"}, ["local_shell_call"]),
    "apply_patch": ({"type": "apply_patch"}, ["apply_patch_call"]),
    "computer": ({"type": "computer"}, ["computer_call"]),
}
NEW = {
    "hosted_shell": "container_auto_param",
    "shell": "function_shell_tool_param",
    "apply_patch": "apply_patch_tool_param",
    "computer": "computer_use_preview_tool_param",
}
"""The SDK's modules of tools that not every version has."""


@pytest.fixture(params=BUILT_IN)
def built_in(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], list[str]]:
    """A built-in tool: its name, how a request offers it, and the items of a use."""
    tool = str(request.param)
    module = NEW.get(tool)
    if module and not importlib.util.find_spec(f"openai.types.responses.{module}"):
        pytest.skip(f"this SDK has no {tool}")
    return tool, *BUILT_IN[tool]


def test_a_built_in_tool_is_used(call: Call, mock_openai: MockOpenAI, built_in: Any) -> None:
    tool, offered, items = built_in
    mock_openai.reply(built_in_call(tool), built_in_call(tool))
    whole = call(create(tools=[offered]))
    kinds = [item.type for item in whole.output]
    assert kinds[: len(items)] == items
    assert kinds[len(items) :] in ([], ["message"])
    assert all(type(item).__name__ != "BaseModel" for item in whole.output)
    events = call(streamed(tools=[offered]))
    done = [dumped(event.item) for event in events if event.type == "response.output_item.done"]
    assert done == dumped(events[-1].response)["output"]
    assert without_ids(done) == without_ids(dumped(whole)["output"])
    assert [event.sequence_number for event in events] == list(range(len(events)))


STAGES = {
    "web_search": ["in_progress", "searching", "completed"],
    "file_search": ["in_progress", "searching", "completed"],
    "code_interpreter": ["in_progress", "interpreting", "completed"],
    "image_generation": ["in_progress", "generating", "partial_image", "partial_image", "completed"],
    "mcp": ["in_progress", "completed"],
}


@pytest.mark.parametrize("tool", STAGES)
def test_the_stages_of_a_built_in_tool(call: Call, mock_openai: MockOpenAI, tool: str) -> None:
    mock_openai.reply(built_in_call(tool) | says("Paris."))
    events = call(streamed(tools=[BUILT_IN[tool][0]]))
    stages = [event.type.split(".")[2] for event in events if event.type.startswith(f"response.{tool}_call.")]
    assert stages == STAGES[tool]


def test_a_web_search_is_cited(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(built_in_call("web_search") | says("Easy. It is Paris."))
    response = call(create(tools=[{"type": "web_search"}]))
    (citation,) = response.output[1].content[0].annotations
    assert citation.type == "url_citation"
    assert response.output_text[citation.start_index : citation.end_index] == "It is Paris."


def test_an_offered_tool_is_used_without_a_script(call: Call) -> None:
    response = call(create(tools=[{"type": "web_search"}]))
    assert [item.type for item in response.output] == ["web_search_call", "message"]


# --- stored responses -------------------------------------------------------------------------------------------------


def test_previous_response(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello Ann.", "Ann.")
    first = call(create(input="I am Ann."))
    second = call(create(input="Who am I?", previous_response_id=first.id))
    assert (second.output_text, second.previous_response_id) == ("Ann.", first.id)
    alone = call(create(input="Who am I?"))
    assert second.usage.input_tokens > alone.usage.input_tokens + first.usage.input_tokens
    assert [one.turn for one in mock_openai.calls] == [1, 2, 1]


def test_an_unknown_previous_response(call: Call) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        call(create(previous_response_id="resp_unknown"))
    assert (raised.value.code, raised.value.param) == ("previous_response_not_found", "previous_response_id")


def test_retrieve_and_delete(call: Call) -> None:
    made = call(create())
    assert dumped(call(lambda client: client.responses.retrieve(made.id))) == dumped(made)
    call(lambda client: client.responses.delete(made.id))
    with pytest.raises(openai.NotFoundError):
        call(lambda client: client.responses.retrieve(made.id))


def test_what_is_not_stored_is_not_found(call: Call) -> None:
    made = call(create(store=False))
    with pytest.raises(openai.NotFoundError):
        call(lambda client: client.responses.retrieve(made.id))
    with pytest.raises(openai.BadRequestError, match=made.id):
        call(create(previous_response_id=made.id))


def test_a_stored_stream_is_replayed(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris, of course.")
    events = call(streamed())
    id_ = events[0].response.id
    again = call(lambda client: client.responses.retrieve(id_, stream=True))
    assert [dumped(event) for event in again] == [dumped(event) for event in events]
    rest = call(lambda client: client.responses.retrieve(id_, stream=True, starting_after=4))
    assert [dumped(event) for event in rest] == [dumped(event) for event in events[5:]]


@needs("responses.stream")
def test_the_stream_helper_goes_on(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris, of course.")
    client = mock_openai.client
    made = client.responses.create(**ASK, background=True)
    with client.responses.stream(response_id=made.id, starting_after=4) as stream:
        numbers = [event.sequence_number for event in stream]
        assert stream.get_final_response().output_text == "Paris, of course."
    assert numbers[0] == 5


def test_pages_of_input_items(call: Call) -> None:
    said = [{"role": "user", "content": text} for text in ("one", "two", "three")]
    made = call(create(input=said))

    def listed(**options: Any) -> list[str]:
        items = call(lambda client: client.responses.input_items.list(made.id, **options))
        return [item.content[0].text for item in items]

    assert listed(limit=1) == ["three", "two", "one"]
    assert listed(order="asc") == ["one", "two", "three"]


@needs("responses.input_tokens")
def test_input_tokens_are_counted_beforehand(call: Call) -> None:
    counted = call(lambda client: client.responses.input_tokens.count(**ASK, tools=[WEATHER]))
    assert counted.object == "response.input_tokens"
    assert counted.input_tokens == call(create(tools=[WEATHER])).usage.input_tokens


@needs("responses.compact")
def test_compact(call: Call) -> None:
    first = call(create())
    compacted = call(lambda client: client.responses.compact(model="gpt-4o", previous_response_id=first.id))
    assert [item.type for item in compacted.output] == ["message", "compaction"]
    assert compacted.usage.total_tokens == compacted.usage.input_tokens + compacted.usage.output_tokens
    items = [item.model_dump(exclude_unset=True, warnings=False) for item in compacted.output]
    assert call(create(input=[*items, {"role": "user", "content": "And Italy?"}])).status == "completed"


# --- in the background ------------------------------------------------------------------------------------------------


def test_background(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris")
    made = call(create(background=True))
    assert (made.status, made.output) == ("queued", [])

    def finished() -> Any:
        response = call(lambda client: client.responses.retrieve(made.id))
        return response if response.status == "completed" else None

    done = next(filter(None, (finished() for _ in range(10_000))))
    assert (done.id, done.output_text) == (made.id, "Paris")


def test_cancel(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris", "Rome")
    made = call(create(background=True))
    assert call(lambda client: client.responses.cancel(made.id)).status == "cancelled"
    assert call(lambda client: client.responses.retrieve(made.id)).status == "cancelled"
    synchronous = call(create())
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        call(lambda client: client.responses.cancel(synchronous.id))


def test_a_streamed_background(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Paris")
    events = call(streamed(background=True))
    assert [event.type for event in events[:3]] == ["response.created", "response.queued", "response.in_progress"]
    assert events[-1].response.output_text == "Paris"


# --- conversations ----------------------------------------------------------------------------------------------------

HI = {"type": "message", "role": "user", "content": "Hi"}


@needs("conversations")
def test_a_conversation(call: Call) -> None:
    made = call(lambda client: client.conversations.create(metadata={"case": "1"}, items=[HI]))
    assert made.id.startswith("conv_")
    assert call(lambda client: client.conversations.retrieve(made.id)).metadata == {"case": "1"}
    changed = call(lambda client: client.conversations.update(made.id, metadata={"case": "2"}))
    assert changed.metadata == {"case": "2"}
    assert call(lambda client: client.conversations.delete(made.id)).deleted
    with pytest.raises(openai.NotFoundError):
        call(lambda client: client.conversations.retrieve(made.id))


@needs("conversations")
def test_the_items_of_a_conversation(call: Call) -> None:
    made = call(lambda client: client.conversations.create())
    added = call(lambda client: client.conversations.items.create(made.id, items=[HI, {**HI, "content": "there"}]))
    ids = [item.id for item in added.data]
    assert call(lambda client: client.conversations.items.retrieve(ids[0], conversation_id=made.id)).id == ids[0]

    def listed(client: Any) -> Any:
        return client.conversations.items.list(made.id, limit=1)

    assert [item.id for item in call(listed)] == ids[::-1]
    call(lambda client: client.conversations.items.delete(ids[0], conversation_id=made.id))
    assert [item.id for item in call(listed)] == ids[1:]


@needs("conversations")
def test_responses_in_a_conversation(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello Ann.", "Ann.")
    made = call(lambda client: client.conversations.create())
    first = call(create(input="I am Ann.", conversation=made.id))
    assert first.conversation.id == made.id
    call(streamed(input="Who am I?", conversation={"id": made.id}))
    items = call(lambda client: client.conversations.items.list(made.id, order="asc"))
    assert [item.content[0].text for item in items] == ["I am Ann.", "Hello Ann.", "Who am I?", "Ann."]
    assert [one.turn for one in mock_openai.calls.to("responses")] == [1, 2]
    with pytest.raises(openai.NotFoundError):
        call(create(conversation="conv_unknown"))


# --- errors and faults ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [create, streamed])
def test_retries_through_errors(call: Call, mock_openai: MockOpenAI, ask: Callable[[], Use]) -> None:
    mock_openai.reply(rate_limit(retry_after=20), server_error(), "Paris")
    result = call(ask())
    assert (result[-1].response if isinstance(result, list) else result).output_text == "Paris"
    assert [one.status for one in mock_openai.calls] == [429, 500, 200]


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"temperature": 3}, "temperature", "decimal_above_max_value"),
        ({"input": [{"role": "wizard", "content": "Hi"}]}, "input[0].role", "invalid_value"),
        ({"max_output_tokens": 1}, "max_output_tokens", "integer_below_min_value"),
        ({"extra_body": {"temprature": 1}}, "temprature", "unknown_parameter"),
        ({"extra_body": {"input": None}}, "input", "missing_required_parameter"),
        ({"model": "o3", "temperature": 0.5}, "temperature", "unsupported_parameter"),
        ({"background": True, "store": False}, "background", None),
    ],
    ids=str,
)
def test_refuses_what_openai_refuses(call: Call, body: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        call(create(**body))
    assert (raised.value.param, raised.value.code) == (param, code)


def test_a_response_that_fails(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(fails("Out of order.", code="server_error"), says("Par") | fails("Out of order."))
    response = call(create())
    assert (response.status, response.error.code, response.error.message) == ("failed", "server_error", "Out of order.")
    events = call(streamed())
    assert (events[-1].type, events[-1].response.error.message) == ("response.failed", "Out of order.")
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Par"


def test_an_error_in_the_middle_of_a_stream(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(error_event(after=3))
    with pytest.raises(openai.APIError, match="server had an error") as raised:
        call(streamed(), max_retries=0)
    assert raised.value.type == "server_error"


@pytest.mark.parametrize("word", [cut(after=4), reset(after=4)], ids=str)
def test_a_stream_that_breaks(call: Call, mock_openai: MockOpenAI, word: Any) -> None:
    mock_openai.reply(word)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - openai 1 and 2 let the transport's own error through
        call(streamed(), max_retries=0)
    assert type(raised.value).__name__ in ("APIConnectionError", "RemoteProtocolError", "ReadError")


def test_malformed_json(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.always(malformed())
    for ask in (create(), streamed()):
        with pytest.raises((json.JSONDecodeError, openai.APIError)):
            call(ask, max_retries=0)


def test_a_stream_without_its_last_event_just_ends(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(says("Paris") | no_done())
    assert call(streamed())[-1].type == "response.output_item.done"


def test_slow_replies_arrive_whole(call: Call, mock_openai: MockOpenAI) -> None:
    mock_openai.always(says("Paris") | slow(first=0.002, each=0.001))
    assert call(create()).output_text == "Paris"
    assert call(streamed())[-1].response.output_text == "Paris"
