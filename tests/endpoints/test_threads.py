"""Assistants, threads, messages, runs and their steps: what is kept, what goes by the clock, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.beta import Assistant, Thread
from openai.types.beta.assistant_stream_event import AssistantStreamEvent
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep
from pydantic import TypeAdapter

from pytest_mockopenai import bad_request, cut, rate_limit, refuses, says, server_error, tool_call
from pytest_mockopenai.core.wire import Send, Stream
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import KEY, NOW, Answered, Api

HEAD = (KEY, ("content-type", "application/json"), ("openai-beta", "assistants=v2"))
CITY: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": CITY}}
BADLY_NAMED: Any = {"type": "function", "function": {"name": "a b"}}
EVENT: TypeAdapter[Any] = TypeAdapter(AssistantStreamEvent)


class Beta:
    """The API of assistants as a client calls it."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        return self._said(self.api.send("POST", f"/v1{path}", {} if body is None else body, *HEAD), status)

    def get(self, path: str, status: int = 200) -> Any:
        return self._said(self.api.send("GET", f"/v1{path}", None, *HEAD), status)

    def delete(self, path: str, status: int = 200) -> Any:
        return self._said(self.api.send("DELETE", f"/v1{path}", None, *HEAD), status)

    def stream(self, path: str, body: Any) -> list[tuple[str, Any]]:
        reply = self.api.send("POST", f"/v1{path}", {**body, "stream": True}, *HEAD).reply
        assert isinstance(reply, Stream)
        sent = [step.data.decode().split("\n") for step in reply.steps if isinstance(step, Send)]
        events = [(name.removeprefix("event: "), data.removeprefix("data: ")) for name, data, *_ in sent]
        assert events.pop() == ("done", "[DONE]")
        return [(name, json.loads(data)) for name, data in events]

    @staticmethod
    def _said(answered: Answered, status: int) -> Any:
        assert answered.status == status, answered.json
        return answered.json if status == 200 else answered.error

    def begin(self, said: str = "Hi", **assistant: Any) -> tuple[str, str]:
        """A thread with one message, and an assistant."""
        made = self.post("/assistants", {"model": "gpt-4o", **assistant})
        thread = self.post("/threads", {"messages": [{"role": "user", "content": said}]})
        return thread["id"], made["id"]

    def texts(self, thread: str) -> list[str]:
        messages = self.get(f"/threads/{thread}/messages?order=asc")["data"]
        return [each["content"][0]["text"]["value"] for each in messages]


@pytest.fixture
def beta(api: Api) -> Beta:
    return Beta(api)


# --- assistants -------------------------------------------------------------------------------------------------------


def test_an_assistant_is_kept_listed_changed_and_deleted(beta: Beta) -> None:
    made = beta.post("/assistants", {"model": "gpt-4o", "name": "Ann", "tools": [WEATHER], "metadata": {"a": "b"}})
    Assistant.model_validate(made, strict=True)
    assert (made["id"][:5], made["name"], made["temperature"], made["response_format"]) == ("asst_", "Ann", 1.0, "auto")
    path = f"/assistants/{made['id']}"
    assert beta.get(path) == made
    other = beta.post("/assistants", {"model": "o3"})
    assert [each["id"] for each in beta.get("/assistants")["data"]] == [other["id"], made["id"]]
    assert beta.get("/assistants?limit=1&order=asc")["last_id"] == made["id"]
    assert beta.post(path, {"name": "Bob", "instructions": "Be kind"}) == {
        **made,
        "name": "Bob",
        "instructions": "Be kind",
    }
    assert beta.delete(path) == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
    assert beta.get(path, 404)["message"] == f"No assistant found with id '{made['id']}'."
    assert beta.post(path, {}, 404)["message"] == beta.delete(path, 404)["message"]


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "model", "missing_required_parameter"),
        ({"model": "gpt-4o", "name": "x" * 257}, "name", "string_above_max_length"),
        ({"model": "gpt-4o", "temperature": 3}, "temperature", "decimal_above_max_value"),
        ({"model": "gpt-4o", "tools": [{"type": "functoin"}]}, "tools[0].type", "invalid_value"),
        (
            {"model": "gpt-4o", "tools": [{**WEATHER, "function": {"name": "a b"}}]},
            "tools[0].function.name",
            "invalid_value",
        ),
        ({"model": "gpt-4o", "metadata": {"k" * 65: "v"}}, "metadata", "string_above_max_length"),
        ({"model": "gpt-4o", "tone": "kind"}, "tone", "unknown_parameter"),
    ],
)
def test_a_wrong_assistant_is_refused(beta: Beta, body: Any, param: str, code: str) -> None:
    error = beta.post("/assistants", body, 400)
    assert (error["param"], error["code"]) == (param, code)


@pytest.mark.parametrize("header", [None, "assistants=v1", "realtime=v1"])
def test_the_beta_header_is_insisted_on(api: Api, header: str | None) -> None:
    sent = (KEY, *((("openai-beta", header),) if header else ()))
    answered = api.send("GET", "/v1/assistants", None, *sent)
    assert (answered.status, answered.error["code"]) == (400, "invalid_beta")
    assert "'OpenAI-Beta: assistants=v2'" in answered.error["message"]


# --- threads and messages ---------------------------------------------------------------------------------------------


def test_a_thread_is_kept_changed_and_deleted(beta: Beta) -> None:
    made = beta.post("/threads", {"metadata": {"a": "b"}, "messages": [{"role": "user", "content": "Hi"}]})
    Thread.model_validate(made, strict=True)
    path = f"/threads/{made['id']}"
    assert beta.get(path) == made
    assert beta.post(path, {"metadata": {"c": "d"}})["metadata"] == {"c": "d"}
    assert beta.delete(path)["object"] == "thread.deleted"
    for method, where in (("get", path), ("get", f"{path}/messages"), ("get", f"{path}/runs"), ("delete", path)):
        assert getattr(beta, method)(where, status=404)["message"] == f"No thread found with id '{made['id']}'."


def test_messages_are_added_listed_changed_and_deleted(beta: Beta) -> None:
    thread = beta.post("/threads")["id"]
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": "Look"}, image]
    first = beta.post(f"/threads/{thread}/messages", {"role": "user", "content": parts})
    Message.model_validate(first, strict=True)
    assert first["content"] == [{"type": "text", "text": {"value": "Look", "annotations": []}}, image]
    second = beta.post(f"/threads/{thread}/messages", {"role": "assistant", "content": "Yes"})
    path = f"/threads/{thread}/messages/{second['id']}"
    assert [each["id"] for each in beta.get(f"/threads/{thread}/messages")["data"]] == [second["id"], first["id"]]
    assert beta.post(path, {"metadata": {"a": "b"}}) == {**second, "metadata": {"a": "b"}}
    assert beta.delete(path) == {"id": second["id"], "object": "thread.message.deleted", "deleted": True}
    assert beta.get(path, 404)["message"] == f"No message found with id '{second['id']}'."


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_goes_by_the_clock_and_adds_a_message(beta: Beta) -> None:
    thread, assistant = beta.begin(instructions="Be kind")
    beta.api.reply("Hello!")
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant, "additional_instructions": "And brief"})
    Run.model_validate(run, strict=True)
    assert (run["status"], run["started_at"], run["expires_at"], run["usage"]) == ("queued", None, NOW + 600, None)
    assert run["instructions"] == "Be kind\nAnd brief"
    path = f"/threads/{thread}/runs/{run['id']}"
    beta.api.time += 0.15
    assert beta.get(path)["status"] == "in_progress"
    assert [step["status"] for step in beta.get(f"{path}/steps")["data"]] == ["in_progress"]
    assert beta.texts(thread) == ["Hi"]
    beta.api.time += 0.2
    done = beta.get(path)
    Run.model_validate(done, strict=True)
    assert (done["status"], done["completed_at"], done["expires_at"]) == ("completed", NOW, None)
    assert beta.texts(thread) == ["Hi", "Hello!"]
    (step,) = beta.get(f"{path}/steps")["data"]
    RunStep.model_validate(step, strict=True)
    message = beta.get(f"/threads/{thread}/messages")["data"][0]
    assert step["step_details"]["message_creation"]["message_id"] == message["id"]
    assert (message["run_id"], message["assistant_id"], message["role"]) == (run["id"], assistant, "assistant")
    assert done["usage"] == step["usage"]
    asked = next(call for call in beta.api.app.recorder.calls() if call.endpoint == "chat.completions")
    assert done["usage"]["total_tokens"] == asked.usage.total_tokens > 0
    assert asked.messages[0] == {"role": "system", "content": "Be kind\nAnd brief"}
    assert beta.get(f"{path}/steps/{step['id']}") == step
    assert [each["id"] for each in beta.get(f"/threads/{thread}/runs")["data"]] == [run["id"]]
    assert beta.get(f"/threads/{thread}/messages?run_id={run['id']}")["data"] == [message]


def test_a_run_waits_for_the_outputs_of_its_tools(beta: Beta) -> None:
    thread, assistant = beta.begin(tools=[WEATHER])
    both = tool_call("get_weather", city="Paris") | tool_call("get_weather", city="Rome")
    beta.api.reply(both, "Sunny in both.")
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant})
    path = f"/threads/{thread}/runs/{run['id']}"
    error = beta.post(f"{path}/submit_tool_outputs", {"tool_outputs": []}, 400)
    assert error["message"] == 'Runs in status "queued" do not accept tool outputs.'
    beta.api.time += 1
    waiting = beta.get(path)
    Run.model_validate(waiting, strict=True)
    calls = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert (waiting["status"], [call["function"]["name"] for call in calls]) == ("requires_action", ["get_weather"] * 2)
    first = {"tool_call_id": calls[0]["id"], "output": "sunny"}
    error = beta.post(f"{path}/submit_tool_outputs", {"tool_outputs": [first]}, 400)
    ids = [call["id"] for call in calls]
    assert error["message"] == f"Expected tool outputs for call_ids {ids}, got {ids[:1]}"
    outputs = [first, {"tool_call_id": ids[1], "output": "sunny too"}]
    again = beta.post(f"{path}/submit_tool_outputs", {"tool_outputs": outputs})
    assert (again["status"], again["required_action"]) == ("queued", None)
    beta.api.time += 1
    assert beta.get(path)["status"] == "completed"
    assert beta.texts(thread) == ["Hi", "Sunny in both."]
    said, called = beta.get(f"{path}/steps")["data"]
    for step in (said, called):
        RunStep.model_validate(step, strict=True)
    assert [each["function"]["output"] for each in called["step_details"]["tool_calls"]] == ["sunny", "sunny too"]
    assert [step["status"] for step in (said, called)] == ["completed", "completed"]
    assert beta.get(path)["usage"]["total_tokens"] == sum(step["usage"]["total_tokens"] for step in (said, called))


def test_a_run_that_waits_too_long_expires(beta: Beta) -> None:
    thread, assistant = beta.begin(tools=[WEATHER])
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant, "tool_choice": "required"})
    path = f"/threads/{thread}/runs/{run['id']}"
    beta.api.time += 599
    assert beta.get(path)["status"] == "requires_action"
    beta.api.time += 1
    assert beta.get(path)["status"] == "expired"
    assert beta.get(f"{path}/steps")["data"][0]["status"] == "expired"
    error = beta.post(f"{path}/submit_tool_outputs", {"tool_outputs": []}, 400)
    assert error["message"] == 'Runs in status "expired" do not accept tool outputs.'


def test_an_active_run_locks_its_thread(beta: Beta) -> None:
    thread, assistant = beta.begin()
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    error = beta.post(f"/threads/{thread}/messages", {"role": "user", "content": "And?"}, 400)
    assert error["message"] == f"Can't add messages to {thread} while a run {run} is active."
    error = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant}, 400)
    assert error["message"] == f"Thread {thread} already has an active run {run}."
    beta.api.time += 1
    beta.post(f"/threads/{thread}/messages", {"role": "user", "content": "And?"})


def test_a_cancelled_run_says_nothing(beta: Beta) -> None:
    thread, assistant = beta.begin()
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    path = f"/threads/{thread}/runs/{run}"
    assert beta.post(f"{path}/cancel")["status"] == "cancelling"
    beta.api.time += 1
    cancelled = beta.get(path)
    Run.model_validate(cancelled, strict=True)
    assert (cancelled["status"], cancelled["cancelled_at"]) == ("cancelled", NOW)
    assert beta.texts(thread) == ["Hi"]
    assert beta.post(f"{path}/cancel", status=400)["message"] == "Cannot cancel run with status 'cancelled'."
    assert beta.post(path, {"metadata": {"a": "b"}})["metadata"] == {"a": "b"}


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (rate_limit(), "rate_limit_exceeded"),
        (server_error(), "server_error"),
        (cut(), "server_error"),
        (bad_request(param="messages"), "invalid_prompt"),
    ],
)
def test_a_run_fails_as_its_model_does(beta: Beta, word: Any, code: str) -> None:
    thread, assistant = beta.begin()

    Scripted(beta.api.app, when(endpoint="chat.completions")).reply(word)
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    beta.api.time += 1
    failed = beta.get(f"/threads/{thread}/runs/{run}")
    Run.model_validate(failed, strict=True)
    assert (failed["status"], failed["last_error"]["code"], failed["failed_at"]) == ("failed", code, NOW)
    assert failed["last_error"]["message"]


def test_a_run_is_cut_at_its_limit(beta: Beta) -> None:
    thread, assistant = beta.begin()
    beta.api.reply(says(tokens=500))
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant, "max_completion_tokens": 256})["id"]
    beta.api.time += 1
    ended = beta.get(f"/threads/{thread}/runs/{run}")
    assert (ended["status"], ended["incomplete_details"]) == ("incomplete", {"reason": "max_completion_tokens"})
    message = beta.get(f"/threads/{thread}/messages")["data"][0]
    assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": "max_tokens"})


def test_what_a_run_is_given(beta: Beta) -> None:
    thread, assistant = beta.begin(temperature=0.5)
    extra = {"additional_messages": [{"role": "user", "content": "Bye"}], "model": "gpt-4o-mini", "temperature": 0.1}
    last = {"type": "last_messages", "last_messages": 1}
    schema = {"type": "json_object"}
    body = {"assistant_id": assistant, **extra, "truncation_strategy": last, "response_format": schema}
    beta.post(f"/threads/{thread}/runs", {**body, "instructions": "Answer in JSON"})
    asked = beta.api.app.recorder.calls()[-2]
    assert (asked.model, asked.body["temperature"], asked.body["response_format"]) == ("gpt-4o-mini", 0.1, schema)
    assert [each["content"] for each in asked.messages] == ["Answer in JSON", "Bye"]


def test_unknown_ids_are_not_found(beta: Beta) -> None:
    thread, assistant = beta.begin()
    missing = beta.post(f"/threads/{thread}/runs", {"assistant_id": "asst_x"}, 404)
    assert missing["message"] == "No assistant found with id 'asst_x'."
    assert beta.post("/threads/runs", {"assistant_id": "asst_x"}, 404) == missing
    assert beta.post("/threads/t/runs", {"assistant_id": assistant}, 404)["message"] == "No thread found with id 't'."
    assert beta.get(f"/threads/{thread}/runs/run_x", 404)["message"] == "No run found with id 'run_x'."


# --- streams ----------------------------------------------------------------------------------------------------------


def names(events: list[tuple[str, Any]]) -> list[str]:
    """The names of events, pieces of the same kind as one."""
    found: list[str] = []
    for name, _ in events:
        if not found or name != found[-1]:
            found.append(name.removeprefix("thread."))
    return [name for at, name in enumerate(found) if at == 0 or name != found[at - 1]]


def valid(events: list[tuple[str, Any]]) -> None:
    for name, data in events:
        EVENT.validate_python({"event": name, "data": data})


def test_a_stream_tells_what_is_kept_then(beta: Beta) -> None:
    made = beta.post("/assistants", {"model": "gpt-4o"})["id"]
    beta.api.reply("Hello there")
    thread = {"messages": [{"role": "user", "content": "Hi"}]}
    events = beta.stream("/threads/runs", {"assistant_id": made, "thread": thread})
    valid(events)
    assert names(events) == [
        *("created", "run.created", "run.queued", "run.in_progress", "run.step.created", "run.step.in_progress"),
        *("message.created", "message.in_progress", "message.delta", "message.completed"),
        *("run.step.completed", "run.completed"),
    ]
    told = {name: data for name, data in events if name != "thread.message.delta"}
    id_ = told["thread.created"]["id"]
    deltas = [data["delta"]["content"][0] for name, data in events if name == "thread.message.delta"]
    assert "".join(delta["text"]["value"] for delta in deltas) == "Hello there"
    assert beta.get(f"/threads/{id_}/messages")["data"][0] == told["thread.message.completed"]
    run = told["thread.run.completed"]
    assert beta.get(f"/threads/{id_}/runs/{run['id']}") == run
    assert beta.get(f"/threads/{id_}/runs/{run['id']}/steps")["data"] == [told["thread.run.step.completed"]]


def test_a_stream_stops_for_tools_and_goes_on(beta: Beta) -> None:
    thread, assistant = beta.begin(tools=[WEATHER])
    beta.api.reply(tool_call("get_weather", city="Paris"), "Sunny.")
    events = beta.stream(f"/threads/{thread}/runs", {"assistant_id": assistant})
    valid(events)
    assert names(events)[3:] == ["run.step.created", "run.step.in_progress", "run.step.delta", "run.requires_action"]
    deltas = [data["delta"]["step_details"]["tool_calls"][0] for name, data in events if name.endswith("step.delta")]
    assert json.loads("".join(delta["function"]["arguments"] for delta in deltas)) == {"city": "Paris"}
    run = events[-1][1]
    call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "sunny"}]}
    events = beta.stream(f"/threads/{thread}/runs/{run['id']}/submit_tool_outputs", outputs)
    valid(events)
    assert names(events)[:3] == ["run.step.completed", "run.queued", "run.in_progress"]
    assert names(events)[-1] == "run.completed"
    assert beta.texts(thread) == ["Hi", "Sunny."]


def test_a_refusal_streams_as_one(beta: Beta) -> None:
    thread, assistant = beta.begin()
    beta.api.reply(refuses("I cannot do that"))
    events = beta.stream(f"/threads/{thread}/runs", {"assistant_id": assistant})
    valid(events)
    pieces = [data["delta"]["content"][0]["refusal"] for name, data in events if name == "thread.message.delta"]
    assert "".join(pieces) == "I cannot do that"


def test_a_failed_run_streams_its_end(beta: Beta) -> None:
    thread, assistant = beta.begin()

    Scripted(beta.api.app, when(endpoint="chat.completions")).reply(server_error())
    events = beta.stream(f"/threads/{thread}/runs", {"assistant_id": assistant})
    valid(events)
    assert names(events) == ["run.created", "run.queued", "run.in_progress", "run.failed"]
    assert events[-1][1]["last_error"]["code"] == "server_error"


# --- file search ------------------------------------------------------------------------------------------------------

REFUNDS = "Refunds are paid within ten days."
INCLUDED = "include[]=step_details.tool_calls[*].file_search.results[*].content"


def manual(beta: Beta, text: str = REFUNDS) -> tuple[str, str]:
    """A vector store with one file that is processed: the ids of both."""
    file = beta.api.upload(text.encode(), "manual.md", "assistants").json["id"]
    store = str(beta.post("/vector_stores", {"file_ids": [file]})["id"])
    beta.api.time += 1
    return store, str(file)


def searching(beta: Beta, store: str, **tool: Any) -> tuple[str, str]:
    """A thread with a question and an assistant that searches this vector store."""
    resources = {"file_search": {"vector_store_ids": [store]}}
    tools = [{"type": "file_search", **({"file_search": tool} if tool else {})}]
    return beta.begin("When are refunds paid?", tools=tools, tool_resources=resources)


def run_to_the_end(beta: Beta, thread: str, assistant: str) -> tuple[Any, Any]:
    """The steps of a run, and the text that it said."""
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant})
    beta.api.time += 1
    steps = beta.get(f"/threads/{thread}/runs/{run['id']}/steps?order=asc")["data"]
    message = beta.get(f"/threads/{thread}/messages?limit=1")["data"][0]
    Message.model_validate(message)
    return [RunStep.model_validate(step) and step for step in steps], message["content"][0]["text"]


def test_a_run_searches_files_and_cites_them(beta: Beta) -> None:
    store, file = manual(beta)
    thread, assistant = searching(beta, store)
    (search, spoken), text = run_to_the_end(beta, thread, assistant)
    assert (search["type"], search["status"], spoken["type"]) == ("tool_calls", "completed", "message_creation")
    (call,) = search["step_details"]["tool_calls"]
    (result,) = call["file_search"]["results"]
    assert (result["file_id"], result["file_name"]) == (file, "manual.md")
    assert result["score"] > 0.8
    assert "content" not in result
    (citation,) = text["annotations"]
    assert citation["file_citation"] == {"file_id": file}
    assert text["value"][citation["start_index"] : citation["end_index"]] == citation["text"] == "【4:0†source】"
    one = beta.get(f"/threads/{thread}/runs/{search['run_id']}/steps/{search['id']}?{INCLUDED}")
    (call,) = one["step_details"]["tool_calls"]
    assert call["file_search"]["results"][0]["content"] == [{"type": "text", "text": REFUNDS}]


def test_a_thread_has_files_of_its_own(beta: Beta) -> None:
    store, file = manual(beta)
    assistant = beta.post("/assistants", {"model": "gpt-4o", "tools": [{"type": "file_search"}]})["id"]
    resources = {"file_search": {"vector_store_ids": [store]}}
    said = [{"role": "user", "content": [{"type": "text", "text": "refunds"}]}]
    thread = beta.post("/threads", {"messages": said, "tool_resources": resources})["id"]
    (search, _), _ = run_to_the_end(beta, thread, assistant)
    assert search["step_details"]["tool_calls"][0]["file_search"]["results"][0]["file_id"] == file


@pytest.mark.parametrize(
    ("said", "annotated"),
    [("In ten days.", []), ("In ten days【4:0†source】, I think.", ["【4:0†source】"])],
)
def test_a_scripted_message_stays_as_it_is(beta: Beta, said: str, annotated: list[str]) -> None:
    store, _ = manual(beta)
    beta.api.reply(said)
    steps, text = run_to_the_end(beta, *searching(beta, store))
    assert [step["type"] for step in steps] == ["tool_calls", "message_creation"]
    assert text["value"] == said
    assert [each["text"] for each in text["annotations"]] == annotated


def test_options_of_a_search(beta: Beta) -> None:
    store, _ = manual(beta, "Parcels.")
    ranking = {"ranker": "auto", "score_threshold": 0.5}
    (search, _), text = run_to_the_end(beta, *searching(beta, store, ranking_options=ranking))
    assert search["step_details"]["tool_calls"][0]["file_search"] == {"ranking_options": ranking, "results": []}
    assert text["annotations"] == []


def test_what_is_not_searched(beta: Beta) -> None:
    store, _ = manual(beta)
    for thread, assistant in [searching(beta, "vs_x"), beta.begin(tools=[{"type": "file_search"}])]:
        (spoken,), text = run_to_the_end(beta, thread, assistant)
        assert (spoken["type"], text["annotations"]) == ("message_creation", [])
    thread, assistant = searching(beta, store)
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant, "tool_choice": "none"})
    beta.api.time += 1
    assert len(beta.get(f"/threads/{thread}/runs/{run['id']}/steps")["data"]) == 1


def test_a_search_is_streamed(beta: Beta) -> None:
    store, file = manual(beta)
    thread, assistant = searching(beta, store)
    events = beta.stream(f"/threads/{thread}/runs", {"assistant_id": assistant})
    for name, data in events:
        EVENT.validate_python({"event": name, "data": data})
    names = [name for name, _ in events]
    search = ["thread.run.step.created", "thread.run.step.in_progress", "thread.run.step.delta"]
    at = names.index("thread.run.step.created")
    assert names[at : at + 5] == [*search, "thread.run.step.completed", "thread.run.step.created"]
    *_, last = (data for name, data in events if name == "thread.message.delta")
    (annotation,) = last["delta"]["content"][0]["text"]["annotations"]
    assert (annotation["index"], annotation["file_citation"]) == (0, {"file_id": file})
    said = "".join(
        data["delta"]["content"][0]["text"].get("value", "") for name, data in events if name == "thread.message.delta"
    )
    assert said == beta.texts(thread)[-1]


SEARCHES: Any = [{"type": "file_search"}]


def kept(beta: Beta, name: str = "manual.md") -> str:
    return str(beta.api.upload(REFUNDS.encode(), name, "assistants").json["id"])


def found_in(beta: Beta, thread: str, assistant: str) -> list[str]:
    """The ids of the files that a run finds."""
    (search, _), _ = run_to_the_end(beta, thread, assistant)
    return [result["file_id"] for result in search["step_details"]["tool_calls"][0]["file_search"]["results"]]


def test_attached_files_are_searched(beta: Beta) -> None:
    """They go into the thread's vector store, which is made for them and lives a week; the run waits for them."""
    first, second = kept(beta), kept(beta)
    assistant = beta.post("/assistants", {"model": "gpt-4o", "tools": SEARCHES})["id"]
    message = {"role": "user", "content": "refunds", "attachments": [{"file_id": first, "tools": SEARCHES}]}
    thread = beta.post("/threads", {"messages": [message]})
    (store,) = thread["tool_resources"]["file_search"]["vector_store_ids"]
    assert beta.get(f"/vector_stores/{store}")["expires_after"]["days"] == 7
    assert found_in(beta, thread["id"], assistant) == [first]
    beta.post(f"/threads/{thread['id']}/messages", {**message, "attachments": [{"file_id": second, "tools": SEARCHES}]})
    assert beta.get(f"/threads/{thread['id']}")["tool_resources"] == thread["tool_resources"]
    assert found_in(beta, thread["id"], assistant) == [first, second]


def test_a_run_may_bring_files_along(beta: Beta) -> None:
    file = kept(beta)
    assistant = beta.post("/assistants", {"model": "gpt-4o", "tools": SEARCHES})["id"]
    thread = beta.post("/threads")["id"]
    message = {"role": "user", "content": "refunds", "attachments": [{"file_id": file, "tools": SEARCHES}]}
    run = beta.post(f"/threads/{thread}/runs", {"assistant_id": assistant, "additional_messages": [message]})
    beta.api.time += 1
    assert len(beta.get(f"/threads/{thread}/runs/{run['id']}/steps")["data"]) == 2
    assert len(beta.get(f"/threads/{thread}")["tool_resources"]["file_search"]["vector_store_ids"]) == 1


def test_what_is_attached_for_another_tool_is_not_searched(beta: Beta) -> None:
    attached = {"file_id": kept(beta, "a.csv"), "tools": [{"type": "code_interpreter"}]}
    message = {"role": "user", "content": "refunds", "attachments": [attached]}
    assert beta.post("/threads", {"messages": [message]})["tool_resources"] == {}


@pytest.mark.parametrize("owner", ["/threads", "/assistants"])
def test_a_vector_store_that_is_described_is_made(beta: Beta, owner: str) -> None:
    file = kept(beta)
    described = {"file_search": {"vector_stores": [{"file_ids": [file], "metadata": {"a": "b"}}]}}
    more = {"model": "gpt-4o", "tools": SEARCHES} if owner == "/assistants" else {}
    made = beta.post(owner, {**more, "tool_resources": described})
    (id_,) = made["tool_resources"]["file_search"]["vector_store_ids"]
    assert "vector_stores" not in made["tool_resources"]["file_search"]
    store = beta.get(f"/vector_stores/{id_}")
    assert (store["metadata"], store["file_counts"]["total"]) == ({"a": "b"}, 1)
    assert (store["expires_after"] is None) == (owner == "/assistants")
    if owner == "/threads":
        changed = beta.post(f"{owner}/{made['id']}", {"tool_resources": {"file_search": {"vector_store_ids": []}}})
        assert changed["tool_resources"] == {"file_search": {"vector_store_ids": []}}


def test_refused_files_of_threads(beta: Beta) -> None:
    table = kept(beta, "a.csv")
    thread = beta.post("/threads")["id"]
    message = {"role": "user", "content": "x", "attachments": [{"file_id": table, "tools": SEARCHES}]}
    described = {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": ["file-x"]}]}}}
    assert beta.post("/threads", {"messages": [message]}, 400)["code"] == "unsupported_file"
    assert beta.post(f"/threads/{thread}/messages", message, 400)["code"] == "unsupported_file"
    assert beta.post("/threads", described, 404)["message"] == "No such File object: file-x"
    assert beta.post("/assistants", {"model": "gpt-4o", **described}, 404)["param"] == "id"
    two = {"tool_resources": {"file_search": {"vector_stores": [{}, {}]}}}
    assert beta.post("/threads", two, 400)["code"] == "array_above_max_length"
    assert beta.get(f"/threads/{thread}/messages")["data"] == []
    assert beta.get("/vector_stores")["data"] == []
