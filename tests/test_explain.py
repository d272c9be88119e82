"""The text of failures: one form, every fact that is needed, nothing secret and nothing endless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import explain
from pytest_mockopenai.core import words
from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.script import Miss, Rule, Script, When
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.core.words import embeds, rate_limit, says, server_error
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.settings import Settings

TEXT = frozenset({"text"})
MakeCall = Callable[..., Call]


def asked(text: str = "Capital of France?", *, model: str = "gpt-4o", **body: Any) -> Inquiry:
    headers = (("Authorization", "Bearer sk-0123456789abcdef"), ("X-Tenant", "a"))
    request = Request("POST", "/v1/chat/completions", headers, b"")
    return Inquiry("chat.completions", request, {"messages": [{"role": "user", "content": text}], **body}, model)


def lines(text: str, title: str) -> list[str]:
    """The lines of one section of a report."""
    _, _, rest = text.partition(f"\n{title}:\n")
    section = []
    for line in rest.splitlines():
        if not line.startswith("  "):
            break
        section.append(line[2:])
    return section


# --- the form ---------------------------------------------------------------------------------------------------------


def test_report() -> None:
    text = explain.report("It broke.", seen=["a", "b"], expected=["c"], fix=["d"])
    assert text == "It broke.\nSeen:\n  a\n  b\nExpected:\n  c\nHow to fix:\n  * d"


def test_empty_sections_are_left_out() -> None:
    assert explain.report("It broke.", seen=[]) == "It broke."


@given(st.text(), st.integers(3, 50))
def test_shortened(text: str, limit: int) -> None:
    line = explain.shortened(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert line == " ".join(text.split()) or line.endswith("...")


# --- unscripted calls -------------------------------------------------------------------------------------------------


def test_nothing_is_scripted() -> None:
    text = explain.unscripted(asked(), Script(), TEXT)
    assert text.startswith("No scripted reply for POST /v1/chat/completions with model 'gpt-4o'; the mock is strict")
    assert lines(text, "Seen")[1] == "last message: 'Capital of France?'"
    assert lines(text, "Expected") == ["No reply is scripted at all."]
    assert "strict=False" in text


def test_all_is_used_up() -> None:
    rules = (Rule(1, When()), Rule(2, When(model="o3")))
    text = explain.unscripted(asked(), Script(rules), TEXT)
    assert lines(text, "Expected") == ["All replies of 2 rules are used up."]


def test_the_nearest_rule_is_shown_as_a_diff() -> None:
    script = Script().adding(When(model="o3", contains="capital"), [written(says("x"))])
    text = explain.unscripted(asked(), script, TEXT)
    assert lines(text, "Expected") == [
        "Nearest rule: model='o3', contains='capital' (test_app.py:12)",
        "  model differs:",
        "    - 'o3'",
        "    + 'gpt-4o'",
        "  contains differs:",
        "    - 'capital'",
        "    + 'Capital of France?'",
    ]


def test_a_reply_that_the_endpoint_cannot_say() -> None:
    text = explain.unscripted(asked(), Script().adding(When(), [embeds([1])]), TEXT)
    assert lines(text, "Expected") == [
        "Nearest rule: any call",
        "  its next reply, embeds([1]), is not something that chat.completions can say (text)",
    ]


def test_a_secret_is_not_shown() -> None:
    script = Script().adding(When(header=(("authorization", "Bearer x"),)), [says("x")])
    assert "0123456789" not in explain.unscripted(asked(), script, TEXT)


def test_a_long_message_is_cut() -> None:
    text = explain.unscripted(asked("word\n" * 10_000, tools=[{"type": "f" * 5000}]), Script(), TEXT)
    assert all(len(line) < 350 for line in text.splitlines())
    assert len(text.splitlines()) < 12


# --- failures of one call ---------------------------------------------------------------------------------------------


def test_bug() -> None:
    text = explain.bug(asked(), "Traceback\n  File x\nKeyError: 'k'\n")
    assert text.startswith("The mock failed while it answered POST /v1/chat/completions with model 'gpt-4o'.")
    assert lines(text, "Seen") == ["Traceback", "  File x", "KeyError: 'k'"]


@pytest.mark.parametrize(
    ("word", "headline"),
    [
        (says("x"), "The scripted reply says('x') cannot be played on POST /v1/chat/completions with model 'gpt-4o'."),
        (Word(), "The mock cannot make up an answer to POST /v1/chat/completions with model 'gpt-4o'."),
    ],
)
def test_mistake(word: Word, headline: str) -> None:
    text = explain.mistake(asked(), word, "Because.")
    assert text.startswith(f"{headline}\n")
    assert lines(text, "Expected") == ["Because."]


# --- the whole test ---------------------------------------------------------------------------------------------------

RULE = Rule(1, When(model="o3"))


def written(word: Word) -> Word:
    """The word as if a line of a test had it."""
    return replace(word, origin="test_app.py:12")


@pytest.mark.parametrize(
    ("words", "headline"),
    [
        ([says("a")], "1 scripted reply was never asked for."),
        ([says("a"), says("b")], "2 scripted replies were never asked for."),
        ([server_error().times(3)], "3 scripted replies were never asked for."),
    ],
)
def test_unused(words: list[Word], headline: str, a_call: MakeCall) -> None:
    text = explain.unused([(RULE, written(word)) for word in words], [a_call()])
    assert text.startswith(f"{headline}\n")
    assert lines(text, "Expected") == [f"{word} for model='o3' (test_app.py:12)" for word in words]
    assert lines(text, "Seen") == [explain.call_line(a_call())]


def test_many_unused() -> None:
    text = explain.unused([(RULE, says("a"))] * 25, [])
    assert lines(text, "Seen") == ["No call reached the mock."]
    assert lines(text, "Expected")[20:] == ["... 5 more ..."]


def test_unused_while_requests_were_refused() -> None:
    text = explain.unused([(RULE, says("a"))], [], ["api.openai.com:443"])
    assert lines(text, "Seen") == ["No call reached the mock.", "refused: api.openai.com:443"]


@pytest.mark.parametrize(
    ("name", "limit", "got", "headline"),
    [
        ("max_calls", 2, 3, "max_calls=2 is exceeded by 1: the test used 3. Call 4 went over it."),
        (
            "max_total_tokens",
            1_234_567,
            2_345_678,
            "max_total_tokens=1234567 is exceeded by 1,111,111: the test used 2,345,678. Call 4 went over it.",
        ),
        ("max_cost", 0.01, 0.0125, "max_cost=0.01 is exceeded by $0.0025: the test used $0.013. Call 4 went over it."),
    ],
)
def test_over_budget(name: str, limit: float, got: float, headline: str, a_call: MakeCall) -> None:
    text = explain.over_budget(name, limit, got, a_call(4), [a_call(4)])
    assert text.startswith(f"{headline}\n")
    assert f"raise {name}" in text


@pytest.mark.parametrize(
    ("source", "install"), [("", True), ("mock_openai.set_price", True), ("genai-prices 1", False)]
)
def test_unpriced(source: str, install: bool) -> None:
    text = explain.unpriced("mock_openai.cost", ["mine", "other"], source)
    assert text.startswith("mock_openai.cost cannot be told: no price for 'mine', 'other'.")
    assert ("pip install" in text) == install
    assert "set_price('mine'" in text


def test_host_failure() -> None:
    assert explain.host_failure(OSError("gone")).startswith("The mock's server failed: OSError: gone")


def test_expectation() -> None:
    assert lines(explain.expectation("a\nb"), "Seen") == ["a", "b"]


def test_section(a_call: MakeCall) -> None:
    text = explain.section([a_call()], ["api.openai.com:443"], ["Headline.\nSeen:\n  x"], Settings())
    assert text.splitlines() == [explain.call_line(a_call()), "refused: api.openai.com:443", "Headline."]
    assert explain.section([], [], [], Settings()) == "No call reached the mock."


def test_section_says_how_to_have_the_same_chaos_again(a_call: MakeCall) -> None:
    settings = Settings(seed=7, chaos=Chaos(0.5, (words.cut(after=3), words.reset())))
    text = explain.section([a_call(source="chaos"), a_call(1)], [], [], settings)
    assert text.splitlines()[-1] == (
        "chaos struck 1 of 2 calls; the same again: "
        "--mock-openai-seed=7 --mock-openai-chaos='rate=0.5;words=\"cut;after=3\",reset'"
    )


@given(st.integers(0, 60))
def test_refusals_are_counted(count: int) -> None:
    table = explain.refused_table([f"host {number}" for number in range(count)])
    assert len(table) == min(count, 21)
    assert (table[-1:] == [f"... {count - 20} more refused ..."]) == (count > 20)


# --- helper asserts ---------------------------------------------------------------------------------------------------


def test_not_once(a_call: MakeCall) -> None:
    calls = [a_call(0), a_call(1, retry=1)]
    text = explain.not_once(calls, calls, {"endpoint": "chat", "model": "gpt-4o"})
    assert text.startswith("2 calls to chat with model='gpt-4o'; expected exactly one.")
    assert "(here 1)" in text
    assert lines(text, "Expected") == []


def test_none_found(a_call: MakeCall) -> None:
    text = explain.not_once([], [a_call(0), a_call(1, model="o3")], {"model": "o4", "status": 200})
    assert text.startswith("No call with model='o4', status=200; expected exactly one.")
    assert lines(text, "Expected") == ["Nearest call: [0]", "  model differs:", "    - 'o4'", "    + 'gpt-4o'"]


def test_no_call_at_all() -> None:
    text = explain.not_once([], [], {})
    assert text.startswith("No call to the mock; expected exactly one.")
    assert lines(text, "Seen") == ["No call reached the mock."]


def test_called(a_call: MakeCall) -> None:
    assert explain.called([a_call()], {"status": 200}).startswith("1 call with status=200; expected none.")


def test_other_usage(a_call: MakeCall) -> None:
    text = explain.other_usage([Miss("total_tokens", 5, 10)], [a_call()], " for model 'gpt-4o'")
    assert text.startswith("total_tokens is 10, expected 5 for model 'gpt-4o'.")
    assert lines(text, "Expected") == ["total_tokens differs:", "  - 5", "  + 10"]


def test_inexact(a_call: MakeCall) -> None:
    assert explain.inexact("estimated", [a_call()]).startswith("The token counts are estimated, expected exact ones.")


# --- parts ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 60))
def test_a_long_table_has_both_ends(count: int) -> None:
    calls = [Call(number, asked(), "/v1/x", 200) for number in range(count)]
    table = explain.calls_table(calls)
    if count <= 20:
        assert table == [explain.call_line(call) for call in calls]
    else:
        shown = [explain.call_line(call) for call in (*calls[:10], *calls[-10:])]
        assert table == [*shown[:10], f"... {count - 20} more ...", *shown[10:]]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "[3] POST /v1/chat/completions  gpt-4o  200  9+1 tokens"),
        ({"tokens": None, "model": ""}, "[3] POST /v1/chat/completions  200"),
        ({"status": 429, "tokens": None, "word": str(rate_limit())}, "  429  rate_limit()"),
        ({"stream": True, "ended": "cut"}, "  200  stream  9+1 tokens  cut"),
        ({"retry": 2, "ended": "open"}, "  9+1 tokens  retry 2"),
        ({"word": "says('" + "x" * 500}, "..."),
    ],
)
def test_call_line(fields: dict[str, Any], line: str, a_call: MakeCall) -> None:
    shown = explain.call_line(a_call(3, **fields))
    assert shown.endswith(line)
    assert len(shown) < 130


@pytest.mark.parametrize(
    ("usage", "text"),
    [
        (Usage(12, 7), "12+7 tokens"),
        (Usage(12, 7, prompt_method="given"), "12+7 tokens"),
        (Usage(12, 7, completion_method="modelled"), "~12+7 tokens"),
        (Usage(12, 7, prompt_method="estimated"), "~12+7 tokens"),
    ],
)
def test_tokens_text(usage: Usage, text: str) -> None:
    assert explain.tokens_text(usage) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0.00"),
        (1.25, "$1.25"),
        (1234.5, "$1,234.50"),
        (0.25, "$0.25"),
        (0.0125, "$0.013"),
        (1.5e-7, "$0.00000015"),
    ],
)
def test_dollars(amount: float, text: str) -> None:
    assert explain.dollars(amount) == text


@given(st.floats(1e-9, 1e6))
def test_dollars_are_never_nothing(amount: float) -> None:
    shown = float(explain.dollars(amount).removeprefix("$").replace(",", ""))
    assert abs(shown - amount) <= 0.06 * amount
