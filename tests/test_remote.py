"""A mock elsewhere, driven as one in the process: the standalone server is played by the host of the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from pytest_mockopenai import MockOpenAI, Unmet, Usage, cut, overloaded, rate_limit, says, server_error, tool_call
from pytest_mockopenai.admin import Admin, Front
from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.headers import RetryWaits
from pytest_mockopenai.core.latency import PRESETS
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
from pytest_mockopenai.remote import RemoteError
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.stubs import Stubs
from pytest_mockopenai.verdict import judge


@pytest.fixture
def scene() -> Scene:
    return Scene(Settings(require_key=False, seed=3))


@pytest.fixture
def url(scene: Scene) -> Iterator[str]:
    with HTTPServerHost(Front(scene.app, Admin(scene, token="s3cret", version="1"))) as host:
        yield host.url


def ask(mock: MockOpenAI, text: str = "Hi", **more: object) -> str | int:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}
    headers = {"content-type": "application/json", "authorization": "Bearer sk-test"}
    try:
        with urlopen(Request(f"{mock.base_url}/chat/completions", json.dumps(body).encode(), headers)) as reply:
            return json.load(reply)["choices"][0]["message"]["content"]
    except HTTPError as error:
        error.close()
        return error.code


def scripted(mock: MockOpenAI) -> list[object]:
    """What a test does, whichever mock it has."""
    mock.reply(rate_limit(retry_after=2), server_error().times(2), "Paris")
    mock.when(contains="weather", model="gpt-4o*", header={"authorization": "Bearer sk-test"}).always("Sunny")
    mock.when(turn=2).reply({"a": [1]})
    said = [ask(mock) for _ in range(4)] + [ask(mock, "weather?")]
    said.append(ask(mock, messages=[{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}]))
    call = mock.assert_called_once("chat", last_message="weather?")
    mock.assert_usage(total_tokens=mock.usage.total_tokens)
    return [
        said,
        [
            (call.index, call.status, call.word, call.source, call.usage, call.turn, call.retry_after)
            for call in mock.calls
        ],
        [(call.messages, call.body, call.headers[-1], call.response) for call in mock.calls.where(status=429)],
        mock.calls.to("chat")[3].last_message,
        mock.usage,
        mock.usage_by_model,
        call.header("Authorization"),
        mock.problems,
    ]


def test_the_same_test_sees_the_same_in_process_and_elsewhere(url):
    with MockOpenAI(seed=3) as here:
        wanted = scripted(here)
    with MockOpenAI.connect(url, token="s3cret", fresh=True) as there:
        got = scripted(there)
    assert json.dumps(got, default=repr).replace("1ms", "") == json.dumps(wanted, default=repr).replace("1ms", "")


def test_a_call_crosses_whole(scene, url):
    mock = MockOpenAI.connect(url, token="s3cret")
    ask(mock, tools=[{"type": "function", "function": {"name": "f"}}], stream=False)
    assert list(mock.calls) == list(scene.app.recorder.calls())
    assert mock.usage == sum(scene.app.recorder.usage().values(), Usage())


def test_without_fresh_what_happened_before_is_seen(scene, url):
    ask(MockOpenAI.connect(url, token="s3cret"))
    assert len(MockOpenAI.connect(url, token="s3cret").calls) == 1
    assert len(MockOpenAI.connect(url, token="s3cret", fresh=True).calls) == 0


def test_calls_come_in_pages(url, monkeypatch):
    monkeypatch.setattr("pytest_mockopenai.remote._PAGE", 2)
    mock = MockOpenAI.connect(url, token="s3cret")
    for text in "abcde":
        ask(mock, text)
    assert [call.last_message for call in mock.calls] == list("abcde")


def test_what_a_test_sets_is_put_back(scene, url):
    with MockOpenAI.connect(url, token="s3cret", seed=9, strict=True, invalid_keys=["sk-bad"]) as mock:
        assert (mock.settings.seed, scene.app.settings.seed, scene.app.settings.strict) == (9, 9, True)
        assert scene.app.settings.invalid_keys == {"sk-bad"}
        mock.always("x")
    assert (scene.app.settings.seed, scene.app.settings.strict) == (3, False)


def test_settings_of_every_kind_cross(scene: Scene, url: str) -> None:
    with MockOpenAI.connect(url, token="s3cret", latency="fast", retry_waits=50, chaos="0.5;words=cut") as mock:
        assert mock.settings.latency == scene.app.settings.latency == PRESETS["fast"]
        assert mock.settings.retry_waits == scene.app.settings.retry_waits == RetryWaits(50)
        assert mock.settings.chaos == scene.app.settings.chaos == Chaos(0.5, (cut(),))
        mock.chaos(1, ["overloaded"], seed=4)
        assert scene.app.settings.chaos == Chaos(1.0, (overloaded(),), 4)
        assert ask(mock) == 503
        with pytest.raises(ValueError, match="Did you mean 'cut'"):
            mock.chaos(0.5, ["ct"])
    assert scene.app.settings.chaos is None


def test_unmet_expectations_and_budgets_fail_it(url):
    mock = MockOpenAI.connect(url, "never", token="s3cret", fresh=True)
    with pytest.raises(Unmet, match="1 scripted reply was never asked for"), mock:
        pass
    mock = MockOpenAI.connect(url, token="s3cret", fresh=True, max_calls=0)
    with pytest.raises(Unmet, match="max_calls=0 is exceeded by 1"), mock:
        ask(mock)


def test_origins_cross(scene, url):
    MockOpenAI.connect(url, token="s3cret").reply("x")
    (rule,) = scene.app.script.rules
    assert rule.words[0].origin.startswith("test_remote.py:")


def test_models_encodings_prices_and_reset(scene, url):
    mock = MockOpenAI.connect(url, token="s3cret")
    mock.add_models("mine")
    mock.set_encoding("other", "cl100k_base")
    assert scene.models.knows("mine")
    assert scene.models.encodings == {"other": "cl100k_base"}
    with pytest.raises(ValueError, match="Did you mean"):
        mock.set_encoding("other", "cl100k_bas")
    mock.set_price("gpt-4o", input=1_000_000)
    ask(mock)
    assert mock.cost == 8
    scene.play(Stubs.parse(b"rules: [{reply: [once]}]", "yaml"))
    assert [ask(mock), ask(mock) != "once"] == ["once", True]
    mock.reset()
    assert len(mock.calls) == 0
    assert ask(mock) == "once"


def test_the_environment_points_at_a_gateway(url):
    import os

    mock = MockOpenAI.connect(url, token="s3cret", base_url="http://127.0.0.1:4000/llm/v1", api_key="sk-gateway")
    with mock:
        assert os.environ["OPENAI_BASE_URL"] == mock.base_url == "http://127.0.0.1:4000/llm/v1"
        assert os.environ["OPENAI_API_KEY"] == "sk-gateway"
        assert mock.url == "http://127.0.0.1:4000/llm"
        assert str(mock.client.base_url) == "http://127.0.0.1:4000/llm/v1/"
    assert repr(mock) == "<MockOpenAI http://127.0.0.1:4000/llm, calls: 0>"


def test_ready_clients_talk_to_it(url):
    mock = MockOpenAI.connect(url, tool_call("f", city="Paris"), token="s3cret")
    tools = [{"type": "function", "function": {"name": "f"}}]
    reply = mock.client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], tools=tools
    )
    assert reply.choices[0].message.tool_calls[0].function.arguments == '{"city":"Paris"}'


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (lambda mock: mock.when(where=lambda call: True).reply("x"), "where= is a function of this process: it cannot"),
        (lambda mock: mock.reply(Word(label="mine")), "mine was not made by the mock's words"),
    ],
)
def test_what_cannot_cross_is_told(url, script, message):
    with pytest.raises(ValueError, match=message):
        script(MockOpenAI.connect(url, token="s3cret"))


def test_what_is_wrong_with_the_connection_is_told(url):
    with pytest.raises(RemoteError, match="The admin API wants its token"):
        MockOpenAI.connect(url).calls  # noqa: B018
    with pytest.raises(ConnectionError, match=r"No mock answers at http://127\.0\.0\.1:9: .*mockopenai serve"):
        MockOpenAI.connect("http://127.0.0.1:9")
    with pytest.raises(ValueError, match="the URL of a mock is such as"):
        MockOpenAI.connect("127.0.0.1:8080")
    with pytest.raises(TypeError, match="stubs= is for a mock in this process"):
        MockOpenAI.connect(url, stubs="x.yaml")
    with pytest.raises(RuntimeError, match="in another process"):
        MockOpenAI.connect(url).server  # noqa: B018


def test_what_is_no_mock_is_told():
    with HTTPServerHost(Scene().app) as host, pytest.raises(RemoteError, match="Unknown request URL"):
        MockOpenAI.connect(host.url)


def test_a_mock_in_a_test_serves_its_admin_api_too():
    with MockOpenAI() as here:
        there = MockOpenAI.connect(here.url)
        there.reply(says("from elsewhere"))
        assert ask(here) == "from elsewhere"
        assert [call.word for call in here.calls] == ["says('from elsewhere')"]
        there.reset()
        assert len(here.calls) == 0


def test_the_verdict_is_the_same_for_a_mock_elsewhere(scene: Scene, url: str) -> None:
    with MockOpenAI.connect(url, server_error().times(2), "Paris", token="s3cret", retry_waits=5000) as mock:
        assert [ask(mock) for _ in range(3)] == [500, 500, "Paris"]
        verdict = mock.verdict()
        assert [finding.kind for finding in verdict.findings] == ["retry_after_ignored"]
        assert str(verdict) == str(judge(scene.app.recorder.calls()))
        with pytest.raises(AssertionError, match="told to wait 5s"):
            mock.assert_resilient()
        assert mock.assert_resilient(ignore=["retry_after_ignored"]).retried == 1
