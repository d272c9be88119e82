"""Completions and responses that are to be moderated: the scores of what was asked and of what is said."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response

from pytest_mockopenai.core import moderation
from pytest_mockopenai.core.seed import draw_for
from tests.endpoints.conftest import Api

MODEL = "omni-moderation-latest"
MODERATED: dict[str, Any] = {"moderation": {"model": MODEL, "policy": {"input": {"mode": "score"}}}}
CRUEL, KIND = "I will kill you", "I will help you"

pytestmark = pytest.mark.skipif(
    "moderation" not in Response.model_fields, reason="this SDK has no moderated completions"
)


def flags(result: Any) -> list[str]:
    """The categories that a result flags, if it is whole and true to itself."""
    assert result["type"] == "moderation_result"
    assert result["model"] == MODEL
    flagged = [name for name, is_flagged in result["categories"].items() if is_flagged]
    assert result["flagged"] is bool(flagged)
    assert flagged == [name for name, score in result["category_scores"].items() if score >= 0.5]
    assert set(result["category_applied_input_types"]) == set(result["categories"])
    return flagged


def chat(api: Api, asked: str, **more: Any) -> Any:
    return api.chat(messages=[{"role": "system", "content": CRUEL}, {"role": "user", "content": asked}], **more)


@pytest.mark.parametrize(("asked", "said"), [(CRUEL, KIND), (KIND, CRUEL), (KIND, KIND), (CRUEL, CRUEL)])
def test_input_and_output_are_scored_alike_everywhere(api: Api, asked: str, said: str) -> None:
    expected = [["violence"] if text is CRUEL else [] for text in (asked, said)]
    api.reply(said)
    api.reply(said)
    api.reply(said)
    completion = chat(api, asked, **MODERATED, n=2).json
    found = ChatCompletion.model_validate(completion).to_dict()["moderation"]
    assert isinstance(found, dict)
    assert [flags(result) for result in found["input"]["results"]] == expected[:1]
    assert [flags(result) for result in found["output"]["results"]] == expected[1:] * 2
    response = api.respond(input=asked, **MODERATED).json
    found = Response.model_validate(response).to_dict()["moderation"]
    assert isinstance(found, dict)
    assert [flags(found["input"]), flags(found["output"])] == expected
    listed = [
        {"role": "developer", "content": CRUEL},
        {"role": "user", "content": [{"type": "input_text", "text": asked}]},
    ]
    found = api.respond(input=listed, **MODERATED).json["moderation"]
    assert [flags(found["input"]), flags(found["output"])] == expected


def test_a_stream_has_a_chunk_for_it(api: Api) -> None:
    api.reply(CRUEL, CRUEL)
    whole = chat(api, KIND, **MODERATED).json
    chunks = chat(api, KIND, **MODERATED, stream=True, stream_options={"include_usage": True}).chunks()
    (chunk,) = [chunk for chunk in chunks if "moderation" in chunk]
    assert chunk["moderation"] == whole["moderation"]
    assert (chunk["choices"], chunk["usage"]) == ([], None)
    assert chunks.index(chunk) == len(chunks) - 2
    assert all(ChatCompletionChunk.model_validate(each) for each in chunks)


def test_a_streamed_response_has_it_in_the_end(api: Api) -> None:
    events = api.respond(input=CRUEL, **MODERATED, stream=True).events()
    assert events[0]["response"]["moderation"] is None
    assert flags(events[-1]["response"]["moderation"]["input"]) == ["violence"]


def test_what_says_no_text_is_clean(api: Api) -> None:
    tool = {"type": "function", "function": {"name": "kill"}}
    found = chat(api, KIND, **MODERATED, tools=[tool], tool_choice="required").json["moderation"]
    assert [flags(result) for result in found["output"]["results"]] == [[]]


@pytest.mark.parametrize("given", [{}, {"moderation": None}])
def test_nothing_is_said_of_it_unless_asked(api: Api, given: Any) -> None:
    assert "moderation" not in chat(api, CRUEL, **given).json
    assert api.respond(input=CRUEL, **given).json["moderation"] is None


def test_a_moderation_needs_its_model(api: Api) -> None:
    answered = chat(api, KIND, moderation={})
    assert (answered.status, answered.error["param"]) == (400, "moderation.model")


def test_older_models_know_no_illicit_text() -> None:
    draw = draw_for(0, b"")
    old, new = (moderation.moderated(model, "meth", draw) for model in ("text-moderation-007", MODEL))
    assert (old["flagged"], new["flagged"]) == (False, True)
    assert set(new["categories"]) - set(old["categories"]) == {"illicit", "illicit/violent"}
