"""Responses that are kept: read back, continued, run in the background, cancelled, counted, compacted."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses import CompactedResponse, ResponseItemList

from pytest_mockopenai.core import words
from tests.endpoints.conftest import KEY, NOW, Api
from tests.endpoints.folding import text_of


def items_of(api: Api, response: dict[str, Any], query: str = "order=asc") -> Any:
    return api.get(f"/v1/responses/{response['id']}/input_items?{query}").json


# --- read back --------------------------------------------------------------------------------------------------------


def test_a_stored_response_is_read_back_and_deleted(api: Api) -> None:
    made = api.respond().json
    target = f"/v1/responses/{made['id']}"
    assert api.get(target).json == made
    assert api.send("DELETE", target, None, KEY).json == {"id": made["id"], "object": "response", "deleted": True}
    for gone in (api.get(target), api.send("DELETE", target, None, KEY), api.get(f"{target}/input_items")):
        assert gone.status == 404
        assert gone.error["message"] == f"Response with id '{made['id']}' not found."


def test_a_streamed_response_is_stored_too(api: Api) -> None:
    whole = api.respond(stream=True).events()[-1]["response"]
    assert api.get(f"/v1/responses/{whole['id']}").json == whole


def test_what_is_not_stored_is_not_found(api: Api) -> None:
    made = api.respond(store=False).json
    assert api.get(f"/v1/responses/{made['id']}").status == 404
    assert api.respond(previous_response_id=made["id"]).error["code"] == "previous_response_not_found"


@pytest.mark.parametrize("after", [None, 0, 3, 1000])
def test_the_stream_is_replayed(api: Api, after: int | None) -> None:
    made = api.respond(stream=True).events()
    more = "" if after is None else f"&starting_after={after}"
    replayed = api.get(f"/v1/responses/{made[0]['response']['id']}?stream=true{more}").reply
    events = b"".join(step.data for step in replayed.steps)  # type: ignore[union-attr]
    assert events.count(b"\n\n") == len(made) - (0 if after is None else min(after + 1, len(made)))


@pytest.mark.parametrize("after", ["-1", "x"])
def test_a_wrong_place_to_start(api: Api, after: str) -> None:
    made = api.respond().json
    answered = api.get(f"/v1/responses/{made['id']}?stream=true&starting_after={after}")
    assert (answered.status, answered.error["param"]) == (400, "starting_after")


# --- continued --------------------------------------------------------------------------------------------------------


def test_a_chain_of_responses(api: Api) -> None:
    api.reply("One.", "Two.", "Three.")
    first = api.respond(input="a").json
    second = api.respond(input="b", previous_response_id=first["id"]).json
    third = api.respond(input="c", previous_response_id=second["id"]).json
    assert third["previous_response_id"] == second["id"]
    assert first["usage"]["input_tokens"] < second["usage"]["input_tokens"] < third["usage"]["input_tokens"]
    calls = api.app.recorder.calls()
    assert [call.turn for call in calls] == [1, 2, 3]
    listed = ResponseItemList.model_validate(items_of(api, third)).data
    assert [item.content[0].text for item in listed] == ["a", "One.", "b", "Two.", "c"]  # type: ignore[union-attr]


def test_instructions_are_not_carried_over(api: Api) -> None:
    first = api.respond(instructions="Be very brief, please.", input="a").json
    second = api.respond(input="b", previous_response_id=first["id"]).json
    alone = api.respond(input=[{"role": "user", "content": "a"}, *first["output"], {"role": "user", "content": "b"}])
    assert second["instructions"] is None
    assert second["usage"]["input_tokens"] == alone.json["usage"]["input_tokens"]


def test_the_last_message_may_be_an_earlier_one(api: Api) -> None:
    api.reply(words.tool_call("f"), "Done")
    first = api.respond(input="Call it").json
    output = {"type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": "1"}
    assert text_of(api.respond(input=[output], previous_response_id=first["id"]).json) == "Done"
    last = api.app.recorder.calls()[-1]
    assert (last.last_message, last.turn) == ("Call it", 2)


def test_one_response_may_be_continued_twice(api: Api) -> None:
    first = api.respond(input="a").json
    one, other = (api.respond(input=text, previous_response_id=first["id"]).json for text in ("b", "c"))
    assert len(items_of(api, one)["data"]) == len(items_of(api, other)["data"]) == 3


def test_a_deleted_link_leaves_the_rest(api: Api) -> None:
    first = api.respond(input="a").json
    second = api.respond(input="b", previous_response_id=first["id"]).json
    api.send("DELETE", f"/v1/responses/{first['id']}", None, KEY)
    assert [item["content"][0]["text"] for item in items_of(api, second)["data"]] == ["b"]


def test_an_item_is_referred_to(api: Api) -> None:
    api.reply(words.tool_call("f"), "Done")
    call = api.respond().json["output"][0]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "1"}
    response = api.respond(input=[{"type": "item_reference", "id": call["id"]}, output]).json
    assert items_of(api, response)["data"][0] == call


def test_truncation_drops_the_oldest(api: Api) -> None:
    long = api.respond(model="gpt-4", input="hello " * 6000).json
    again = {"model": "gpt-4", "input": "hello " * 3000, "previous_response_id": long["id"]}
    assert api.respond(**again).error["code"] == "context_length_exceeded"
    assert api.respond(**again, truncation="auto").json["usage"]["input_tokens"] < 8192


def test_input_items_are_filled_in_and_paged(api: Api) -> None:
    sent = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": [{"type": "input_image", "image_url": "https://x.test/a.png"}]},
    ]
    response = api.respond(input=sent).json
    user, assistant, image = items_of(api, response)["data"]
    assert user["content"] == [{"type": "input_text", "text": "a"}]
    assert assistant["content"][0]["type"] == "output_text"
    assert image["content"][0]["detail"] == "auto"
    assert {item["status"] for item in (user, assistant, image)} == {"completed"}
    page = items_of(api, response, f"limit=1&after={image['id']}")
    assert (page["data"], page["has_more"]) == ([assistant], True)


# --- in the background ------------------------------------------------------------------------------------------------


def test_a_background_response_goes_by_the_clock(api: Api) -> None:
    api.reply("Paris")
    answered = api.respond(background=True)
    made = answered.json
    assert (made["status"], made["output"], made["usage"], made["completed_at"]) == ("queued", [], None, None)
    assert answered.header("openai-poll-after-ms") == "10"
    seen = []
    for wait in (0.05, 0.1, 0.1, 0.1):
        api.time += wait
        now = api.get(f"/v1/responses/{made['id']}")
        seen.append((now.json["status"], now.header("openai-poll-after-ms")))
    assert seen == [("queued", "10"), ("in_progress", "10"), ("in_progress", "10"), ("completed", None)]
    assert text_of(now.json) == "Paris"
    assert now.json["completed_at"] == NOW
    assert now.json["usage"]["output_tokens"] == 2


def test_a_background_response_streams_and_is_read_again(api: Api) -> None:
    events = api.respond(background=True, stream=True).events()
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["response.created", "response.queued", "response.in_progress"]
    assert [event["response"]["status"] for event in events[:3]] == ["queued", "queued", "in_progress"]
    assert kinds[-1] == "response.completed"


@pytest.mark.parametrize("wait", [0, 0.2])
def test_cancelling(api: Api, wait: float) -> None:
    made = api.respond(background=True).json
    api.time += wait
    target = f"/v1/responses/{made['id']}"
    cancelled = api.send("POST", f"{target}/cancel", None, KEY).json
    assert (cancelled["status"], cancelled["output"]) == ("cancelled", [])
    api.time += 10
    assert api.get(target).json == cancelled
    assert api.send("POST", f"{target}/cancel", None, KEY).json == cancelled
    assert b"response.completed" not in b"".join(step.data for step in api.get(f"{target}?stream=true").reply.steps)  # type: ignore[union-attr]


def test_what_has_ended_stays_as_it_is(api: Api) -> None:
    made = api.respond(background=True).json
    api.time += 10
    assert api.send("POST", f"/v1/responses/{made['id']}/cancel", None, KEY).json["status"] == "completed"


def test_only_background_responses_are_cancelled(api: Api) -> None:
    made = api.respond().json
    answered = api.send("POST", f"/v1/responses/{made['id']}/cancel", None, KEY)
    assert (answered.status, answered.error["message"]) == (400, "Cannot cancel a synchronous response.")
    assert api.send("POST", "/v1/responses/resp_x/cancel", None, KEY).status == 404


def test_a_background_failure(api: Api) -> None:
    api.reply(words.fails("No."))
    made = api.respond(background=True).json
    api.time += 10
    failed = api.get(f"/v1/responses/{made['id']}").json
    assert (failed["status"], failed["error"]["message"]) == ("failed", "No.")


# --- counted and compacted --------------------------------------------------------------------------------------------


def test_input_tokens_are_those_of_the_response(api: Api) -> None:
    asked = {"model": "gpt-4o", "input": "Hello there", "instructions": "Be brief."}
    counted = api.send("POST", "/v1/responses/input_tokens", asked).json
    assert counted == {
        "object": "response.input_tokens",
        "input_tokens": api.respond(**asked).json["usage"]["input_tokens"],
    }


def test_compaction_keeps_the_user_and_is_taken_back(api: Api) -> None:
    api.reply("One.")
    first = api.respond(input="a").json
    body = {"model": "gpt-4o", "previous_response_id": first["id"], "input": "b"}
    compacted = api.send("POST", "/v1/responses/compact", body).json
    *users, compaction = compacted["output"]
    assert [item["content"][0]["text"] for item in users] == ["a", "b"]
    # The SDK's type knows no user's messages in an output; the API sends them all the same.
    parsed = CompactedResponse.model_validate({**compacted, "output": [compaction]})
    assert parsed.usage.total_tokens == parsed.usage.input_tokens + parsed.usage.output_tokens
    assert api.respond(input=[*compacted["output"], {"role": "user", "content": "c"}]).status == 200


@pytest.mark.parametrize(("threshold", "compacts"), [(10_000, False), (1_000, True), (None, False)])
def test_a_long_conversation_is_compacted_when_asked(api: Api, threshold: int | None, compacts: bool) -> None:
    managed = [{"type": "compaction", "compact_threshold": threshold}]
    first = api.respond(input="word " * 2000, context_management=managed).json
    assert [item["type"] for item in first["output"]] == [*(["compaction"] if compacts else []), "message"]
    again = api.respond(previous_response_id=first["id"]).json
    assert (again["usage"]["input_tokens"] < 2000) == compacts
    assert len(items_of(api, again)["data"]) == len(first["output"]) + 2
