from __future__ import annotations

import pytest

from pytest_mockopenai import says
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.wire import Request, body_of
from pytest_mockopenai.cost import Price
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.scripting import Scripted
from pytest_mockopenai.settings import Settings
from pytest_mockopenai.stubs import BadStubs, Stubs

HEADERS = (("authorization", "Bearer sk-test"), ("content-type", "application/json"))
BODY = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "%s"}]}'


def stubs(text: str) -> Stubs:
    return Stubs.parse(text.encode(), "yaml")


def said(scene: Scene, text: str = "Hi") -> str:
    import json

    request = Request("POST", "/v1/chat/completions", HEADERS, BODY % text.encode())
    return json.loads(body_of(scene.app.exchange(request).reply))["choices"][0]["message"]["content"]


RULES = stubs(
    "rules:\n- {when: {contains: France}, reply: [Paris, Lyon]}\n"
    "- {reply: [first]}\n- {reply: [second]}\n- {always: last}"
)


def test_the_first_rule_that_applies_and_has_a_word_left_answers():
    scene = Scene()
    scene.play(RULES)
    assert [said(scene, "France") for _ in range(5)] == ["Paris", "Lyon", "first", "second", "last"]
    assert said(scene) == "last"


def test_what_is_written_one_by_one_wins_over_files_also_for_the_same_condition():
    scene = Scene()
    scene.play(RULES)
    Scripted(scene.app, When()).reply("mine")
    Scripted(scene.app, When(contains="France")).reply("mine too")
    assert [said(scene, "France") for _ in range(3)] == ["mine too", "mine", "Paris"]


def test_a_reload_replaces_the_rules_and_keeps_calls_and_other_rules():
    scene = Scene()
    scene.play(RULES)
    said(scene)
    Scripted(scene.app, When(contains="keep")).always("kept")
    scene.play(stubs("rules: [{reply: new, always: newest}]"))
    assert [said(scene), said(scene), said(scene, "keep")] == ["new", "newest", "kept"]
    assert len(scene.app.recorder.calls()) == 4
    assert scene.app.script.unused() == []


def test_reset_begins_anew():
    scene = Scene()
    scene.play(RULES)
    scene.models.add("mine")
    said(scene)
    Scripted(scene.app, When()).always("mine")
    scene.reset()
    assert scene.app.recorder.calls() == ()
    assert said(scene) == "first"
    assert scene.models.knows("mine")
    assert scene.app.recorder.calls()[0].index == 0


def test_settings_come_from_changes_then_stubs_then_the_start():
    scene = Scene(Settings(seed=1, body_limit=5), fixed=["body_limit"])
    scene.play(stubs("settings: {seed: 2, strict: true, body_limit: 7}"))
    assert (scene.app.settings.seed, scene.app.settings.strict, scene.app.settings.body_limit) == (2, True, 5)
    scene.change({"seed": 3})
    scene.play(stubs("settings: {seed: 4}"))
    assert (scene.app.settings.seed, scene.app.settings.strict) == (3, False)
    scene.restore()
    assert scene.app.settings.seed == 4
    scene.play(Stubs())
    assert scene.app.settings == Settings(seed=1, body_limit=5)
    with pytest.raises(TypeError, match="Did you mean 'seed'"):
        scene.change({"sed": 3})


def test_models_and_prices_are_those_of_the_last_stubs():
    scene = Scene()
    scene.play(stubs("models: [a, {name: b, encoding: cl100k_base, price: {input: 1}}]"))
    assert scene.models.knows("a")
    assert scene.models.encodings == {"b": "cl100k_base"}
    assert scene.prices.source.endswith("your own prices")
    scene.set_encoding("b", "o200k_base")
    assert scene.models.encodings == {"b": "o200k_base"}
    scene.play(Stubs())
    assert not scene.models.knows("a")
    assert Price(1.0) == Price(1)


def test_trouble_is_kept_until_an_edit_can_be_read():
    scene = Scene()
    scene.play(RULES)
    scene.keep(BadStubs("stubs.yaml", "wrong"))
    assert str(scene.trouble) == "stubs.yaml: wrong"
    assert scene.stubs.rules[1].words == (says("first"),)
    scene.play(RULES)
    assert scene.trouble is None
