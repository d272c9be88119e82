from __future__ import annotations

import os

import httpx
import pytest

from pytest_mockopenai import MockOpenAI, Unmet, Usage, rate_limit
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
from pytest_mockopenai.isolation import RealHostRefused

CHAT = [{"role": "user", "content": "Hi"}]


def ask(mock: MockOpenAI, text: str = "Hi", **more) -> httpx.Response:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}
    return httpx.post(f"{mock.base_url}/chat/completions", json=body, headers={"authorization": "Bearer sk-test"})


def said(mock: MockOpenAI, text: str = "Hi", **more) -> str:
    return ask(mock, text, **more).json()["choices"][0]["message"]["content"]


# --- on and off -------------------------------------------------------------------------------------------------------


def test_it_is_a_context_manager_that_puts_the_environment_back():
    before = dict(os.environ)
    with MockOpenAI("Paris") as mock:
        assert os.environ["OPENAI_BASE_URL"] == mock.base_url == f"{mock.url}/v1"
        assert mock.env["OPENAI_API_KEY"] == os.environ["OPENAI_API_KEY"]
        assert said(mock) == "Paris"
    assert dict(os.environ) == before
    assert [call.status for call in mock.calls] == [200]
    assert mock.usage == Usage(8, 1)


@pytest.mark.parametrize("name", ["url", "base_url", "server", "client"])
def test_before_it_starts_it_has_no_address(name):
    with pytest.raises(RuntimeError, match="use it as `with MockOpenAI"):
        getattr(MockOpenAI(), name)


def test_it_can_be_started_twice():
    mock = MockOpenAI()
    for count in (1, 2):
        with mock:
            ask(mock)
        assert len(mock.calls) == count


def test_inside_another_it_takes_over_and_gives_back():
    with HTTPServerHost() as host, MockOpenAI("outer", host=host) as outer:
        with MockOpenAI("inner", host=host) as inner:
            assert inner.url == outer.url
            assert said(outer) == "inner"
        assert said(outer) == "outer"
    assert len(inner.calls) == len(outer.calls) == 1


def test_a_real_host_is_refused_and_remembered():
    with MockOpenAI() as mock:
        with pytest.raises(OSError, match=r"refused a connection to api\.openai\.com") as caught:
            httpx.get("https://api.openai.com/v1/models")
        assert isinstance(caught.value, RealHostRefused)
        assert mock.refusals == ["GET https://api.openai.com/v1/models"]


def test_a_wrong_option_is_an_error():
    with pytest.raises(TypeError, match=r"no option 'sed'\. Did you mean 'seed'\?"):
        MockOpenAI(sed=1)


# --- the script -------------------------------------------------------------------------------------------------------


def test_replies_come_in_order_and_then_made_up_ones():
    with MockOpenAI() as mock:
        mock.reply(rate_limit(retry_after=2).times(2), "Paris")
        assert [ask(mock).status_code for _ in range(4)] == [429, 429, 200, 200]
        assert [call.word for call in mock.calls] == ["rate_limit(retry_after=2)"] * 2 + ["says('Paris')", None]
        assert [call.retry_after for call in mock.calls] == [2, 2, None, None]


def test_rules_choose_by_what_is_asked():
    with MockOpenAI() as mock:
        mock.always("else")
        mock.when(contains="weather").reply("sunny")
        mock.when(model="gpt-5*").always("five")
        assert said(mock, "weather?") == "sunny"
        assert said(mock, "weather?") == "else"
        assert said(mock, model="gpt-5-mini") == "five"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"endpoint": "embedings"}, "no endpoint 'embedings'. Did you mean 'embeddings'?"),
        ({"matches": "("}, "is not a regular expression"),
        ({"turn": 0}, "turn is a whole number of at least 1"),
        ({"where": 3}, "where is a function of the call"),
    ],
)
def test_a_condition_that_can_never_hold_is_an_error(condition, message):
    with pytest.raises((ValueError, TypeError), match=message.replace("?", r"\?")):
        MockOpenAI().when(**condition)


def test_the_same_seed_gives_the_same_answer_and_another_another():
    answers = []
    for seed in (1, 1, 2):
        with MockOpenAI(seed=seed) as mock:
            answers.append(ask(mock).json())
    assert answers[0]["id"] == answers[1]["id"] != answers[2]["id"]


def test_reset_forgets_script_and_calls_but_not_the_address():
    with MockOpenAI("a", "b", seed=3) as mock:
        ask(mock)
        url = mock.url
        mock.reset()
        assert (list(mock.calls), mock.usage, mock.problems) == ([], Usage(), [])
        assert mock.url == url
        mock.reply("c")
        assert said(mock) == "c"
        assert mock.settings.seed == 3


def test_models_can_be_declared():
    with MockOpenAI(models="strict") as mock:
        assert ask(mock, model="mine").status_code == 404
        mock.add_models("mine")
        mock.set_encoding("yours", "o200k_base")
        assert {ask(mock, model=name).status_code for name in ("mine", "yours", "gpt-4o")} == {200}
        with pytest.raises(ValueError, match="o200k_base"):
            mock.set_encoding("mine", "o200k")


# --- problems ---------------------------------------------------------------------------------------------------------


def test_unused_replies_are_unmet_on_leaving():
    with (
        pytest.raises(Unmet, match=r"(?s)^2 scripted replies were never asked for\..*test_mock\.py:\d+"),
        MockOpenAI("a", "b"),
    ):
        pass


def test_a_test_that_failed_for_another_reason_keeps_it():
    with pytest.raises(ZeroDivisionError), MockOpenAI("unused"):
        1 / 0  # noqa: B018


def test_problems_are_told_together():
    mock = MockOpenAI("never", strict=True, max_calls=0)
    mock.start()
    mock.when(model="x").always("x")
    assert ask(mock).status_code == 200
    assert ask(mock).status_code == 400
    mock.reply("never")
    mock.stop()
    headlines = [problem.splitlines()[0] for problem in mock.problems]
    assert headlines == [
        "No scripted reply for POST /v1/chat/completions with model 'gpt-4o'; the mock is strict, so it makes none up.",
        "1 scripted reply was never asked for.",
        "max_calls=0 is exceeded by 2: the test used 2. Call 0 went over it.",
    ]
    with pytest.raises(Unmet) as caught:
        mock.verify()
    assert str(caught.value) == "\n\n".join(mock.problems)


def test_a_function_of_the_tests_that_raises_is_shown_with_its_traceback():
    def where(inquiry: object) -> bool:
        raise KeyError("mine")

    mock = MockOpenAI()
    mock.when(where=where).reply("x")
    mock.start()
    reply = ask(mock)
    mock.stop()
    assert reply.status_code == 500
    assert "KeyError" in reply.json()["error"]["message"]
    assert "in where" in mock.problems[0]


def test_what_the_server_itself_failed_at_is_a_problem():
    def handler(request: object) -> None:
        raise RuntimeError("my own")

    mock = MockOpenAI()
    mock.start()
    mock.server.expect_request("/mine").respond_with_handler(handler)
    httpx.get(f"{mock.url}/mine")
    while_on = mock.problems
    mock.stop()
    assert [problem.splitlines()[0] for problem in while_on] == ["The mock's server failed: RuntimeError: my own"]
    assert mock.problems == while_on


# --- the server beside it, ready clients ------------------------------------------------------------------------------


def test_expectations_go_before_the_mock():
    with MockOpenAI() as mock:
        mock.server.expect_request("/mine").respond_with_data("mine")
        assert httpx.get(f"{mock.url}/mine").text == "mine"
        assert ask(mock).status_code == 200
        assert [call.path for call in mock.calls] == ["/v1/chat/completions"]


def test_ready_clients_reach_it():
    with MockOpenAI("a", "b") as mock:
        for _ in range(2):
            assert mock.client.chat.completions.create(model="gpt-4o", messages=CHAT).usage.prompt_tokens == 8
        assert mock.client is mock.client


async def _asked(mock: MockOpenAI) -> str | None:
    async with mock.async_client as client:
        reply = await client.chat.completions.create(model="gpt-4o", messages=CHAT)
    return reply.choices[0].message.content


def test_ready_async_clients_reach_it():
    import asyncio

    with MockOpenAI("a", "b") as mock:
        assert [asyncio.run(_asked(mock)) for _ in range(2)] == ["a", "b"]


def test_it_shows_where_it_is():
    mock = MockOpenAI()
    assert repr(mock) == "<MockOpenAI not started, calls: 0>"
    with mock:
        assert repr(mock) == f"<MockOpenAI {mock.url}, calls: 0>"


def test_chaos_begins_and_ends_in_the_middle_of_a_test():
    with MockOpenAI() as mock:
        mock.always("Paris")
        mock.chaos(1, [rate_limit(retry_after=2), "server_error"])
        statuses = {post(mock).status_code for _ in range(20)}
        mock.chaos(0)
        assert (statuses, post(mock).status_code) == ({429, 500}, 200)
    assert {call.source for call in mock.calls} == {"chaos", "rule"}


def test_errors_tell_clients_to_wait_as_long_as_the_test_says():
    with MockOpenAI(rate_limit(retry_after=20), rate_limit(retry_after=20), retry_waits=50) as mock:
        assert post(mock).headers["retry-after-ms"] == "50"
        assert post(mock).headers["retry-after"] == "20"
    with MockOpenAI(rate_limit(retry_after=20), retry_waits=None) as mock:
        assert post(mock).headers["retry-after-ms"] == "20000"


def post(mock: MockOpenAI) -> httpx.Response:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
    return httpx.post(f"{mock.base_url}/chat/completions", json=body, headers={"authorization": "Bearer sk-test"})
