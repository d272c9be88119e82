"""Bodies are refused where OpenAI refuses them, in its words, and nowhere else, by what the installed SDK says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openai.types import chat, responses

from pytest_mockopenai.contract import params
from pytest_mockopenai.core.endpoint import Endpoint
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.endpoints import all_endpoints

CHAT = "openai.types.chat.completion_create_params:CompletionCreateParams"
RESPONSES = "openai.types.responses.response_create_params:ResponseCreateParams"
EMBEDDINGS = "openai.types.embedding_create_params:EmbeddingCreateParams"
MODERATIONS = "openai.types.moderation_create_params:ModerationCreateParams"
UPDATE_MESSAGE = "openai.types.beta.threads.message_update_params:MessageUpdateParams"
MESSAGES = [{"role": "user", "content": "hi"}]
ABSENT = object()
WRONG: tuple[Any, ...] = ("x", 7, 1.5, True, None, {}, [], [7], {"type": "x"})
FULL = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {}}]},
]


def refusal(name: str, fragment: dict[str, Any]) -> Error | None:
    """What `check` says of a good body with `fragment` put over it."""
    base: dict[str, Any] = {"model": "m", "messages": MESSAGES} if name == CHAT else {"model": "m", "input": "hi"}
    body = {key: value for key, value in {**base, **fragment}.items() if value is not ABSENT}
    return params.check(name, body)


def tool(**function: Any) -> dict[str, Any]:
    """A chat tool."""
    return {"tools": [{"type": "function", "function": function}]}


def say(*messages: Any) -> dict[str, Any]:
    """Chat messages after a good one."""
    return {"messages": [*MESSAGES, *messages]}


def wrong(path: str, expected: str, got: str) -> tuple[str, str, str]:
    """The row of a wrong type."""
    return (path, "invalid_type", f"Invalid type for '{path}': expected {expected}, but got {got} instead.")


def missing(path: str) -> tuple[str, str, str]:
    """The row of a missing parameter."""
    return (path, "missing_required_parameter", f"Missing required parameter: '{path}'.")


def value(path: str, given: str, supported: str) -> tuple[str, str, str]:
    """The row of a bad enum."""
    return (path, "invalid_value", f"Invalid value: '{given}'. Supported values are: {supported}.")


def unknown(path: str, hint: str = "") -> tuple[str, str, str]:
    """The row of an unknown parameter."""
    return (path, "unknown_parameter", f"Unknown parameter: '{path}'.{hint}")


def null_content(index: int) -> tuple[str, None, str]:
    """The row of a message without content."""
    return (f"messages.[{index}].content", None, "Invalid value for 'content': expected a string, got null.")


CONTENT = "one of a string or array of objects"
# What the real API answered to such bodies in 2026, as public test suites recorded it.
RECORDED: list[tuple[str, dict[str, Any], tuple[str, str | None, str]]] = [
    (CHAT, {"messages": ABSENT}, missing("messages")),
    (CHAT, {"messages": ABSENT, "zzz": 1}, missing("messages")),
    (CHAT, {"zzz_unknown": 1, "n": "abc", "messages": 7}, unknown("zzz_unknown")),
    (CHAT, {"stor": 1}, unknown("stor", " Did you mean 'stop' or 'store'?")),
    (CHAT, {"temperatur": 1}, unknown("temperatur", " Did you mean 'temperature'?")),
    (CHAT, {"messagess": 1}, unknown("messagess")),
    (CHAT, {"messages": "ping"}, wrong("messages", "an array of objects", "a string")),
    (CHAT, {"messages": ["ping"]}, wrong("messages[0]", "an object", "a string")),
    (CHAT, {"messages": [{"content": "hi"}]}, missing("messages[0].role")),
    (CHAT, say({"role": "user", "content": 7}), wrong("messages[1].content", CONTENT, "an integer")),
    (CHAT, say({"role": "user", "content": {}}), wrong("messages[1].content", CONTENT, "an object")),
    (CHAT, say({"role": "user", "content": ["x"]}), wrong("messages[1].content[0]", "an object", "a string")),
    (CHAT, say({"role": "user", "content": [{"text": "x"}]}), missing("messages[1].content[0].type")),
    (CHAT, say({"role": "user"}), null_content(1)),
    (CHAT, say({"role": "user", "content": None}), null_content(1)),
    (CHAT, say({"role": "assistant", "refusal": None}), null_content(1)),
    (CHAT, say({"role": "tool", "tool_call_id": "c", "refusal": "no"}), null_content(1)),
    (CHAT, say({"role": "developer"}), missing("messages[1].content")),
    (CHAT, say({"role": "developer", "content": None}), wrong("messages[1].content", CONTENT, "null")),
    (CHAT, say({"role": "user"}, {"role": "user", "content": 7}), wrong("messages[2].content", CONTENT, "an integer")),
    (CHAT, {"n": "2"}, wrong("n", "an integer", "a string")),
    (CHAT, {"n": True}, wrong("n", "an integer", "a boolean")),
    (CHAT, {"seed": 1.5}, wrong("seed", "an integer", "a decimal number")),
    (CHAT, {"temperature": "hot"}, wrong("temperature", "a decimal", "a string")),
    (CHAT, {"stream": "yes"}, wrong("stream", "a boolean", "a string")),
    (CHAT, {"user": {"a": 1}}, wrong("user", "a string", "an object")),
    (CHAT, {"tools": "none"}, wrong("tools", "an array of objects", "a string")),
    (CHAT, {"functions": "x"}, wrong("functions", "an array of function definitions", "a string")),
    (
        CHAT,
        {"tool_choice": 7},
        wrong("tool_choice", "one of one of 'none', 'auto', or 'required' or object", "an integer"),
    ),
    (CHAT, {"response_format": "json"}, wrong("response_format", "an object", "a string")),
    (CHAT, {"metadata": {"k": 7}}, wrong("metadata.k", "a string", "an integer")),
    (CHAT, {"metadata": "x"}, wrong("metadata", "a metadata object", "a string")),
    (CHAT, {"verbosity": "bogus"}, value("verbosity", "bogus", "'low', 'medium', and 'high'")),
    (CHAT, {"tool_choice": "bogus"}, value("tool_choice", "bogus", "'none', 'auto', and 'required'")),
    (CHAT, {"response_format": {}}, missing("response_format.type")),
    (CHAT, {"response_format": {"type": "json_schema"}}, missing("response_format.json_schema")),
    (CHAT, {"functions": [{"parameters": {}}]}, missing("functions[0].name")),
    (CHAT, {"function_call": {"x": 1}}, missing("function_call.name")),
    (CHAT, {"tools": [{"type": "function"}]}, missing("tools[0].function")),
    (CHAT, tool(), missing("tools[0].function.name")),
    (CHAT, {"tool_choice": {"type": "function", "function": {}}}, missing("tool_choice.function.name")),
    (RESPONSES, {"stop": 1}, unknown("stop", " Did you mean 'store'?")),
    (RESPONSES, {"strem": 1}, unknown("strem", " Did you mean 'stream' or 'store'?")),
    (RESPONSES, {"inpu": 1, "input": [{"bogus": 1}]}, unknown("inpu")),
    (RESPONSES, {"model": 7}, wrong("model", "a string", "an integer")),
    (RESPONSES, {"input": {}}, wrong("input", "one of a string or array of input items", "an object")),
    (RESPONSES, {"input": [None]}, wrong("input[0]", "an input item", "null")),
    (RESPONSES, {"input": [{"role": "user"}]}, missing("input[0].content")),
    (
        RESPONSES,
        {"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
        missing("input[0].content[0].text"),
    ),
    (RESPONSES, {"input": [{"type": "reasoning"}]}, missing("input[0].summary")),
    (RESPONSES, {"tools": "x"}, wrong("tools", "an array of tools", "a string")),
    (RESPONSES, {"tools": [{}]}, missing("tools[0].type")),
    (RESPONSES, {"tools": [{"type": "function", "function": {"name": "f"}}]}, missing("tools[0].name")),
    (RESPONSES, {"tool_choice": {"type": "function"}}, missing("tool_choice.name")),
    (RESPONSES, {"reasoning": "low"}, wrong("reasoning", "an object", "a string")),
    (RESPONSES, {"truncation": "bogus"}, value("truncation", "bogus", "'auto' and 'disabled'")),
    (RESPONSES, {"truncation": {}}, wrong("truncation", "one of 'auto' or 'disabled'", "an object")),
    (RESPONSES, {"text": {"format": {"type": "json_schema"}}}, missing("text.format.name")),
    (RESPONSES, {"text": {"verbosity": "x"}}, value("text.verbosity", "x", "'low', 'medium', and 'high'")),
]


@pytest.mark.parametrize(
    ("name", "fragment", "row"), RECORDED, ids=[f"{i}-{row[2][0]}" for i, row in enumerate(RECORDED)]
)
def test_words_of_the_real_api(name: str, fragment: dict[str, Any], row: tuple[str, str | None, str]) -> None:
    error = refusal(name, fragment)
    assert error is not None
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert (error.param, error.code, error.message) == row


@pytest.mark.parametrize(
    ("name", "fragment", "row"),
    [
        (CHAT, {"messages": None}, wrong("messages", "an array of objects", "null")),
        (CHAT, {"seed": 1.0}, wrong("seed", "an integer", "a decimal number")),
        (CHAT, {"stop": ["a", 1]}, wrong("stop[1]", "a string", "an integer")),
        (CHAT, {"logit_bias": {"1": "x"}}, wrong("logit_bias.1", "an integer", "a string")),
        (CHAT, {"messages": [{"role": None, "content": "x"}]}, wrong("messages[0].role", "a string", "null")),
        (CHAT, {"messages": FULL}, missing("messages[1].tool_calls[0].function.arguments")),
        (RESPONSES, {"input": [{}]}, missing("input[0].role")),
        (RESPONSES, {"input": [{"type": 7}]}, wrong("input[0].type", "a string", "an integer")),
        (EMBEDDINGS, {"input": ["a", 1]}, wrong("input[1]", "a string", "an integer")),
        (EMBEDDINGS, {"input": [1, "a"]}, wrong("input[1]", "an integer", "a string")),
        (EMBEDDINGS, {"input": [[1], [True]]}, wrong("input[1][0]", "an integer", "a boolean")),
        (MODERATIONS, {"input": [{"type": "text"}]}, missing("input[0].text")),
        (MODERATIONS, {"input": [{"type": "sound"}]}, value("input[0].type", "sound", "'image_url' and 'text'")),
    ],
)
def test_words_for_the_branch_that_was_meant(name: str, fragment: dict[str, Any], row: tuple[str, str, str]) -> None:
    error = refusal(name, fragment)
    assert error is not None
    assert (error.param, error.code, error.message) == row


@pytest.mark.parametrize("name", [CHAT, RESPONSES])
def test_a_bad_role_lists_the_good_ones(name: str) -> None:
    place = "messages" if name == CHAT else "input"
    error = refusal(name, {place: [{"role": "bogus", "content": "x"}]})
    assert error is not None
    assert (error.param, error.code) == (f"{place}[0].role", "invalid_value")
    assert error.message.startswith("Invalid value: 'bogus'. Supported values are: '")
    assert all(f"'{role}'" in error.message for role in ("system", "developer", "user", "assistant"))


def test_long_values_are_abridged_where_a_type_is_named() -> None:
    error = refusal(RESPONSES, {"include": "x"})
    assert error is not None
    assert "expected an array of one of '" in error.message
    assert "'fil...lts'" in error.message


# --- what is let through ----------------------------------------------------------------------------------------------


def test_valid(case: Any) -> None:
    assert params.check(case.params, case.body) is None


def test_valid_for_pydantic_too(case: Any, pydantic_takes: Callable[[str, Any], bool]) -> None:
    """The second opinion is of use only if it takes what is good."""
    assert pydantic_takes(case.params, case.body)


def test_what_the_sdk_parsed_can_be_sent_back() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = chat.ChatCompletionMessage.model_validate({"role": "assistant", "content": None, "tool_calls": [call]})
    answer = {"role": "tool", "tool_call_id": "call_1", "content": "1"}
    assert refusal(CHAT, say(message.model_dump(mode="json"), answer)) is None
    assert refusal(CHAT, say(message.model_dump(mode="json", exclude_none=True), answer)) is None
    part: dict[str, Any] = {"type": "output_text", "text": "hi", "annotations": [], "logprobs": None}
    raw = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    item = responses.ResponseOutputMessage.model_validate(raw)
    assert refusal(RESPONSES, {"input": [item.model_dump(mode="json")]}) is None


@pytest.mark.parametrize("bytes_", [b"PDF", ("a.pdf", b"PDF", "application/pdf")])
def test_an_upload_may_be_anything(bytes_: object) -> None:
    files = "openai.types.file_create_params:FileCreateParams"
    assert params.check(files, {"file": bytes_, "purpose": "batch"}) is None
    error = params.check(files, {"file": bytes_, "purpose": b"PDF"})
    assert error is not None
    assert "but got a file instead" in error.message


def test_known_names_are_let_through_unchecked() -> None:
    body = {"model": "m", "messages": MESSAGES, "top_k": object()}
    assert params.check(CHAT, body, known=frozenset({"top_k"})) is None
    error = params.check(CHAT, body)
    assert error is not None
    assert error.param == "top_k"


def test_placeholders_of_the_path_are_no_part_of_the_body() -> None:
    assert params.check(UPDATE_MESSAGE, {"metadata": {}}, path=frozenset({"thread_id"})) is None
    missing_ = params.check(UPDATE_MESSAGE, {"metadata": {}})
    surplus = params.check(UPDATE_MESSAGE, {"thread_id": "thread_1"}, path=frozenset({"thread_id"}))
    assert (missing_ and missing_.code, surplus and surplus.code) == ("missing_required_parameter", "unknown_parameter")


# --- laws over mutants ------------------------------------------------------------------------------------------------


def places(json_: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value inside `json_`."""
    items = json_.items() if isinstance(json_, dict) else enumerate(json_) if isinstance(json_, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from places(child, (*path, key))


def changed(body: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """`body` with another value at `path`, or without the key if `new` is ABSENT; shares the rest with `body`."""
    step, *rest = path
    body = dict(body) if isinstance(body, dict) else list(body)
    if rest:
        body[step] = changed(body[step], tuple(rest), new)
    elif new is ABSENT:
        del body[step]
    else:
        body[step] = new
    return body


def mutants(body: Any) -> Iterator[tuple[str, Any]]:
    """Every key left out, a wrong type at every place, and a key too many on top; with the path of the change."""
    for path in places(body):
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
        news = [ABSENT, *WRONG] if isinstance(path[-1], str) else WRONG
        yield from ((where, changed(body, path, new)) for new in news)
    yield "zzz", {**body, "zzz": 1}


def blamed(where: str, error: Error) -> str:
    """What an error after a change at `where` must be about: the place, or what holds it if that is now another thing.

    Without its tag an object is something else, an item may decide of what kind its list is, and a message without its
    tool calls lacks content.
    """
    holder = where.rpartition("[" if where.endswith("]") else ".")[0]
    tags = (".type", ".role")
    other = where.endswith(("]", *tags)) or (error.param or "").endswith(tags) or error.code is None
    return holder if other else where


def test_mutants(case: Any, pydantic_takes: Callable[[str, Any], bool]) -> None:
    """pydantic and we agree on every mutant, and what is refused is refused where it was changed."""
    refused = 0
    for where, mutant in mutants(case.body):
        error = params.check(case.params, mutant)
        assert (error is None) == pydantic_takes(case.params, mutant), (where, mutant, error)
        if error is not None:
            refused += 1
            assert error.status == 400
            assert (error.param or "").replace(".[", "[").startswith(blamed(where, error)), (where, mutant, error)
    assert refused > len(case.body)


def test_a_key_too_many_is_refused_on_top_only(case: Any) -> None:
    error = params.check(case.params, {**case.body, "zzz_unknown": None})
    assert error is not None
    assert error.message == "Unknown parameter: 'zzz_unknown'."
    inside = {key: _with_extra(item) for key, item in case.body.items() if key not in ("metadata", "logit_bias")}
    assert params.check(case.params, inside) is None


def _with_extra(item: Any) -> Any:
    if isinstance(item, list):
        return [_with_extra(each) for each in item]
    return {**item, "zzz_unknown": "x"} if isinstance(item, dict) else item


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["user", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "text", "name", "function", "id"]), inner)
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=60)
@given(body=st.dictionaries(st.sampled_from(["model", "input", "messages", "tools", "stop", "stream", "x"]), JSON))
@example(body={"stream": 0})
@example(body={"stream": 1})
@pytest.mark.parametrize("name", [CHAT, RESPONSES, EMBEDDINGS])
def test_whatever_comes(name: str, body: dict[str, Any], pydantic_takes: Callable[[str, Any], bool]) -> None:
    error = params.check(name, body)
    assert (error is None) == pydantic_takes(name, body)
    assert error == params.check(name, dict(reversed(body.items()))), "the order of keys is not to matter"
    assert error is None or json.dumps(error.envelope())


def test_nothing_heavy_is_imported_before_the_first_check() -> None:
    heavy = "'openai', 'pydantic', 'typing_extensions'"
    code = f"import sys, pytest_mockopenai.contract.params; print([m for m in ({heavy}) if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_an_sdk_without_the_type_says_nothing() -> None:
    assert params.check("openai.types.not_there:NotThereParams", {"x": 1}) is None


@pytest.mark.parametrize("endpoint", [each for each in all_endpoints() if each.params], ids=lambda each: each.path)
def test_every_endpoint_names_a_type_that_the_newest_sdk_has(endpoint: Endpoint) -> None:
    assert params.names(endpoint.params or "")
