"""Writing rules: replies of every form are scripted in order, and a condition that can never hold is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.app import App
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.script import Rule, When
from pytest_mockopenai.core.word import BadWord
from pytest_mockopenai.core.words import rate_limit, says, says_json, slow
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.scripting import Scripted, caller, when


def app() -> App:
    return App(Routes([]), KnownModels())


def scripted(*replies: object) -> Rule:
    """The one rule that these replies make."""
    mine = app()
    Scripted(mine, When()).reply(*replies)
    (rule,) = mine.script.rules
    return rule


# --- replies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("Paris", says("Paris")),
        ({"city": "Paris"}, says_json({"city": "Paris"})),
        ("rate-limit", rate_limit()),
        (slow().times(2), slow().times(2)),
    ],
)
def test_each_form(reply: object, word: object) -> None:
    assert scripted(reply).words == (word,)


NESTED = st.recursive(st.integers(0, 9).map(str), lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=6)


def flat(reply: object) -> list[object]:
    return [item for part in reply for item in flat(part)] if isinstance(reply, list) else [reply]


@given(st.lists(NESTED, min_size=1, max_size=3))
def test_lists_count_as_their_items(replies: list[object]) -> None:
    assert list(scripted(*replies).words) == [says(str(item)) for item in flat(replies)]


def test_replies_in_a_row_are_one_rule() -> None:
    mine = app()
    rule = Scripted(mine, When(model="gpt*"))
    assert rule.reply("a").always("z").reply("b") is rule
    (written,) = mine.script.rules
    assert (written.words, written.standing) == ((says("a"), says("b")), says("z"))


@pytest.mark.parametrize("replies", [(), ([],), ([[]], ())])
def test_no_reply(replies: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"reply\(\) takes at least one reply"):
        scripted(*replies)


def test_a_mistake_scripts_nothing() -> None:
    mine = app()
    with pytest.raises(BadWord, match="Did you mean 'rate_limit'"):
        Scripted(mine, When()).reply("Paris", "ratelimit")
    with pytest.raises(TypeError, match="a reply is a str"):
        Scripted(mine, When()).reply("Paris", None)
    with pytest.raises(TypeError, match="a reply is a str"):
        Scripted(mine, When()).always(["Paris"])
    assert mine.script.rules == ()


def test_how_a_rule_is_shown() -> None:
    assert repr(Scripted(app(), When(model="o3"))) == "<when model='o3'>"


# --- where it was written ---------------------------------------------------------------------------------------------


def test_the_origin_is_the_line_of_the_test() -> None:
    rule = scripted("a")
    name, _, line = rule.words[0].origin.partition(":")
    assert name == Path(__file__).name
    assert ".reply(*replies)" in Path(__file__).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_an_origin_can_be_given() -> None:
    mine = app()
    Scripted(mine, When(), "stubs.yaml:3").always("a")
    assert (mine.script.rules[0].standing or says()).origin == "stubs.yaml:3"


def test_caller() -> None:
    assert caller().startswith(f"{Path(__file__).name}:")


# --- conditions -------------------------------------------------------------------------------------------------------


def test_no_condition() -> None:
    assert when() == When()


def test_all_conditions() -> None:
    def mine(inquiry: object) -> bool:
        return True

    assert when(
        model="gpt*",
        endpoint="chat",
        contains="a",
        matches="^a",
        tool="f",
        turn=2,
        header={"b": "2", "a": "1"},
        where=mine,
    ) == When("gpt*", "chat", "a", "^a", "f", 2, (("a", "1"), ("b", "2")), mine)


@pytest.mark.parametrize("endpoint", ["chat", "chat.completions", "embeddings", "models"])
def test_endpoints(endpoint: str) -> None:
    assert when(endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize(
    ("conditions", "kind", "sentence"),
    [
        (
            {"endpoint": "chat.completion"},
            ValueError,
            "no endpoint 'chat.completion'. Did you mean 'chat.completions'?",
        ),
        ({"endpoint": "/v1/embeddings"}, ValueError, "no endpoint '/v1/embeddings'. Did you mean 'embeddings'?"),
        ({"endpoint": "zzz"}, ValueError, "no endpoint 'zzz'. Valid: "),
        ({"matches": "("}, ValueError, "matches='(' is not a regular expression: "),
        ({"turn": 0}, ValueError, "turn is a whole number of at least 1, not 0"),
        ({"turn": True}, ValueError, "turn is a whole number of at least 1, not True"),
        ({"turn": "1"}, ValueError, "turn is a whole number of at least 1, not '1'"),
        ({"model": 4}, TypeError, "model is a str, not 4"),
        ({"contains": b"a"}, TypeError, "contains is a str, not b'a'"),
        ({"tool": ["f"]}, TypeError, "tool is a str, not ['f']"),
        ({"matches": 5}, TypeError, "matches is a str, not 5"),
        ({"header": {"x-tenant": 1}}, TypeError, "header is a dict of names and values, both str, not {'x-tenant': 1}"),
        ({"header": "x-tenant"}, TypeError, "header is a dict of names and values, both str, not 'x-tenant'"),
        ({"where": True}, TypeError, "where is a function of the call, not True"),
    ],
)
def test_conditions_that_never_hold(conditions: dict[str, Any], kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        when(**conditions)
    assert str(caught.value).startswith(sentence)
