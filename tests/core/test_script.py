"""Rules: which is tried when, what it gives in which order, and that nothing is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.inquiry import Inquiry, text_of
from pytest_mockopenai.core.script import Miss, Script, When, is_endpoint
from pytest_mockopenai.core.wire import Headers, Request
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.core.words import embeds, flags, rate_limit, says, server_error, slow, tool_call, usage

TEXT = frozenset({"text"})
EMBEDDING = frozenset({"embedding"})
ANY = When()


def asked(
    text: str = "Hi", *, model: str = "gpt-4o", endpoint: str = "chat.completions", headers: Headers = (), **body: Any
) -> Inquiry:
    messages = [{"role": "user", "content": text}]
    return Inquiry(endpoint, Request("POST", "/", headers), {"messages": messages, **body}, model)


def scripted(*words: Word, when: When = ANY) -> Script:
    return Script().adding(when, words)


def taken(script: Script, times: int, inquiry: Inquiry | None = None) -> list[str | None]:
    """What so many equal calls get, as written."""
    got = []
    for _ in range(times):
        word, script = script.take(inquiry or asked(), TEXT)
        got.append(word.label if word else None)
    return got


# --- the order --------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 9), max_size=6))
def test_words_of_a_rule_come_in_order(numbers: list[int]) -> None:
    words = [says(str(number)) for number in numbers]
    assert taken(scripted(*words), len(words) + 1) == [*(word.label for word in words), None]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4)), max_size=5))
def test_times_is_as_often_written(counted: list[tuple[int, int]]) -> None:
    repeated = scripted(*(says(str(number)).times(count) for number, count in counted))
    written = scripted(*(says(str(number)) for number, count in counted for _ in range(count)))
    calls = sum(count for _, count in counted) + 1
    assert taken(repeated, calls) == taken(written, calls)


def test_each_is_taken_once() -> None:
    word, _ = scripted(server_error().times(3)).take(asked(), TEXT)
    assert word == server_error()


def test_more_words_continue_a_rule() -> None:
    script = scripted(says("1")).adding(ANY, [says("2")])
    assert len(script.rules) == 1
    assert taken(script, 3) == ["says('1')", "says('2')", None]


def test_the_newest_rule_is_tried_first() -> None:
    script = scripted(says("all")).adding(When(contains="H"), [says("H")]).adding(When(contains="i"), [says("i")])
    assert taken(script, 4) == ["says('i')", "says('H')", "says('all')", None]


def test_a_standing_word_follows_the_sequence_and_stays() -> None:
    script = Script().adding(ANY, [says("1")], standing=says("then")).adding(ANY, [says("2")])
    assert taken(script, 5) == ["says('1')", "says('2')", *["says('then')"] * 3]
    assert script.adding(ANY, (), standing=says("new")).rules[0].standing == says("new")


def test_a_standing_word_hides_older_rules() -> None:
    script = scripted(says("old")).adding(When(model="gpt-4o"), (), standing=says("stands"))
    assert taken(script, 2) == ["says('stands')"] * 2
    assert taken(script, 2, asked(model="o3")) == ["says('old')", None]


# --- what fits --------------------------------------------------------------------------------------------------------


def test_another_endpoints_answer_is_passed_over() -> None:
    script = scripted(says("text"), embeds([1])).adding(ANY, ())
    word, after = script.take(asked(), EMBEDDING)
    assert word is None
    assert after is script
    word, _ = scripted(embeds([1])).adding(When(model="gpt*"), [says("text")]).take(asked(), EMBEDDING)
    assert word == embeds([1])


@pytest.mark.parametrize("word", [server_error(), slow(), usage(prompt_tokens=1), says()])
@pytest.mark.parametrize("kinds", [TEXT, EMBEDDING, frozenset({"moderation"})])
def test_some_words_fit_everywhere(word: Word, kinds: frozenset[str]) -> None:
    assert scripted(word).take(asked(), kinds)[0] == word


@pytest.mark.parametrize(("word", "kind"), [(says("a"), "text"), (tool_call("f"), "text"), (flags(), "moderation")])
def test_an_answer_fits_its_kind(word: Word, kind: str) -> None:
    for kinds in (TEXT, EMBEDDING, frozenset({"moderation"})):
        assert (scripted(word).take(asked(), kinds)[0] == word) == (kind in kinds)


# --- laws -------------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [says("a"), says("b"), rate_limit(), embeds([1]), server_error().times(2), says("c").times(3)]
)  # fmt: skip
WHENS = st.sampled_from(
    [ANY, When(model="gpt*"), When(model="o3"), When(contains="H"), When(endpoint="chat"), When(turn=2)]
)
RULES = st.lists(st.tuples(WHENS, st.lists(WORDS, max_size=3)), max_size=4)
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["Hi", "Ho", "x"]), st.sampled_from(["gpt-4o", "o3"]), st.sampled_from([TEXT, EMBEDDING])
    ),
    max_size=12,
)


def written(rules: list[tuple[When, list[Word]]]) -> Script:
    script = Script()
    for when, words in rules:
        script = script.adding(when, words)
    return script


def counted(words: list[Word]) -> Counter[str]:
    total: Counter[str] = Counter()
    for word in words:
        total[word.label] += word.count
    return total


@given(RULES, CALLS)
def test_taken_and_unused_are_what_was_scripted(
    rules: list[tuple[When, list[Word]]], calls: list[tuple[str, str, frozenset[str]]]
) -> None:
    script, got = written(rules), []
    for text, model, kinds in calls:
        word, script = script.take(asked(text, model=model), kinds)
        got += [word] if word else []
    left = [word for _, word in script.unused()]
    assert counted(got) + counted(left) == counted([word for _, words in rules for word in words])


@given(RULES, CALLS)
def test_taking_never_changes_a_script(
    rules: list[tuple[When, list[Word]]], calls: list[tuple[str, str, frozenset[str]]]
) -> None:
    script = written(rules)
    for text, model, kinds in calls:
        first, after = script.take(asked(text, model=model), kinds)
        assert script == written(rules)
        assert script.take(asked(text, model=model), kinds) == (first, after)
        assert after.rules == script.rules if first is None else after.rules != script.rules


@given(RULES)
def test_standing_words_are_never_unused(rules: list[tuple[When, list[Word]]]) -> None:
    script = Script()
    for when, words in rules:
        for word in words:
            script = script.adding(when, (), standing=word)
    assert script.unused() == []


# --- conditions -------------------------------------------------------------------------------------------------------

CALL = asked(
    "Weather in Paris?",
    model="gpt-4o-mini",
    headers=(("X-Tenant", "a"), ("Authorization", "Bearer sk-0123456789abcdef")),
    tools=[{"type": "function", "function": {"name": "get_weather"}}],
)


@pytest.mark.parametrize(
    ("holds", "fails", "got"),
    [
        ({"model": "gpt-4o-mini"}, {"model": "gpt-4o"}, "gpt-4o-mini"),
        ({"model": "gpt-4o*"}, {"model": "o*"}, "gpt-4o-mini"),
        ({"endpoint": "chat"}, {"endpoint": "embeddings"}, "chat.completions"),
        ({"endpoint": "chat.completions"}, {"endpoint": "chat.completion"}, "chat.completions"),
        ({"contains": "Paris"}, {"contains": "paris"}, "Weather in Paris?"),
        ({"matches": "^Weather"}, {"matches": "^Paris"}, "Weather in Paris?"),
        ({"tool": "get_weather"}, {"tool": "get"}, ["get_weather"]),
        ({"turn": 1}, {"turn": 2}, 1),
        ({"header": (("x-tenant", "a"),)}, {"header": (("x-tenant", "b"),)}, "a"),
        ({"where": lambda inquiry: inquiry.model}, {"where": lambda inquiry: None}, "not true"),
    ],
)
def test_each_condition(holds: dict[str, Any], fails: dict[str, Any], got: object) -> None:
    assert When(**holds).misses(CALL) == []
    (miss,) = When(**fails).misses(CALL)
    assert miss.got == got


def test_a_name_with_brackets_is_itself() -> None:
    assert When(model="mine[1]").misses(asked(model="mine[1]")) == []


def test_all_conditions_must_hold() -> None:
    misses = When(model="o3", contains="Paris", turn=3).misses(CALL)
    assert [miss.condition for miss in misses] == ["model", "turn"]


def test_a_header_that_was_not_sent() -> None:
    assert When(header=(("x-a", "1"),)).misses(CALL) == [Miss("header x-a", "1", None)]


def test_a_secret_is_never_shown_whole() -> None:
    (miss,) = When(header=(("authorization", "Bearer other"),)).misses(CALL)
    assert "0123456789" not in str(miss.got)
    assert str(miss.got).endswith("cdef")


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (ANY, "any call"),
        (When(model="o3", turn=2), "model='o3', turn=2"),
        (When(header=(("x-tenant", "a"),)), "header={'x-tenant': 'a'}"),
        (When(where=text_of), "where=text_of"),
    ],
)
def test_how_conditions_are_shown(when: When, text: str) -> None:
    assert str(when) == text


@pytest.mark.parametrize(
    ("name", "wanted", "same"),
    [("chat.completions", "chat", True), ("chat.completions", "cha", False), ("chat", "chat.completions", False)],
)
def test_is_endpoint(name: str, wanted: str, same: bool) -> None:
    assert is_endpoint(name, wanted) is same


# --- the nearest rule -------------------------------------------------------------------------------------------------


def test_nearest_misses_least() -> None:
    script = scripted(says("1"), when=When(model="o3", turn=2)).adding(When(contains="x"), [says("2")])
    script = script.adding(When(model="o3", contains="x"), [says("3")])
    nearest = script.nearest(asked())
    assert nearest is not None
    rule, misses = nearest
    assert rule.when == When(contains="x")
    assert misses == [Miss("contains", "x", "Hi")]


def test_of_equals_the_newest_is_nearest() -> None:
    script = scripted(says("1"), when=When(model="a")).adding(When(model="b"), [says("2")])
    nearest = script.nearest(asked())
    assert nearest is not None
    assert nearest[0].when == When(model="b")


def test_a_used_up_rule_is_not_near() -> None:
    _, script = scripted(says("1")).take(asked(), TEXT)
    assert script.nearest(asked()) is None
    assert Script().nearest(asked()) is None


def test_words_remember_where_they_were_written() -> None:
    script = Script().adding(ANY, [replace(says("1"), origin="test_app.py:12")])
    assert [word.origin for _, word in script.unused()] == ["test_app.py:12"]


def test_only_rules_that_name_the_resource() -> None:
    inquiry = asked(endpoint="realtime.transcriptions")
    for when in (ANY, When(endpoint="realtime"), When(contains="Hi")):
        assert scripted(says("x"), when=when).take(inquiry, TEXT, named_only=True)[0] is None
    named = scripted(says("x"), when=When(endpoint="realtime.transcriptions"))
    assert named.take(inquiry, TEXT, named_only=True)[0] == says("x")
