"""Graders, the templates they are written in, and the metrics of text similarity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.endpoint import JSON, Answered
from pytest_mockopenai.core.grading import formula, graders, sampling, similarity, template

VARIABLES: Mapping[str, Any] = {
    "item": {"question": "Why?", "tags": ["a", {"deep": 1.5}], "nothing": None},
    "sample": {"output_text": "Because.", "output_json": {"score": 3}},
}


# --- templates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Q: {{item.question}} {{ sample.output_text }}", "Q: Why? Because."),
        ("{{item.tags[0]}}-{{item.tags[1].deep}}-{{item.tags}}", 'a-1.5-["a",{"deep":1.5}]'),
        ("{{item.nothing}} {{sample.output_json.score}}", "null 3"),
        ("no {variables} {{", "no {variables} {{"),
    ],
)
def test_templates_are_filled(text: str, expected: str) -> None:
    assert template.filled(text, VARIABLES) == expected


@pytest.mark.parametrize("path", ["item.x", "item.tags[9]", "items", "item.question.x", "", "item..x", "item.tags[x]"])
def test_an_unknown_variable(path: str) -> None:
    with pytest.raises(template.UnknownVariable):
        template.filled(f"{{{{{path}}}}}", VARIABLES)


@given(st.text())
def test_any_text_is_filled_or_refused(text: str) -> None:
    try:
        template.filled(text, VARIABLES)
    except template.UnknownVariable:
        assert "{{" in text


def test_contents_become_those_of_chat() -> None:
    content = [
        {"type": "input_text", "text": "{{item.question}}"},
        {"type": "input_image", "image_url": "http://x/{{item.tags[0]}}.png", "detail": "low"},
    ]
    one = {"role": "user", "content": {"type": "output_text", "text": "{{item.question}}"}}
    made = template.messages([{"role": "user", "content": content}, one], VARIABLES)
    assert made[0]["content"] == [
        {"type": "text", "text": "Why?"},
        {"type": "image_url", "image_url": {"url": "http://x/a.png", "detail": "low"}},
    ]
    assert made[1] == {"role": "user", "content": "Why?"}


# --- similarity -------------------------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat"]), max_size=12).map(" ".join)


@pytest.mark.parametrize("name", similarity.METRICS)
@given(one=WORDS, other=WORDS)
def test_every_metric_is_a_share_and_knows_its_like(name: str, one: str, other: str) -> None:
    metric = similarity.METRICS[name]
    assert 0 <= metric(one, other) <= 1
    size = int(name[-1]) if name[-1].isdigit() else 1
    if name == "meteor":
        assert metric(one, one) >= 0.5
    elif len(one.split()) >= size:
        assert metric(one, one) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "text", "reference", "expected"),
    [
        ("fuzzy_match", "kitten", "sitting", 2 * 4 / 13),
        ("fuzzy_match", "", "", 1),
        ("fuzzy_match", "abc", "xyz", 0),
        ("rouge_1", "the cat sat", "the cat ran", 2 / 3),
        ("rouge_2", "the cat sat", "the cat ran", 1 / 2),
        ("rouge_l", "the cat sat", "cat the sat", 2 / 3),
        ("rouge_3", "a b", "a b", 1),
        ("gleu", "the cat", "the cat sat", 3 / 6),
        ("bleu", "the cat sat on the mat", "the cat sat on the mat", 1),
        ("bleu", "x", "the cat", 0),
        ("bleu", "the cat", "the cat sat on", math.exp(1 - 2) * 1),
        ("meteor", "the cat sat", "the cat sat", 1 - 0.5 / 27),
        ("meteor", "x", "y", 0),
        ("meteor", "sat the", "the sat", 1 - 0.5),
    ],
)
def test_metrics(name: str, text: str, reference: str, expected: float) -> None:
    assert similarity.METRICS[name](text, reference) == pytest.approx(expected)


@given(st.text(alphabet="abc", max_size=12), st.text(alphabet="abc", max_size=12))
def test_the_common_subsequence_is_the_longest(one: str, other: str) -> None:
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, mine in enumerate(one):
        for j, theirs in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if mine == theirs else max(table[i][j + 1], table[i + 1][j])
    whole = len(one) + len(other)
    assert similarity.fuzzy_match(one, other) == (2 * table[-1][-1] / whole if whole else 1)


def test_cosines() -> None:
    assert similarity.cosine([1.0, 0.0], [2.0, 0.0]) == 1
    assert similarity.cosine([1.0, 0.0], [-1.0, 0.0]) == 0
    assert similarity.cosine([0.0], [1.0]) == 0


# --- formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5 * a + 0.5 * b", 0.625),
        ("min(a, b, 1) ^ 2", 0.0625),
        ("-a + max(b, 2) / 4", 0.25),
        ("sqrt(a) ** 2", 0.25),
        ("floor(1.5) + ceil(1.5) + abs(-1) + exp(0) + log(1)", 5),
    ],
)
def test_formulas(text: str, expected: float) -> None:
    assert formula.value(text, {"a": 0.25, "b": 1.0}) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("", "c", "a.b", "__import__('os')", "1/0", "9**9**9", "a if b else 1", "'a'", "True", "log(0)", "min()"),
        *("(" * 500, "1e999", "a(1)", "min(a, key=b)", "\0"),
    ],
)
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        formula.value(text, {"a": 0.25, "b": 1.0})


# --- graders ----------------------------------------------------------------------------------------------------------


class Model:
    """A mock that says these things, one after the other, and keeps what it was asked."""

    def __init__(self, *says: str | int) -> None:
        self.says = list(says)
        self.asked: list[tuple[str, JSON]] = []

    def __call__(self, path: str, body: JSON, *headers: tuple[str, str]) -> Answered:
        self.asked.append((path, body))
        if path == "/v1/embeddings":
            return Answered(200, {"data": [{"embedding": [1.0, 0.0]}, {"embedding": [1.0, 1.0]}]}, "req_1")
        said = self.says.pop(0)
        if isinstance(said, int):
            return Answered(said, {"error": {"message": "No.", "type": "t", "param": None, "code": None}}, "req_1")
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        return Answered(200, {"choices": [choice], "usage": usage}, "req_1")


LABELS = {
    "type": "label_model",
    "name": "tone",
    "model": "gpt-4o",
    "labels": ["good", "bad", "1"],
    "passing_labels": ["good", "1"],
    "input": [{"role": "user", "content": "{{sample.output_text}}"}],
}
SCORES = {"type": "score_model", "name": "score", "model": "gpt-4o", "input": LABELS["input"]}


def check(operation: str, reference: str) -> dict[str, str]:
    return {"type": "string_check", "name": "c", "input": "{{sample.output_text}}", "reference": reference} | {
        "operation": operation
    }


@pytest.mark.parametrize(
    ("operation", "reference", "passed"),
    [
        ("eq", "Because.", True),
        ("eq", "because.", False),
        ("ne", "because.", True),
        ("like", "Beca", True),
        ("like", "beca", False),
        ("ilike", "BECA", True),
        ("ilike", "{{item.question}}", False),
    ],
)
def test_string_checks(operation: str, reference: str, passed: bool) -> None:
    assert graders.grade(check(operation, reference), VARIABLES, Model()) == graders.Grade(float(passed), passed)


@pytest.mark.parametrize(
    ("said", "score", "passed"),
    [
        ('{"result":"good"}', 1, True),
        ("good", 1, True),
        (" bad\n", 0, False),
        ("1", 1, True),
        ('{"result":"ugly"}', 0, None),
        ("", 0, None),
        (500, 0, None),
    ],
)
def test_labels_of_a_model(said: str | int, score: float, passed: bool | None) -> None:
    model = Model(said)
    given_ = graders.grade(LABELS, VARIABLES, model)
    assert (given_.score, given_.passed, given_.error is None) == (score, bool(passed), passed is not None)
    ((path, body),) = model.asked
    assert (path, body["messages"]) == ("/v1/chat/completions", [{"role": "user", "content": "Because."}])
    assert body["response_format"]["json_schema"]["schema"]["properties"]["result"]["enum"] == LABELS["labels"]
    assert [sample["model"] for sample in given_.samples] == ["gpt-4o"]


@pytest.mark.parametrize(
    ("more", "said", "passed"),
    [
        ({}, '{"result":0.5}', True),
        ({}, "0.4", False),
        ({"pass_threshold": 0.3}, "0.4", True),
        ({"range": [1, 5]}, "3", True),
        ({"range": [1, 5], "pass_threshold": 4}, "3", False),
        ({"range": [1, 5]}, "6", None),
        ({}, "high", None),
        ({}, "true", None),
    ],
)
def test_scores_of_a_model(more: Any, said: str, passed: bool | None) -> None:
    given_ = graders.grade({**SCORES, **more}, VARIABLES, Model(said))
    assert (given_.passed, given_.error is None) == (bool(passed), passed is not None)


def test_sampling_parameters_are_handed_on() -> None:
    model = Model("1")
    parameters = {"max_completions_tokens": 5, "temperature": 0.5, "seed": None}
    graders.grade({**SCORES, "sampling_params": parameters}, VARIABLES, model)
    body = model.asked[0][1]
    assert (body["max_completion_tokens"], body["temperature"], "seed" in body) == (5, 0.5, False)


def test_similar_texts() -> None:
    grader = {"type": "text_similarity", "name": "s", "input": "{{sample.output_text}}", "reference": "Because!"}
    fuzzy = graders.grade({**grader, "evaluation_metric": "fuzzy_match", "pass_threshold": 0.8}, VARIABLES, Model())
    assert (fuzzy.score, fuzzy.passed) == (14 / 16, True)
    model = Model()
    cosine = graders.grade({**grader, "evaluation_metric": "cosine", "pass_threshold": 0.8}, VARIABLES, model)
    assert (cosine.score, cosine.passed) == (pytest.approx(1 / math.sqrt(2)), False)
    assert model.asked[0][1]["input"] == ["Because.", "Because!"]


def test_python_is_not_run_and_says_so() -> None:
    given_ = graders.grade({"type": "python", "name": "p", "source": "1/0"}, VARIABLES, Model())
    assert given_.error == {"code": "python_not_run", "message": graders.NOT_RUN}


def test_an_unknown_variable_is_an_error_of_the_grader() -> None:
    given_ = graders.grade(check("eq", "{{item.answer}}"), VARIABLES, Model())
    assert given_.error == {
        "code": "invalid_variable",
        "message": "The variable 'item.answer' is not in the data source.",
    }


def test_several_at_once() -> None:
    multi = {"type": "multi", "name": "m", "graders": {"a": check("eq", "Because."), "b": SCORES}}
    good = graders.grade({**multi, "calculate_output": "(a + b) / 2"}, VARIABLES, Model("0.5"))
    assert (good.score, good.passed, len(good.samples)) == (0.75, True, 1)
    assert {name: part.score for name, part in (good.parts or {}).items()} == {"a": 1, "b": 0.5}
    wrong = graders.grade({**multi, "calculate_output": "a + c"}, VARIABLES, Model("0.5"))
    assert wrong.error
    assert wrong.error["code"] == "formula_parse_error"
    failing = graders.grade({**multi, "calculate_output": "a"}, VARIABLES, Model(500))
    assert failing.error == {"code": "t", "message": "No."}
    one = {"type": "multi", "name": "m", "graders": check("ne", "x"), "calculate_output": "c * 1"}
    assert graders.grade(one, VARIABLES, Model()).score == 1


def test_usage_is_summed_by_model() -> None:
    samples = [graders.grade(LABELS, VARIABLES, Model("good")).samples[0] for _ in range(2)]
    assert graders.models_of(samples) == [
        {
            "model_name": "gpt-4o",
            "invocation_count": 2,
            "total_tokens": 10,
            "completion_tokens": 4,
            "prompt_tokens": 6,
            "cached_tokens": 0,
        }
    ]
    assert graders.models_of([]) == []


def test_what_responses_say() -> None:
    output = [
        {"type": "reasoning", "summary": []},
        {"type": "message", "content": [{"type": "output_text", "text": '{"a": 1}'}]},
        {"type": "function_call", "name": "f"},
    ]
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_tokens_details": {"cached_tokens": 1}}

    def call(path: str, body: JSON, *headers: tuple[str, str]) -> Answered:
        return Answered(200, {"output": output, "status": "completed", "usage": usage}, "req_1")

    said = sampling.asked(call, sampling.RESPONSES, {"model": "gpt-4o", "input": [], "max_output_tokens": 20})
    assert said.variables["output_json"] == {"a": 1}
    assert said.variables["output_tools"] == [{"type": "function_call", "name": "f"}]
    assert said.sample["usage"] == {"total_tokens": 5, "completion_tokens": 2, "prompt_tokens": 3, "cached_tokens": 1}
    assert (said.sample["finish_reason"], said.sample["max_completion_tokens"]) == ("stop", 20)
