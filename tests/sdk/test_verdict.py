"""The SDK's own retries are judged right under failures of every kind; clients that do it wrong are judged wrong.

Run by `make sdks` with openai 1, 2 and 3.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import openai
import pytest

from pytest_mockopenai import (
    bad_request,
    cut,
    error,
    hang,
    overloaded,
    quota_exceeded,
    rate_limit,
    reset,
    server_error,
    short_body,
    slow,
    stall,
)

Ask = Callable[..., Any]
quick = pytest.mark.mock_openai(retry_waits=20)


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own backoff, 25 times as fast."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.02)


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, mock_openai: Any) -> Ask:
    """Ask the model with a client of the SDK; the answer's text."""
    return _ask if request.param == "sync" else lambda *args, **options: asyncio.run(_ask_async(*args, **options))


def _ask(text: str = "Hi", **options: Any) -> Any:
    with openai.OpenAI(**options) as client:
        return client.chat.completions.create(**_body(text)).choices[0].message.content


async def _ask_async(text: str = "Hi", **options: Any) -> Any:
    async with openai.AsyncOpenAI(**options) as client:
        return (await client.chat.completions.create(**_body(text))).choices[0].message.content


def _body(text: str) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}


# --- the SDK ----------------------------------------------------------------------------------------------------------


@quick
@pytest.mark.parametrize(
    "word",
    [
        rate_limit(retry_after=20),
        server_error(),
        overloaded(),
        error(408),
        error(409),
        cut(),
        cut(after=0),
        reset(),
        reset(after=0),
        short_body(),
    ],
    ids=str,
)
def test_the_sdk_is_right_to_try_again(mock_openai: Any, ask: Ask, word: Any) -> None:
    mock_openai.reply(word.times(2), "Paris")
    assert ask() == "Paris"
    verdict = mock_openai.assert_resilient(lost_work=True)
    assert (verdict.requests, verdict.retried, verdict.calls, verdict.notes) == (1, 1, 3, ())


@pytest.mark.parametrize("word", [hang(), stall(), stall(after=0), slow(first=5)], ids=str)
def test_and_after_a_silence_that_it_does_not_bear(mock_openai: Any, ask: Ask, word: Any) -> None:
    ask()  # loads what a first call needs, which may take longer than a client bears
    mock_openai.reset()
    mock_openai.reply(word).always("Paris")
    assert ask(timeout=0.2) == "Paris"
    assert mock_openai.assert_resilient(lost_work=True).retried == 1


@quick
def test_it_gives_up(mock_openai: Any, ask: Ask) -> None:
    mock_openai.always(server_error())
    with pytest.raises(openai.InternalServerError):
        ask(max_retries=4)
    assert mock_openai.assert_resilient(max_attempts=5).calls == 5
    assert not mock_openai.verdict(max_attempts=4).ok


def test_it_does_not_repeat_what_was_refused(mock_openai: Any, ask: Ask) -> None:
    mock_openai.always(bad_request())
    with pytest.raises(openai.BadRequestError):
        ask()
    assert mock_openai.assert_resilient().calls == 1


@quick
@pytest.mark.mock_openai(seed=3)
def test_it_comes_through_chaos(mock_openai: Any, ask: Ask) -> None:
    mock_openai.chaos(0.3)
    for number in range(15):
        with suppress(openai.APIError):
            ask(f"Question {number}")
    verdict = mock_openai.assert_resilient()
    assert verdict.requests == 15
    assert verdict.retried > 1
    assert {call.source for call in mock_openai.calls} == {"default", "chaos"}


@quick
def test_equal_requests_at_once_are_told_apart(mock_openai: Any) -> None:
    mock_openai.chaos(0.3, ["rate_limit", "server_error"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: suppressed(_ask, max_retries=5), range(24)))
    verdict = mock_openai.verdict()
    assert verdict.ok, str(verdict)
    assert verdict.requests == 24


def suppressed(ask: Ask, **options: Any) -> None:
    with suppress(openai.APIError):
        ask(**options)


def test_it_tries_again_where_the_quota_is_used_up(mock_openai: Any, ask: Ask) -> None:
    mock_openai.always(quota_exceeded())
    with pytest.raises(openai.RateLimitError):
        ask()
    (finding,) = mock_openai.verdict().findings
    assert finding.sentence.startswith("calls[1] repeats calls[0] (429 insufficient_quota), which another try does not")
    assert mock_openai.verdict(ignore=["retried_refusal"]).ok


def test_a_stream_that_breaks_is_for_the_application_to_try_again(mock_openai: Any) -> None:
    mock_openai.reply(cut(after=2))
    with openai.OpenAI() as client, pytest.raises(Exception):  # noqa: B017, PT011 - another one in each version
        list(client.chat.completions.create(**_body("Hi"), stream=True))
    assert mock_openai.verdict().ok
    assert found(mock_openai, lost_work=True) == "lost_work: calls[0] (200, cut) was never tried again"


# --- clients that do it wrong -----------------------------------------------------------------------------------------


def post(mock: Any, text: str = "Hi") -> int:
    """One call of a client that knows nothing of retries; its status, 0 for none."""
    headers = {"content-type": "application/json", "authorization": "Bearer sk-test"}
    try:
        with urlopen(Request(f"{mock.base_url}/chat/completions", json.dumps(_body(text)).encode(), headers)) as reply:
            reply.read()
            return int(reply.status)
    except HTTPError as error:
        error.close()
        return error.code
    except Exception:  # whatever urllib makes of a broken reply
        return 0


def insist(mock: Any, most: int) -> None:
    """Try until there is an answer, without a wait."""
    next((True for _ in range(most) if post(mock) == 200), False)


def found(mock: Any, **terms: Any) -> str:
    """The one finding, its times as `T`."""
    verdict = mock.verdict(**terms)
    assert len(verdict.findings) == 1, str(verdict)
    return re.sub(r"\b[\d.]+m?s\b", "T", str(verdict.findings[0]))


@pytest.mark.mock_openai(rate_limit(retry_after=2), "Paris", retry_waits=5000)
def test_one_that_ignores_retry_after(mock_openai: Any) -> None:
    insist(mock_openai, 3)
    assert found(mock_openai) == (
        "retry_after_ignored: calls[1] came T after calls[0] (429 rate_limit_exceeded), which told it to wait T"
    )
    assert "told it to wait 5s" in str(mock_openai.verdict())


@pytest.mark.mock_openai(bad_request().times(2), "Paris")
def test_one_that_tries_again_after_a_400(mock_openai: Any) -> None:
    insist(mock_openai, 3)
    assert found(mock_openai) == (
        "retried_refusal: calls[1] repeats calls[0] (400 invalid_request_error), which another try does not change; "
        "calls[2] repeats calls[1] (400 invalid_request_error), which another try does not change"
    )


def test_one_that_storms(mock_openai: Any) -> None:
    mock_openai.reply(reset(after=0).times(8), "Paris")
    insist(mock_openai, 10)
    assert found(mock_openai, max_burst=5, window=10, ignore=["no_backoff"]) == (
        "storm: 9 attempts at one request within T: calls[0], calls[1], calls[2], ..., calls[8]; "
        "at most 5 in T are fair"
    )
    assert found(mock_openai, min_wait=10).endswith(
        "calls[3] came T after calls[2] (200, reset), without waiting; and 5 more"
    )


def test_one_that_never_gives_up(mock_openai: Any) -> None:
    mock_openai.always(server_error())
    insist(mock_openai, 12)
    assert found(mock_openai, ignore=["storm"]) == (
        "never_gave_up: 12 attempts at one request, more than 10: calls[0], calls[1], calls[2], ..., calls[11]"
    )


def test_one_that_loses_work(mock_openai: Any) -> None:
    mock_openai.reply(overloaded(), "Paris")
    assert [post(mock_openai, "first"), post(mock_openai, "second")] == [503, 200]
    assert found(mock_openai, lost_work=True) == (
        "lost_work: calls[0] (503 server_is_overloaded) was never tried again"
    )


def test_one_that_does_work_twice(mock_openai: Any) -> None:
    assert [post(mock_openai), post(mock_openai)] == [200, 200]
    assert found(mock_openai) == (
        "duplicated_work: calls[1] repeats calls[0] (200), whose answer had been delivered T before"
    )


def test_the_assert_explains_itself(mock_openai: Any) -> None:
    mock_openai.reply(bad_request(), "Paris")
    insist(mock_openai, 2)
    with pytest.raises(AssertionError) as caught:
        mock_openai.assert_resilient()
    lines = re.sub(r"\+[\d.]+ s", "+T s", str(caught.value)).splitlines()
    assert lines == [
        "The client is not resilient. 1 finding in 2 calls for 1 request, 1 tried again.",
        "Seen:",
        "  +T s  [0] POST /v1/chat/completions  gpt-4o  400  bad_request()",
        "  +T s  [1] POST /v1/chat/completions  gpt-4o  200  8+1 tokens  says('Paris')",
        "Expected:",
        "  retried_refusal: calls[1] repeats calls[0] (400 invalid_request_error), which another try does not change",
        "How to fix:",
        "  * retried_refusal: try again after 408, 409, 429 (not insufficient_quota), 5xx and broken connections only",
        "  * if it is meant to be so: ignore=['retried_refusal']",
    ]
