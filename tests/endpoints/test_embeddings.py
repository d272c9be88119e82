"""Vectors that retrieval code can be tested with, and what OpenAI refuses to embed."""

from __future__ import annotations

import base64
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai import tokens
from pytest_mockopenai.core import words
from pytest_mockopenai.endpoints.embeddings import vectors
from tests.endpoints.conftest import Answered, Api

WORDS = st.lists(
    st.sampled_from(["garden", "river", "window", "silver", "marble", "thunder", "pepper", "candle"]),
    min_size=1,
    unique=True,
)


def vector(text: str, **more: Any) -> Any:
    return vectors.embed(text, **{"model": "m", "width": 1536, "dimensions": 1536, **more})


def cosine(one: str, other: str) -> float:
    return float(vector(one) @ vector(other))


def embedded(api: Api, **more: Any) -> Answered:
    return api.send("POST", "/v1/embeddings", {"model": "text-embedding-3-small", "input": "hello world", **more})


@given(st.text(max_size=200))
def test_any_text_has_a_unit_vector_of_its_own(text: str) -> None:
    assert numpy.linalg.norm(vector(text)) == pytest.approx(1, abs=1e-6)
    assert cosine(text, text + " else") < 1 - 1e-6


@given(WORDS, WORDS)
def test_every_shared_word_raises_the_cosine(one: list[str], other: list[str]) -> None:
    shared = len(set(one) & set(other))
    expected = shared / (len(one) * len(other)) ** 0.5
    assert cosine(" ".join(one), " ".join(other)) == pytest.approx(expected, abs=0.15)


def test_order_and_case_hardly_count() -> None:
    assert cosine("The silver river", "the River, SILVER!") > 0.98


def test_inflections_are_near() -> None:
    assert cosine("painter", "painting") == pytest.approx(0.2, abs=0.1)
    assert abs(cosine("painter", "thunder")) < 0.1


@pytest.mark.parametrize(("near", "far"), [("東京の天気", "株価が下落"), ("天気", "株価")])
def test_text_without_spaces(near: str, far: str) -> None:
    assert cosine("東京の天気は晴れ", near) > 0.4 > cosine("東京の天気は晴れ", far)


def test_models_have_directions_of_their_own() -> None:
    assert abs(float(vector("silver river") @ vector("silver river", model="other"))) < 0.15


def test_dimensions_cut_and_normalise_again() -> None:
    cut = vector("silver river", dimensions=64)
    whole = vector("silver river")[:64]
    assert cut == pytest.approx(whole / numpy.linalg.norm(whole), abs=1e-6)


def test_golden_values() -> None:
    """The vectors of a recorded test must never change."""
    assert vector("silver river", dimensions=8).tolist() == pytest.approx(GOLDEN, abs=1e-7)


GOLDEN = [0.02167774923145771, 0.45523273944854736, -0.45523273944854736, 0.45523273944854736]
GOLDEN += [-0.02167774923145771, 0.41187724471092224, 0.02167774923145771, -0.45523273944854736]


@pytest.mark.parametrize(
    ("model", "width"), [("text-embedding-3-large", 3072), ("text-embedding-ada-002", 1536), ("x", 1536)]
)
def test_widths(api: Api, model: str, width: int) -> None:
    assert len(embedded(api, model=model).json["data"][0]["embedding"]) == width


def test_base64_is_the_same_numbers(api: Api) -> None:
    floats = embedded(api).json["data"][0]["embedding"]
    text = embedded(api, encoding_format="base64").json["data"][0]["embedding"]
    assert numpy.frombuffer(base64.b64decode(text), "<f4").tolist() == numpy.array(floats, "<f4").tolist()


def test_token_ids_stand_for_their_text(api: Api) -> None:
    ids = tokens.load("cl100k_base").encode("hello world")
    by_text, by_ids, by_lists = embedded(api), embedded(api, input=ids), embedded(api, input=[ids, ids])
    assert by_ids.json == by_text.json
    assert [item["index"] for item in by_lists.json["data"]] == [0, 1]
    assert by_lists.json["usage"] == {"prompt_tokens": 4, "total_tokens": 4}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"input": ""}, "cannot be an empty string"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": []}, "empty array"),
        ({"input": ["a"] * 2049}, "maximum length 2048"),
        ({"input": " the" * 8193}, "maximum context length is 8192 tokens, however you requested 8193"),
        ({"input": [[999_999_999]]}, "999999999 is not a token id"),
        ({"dimensions": 0}, "integer below minimum value"),
        ({"dimensions": 1537}, "at most 1536"),
        ({"dimensions": 5, "model": "text-embedding-ada-002"}, "does not support specifying dimensions"),
        ({"encoding_format": "hex"}, "Supported values are: 'float' and 'base64'"),
        ({"input": {"a": 1}}, "Invalid type for 'input'"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_refusals(api: Api, body: dict[str, Any], message: str) -> None:
    answered = embedded(api, **body)
    assert answered.status == 400
    assert message in answered.error["message"]


def test_scripted_vectors_must_fit_the_inputs() -> None:
    api = Api()
    api.reply(words.embeds([1.0], [2.0]), words.embeds([1.0], [2.0]), words.embeds([3.0]))
    assert embedded(api, input=["a", "b", "c"]).error["code"] == "script_mistake"
    assert [item["embedding"] for item in embedded(api, input=["a", "b"]).json["data"]] == [[1.0], [2.0]]
    assert [item["embedding"] for item in embedded(api, input=["a", "b"]).json["data"]] == [[3.0], [3.0]]
