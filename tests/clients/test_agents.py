"""The openai-agents package on the mock: whole runs through both of its models, whole and streamed.

Both sides are looked at: what the run came to, and what was asked of the model (`mock_openai.calls`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pydantic
import pytest

from pytest_mockopenai import (
    Call,
    MockOpenAI,
    built_in_call,
    cut,
    error_event,
    fails,
    rate_limit,
    raw_tool_call,
    refuses,
    says,
    server_error,
    thinks,
    tool_call,
)

agents = pytest.importorskip("agents")

# `Runner.run_sync` ends each run with `shutdown_asyncgens` and uses that loop for the next, which asyncio warns of.
pytestmark = pytest.mark.filterwarnings("ignore:asynchronous generator .* was scheduled after:ResourceWarning")

Wait = Callable[[Any], Any]

MODELS = {"responses": agents.OpenAIResponsesModel, "chat.completions": agents.OpenAIChatCompletionsModel}

asked_for: list[str] = []


@agents.function_tool
def get_weather(city: str) -> str:
    """What the weather is like."""
    asked_for.append(city)
    return f"sunny in {city}"


@agents.function_tool(needs_approval=True)
def send_mail(to: str) -> str:
    """Sends a mail."""
    asked_for.append(to)
    return "sent"


class Weather(pydantic.BaseModel):
    """A structured answer."""

    city: str
    celsius: int


@pytest.fixture(autouse=True)
def _nothing_asked_for() -> None:
    asked_for.clear()


@pytest.fixture(autouse=True)
def wait() -> Iterator[Wait]:
    """Runs a coroutine on the loop of this test; `Runner.run_sync` takes the same one, and would leave its own open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop.run_until_complete
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(params=MODELS)
def endpoint(request: pytest.FixtureRequest) -> str:
    """The endpoint that the agents of this test call."""
    return str(request.param)


@pytest.fixture
def agent(endpoint: str, mock_openai: MockOpenAI) -> Any:
    """Makes agents that answer through this endpoint."""

    def make(name: str = "weather", **options: Any) -> Any:
        model = MODELS[endpoint]("gpt-4o", openai.AsyncOpenAI())
        return agents.Agent(name=name, model=model, **options)

    return make


def run(agent: Any, said: Any, **options: Any) -> Any:
    return agents.Runner.run_sync(agent, said, **options)


def outputs(call: Call) -> list[str]:
    """What tools gave back, as this call tells the model."""
    items = [item for item in call.messages if "tool_call_id" in item or item.get("type") == "function_call_output"]
    return [item["content"] if "tool_call_id" in item else item["output"] for item in items]


# --- one turn after another -------------------------------------------------------------------------------------------


def test_an_answer(agent: Any, endpoint: str, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("It is sunny.")
    result = run(agent(instructions="Be brief."), "What is the weather like?")
    assert result.final_output == "It is sunny."
    (call,) = mock_openai.calls
    assert (call.endpoint, call.model, call.last_message) == (endpoint, "gpt-4o", "What is the weather like?")
    system = call.body["instructions"] if endpoint == "responses" else call.messages[0]["content"]
    assert system == "Be brief."
    assert result.context_wrapper.usage.total_tokens == mock_openai.usage.total_tokens > 0


def test_a_tool_is_called_and_its_output_sent_back(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris"), "It is sunny.")
    result = run(agent(tools=[get_weather]), "What is the weather like?")
    assert result.final_output == "It is sunny."
    assert asked_for == ["Paris"]
    assert [call.turn for call in mock_openai.calls] == [1, 2]
    assert [call.tools for call in mock_openai.calls] == [["get_weather"]] * 2
    assert [outputs(call) for call in mock_openai.calls] == [[], ["sunny in Paris"]]


def test_parallel_calls(agent: Any, mock_openai: MockOpenAI) -> None:
    both = tool_call("get_weather", city="Paris") | tool_call("get_weather", city="Rome")
    mock_openai.when(tool="get_weather").reply(both, "Sunny everywhere.")
    assert run(agent(tools=[get_weather]), "Where is it sunny?").final_output == "Sunny everywhere."
    assert sorted(asked_for) == ["Paris", "Rome"]
    assert outputs(mock_openai.calls[-1]) == ["sunny in Paris", "sunny in Rome"]


def test_a_demanded_call_is_made_up_from_the_tools_schema(agent: Any, mock_openai: MockOpenAI) -> None:
    settings = agents.ModelSettings(tool_choice="required")
    result = run(agent(tools=[get_weather], model_settings=settings), "What is the weather like?")
    assert len(asked_for) == 1
    assert outputs(mock_openai.calls[1]) == [f"sunny in {asked_for[0]}"]
    assert "gpt-4o" in result.final_output


def test_broken_arguments_go_back_to_the_model(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(raw_tool_call("get_weather", '{"town": "Paris"}'), "Sorry.")
    assert run(agent(tools=[get_weather]), "What is the weather like?").final_output == "Sorry."
    assert asked_for == []
    assert outputs(mock_openai.calls[1])[0].startswith("An error occurred while running the tool.")


def test_a_handoff(agent: Any, mock_openai: MockOpenAI) -> None:
    french = agent("french", instructions="Answer in French.")
    triage = agent("triage", handoffs=[french])
    mock_openai.reply(tool_call("transfer_to_french"), "Il fait beau.")
    result = run(triage, "Quel temps fait-il ?")
    assert (result.final_output, result.last_agent.name) == ("Il fait beau.", "french")
    first, second = mock_openai.calls
    assert (first.tools, second.tools) == (["transfer_to_french"], [])
    assert json.loads(outputs(second)[0]) == {"assistant": "french"}
    assert "Answer in French." in str(second.body)


def test_an_agent_as_a_tool(agent: Any, mock_openai: MockOpenAI) -> None:
    translator = agent("translator").as_tool("translate", "Translates.")
    mock_openai.reply(tool_call("translate", input="sunny"), "ensoleillé", "It is ensoleillé.")
    assert run(agent(tools=[translator]), "In French?").final_output == "It is ensoleillé."
    assert [call.last_message for call in mock_openai.calls] == ["In French?", "sunny", "In French?"]
    assert outputs(mock_openai.calls[-1]) == ["ensoleillé"]


# --- structured output ------------------------------------------------------------------------------------------------


def test_structured_output(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply({"city": "Paris", "celsius": 21})
    result = run(agent(output_type=Weather), "What is the weather like?")
    assert result.final_output == Weather(city="Paris", celsius=21)


def test_made_up_output_conforms(agent: Any) -> None:
    assert isinstance(run(agent(output_type=Weather), "What is the weather like?").final_output, Weather)


def test_output_that_does_not_conform(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply({"city": "Paris"})
    with pytest.raises(agents.ModelBehaviorError, match="Invalid JSON"):
        run(agent(output_type=Weather), "What is the weather like?")


def test_a_refusal(agent: Any, mock_openai: MockOpenAI, wait: Wait) -> None:
    mock_openai.reply(refuses("No."))
    with pytest.raises(agents.ModelRefusalError) as raised:
        run(agent(output_type=Weather), "What is the weather like?")
    assert raised.value.refusal == "No."


# --- streamed ---------------------------------------------------------------------------------------------------------


async def streamed(agent: Any, said: str) -> tuple[Any, list[Any]]:
    """The result of a streamed run, and its events."""
    result = agents.Runner.run_streamed(agent, said)
    return result, [event async for event in result.stream_events()]


def test_a_streamed_tool_loop(agent: Any, mock_openai: MockOpenAI, wait: Wait) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris"), "It is sunny.")
    result, events = wait(streamed(agent(tools=[get_weather]), "What is the weather like?"))
    assert result.final_output == "It is sunny."
    assert asked_for == ["Paris"]
    assert [call.stream for call in mock_openai.calls] == [True, True]
    assert outputs(mock_openai.calls[1]) == ["sunny in Paris"]
    raw = [event.data for event in events if event.type == "raw_response_event"]
    assert "".join(event.delta for event in raw if event.type == "response.output_text.delta") == "It is sunny."
    arguments = [event.delta for event in raw if event.type == "response.function_call_arguments.delta"]
    assert "".join(arguments) == '{"city":"Paris"}'
    happened = [event.name for event in events if event.type == "run_item_stream_event"]
    assert happened == ["tool_called", "tool_output", "message_output_created"]


@pytest.mark.parametrize("said", ["It is sunny.", {"city": "Paris"}], ids=str)
def test_a_stream_comes_to_the_same_as_the_whole(agent: Any, mock_openai: MockOpenAI, wait: Wait, said: Any) -> None:
    mock_openai.always(said)
    asked = agent(model_settings=agents.ModelSettings(include_usage=True))
    whole = run(asked, "What is the weather like?")
    result, _ = wait(streamed(asked, "What is the weather like?"))
    assert result.final_output == whole.final_output
    assert [_content(item) for item in result.new_items] == [_content(item) for item in whole.new_items]
    assert result.context_wrapper.usage.total_tokens == whole.context_wrapper.usage.total_tokens


def _content(item: Any) -> Any:
    return item.raw_item.model_dump(exclude={"id", "provider_data"})["content"]


@pytest.mark.parametrize("word", [cut(after=3), error_event(after=3)], ids=str)
def test_a_broken_stream_raises(agent: Any, mock_openai: MockOpenAI, wait: Wait, word: Any) -> None:
    mock_openai.reply(word)
    with pytest.raises(openai.APIError):
        wait(streamed(agent(), "What is the weather like?"))
    assert len(mock_openai.calls) == 1


def test_a_response_that_fails(mock_openai: MockOpenAI, wait: Wait) -> None:
    mock_openai.reply(fails("Out of order."))
    with pytest.raises(Exception, match="Out of order") as raised:
        wait(streamed(agents.Agent(name="weather"), "What is the weather like?"))
    assert raised.type.__module__.startswith(("agents", "openai"))


# --- what only the Responses API has ----------------------------------------------------------------------------------


def test_reasoning_goes_back_with_the_call_that_it_led_to(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(thinks("Look it up.") | tool_call("get_weather", city="Paris"), "It is sunny.")
    result = run(agents.Agent(name="weather", model="gpt-5", tools=[get_weather]), "What is the weather like?")
    kinds = [item.get("type") for item in mock_openai.calls[1].messages]
    assert kinds == [None, "reasoning", "function_call", "function_call_output"]
    assert mock_openai.calls[1].messages[1]["summary"] == [{"type": "summary_text", "text": "Look it up."}]
    assert [type(item).__name__ for item in result.new_items] == [
        "ReasoningItem",
        "ToolCallItem",
        "ToolCallOutputItem",
        "MessageOutputItem",
    ]
    assert result.context_wrapper.usage.output_tokens_details.reasoning_tokens == 4


def test_previous_response(mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello Ann.", "Your name is Ann.")
    agent = agents.Agent(name="weather")
    first = run(agent, "My name is Ann.")
    second = run(agent, "What is my name?", previous_response_id=first.last_response_id)
    assert second.final_output == "Your name is Ann."
    assert mock_openai.calls[1].body["previous_response_id"] == first.last_response_id
    assert [len(call.messages) for call in mock_openai.calls] == [1, 1]
    assert [call.turn for call in mock_openai.calls] == [1, 2]
    assert mock_openai.calls[1].usage.prompt_tokens > 20  # the whole conversation is counted


def test_tools_on_a_conversation_of_the_server(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("get_weather", city="Paris"), "It is sunny.", "You are welcome.")
    agent = agents.Agent(name="weather", tools=[get_weather])
    conversation = mock_openai.client.conversations.create()
    run(agent, "What is the weather like?", conversation_id=conversation.id)
    assert run(agent, "Thanks.", conversation_id=conversation.id).final_output == "You are welcome."
    items = list(mock_openai.client.conversations.items.list(conversation.id, order="asc"))
    assert [item.type for item in items] == [
        *("message", "function_call", "function_call_output", "message"),
        *("message", "message"),
    ]


def test_a_session_in_a_conversation(mock_openai: MockOpenAI, wait: Wait) -> None:
    mock_openai.when(endpoint="responses").reply("Hello Ann.", "Your name is Ann.")
    session = agents.OpenAIConversationsSession(openai_client=mock_openai.async_client)
    agent = agents.Agent(name="weather")
    run(agent, "My name is Ann.", session=session)
    assert run(agent, "What is my name?", session=session).final_output == "Your name is Ann."
    said = [item["content"] for item in wait(session.get_items())]
    assert [part if isinstance(part, str) else part[0]["text"] for part in said] == [
        "My name is Ann.",
        "Hello Ann.",
        "What is my name?",
        "Your name is Ann.",
    ]


def test_a_built_in_tool(mock_openai: MockOpenAI) -> None:
    mock_openai.reply(built_in_call("web_search") | says("It is sunny."))
    result = run(agents.Agent(name="weather", tools=[agents.WebSearchTool()]), "What is the weather like?")
    assert [item.raw_item.type for item in result.new_items] == ["web_search_call", "message"]
    assert result.new_items[1].raw_item.content[0].annotations[0].type == "url_citation"
    assert mock_openai.calls[0].tools == ["web_search"]


HOSTED = {
    "code_interpreter_call": agents.CodeInterpreterTool(
        tool_config={"type": "code_interpreter", "container": {"type": "auto"}}
    ),
    "image_generation_call": agents.ImageGenerationTool(tool_config={"type": "image_generation"}),
    "mcp_call": agents.HostedMCPTool(
        tool_config={"type": "mcp", "server_label": "s", "server_url": "https://x.org", "require_approval": "never"}
    ),
}


def hosted(mock: MockOpenAI, kind: str) -> Any:
    """The tool that makes items of this type; a search needs something to be searched."""
    if kind != "file_search_call":
        return HOSTED[kind]
    return agents.FileSearchTool([mock.client.vector_stores.create().id], include_search_results=True)


@pytest.mark.parametrize("kind", ["file_search_call", *HOSTED])
def test_the_use_of_a_hosted_tool_can_be_sent_back(mock_openai: MockOpenAI, wait: Wait, kind: str) -> None:
    agent = agents.Agent(name="weather", model="gpt-5.2", tools=[hosted(mock_openai, kind)])
    result, _ = wait(streamed(agent, "What is the weather like?"))
    said = [*result.to_input_list(), {"role": "user", "content": "And tomorrow?"}]
    assert kind in [item.get("type") for item in said]
    assert "And tomorrow?" in run(agent, said).final_output
    assert [call.turn for call in mock_openai.calls.to("responses")] == [1, 2]


def test_a_call_of_an_mcp_server_is_approved(mock_openai: MockOpenAI) -> None:
    asked: list[str] = []

    def approve(request: Any) -> dict[str, bool]:
        asked.append(request.data.name)
        return {"approve": True}

    server = {"type": "mcp", "server_label": "s", "server_url": "https://x.org", "require_approval": "always"}
    tool = agents.HostedMCPTool(tool_config=server, on_approval_request=approve)
    result = run(agents.Agent(name="weather", tools=[tool]), "What is the weather like?")
    assert asked == ["search"]
    assert [type(item).__name__ for item in result.new_items] == [
        *("MCPListToolsItem", "MCPApprovalRequestItem", "MCPApprovalResponseItem"),
        *("ToolCallItem", "MessageOutputItem"),
    ]
    assert [call.turn for call in mock_openai.calls] == [1, 2]


@pytest.mark.parametrize("kind", ["local_shell", "shell"])
def test_a_shell_of_the_client(mock_openai: MockOpenAI, kind: str) -> None:
    ran: list[Any] = []

    def execute(request: Any) -> str:
        action = request.data.action
        ran.extend(action.command if kind == "local_shell" else action.commands)
        return "notes.md"

    tool = agents.LocalShellTool(executor=execute) if kind == "local_shell" else agents.ShellTool(executor=execute)
    mock_openai.reply(built_in_call(kind), "There are notes.")
    result = run(agents.Agent(name="clerk", model="gpt-5.2", tools=[tool]), "What is there?")
    assert (result.final_output, ran) == ("There are notes.", ["ls"])
    assert "notes.md" in str(mock_openai.calls[1].messages[-1]["output"])


def test_a_session_that_is_compacted(mock_openai: MockOpenAI) -> None:
    mock_openai.when(endpoint="responses", contains="My name").reply("Hello Ann.")
    session = agents.OpenAIResponsesCompactionSession(
        session_id="ann",
        underlying_session=agents.SQLiteSession("ann"),
        client=mock_openai.async_client,
        should_trigger_compaction=lambda _: True,
    )
    agent = agents.Agent(name="weather")
    run(agent, "My name is Ann.", session=session)
    run(agent, "What is my name?", session=session)
    session.underlying_session.close()
    assert [call.path for call in mock_openai.calls] == ["/v1/responses", "/v1/responses/compact"] * 2
    assert [item.get("type") for item in mock_openai.calls[2].messages] == ["message", "compaction", None]


# --- sessions, limits, guardrails -------------------------------------------------------------------------------------


def test_a_session_of_the_clients_own(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("Hello Ann.", "Your name is Ann.")
    session = agents.SQLiteSession("ann")
    run(agent(), "My name is Ann.", session=session)
    run(agent(), "What is my name?", session=session)
    session.close()
    assert [call.turn for call in mock_openai.calls] == [1, 2]
    assert [item["role"] for item in mock_openai.calls[1].messages] == ["user", "assistant", "user"]


def test_too_many_turns(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.always(tool_call("get_weather", city="Paris"))
    with pytest.raises(agents.MaxTurnsExceeded):
        run(agent(tools=[get_weather]), "What is the weather like?", max_turns=3)
    assert len(mock_openai.calls) == 3


def test_a_call_that_a_human_approves(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(tool_call("send_mail", to="Ann"), "It is sent.")
    asking = agent(tools=[send_mail])
    stopped = run(asking, "Write to Ann.")
    assert asked_for == []
    state = stopped.to_state()
    state.approve(stopped.interruptions[0])
    assert run(asking, state).final_output == "It is sent."
    assert asked_for == ["Ann"]


@agents.output_guardrail
def _no_rain(context: Any, agent: Any, output: str) -> Any:
    return agents.GuardrailFunctionOutput(output_info=None, tripwire_triggered="rain" in output)


def test_a_guardrail(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply("It will rain.")
    with pytest.raises(agents.OutputGuardrailTripwireTriggered):
        run(agent(output_guardrails=[_no_rain]), "What is the weather like?")


def test_errors_are_retried_by_the_client(agent: Any, mock_openai: MockOpenAI) -> None:
    mock_openai.reply(rate_limit(retry_after=20), server_error(), "It is sunny.")
    assert run(agent(), "What is the weather like?").final_output == "It is sunny."
    assert [call.status for call in mock_openai.calls] == [429, 500, 200]


# --- traces -----------------------------------------------------------------------------------------------------------


class _Seen(agents.TracingProcessor):  # type: ignore[misc]
    """The application's own processor."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def on_span_end(self, span: Any) -> None:
        self.kinds.append(span.span_data.type)

    def on_trace_start(self, trace: Any) -> None: ...
    def on_trace_end(self, trace: Any) -> None: ...
    def on_span_start(self, span: Any) -> None: ...
    def shutdown(self) -> None: ...
    def force_flush(self) -> None: ...


def test_traces_stay_here_quietly_and_are_seen_by_the_application(
    mock_openai: MockOpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    seen = _Seen()
    agents.add_trace_processor(seen)
    mock_openai.reply("It is sunny.")
    with caplog.at_level(logging.WARNING):
        run(agents.Agent(name="weather"), "What is the weather like?")
        agents.flush_traces()
    assert {"agent", "response"} <= set(seen.kinds)
    assert mock_openai.refusals == []
    assert caplog.records == []
