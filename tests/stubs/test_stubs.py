"""Stubs as values: what a file means, in each of its formats."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import (
    cut,
    draws,
    embeds,
    hang,
    rate_limit,
    says,
    says_json,
    server_error,
    slow,
    thinks,
    tool_call,
)
from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.script import When
from pytest_mockopenai.cost import Price
from pytest_mockopenai.stubs import BadStubs, Model, Stubs

YAML = """\
settings:
  seed: 7
  models: strict
models:
  - my-model
  - name: ft:gpt-4o:acme
    encoding: o200k_base
    price: {input: 2.5, output: 10}
rules:
  # the first that applies answers
  - when: {model: "gpt-4o*", contains: weather, turn: 1, endpoint: chat, header: {x-tenant: a}}
    reply:
      - rate_limit;retry_after=2
      - tool_call: {name: get_weather, city: Paris}
      - Paris
  - reply: {server_error: {}, times: 2}
    always:
      says: no
      slow: {first: 0.5}
"""
TOML = """\
models = ["my-model", {name = "ft:gpt-4o:acme", encoding = "o200k_base", price = {input = 2.5, output = 10}}]

[settings]
seed = 7
models = "strict"

[[rules]]
when = {model = "gpt-4o*", contains = "weather", turn = 1, endpoint = "chat", header = {x-tenant = "a"}}
reply = ["rate_limit;retry_after=2", {tool_call = {name = "get_weather", city = "Paris"}}, "Paris"]

[[rules]]
reply = {server_error = {}, times = 2}
[rules.always]
says = "no"
slow = {first = 0.5}
"""
JSON = json.dumps(
    {
        "settings": {"seed": 7, "models": "strict"},
        "models": [
            "my-model",
            {"name": "ft:gpt-4o:acme", "encoding": "o200k_base", "price": {"input": 2.5, "output": 10}},
        ],
        "rules": [
            {
                "when": {
                    "model": "gpt-4o*",
                    "contains": "weather",
                    "turn": 1,
                    "endpoint": "chat",
                    "header": {"x-tenant": "a"},
                },
                "reply": [
                    "rate_limit;retry_after=2",
                    {"tool_call": {"name": "get_weather", "city": "Paris"}},
                    "Paris",
                ],
            },
            {"reply": {"server_error": {}, "times": 2}, "always": {"says": "no", "slow": {"first": 0.5}}},
        ],
    },
    indent=2,
)
TEXTS = {"yaml": YAML, "toml": TOML, "json": JSON}


def parsed(text: str, format: str = "yaml") -> Stubs:
    return Stubs.parse(text.encode(), format, f"stubs.{format}")


def wrong(text: str, format: str = "yaml") -> str:
    with pytest.raises(BadStubs) as caught:
        parsed(text, format)
    return str(caught.value)


@pytest.mark.parametrize("format", TEXTS)
def test_every_format_says_the_same(format):
    stubs = parsed(TEXTS[format], format)
    assert stubs.settings == {"seed": 7, "models": "strict"}
    assert stubs.models == (Model("my-model"), Model("ft:gpt-4o:acme", "o200k_base", Price(2.5, 10)))
    first, second = stubs.rules
    assert first.when == When("gpt-4o*", "chat", "weather", turn=1, header=(("x-tenant", "a"),))
    assert first.words == (rate_limit(retry_after=2), tool_call("get_weather", city="Paris"), says("Paris"))
    assert (second.when, second.words) == (When(), (server_error().times(2),))
    assert second.standing == says("no") | slow(first=0.5)


@pytest.mark.parametrize(("format", "lines"), {"yaml": [11, 16], "toml": [7, 11], "json": [18, 39]}.items())
def test_a_word_knows_where_its_rule_is_written(format, lines):
    rules = parsed(TEXTS[format], format).rules
    assert [rule.words[0].origin for rule in rules] == [f"stubs.{format}:{line}" for line in lines]


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("Paris", says("Paris")),
        ('"2024-01-01"', says("2024-01-01")),
        ("2024-01-01", says("2024-01-01")),
        ("no", says("no")),
        ("rate-limit", rate_limit()),
        ("says;text=Hi | cut;after=3", says("Hi") | cut(after=3)),
        ("{capital: Paris}", says_json({"capital": "Paris"})),
        ("{says_json: {says: x}}", says_json({"says": "x"})),
        ("{says_json: [1, null]}", says_json([1, None])),
        ("{says: Hi}", says("Hi")),
        ("{says: {text: Hi}}", says("Hi")),
        ("{hang: }", hang()),
        ("{hang: {}}", hang()),
        ("{rate-limit: {retry-after: 2}}", rate_limit(retry_after=2)),
        ("{says: Hi, cut: 3}", None),
        ("{says: Hi, cut: {after: 3}, times: 2}", (says("Hi") | cut(after=3)).times(2)),
        ("{embeds: [0.5, 1]}", embeds([0.5, 1])),
        ("{embeds: [[0.5], [1]]}", embeds([0.5], [1])),
        ("{draws: aGk=}", draws("aGk=")),
        ("{draws: [aGk=, eA==]}", draws("aGk=", "eA==")),
        ("{draws: {revised_prompt: A cat.}}", draws(revised_prompt="A cat.")),
        ("{thinks: {tokens: 64}, says: Hi}", thinks(tokens=64) | says("Hi")),
        (
            "{tool_call: [{name: f, a: 1}, {name: g}]}",
            tool_call("f", a=1) | tool_call("g"),
        ),
    ],
)
def test_replies(reply, word):
    if word is None:
        assert parsed(f"rules: [{{reply: {reply}}}]").rules[0].words[0].fault.after == 3
        return
    (made,) = parsed(f"rules: [{{reply: [{reply}]}}]").rules[0].words
    assert (made.answer, made.error, made.timing, made.fault, made.count) == (
        word.answer,
        word.error,
        word.timing,
        word.fault,
        word.count,
    )


def test_lists_in_lists_are_one_sequence():
    (rule,) = parsed("rules: [{reply: [a, [b, c]]}]").rules
    assert rule.words == (says("a"), says("b"), says("c"))


def test_an_alias_says_it_again():
    text = "rules:\n- reply: &again [a, b]\n- {when: {turn: 2}, reply: *again}\n"
    first, second = parsed(text).rules
    assert first.words == second.words == (says("a"), says("b"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "rules:\n- reply: rate_limt",
            "stubs.yaml:2:3: rules[0].reply: 'rate_limt' is not a word of the mock. Did you ",
        ),
        (
            "rules:\n- reply: [a, {tool_cal: {}}]",
            "stubs.yaml:2:15: rules[0].reply[1].tool_cal: 'tool_cal' is not a word of the mock. Did you mean 'tool",
        ),
        (
            "rules:\n- reply: [a, 42]",
            "stubs.yaml:2:14: rules[0].reply[1]: a reply is a text, a mapping or a list of them",
        ),
        (
            "rules:\n- reply: {cut: {afer: 1}}",
            "stubs.yaml:2:11: rules[0].reply.cut: cut: it has no parameter 'afer'. Did ",
        ),
        (
            "rules:\n- reply: {says: x, note: y}",
            "rules[0].reply.note: 'note' is not a word of the mock. Valid: bad_req",
        ),
        ("rules:\n- reply: {times: 2}", "'times' repeats a word: name one beside it."),
        (
            "rules:\n- reply: {says: x, times: 0}",
            "rules[0].reply.times: times() takes a whole number of at least 1, not 0",
        ),
        ("rules:\n- reply: {server_error: x}", "server_error takes no value: write server_error: {}"),
        ("rules:\n- reply: {says: x, rate_limit: {}}", "a reply is an answer or an error, not both"),
        ("rules:\n- reply: {tool_call: {city: Paris}}", "tool_call: "),
        ("rules:\n- reply: []", "rules[0].reply: 'reply' has at least one reply"),
        ("rules:\n- always: [a]", "stubs.yaml:2:3: rules[0].always: 'always' is one reply"),
        ("rules:\n- when: {}", "stubs.yaml:2:3: rules[0]: a rule answers: it has 'reply', 'always' or both"),
        (
            "rules:\n- whn: {}\n  reply: a",
            "stubs.yaml:2:3: rules[0].whn: 'whn' is no key of a rule. Did you mean 'when'?",
        ),
        (
            "rules:\n- when:\n    contans: x\n  reply: a",
            "stubs.yaml:3:5: rules[0].when.contans: 'contans' is no condition. Did you mean 'contains'?",
        ),
        ("rules: [{when: {turn: first}, reply: a}]", "1:17: rules[0].when.turn: turn is a whole number of at least 1"),
        (
            "rules: [{when: {endpoint: chta}, reply: a}]",
            "rules[0].when.endpoint: no endpoint 'chta'. Did you mean 'chat'?",
        ),
        ("rules: [{when: {matches: '('}, reply: a}]", "matches='(' is not a regular expression"),
        ("rules: [{when: {model: }, reply: a}]", "model has no value"),
        ("rules: [{when: {where: f}, reply: a}]", "'where' is a function of a test in Python"),
        ("rules: {}", "stubs.yaml:1:1: rules: 'rules' is a list, not a mapping"),
        ("rules: [a]", "stubs.yaml:1:9: rules[0]: each of 'rules' is a mapping with when, reply, always, not a text"),
        ("- a", "stubs.yaml: the file is a mapping with settings, models, rules, not a list"),
        ("rulez: []", "stubs.yaml:1:1: rulez: 'rulez' is no part of a stubs file. Did you mean 'rules'?"),
        ("settings: {sed: 1}", "stubs.yaml:1:12: settings.sed: 'sed' is no setting. Did you mean 'seed'?"),
        ("settings: {unknown_ids: x}", "settings.unknown_ids: unknown_ids is 'not_found' or 'synthesize', not 'x'"),
        ("settings: {seed: x}", "settings.seed: seed is a whole number, not 'x'"),
        ("settings: {chaos: {rate: 2}}", "settings.chaos: the rate of chaos is a number from 0 to 1, not 2"),
        ("settings: {chaos: {word: [cut]}}", "chaos has no 'word'. Did you mean 'words'?"),
        ("settings: {max_calls: 1}", "settings.max_calls: 'max_calls' is a budget: it is set in a test"),
        ("models: [{encoding: x}]", "a model has a name"),
        ("models: [{name: a, encoding: o200k}]", "no encoding 'o200k'. Did you mean 'o200k_base'?"),
        ("models: [{name: a, price: {output: 1}}]", "a price has 'input'"),
        ("models: [{name: a, price: {input: -1}}]", "models[0].price.input: input is US dollars per million tokens"),
        # not readable at all
        ("rules: [", "stubs.yaml:1:9: this is no YAML: "),
        ("rules:\n\t- a", "stubs.yaml:2:1: this is no YAML: "),
        ("rules: []\nrules: []", "stubs.yaml:2:1: the key 'rules' is written twice"),
        (
            "rules: !!python/object:os.system x",
            "stubs.yaml:1:8: the tag tag:yaml.org,2002:python/object:os.system means ",
        ),
        ("1: x", "stubs.yaml:1:1: a key is a text: put it in quotes"),
        ("a: *b", "stubs.yaml:1:4: this is no YAML: found undefined alias 'b'"),
        ("a: &a [*a]", "nested deeper than 100, with aliases written out"),
        ("a: \x00", "stubs.yaml: this is no YAML: "),
        ("a: !!int x", "stubs.yaml:1:4: 'x' is no int"),
        ("--- a\n--- b", "stubs.yaml:2:1: this is no YAML: "),
    ],
)
def test_a_mistake_in_yaml_is_told_with_its_place(text, message):
    assert message in wrong(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"rules": [\n  {"reply": "rate_limt"}]}', "stubs.json:2:4: rules[0].reply: 'rate_limt' is not a word"),
        ('{"rules": [{"reply": ["a",\n 1]}]}', "stubs.json:2:2: rules[0].reply[1]: a reply is"),
        ('{"rules": [,]}', "stubs.json:1:12: this is no JSON: "),
        ('{"rules": [],\n "rules": []}', "stubs.json:2:2: the key 'rules' is written twice"),
        ('{"settings": {"seed": NaN}}', "NaN is no JSON"),
        ('{"settings": {"seed": 1e999}}', "1e999 is too large"),
        ("[" * 200 + "]" * 200, "nested deeper than 100"),
        ("[" * 100_000, "this is no JSON"),
        ("", "stubs.json:1:1: this is no JSON"),
        ("null", None),
    ],
)
def test_in_json_too(text, message):
    if message is None:
        assert parsed(text, "json") == Stubs()
    else:
        assert message in wrong(text, "json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[rules]]\nreply = "a"\n\n[[rules]]\n  reply = "rate_limt"',
            "stubs.toml:5:3: rules[1].reply: 'rate_limt' is",
        ),
        ('[[rules]]\nreply = [\n  "a",\n  1,\n]', "stubs.toml:2:1: rules[0].reply[1]: a reply is"),
        (
            '# x\n[[rules]]\n# y\n[rules.when]\ncontans = "x"\n[rules.always]\nsays = "a"\n',
            "stubs.toml:5:1: rules[0].when.contans: 'contans' is no con",
        ),
        ("  [[ rules ]]\nwhen = {}", "stubs.toml:1:3: rules[0]: a rule answers"),
        ("rules = [", "stubs.toml:1:10: this is no TOML: "),
        ("a = 1\na = 2", "stubs.toml:2:6: this is no TOML: Cannot overwrite a value"),
        ("seed = inf", "the number inf is none that JSON can hold"),
        ("settings = 2024-01-01", "stubs.toml:1:1: settings: 'settings' is a mapping"),
    ],
)
def test_in_toml_too(text, message):
    assert message in wrong(text, "toml")


def test_an_error_has_its_parts():
    with pytest.raises(BadStubs) as caught:
        parsed("rules:\n- reply: 1")
    error = caught.value
    assert (error.file, error.path, error.place.line, error.place.column) == ("stubs.yaml", "rules[0].reply", 2, 3)
    assert error.message.startswith("a reply is a text")


def test_bombs_are_refused():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "more than 100,000 values, with aliases written out" in wrong(bomb)
    assert "nested too deeply" in wrong("[" * 5000)
    assert "longer than 1,048,576 bytes" in wrong("x" * (2**20 + 1))
    assert wrong("a = " + "[" * 5000, "toml")


def test_bytes_that_are_no_text():
    with pytest.raises(BadStubs, match=r"^stubs:2:2: this is not UTF-8$"):
        Stubs.parse(b"a: b\n \xff", "yaml")
    assert Stubs.parse("\ufeffrules: []".encode(), "yaml") == Stubs()
    with pytest.raises(BadStubs, match=r"no format 'jsn'. Did you mean 'json'\?"):
        Stubs.parse(b"", "jsn")


PIECES = [
    "rules",
    "reply",
    ":",
    " ",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    '"',
    "'",
    "&a ",
    "*a",
    "!!",
    "|",
    "says",
    "1",
    "=",
]


@given(
    st.binary() | st.lists(st.sampled_from(PIECES)).map(lambda parts: "".join(parts).encode()),
    st.sampled_from(list(TEXTS)),
)
def test_whatever_the_bytes_are_there_is_a_value_or_one_error(data, format):
    try:
        said = Stubs.parse(data, format)
    except BadStubs as error:
        said = str(error)
    assert isinstance(said, Stubs) or (said.startswith("stubs") and "\n" not in said)


@pytest.mark.parametrize(
    "text",
    [
        "settings: {chaos: {rate: 0.25, words: [server_error, cut;after=3], seed: 7}, retry_waits: 50}",
        'settings:\n  chaos: 0.25;words=server_error,"cut;after=3";seed=7\n  retry_waits: 50\n',
    ],
)
def test_chaos_is_written_as_a_mapping_or_as_a_text(text):
    settings = Stubs.parse(text.encode(), "yaml").settings
    assert settings["chaos"] == Chaos(0.25, (server_error(), cut(after=3)), 7)
    assert settings["retry_waits"].ms == 50
