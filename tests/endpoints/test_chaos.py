"""Chaos in the app: which calls it may strike, what they are answered, and that the same run is struck the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_mockopenai.core import words
from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.wire import Cut, Stream
from pytest_mockopenai.scripting import Scripted, when
from tests.endpoints.conftest import KEY, Api
from tests.endpoints.talking import talking

ALWAYS = Chaos(1.0, (words.overloaded(),))


def sources(api: Api) -> list[str]:
    return [call.source for call in api.app.recorder.calls()]


def test_what_is_made_up_is_struck_and_what_a_sequence_or_a_header_says_is_played() -> None:
    api = Api(chaos=ALWAYS)
    api.reply("Paris")
    assert [api.chat().status for _ in range(2)] == [200, 503]
    assert api.send("GET", "/v1/models", None, KEY, ("x-test-scenario", "rate_limit")).status == 429
    assert sources(api) == ["rule", "chaos", "header"]
    assert api.chat().header("x-mock-source") == "chaos"
    assert api.chat().header("x-mock-word") == "overloaded()"


def test_what_always_stands_is_struck_and_is_not_used_up() -> None:
    api = Api(chaos=Chaos(0.5, (words.server_error(),)))
    Scripted(api.app, when()).always("Paris")
    statuses = [api.chat().status for _ in range(40)]
    assert {200, 500} == set(statuses)
    assert set(sources(api)) == {"rule", "chaos"}


def test_a_broken_stream_is_a_stream_of_what_stands() -> None:
    api = Api(chaos=Chaos(1.0, (words.cut(after=2),)))
    Scripted(api.app, when()).always("Paris, London, Rome")
    reply = api.chat(stream=True).reply
    assert isinstance(reply, Stream)
    assert isinstance(reply.steps[-1], Cut)
    (call,) = api.app.recorder.calls()
    assert (call.word, call.fault, call.source) == ("cut(after=2)", "cut", "chaos")
    assert call.response["choices"][0]["message"]["content"] == "Paris, London, Rome"


def test_a_standing_error_stays_what_it_is() -> None:
    api = Api(chaos=ALWAYS)
    Scripted(api.app, when()).always(words.rate_limit())
    assert api.chat().status == 429


def test_a_strict_mock_refuses_what_no_rule_answers_all_the_same() -> None:
    api = Api(chaos=ALWAYS, strict=True)
    assert api.chat().error["code"] == "unscripted_call"
    assert len(api.app.problems) == 1


def test_a_refused_request_is_not_struck() -> None:
    api = Api(chaos=ALWAYS)
    assert api.chat(messages=...).status == 400
    assert sources(api) == ["refused"]


@pytest.mark.parametrize("target", ["/v1/embeddings", "/v1/moderations"])
def test_what_an_endpoint_cannot_say_is_left_out(target: str) -> None:
    api = Api(chaos=Chaos(1.0, (words.says("Hi"), words.overloaded())))
    assert {api.send("POST", target, {"model": "m", "input": "Hi"}).status for _ in range(20)} == {503}
    unable = Api(chaos=Chaos(1.0, (words.says("Hi"),)))
    assert unable.send("POST", target, {"model": "m", "input": "Hi"}).status == 200


def struck(seed: int, threads: int = 1) -> list[tuple[str, str | None]]:
    """Each question, asked four times, and the words that struck it, sorted."""
    api = Api(seed=seed, chaos=Chaos(0.4))

    def ask(number: int) -> None:
        api.chat(messages=[{"role": "user", "content": f"Question {number % 10}"}])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, range(40)))
    return sorted((call.last_message, str(call.word)) for call in api.app.recorder.calls())


def test_the_same_run_is_struck_the_same_on_any_thread() -> None:
    assert struck(7) == struck(7) == struck(7, threads=4)
    assert len({str(struck(seed)) for seed in range(4)}) == 4


def test_a_repetition_draws_anew() -> None:
    api = Api(chaos=Chaos(0.5, (words.overloaded(),)))
    assert {api.chat().status for _ in range(20)} == {200, 503}


def test_the_calls_of_a_conversation_are_struck_and_its_handshake_is_not() -> None:
    api = Api(chaos=Chaos(1.0, (words.server_error(), words.cut(after=1), words.embeds([1.0]))))
    for number in range(8):
        conversing = talking(api)
        conversing.respond(f"Question {number}", output_modalities=["text"])
    assert {call.method: call.source for call in api.app.recorder.calls()} == {"GET": "default", "WS": "chaos"}
    played = {(call.word, call.status) for call in api.app.recorder.calls() if call.method == "WS"}
    assert played == {("server_error()", 500), ("cut(after=1)", 200)}
