"""Derived endpoints in a mock: told apart, scripted, recorded, refused as others are."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pytest_mockopenai.contract.derived import library, models, table
from pytest_mockopenai.contract.derived.beyond import Derived
from pytest_mockopenai.core.endpoint import Endpoint, Finished
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Stream
from pytest_mockopenai.scene import all_routes
from pytest_mockopenai.settings import Settings
from tests.contract.derived.conftest import KEY, Api

GROUPS = "/organization/groups"

pytestmark = pytest.mark.skipif(not table.at(GROUPS), reason="this SDK has no admin API")


def test_replies_tell_who_answered(whole: Api) -> None:
    assert whole.send("GET", GROUPS).header("x-mock-contract") == "derived"
    assert whole.send("GET", "/models").header("x-mock-contract") is None
    whole.send("GET", "/nowhere")
    assert [call.contract for call in whole.app.recorder.calls()] == ["derived", "modelled", None]
    assert [call.endpoint for call in whole.app.recorder.calls()] == ["admin.organization.groups", "models", ""]


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({}, "name", "Missing required parameter: 'name'."),
        ({"name": 1}, "name", "Invalid type for 'name': expected a string, but got an integer instead."),
        ({"name": "a", "nme": "b"}, "nme", "Unknown parameter: 'nme'."),
    ],
)
def test_bodies_are_checked(whole: Api, body: Any, param: str, message: str) -> None:
    answered = whole.send("POST", GROUPS, body)
    assert (answered.status, answered.error["param"]) == (400, param)
    assert answered.error["message"].startswith(message)
    assert answered.header("x-mock-contract") == "derived"


def test_a_key_is_asked_for(whole: Api) -> None:
    assert whole.send("GET", GROUPS, None, ("accept", "*/*")).status == 401


def test_error_words(whole: Api) -> None:
    whole.reply("server_error", "rate_limit", endpoint="admin.organization.groups")
    assert [whole.send("GET", GROUPS).status for _ in range(3)] == [500, 429, 200]


def test_words_that_say_something_are_for_others(whole: Api) -> None:
    whole.reply("Paris")
    assert whole.send("GET", GROUPS).status == 200
    assert [str(word) for _, word in whole.app.script.unused()] == ["says('Paris')"]


def test_the_scenario_header(whole: Api) -> None:
    assert whole.send("GET", GROUPS, None, KEY, ("x-test-scenario", "rate-limit")).status == 429
    refused = whole.send("GET", GROUPS, None, KEY, ("x-test-scenario", "says(Hi)"))
    assert refused.status == 400


def test_faults_and_times(whole: Api) -> None:
    whole.reply("slow;first=2 | cut;after=1", endpoint="admin")
    reply = whole.send("GET", GROUPS).reply
    assert isinstance(reply, Stream)
    assert [type(step).__name__ for step in reply.steps][-1] == "Cut"


def test_strict() -> None:
    api = Api(all_routes(), strict=True)
    refused = api.send("GET", GROUPS)
    assert (refused.status, refused.error["code"]) == (400, "unscripted_call")
    (problem,) = api.app.problems
    assert "No scripted reply for GET /v1/organization/groups; the mock is strict" in problem
    assert "derived from the installed SDK" in problem
    api.reply("slow;first=0", endpoint="admin")
    assert api.send("GET", GROUPS).status == 200


def test_other_methods(whole: Api) -> None:
    refused = whole.send("PUT", GROUPS)
    assert (refused.status, refused.header("allow")) == (405, "GET, POST")


def test_a_path_that_a_file_claims_for_one_method() -> None:
    own = Endpoint("GET", GROUPS, "own", lambda context: Finished({"own": True}))
    api = Api(Routes([own], lambda: Derived([own])))
    assert api.send("GET", GROUPS).json == {"own": True}
    made = api.send("POST", GROUPS, {"name": "n"})
    assert (made.json["name"], made.header("x-mock-contract")) == ("n", "derived")
    assert api.send("PUT", GROUPS).header("allow") == "GET, POST"


def test_a_misspelt_path_is_told(whole: Api) -> None:
    answered = whole.send("GET", "/organization/group")
    assert answered.status == 404
    assert answered.header("x-mock-hint") == "Did you mean /v1/organization/groups?"


def test_the_betas_parameters(whole: Api) -> None:
    """The SDK tells them by the query; the modelled endpoint answers both."""
    if not any("beta" in name for name in library.resources() if name.endswith("responses")):
        pytest.skip("this SDK has no beta of responses")
    body = {"model": "gpt-4o", "input": "Hi", "multi_agent": {"enabled": True}}
    assert whole.send("POST", "/responses", body).error["code"] == "unknown_parameter"
    whole.reply("Paris")
    answered = whole.send("POST", "/responses?beta=true", body)
    assert answered.json["output"][0]["content"][0]["text"] == "Paris"


# --- ids that were never seen -----------------------------------------------------------------------------------------

UNSEEN: list[tuple[str, str, Any]] = [
    ("GET", "/responses/resp_x", None),
    ("DELETE", "/responses/resp_x", None),
    ("GET", "/responses/resp_x/input_items", None),
    ("GET", "/conversations/conv_x", None),
    ("POST", "/conversations/conv_x", {"metadata": {"a": "b"}}),
    ("GET", "/chat/completions/chatcmpl-x", None),
    ("GET", "/chat/completions?after=chatcmpl-x", None),
    ("GET", "/models/my-own", None),
    ("GET", "/organization/groups/group_x", None),
    ("GET", "/organization/groups?after=group_x", None),
    ("POST", "/organization/groups/group_x", {"name": "n"}),
    ("POST", "/organization/groups/group_x/users", {"user_id": "user_x"}),
    ("POST", "/responses", {"model": "gpt-4o", "input": "Hi", "previous_response_id": "resp_x"}),
    ("POST", "/responses", {"model": "gpt-4o", "input": "Hi", "conversation": "conv_x"}),
    ("POST", "/responses", {"model": "gpt-4o", "input": [{"type": "item_reference", "id": "msg_x"}]}),
    ("POST", "/responses", {}),
    ("POST", "/responses", {"model": "gpt-4o", "previous_response_id": "resp_x", "conversation": "conv_x"}),
]


@pytest.mark.parametrize(("method", "target", "body"), UNSEEN)
def test_not_found_or_synthesized(method: str, target: str, body: Any) -> None:
    refused = Api(all_routes()).send(method, target, body)
    assert refused.status in (400, 404)
    answered = Api(all_routes(), unknown_ids="synthesize").send(method, target, body)
    assert answered.status == 200, answered.text


def test_a_synthesized_object_has_the_id() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    answered = api.send("GET", "/responses/resp_x")
    assert (answered.json["id"], answered.json["status"]) == ("resp_x", "completed")
    assert answered.header("x-mock-contract") == "derived"
    assert api.app.recorder.calls()[0].contract == "derived"
    assert answered.text == api.send("GET", "/responses/resp_x").text


def test_what_is_done_to_an_unknown_object_is_done() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    cancelled = api.send("POST", "/responses/resp_x/cancel").json
    assert (cancelled["id"], cancelled["status"]) == ("resp_x", "cancelled")


def test_what_was_made_is_still_found() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    made = api.send("POST", "/responses", {"model": "gpt-4o", "input": "Hi"}).json
    assert api.send("GET", f"/responses/{made['id']}").json == made
    assert api.app.recorder.calls()[1].contract == "modelled"


def test_an_unknown_history_is_an_empty_one() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    api.reply("Paris")
    body = {"model": "gpt-4o", "input": "Hi", "previous_response_id": "resp_x"}
    answered = api.send("POST", "/responses", body)
    assert answered.json["output"][0]["content"][0]["text"] == "Paris"
    assert answered.json["previous_response_id"] == "resp_x"


LENIENT: list[tuple[str, str, Any]] = [
    ("GET", "/chat/completions?limit=0", None),
    ("POST", "/responses", {"model": "gpt-4o", "input": "Hi", "max_output_tokens": 1}),
    ("POST", "/embeddings", {"model": "text-embedding-3-small", "input": []}),
    ("POST", "/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "n": 0}),
    ("POST", "/responses", {"model": "gpt-4o", "input": "Hi", "tool_choice": "required"}),
]


@pytest.mark.parametrize(("method", "target", "body"), LENIENT)
def test_what_the_types_allow(method: str, target: str, body: Any) -> None:
    assert Api(all_routes()).send(method, target, body).status == 400
    api = Api(all_routes(), unknown_ids="synthesize")
    for _ in range(2):  # also when it comes again
        answered = api.send(method, target, body)
        assert (answered.status, answered.header("x-mock-contract")) == (200, "derived")
    api.app.settings = Settings()
    assert api.send(method, target, body).status == 400


def test_a_form_may_be_json_where_the_sdk_sends_that() -> None:
    """It does without files, which some types let one leave out."""
    api = Api(all_routes(), unknown_ids="synthesize")
    if not table.at("/skills"):
        pytest.skip("this SDK has no skills")
    assert Api(all_routes()).send("POST", "/skills", {}).status == 415
    answered = api.send("POST", "/skills", {})
    assert (answered.status, answered.header("x-mock-contract")) == (200, "derived")


def test_words_are_not_used_up_by_what_nobody_models() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    api.reply("Paris")
    assert api.send("POST", "/responses", {"model": "gpt-4o", "input": "Hi", "max_output_tokens": 1}).status == 200
    assert len(api.app.script.unused()) == 1


def test_errors_that_are_scripted_stand() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    api.reply("bad_request", "content_filtered")
    body = {"model": "gpt-4o", "input": "Hi"}
    assert [api.send("POST", "/responses", body).status for _ in range(3)] == [400, 400, 200]


def test_types_are_checked_before_bounds(whole: Api) -> None:
    refused = whole.send("POST", "/responses", {"model": "gpt-4o", "max_output_tokens": 1, "nonsense": 1})
    assert refused.error["code"] == "unknown_parameter"


def test_a_scripted_answer_is_never_replaced() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    api.reply("Paris")
    refused = api.send("POST", "/responses", {})
    assert (refused.status, refused.error["param"]) == (400, "model")


def test_wrong_types_are_wrong_for_unknown_ids_too() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    assert api.send("POST", "/conversations/conv_x", {"metadata": 1}).status == 400


def test_strict_makes_nothing_up_for_unknown_ids_either() -> None:
    api = Api(all_routes(), unknown_ids="synthesize", strict=True)
    assert api.send("GET", "/models/my-own").error["code"] == "unscripted_call"
    assert len(api.app.problems) == 1


# --- the openai package ----------------------------------------------------------------------------------------------


def test_without_the_openai_package(whole: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_mockopenai.contract.derived.library._package", lambda: None)
    monkeypatch.setattr("pytest_mockopenai.contract.derived.table._templates", dict)
    monkeypatch.setattr("pytest_mockopenai.contract.derived.library.sources", tuple)
    monkeypatch.setattr("pytest_mockopenai.contract.derived.table.sources", tuple)
    answered = whole.send("GET", "/zzz")
    assert (answered.status, answered.error["message"]) == (404, "Invalid URL (GET /v1/zzz)")
    assert answered.header("x-mock-hint") == "More endpoints are derived from the package openai: it is not installed"


def test_with_a_package_that_is_not_as_expected(whole: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(name: str) -> Any:
        raise models.Unreadable(f"{name}: no such thing")

    monkeypatch.setattr("pytest_mockopenai.contract.derived.beyond.found", unreadable)
    answered = whole.send("GET", GROUPS)
    assert (answered.status, answered.error["code"]) == (501, "not_derivable")
    assert "openai.types.admin.organization.group:Group: no such thing" in answered.error["message"]


LAZY = """
from pytest_mockopenai import MockOpenAI
import sys, urllib.request
with MockOpenAI("Paris") as mock:
    mock.client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
    print("pytest_mockopenai.contract.derived.reading" in sys.modules)
    from pytest_mockopenai.contract.derived import library, reading
    print(library.sources.cache_info().currsize, reading.operations_of.cache_info().currsize)
    mock.client.get("/organization/users", cast_to=object)
    print(library.sources.cache_info().currsize, reading.operations_of.cache_info().currsize < 8)
"""


def test_nothing_is_read_before_it_is_needed() -> None:
    printed = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=True).stdout
    assert printed.split("\n")[:3] == ["False", "0 0", "1 True"]


def test_a_conversation_that_is_not_there_is_not_compacted() -> None:
    api = Api(all_routes(), unknown_ids="synthesize")
    if not table.at("/responses/compact"):
        pytest.skip("this SDK compacts nothing")
    asked = {"model": "gpt-4o", "input": "And then?", "previous_response_id": "resp_x"}
    assert api.send("POST", "/responses/compact", asked).header("x-mock-contract") == "derived"
    made = api.send("POST", "/responses", {"model": "gpt-4o", "input": "Hi"}).json["id"]
    answered = api.send("POST", "/responses/compact", {**asked, "previous_response_id": made})
    assert answered.header("x-mock-contract") is None
    assert [item["type"] for item in answered.json["output"]] == ["message", "message", "compaction"]
