"""What is remembered changes nothing: the same bytes go out, and the same is recorded, as if all were made anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai.app import App
from pytest_mockopenai.core import words
from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.heading import Heading
from pytest_mockopenai.core.latency import Latency
from pytest_mockopenai.core.limits import Limits
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request, body_of
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.reading import Reading, Readings
from pytest_mockopenai.scripting import Scripted, when
from pytest_mockopenai.settings import Settings
from tests.endpoints.conftest import KEY, NOW, Api

JSON = ("content-type", "application/json")


class Forgetful(Readings):
    """Remembers nothing."""

    def find(self, request: Request, heading: Heading) -> Reading | None:
        return None


ANEW = tuple(replace(endpoint, repeatable=lambda _: False) for endpoint in all_endpoints())


class Twins:
    """One app as it is, and one that makes everything anew; what is done is done to both."""

    def __init__(self, **options: Any) -> None:
        self.time: float = NOW
        self.settings = Settings(**options)
        self.apps = [self._app(all_endpoints(), Readings(), options), self._app(ANEW, Forgetful(), options)]

    def _app(self, endpoints: Any, readings: Readings, options: dict[str, Any]) -> App:
        return App(
            Routes(endpoints), KnownModels(), Settings(**options), real_time=lambda: self.time, readings=readings
        )

    def send(self, request: Request) -> None:
        """Both give the same reply, to the byte and to the step."""
        exchange, anew = [app.exchange(request) for app in self.apps]
        assert exchange.reply == anew.reply
        for each in (exchange, anew):
            each.ended("done")

    def script(self, act: Callable[[App], object]) -> None:
        for app in self.apps:
            act(app)

    def check(self) -> None:
        """Both recorded the same, and neither met a bug."""
        app, anew = self.apps
        assert app.recorder.calls() == anew.recorder.calls()
        assert app.recorder.usage() == anew.recorder.usage()
        assert app.problems == anew.problems
        for name in ("responses", "items", "chat.completions"):
            assert app._state.store.collection(name).all() == anew._state.store.collection(name).all()


USER = [{"role": "user", "content": "100% of 50 %s, %(now)b and\0 \ud800é?"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
CHAT = {"model": "gpt-4o", "messages": USER}
STREAM = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
SPEAKS = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
ASKED = {"model": "gpt-4o", "input": "Hi"}
STATELESS = {**ASKED, "store": False}
REASONING = {"model": "o3", "input": "Hi", "store": False, "include": ["reasoning.encrypted_content"]}
SEARCH = {**STATELESS, "tools": [{"type": "web_search"}, {"type": "code_interpreter", "container": {"type": "auto"}}]}

BODIES: list[tuple[str, Any]] = [
    *[
        ("/v1/chat/completions", body)
        for body in (
            CHAT,
            STREAM,
            {**CHAT, "n": 3},
            {**STREAM, "n": 2, "logprobs": True, "top_logprobs": 2},
            {**STREAM, "stream_options": {"include_obfuscation": True}},
            {**CHAT, "tools": [TOOL], "tool_choice": "required"},
            {**STREAM, "tools": [TOOL], "tool_choice": "required"},
            {**CHAT, "response_format": SCHEMA},
            {**STREAM, "moderation": {"model": "omni-moderation-latest"}},
            {**CHAT, "store": True, "metadata": {"a": "b"}},
            {**CHAT, "prompt_cache_key": "k", "messages": [{"role": "user", "content": "word " * 1500}]},
            {**CHAT, **SPEAKS},
            {**STREAM, **SPEAKS, "audio": {"voice": "alloy", "format": "pcm16"}},
            {"model": "my-own", "messages": USER},
            {**CHAT, "model": "o3", "reasoning_effort": "high", "max_completion_tokens": 20},
            {**CHAT, "temperature": 9},
            {"messages": USER},
            {**CHAT, "tool_choice": "required"},
        )
    ],
    *[
        ("/v1/responses", body)
        for body in (
            ASKED,
            STATELESS,
            {**STATELESS, "stream": True},
            {**STATELESS, "stream": True, "stream_options": {"include_obfuscation": True}},
            {**ASKED, "stream": True},
            {**ASKED, "background": True},
            {**STATELESS, "input": [{"role": "user", "content": "Hi"}]},
            {**STATELESS, "input": [{"type": "item_reference", "id": "msg_1"}]},
            {**ASKED, "previous_response_id": "resp_1"},
            {**STATELESS, "input": None},
            REASONING,
            SEARCH,
        )
    ],
    *[
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": given, "dimensions": 8, **more})
        for given, more in ((["a", "b"], {}), ("a", {"encoding_format": "base64"}), ("", {}))
    ],
    *[
        ("/v1/images/generations", {"prompt": "A cat %s", "size": "256x256", **more})
        for more in (
            {"model": "dall-e-2"},
            {"model": "dall-e-2", "response_format": "b64_json", "n": 2},
            {"model": "my-own", "stream": True, "partial_images": 1},
            {"model": "gpt-image-1"},
        )
    ],
    ("/v1/audio/speech", {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hi", "stream_format": "sse"}),
    ("/v1/audio/speech", {"model": "tts-1", "voice": "alloy", "input": "Hi"}),
    ("/v1/moderations", {"input": "I'll kill you"}),
    ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Once", "max_tokens": 9, "echo": True}),
    ("/v1/completions", {"model": "davinci-002", "prompt": ["a", "b"], "stream": True, "logprobs": 2}),
    ("/openai/deployments/my-gpt/chat/completions?api-version=1", {"messages": USER}),
    ("/v1/chat/completions?stream=true", CHAT),
    ("/v1/nonsense", {}),
    ("/v1/chat/completions", b"{"),
]

HEADERS = [
    (KEY, JSON),
    (KEY, JSON, ("x-tenant", "a"), ("x-stainless-async", "async:asyncio")),
    (KEY, JSON, ("x-tenant", "b")),
    (KEY, JSON, ("x-tenant", "c")),
    (KEY, ("Content-Type", "application/json; charset=utf-8")),
    (KEY, ("content-type", "text/plain")),
    (("authorization", "Bearer sk-bad"), JSON),
    (KEY, JSON, ("X-Test-Scenario", "says('asked') | slow(first=1)")),
    (KEY, JSON, ("X-Test-Scenario", "rate_limit")),
    (JSON,),
]

WORDS = [
    words.says("said %s % %(0)b"),
    words.says(tokens=50),
    words.says_json({"a": 1}).times(2),
    words.tool_call("f", a=1) | words.usage(prompt_tokens=5),
    words.raw_tool_call("f", "{"),
    words.refuses(),
    words.thinks("Hm.") | words.says("Well."),
    words.fails(),
    words.built_in_call("web_search"),
    words.embeds([0.5, 0.25]),
    words.draws("aGk=", revised_prompt="%s"),
    words.flags(violence=True),
    words.rate_limit(retry_after=2),
    words.server_error(),
    words.context_length_exceeded(),
    words.slow(first=0.5, each=0.1),
    words.hang(),
    words.cut(after=2),
    words.reset(),
    words.stall(),
    words.malformed(),
    words.short_body(),
    words.no_done(),
    words.error_event(after=1),
    words.says("x") | words.error_event(flat=True) | words.slow(each=0.1),
]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"endpoint": "chat"},
    {"model": "gpt-*"},
    {"header": {"x-tenant": "a"}},
    {"turn": 1},
    {"where": lambda inquiry: len(inquiry.body) > 2},
]


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


REQUESTS = st.builds(
    lambda asked, headers: Request("POST", asked[0], headers, _bytes(asked[1])),
    st.sampled_from(BODIES),
    st.sampled_from([*[HEADERS[0]] * 6, *HEADERS]),
)
RULES = st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(WORDS), st.booleans())
REPEATED = st.tuples(REQUESTS, st.integers(1, 4))
CHANGES: list[dict[str, Any]] = [
    {"latency": Latency(0.5, time_to_first_token_std_dev=0.1, inter_token_latency=0.1)},
    {"limits": Limits(rpm=2, tpm=500)},
    {"chaos": Chaos(0.5)},
    {"models": "strict"},
    {"seed": 5},
    {"invalid_keys": frozenset({"sk-test"})},
    {"scenario_header": False},
    {"keep_alive": False},
    {"strict": True},
    {"body_limit": 60},
]
STEPS = st.one_of(
    REPEATED,
    REPEATED,
    RULES,
    st.floats(0, 2000),
    st.sampled_from(["cl100k_base", "o200k_base"]),
    st.sampled_from(CHANGES),
    st.just({}),
)


def _do(twins: Twins, step: Any) -> None:
    if isinstance(step, float):
        twins.time += step
    elif isinstance(step, str):
        for app in twins.apps:
            app.models.set_encoding("my-own", step)  # type: ignore[attr-defined]
    elif isinstance(step, dict):
        for app in twins.apps:
            app.settings = replace(twins.settings, **step)
    elif isinstance(step[0], Request):
        for _ in range(step[1]):
            twins.send(step[0])
    else:
        condition, word, always = step
        twins.script(lambda app: (Scripted(app, when(**condition)).always if always else _reply(app, condition))(word))


def _reply(app: App, condition: dict[str, Any]) -> Callable[[object], object]:
    return Scripted(app, when(**condition)).reply


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=12), st.integers(-3, 3), st.booleans())
def test_all_is_as_if_made_anew(steps: list[Any], seed: int, strict: bool) -> None:
    twins = Twins(seed=seed, models="strict" if strict else "any", invalid_keys=frozenset({"sk-bad"}))
    for step in steps:
        _do(twins, step)
    twins.check()


@pytest.mark.parametrize("word", [None, *WORDS], ids=str)
def test_each_request_with_each_word(word: Any) -> None:
    twins = Twins()
    if word is not None:
        twins.script(lambda app: Scripted(app, when()).always(word))
    for target, body in BODIES:
        for _ in range(3):
            twins.send(Request("POST", target, HEADERS[0], _bytes(body)))
            twins.time += 1
    twins.check()


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/chat/completions", STREAM),
        ("/v1/chat/completions", {**CHAT, "store": True}),
        ("/v1/chat/completions", {**STREAM, "tools": [TOOL], "tool_choice": "required"}),
        ("/v1/responses", ASKED),
        ("/v1/responses", {**ASKED, "stream": True}),
        ("/v1/responses", STATELESS),
        ("/v1/responses", {**STATELESS, "stream": True}),
        ("/v1/moderations", {"input": "a"}),
        ("/v1/embeddings", {"model": "m", "input": "a"}),
        ("/v1/completions", {"model": "davinci-002", "prompt": "a"}),
    ],
)
def test_what_can_be_prepared_is_made_once(target: str, body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[None] = []
    endpoints = [
        replace(endpoint, answer=lambda context, answer=endpoint.answer: made.append(None) or answer(context))  # type: ignore[misc]
        for endpoint in all_endpoints()
    ]
    app = App(Routes(endpoints), KnownModels(), real_time=lambda: NOW)
    replies = {body_of(app.exchange(Request("POST", target, HEADERS[0], _bytes(body))).reply) for _ in range(5)}
    assert len(made) == 1
    assert len(replies) == (1 if target == "/v1/embeddings" else 5)


def test_ids_are_new_each_time(api: Api) -> None:
    ids = {api.chat().json["id"] for _ in range(20)}
    assert len(ids) == 20


def test_what_a_where_function_is_shown_is_recorded(api: Api) -> None:
    """Rules see each request's own headers, though its body is read once."""
    seen: list[str | None] = []
    Scripted(api.app, when(where=lambda inquiry: seen.append(inquiry.header("x-tenant")))).always("never")
    for tenant in ("a", "b"):
        api.send("POST", "/v1/chat/completions", CHAT, KEY, JSON, ("x-tenant", tenant))
    assert seen == ["a", "b"]
    assert [call.header("x-tenant") for call in api.app.recorder.calls()] == ["a", "b"]


@pytest.mark.parametrize("body", [CHAT, STREAM, {**CHAT, "store": True}])
def test_requests_that_differ_in_a_header_alone_are_recorded_whole(body: Any) -> None:
    twins = Twins()
    for number in range(4):
        headers = (KEY, JSON, ("x-forwarded-for", f"10.0.0.{number}"))
        twins.send(Request("POST", "/v1/chat/completions", headers, _bytes(body)))
    twins.check()
    assert {call.model for call in twins.apps[0].recorder.calls()} == {"gpt-4o"}
