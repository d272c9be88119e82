"""Which endpoint a request is for: OpenAI's paths and Azure's, as they are sent, or a 404 or 405 in OpenAI's words."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.endpoint import IN_DIALOGUE, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.wire import Request


def nothing(context: Context) -> Finished:
    return Finished({})


PATHS = [
    ("GET", "/models"),
    ("GET", "/models/{model}"),
    ("DELETE", "/models/{model}"),
    ("GET", "/models/featured"),
    ("POST", "/chat/completions"),
    ("GET", "/chat/completions"),
    ("GET", "/vector_stores/{vector_store_id}/files/{file_id}"),
    ("GET", "/vector_stores/{vector_store_id}/files/content"),
]
ROUTES = Routes(Endpoint(method, path, path.strip("/"), nothing) for method, path in PATHS)


def found(target: str, method: str = "GET") -> tuple[str, dict[str, str], str | None]:
    match = ROUTES.match(Request(method, target))
    return match.endpoint.path, dict(match.path), match.deployment


def refused(target: str, method: str = "GET") -> Error:
    with pytest.raises(Refused) as caught:
        ROUTES.match(Request(method, target))
    return caught.value.error


@pytest.mark.parametrize("prefix", ["", "/v1", "/openai", "/openai/v1"])
@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_endpoint_below_every_prefix(prefix: str, method: str, path: str) -> None:
    match = ROUTES.match(Request(method, prefix + path.replace("{", "x").replace("}", "x") + "?a=b&after=/"))
    assert (match.endpoint.method, match.endpoint.path) == (method, path)
    assert match.deployment is None


@pytest.mark.parametrize(
    "target", ["/v1/models/", "/v1/models//", "//models", "/v1//models", "/models?", "/v1/models/?limit=2"]
)
def test_slashes_at_the_ends_do_not_matter(target: str) -> None:
    assert found(target) == ("/models", {}, None)


@given(st.text(min_size=1))
def test_a_name_may_hold_anything_if_encoded(name: str) -> None:
    path, values, _ = found(f"/v1/models/{quote(name, safe='')}")
    assert (path, values) == ("/models/{model}", {"model": name}) or name == "featured"


@pytest.mark.parametrize("name", ["org%2Fname", "ft:gpt-4o:acme::1", "a%3Fb", "%2e%2e", "%7Bmodel%7D", "{model}"])
def test_names_as_sent(name: str) -> None:
    assert found(f"/v1/models/{name}")[0] == "/models/{model}"


def test_an_encoded_slash_is_part_of_a_name() -> None:
    assert found("/v1/models/org%2Fname")[1] == {"model": "org/name"}
    assert refused("/v1/models/org/name").status == 404


def test_literal_before_parameter() -> None:
    assert found("/models/featured")[0] == "/models/featured"
    assert found("/models/other")[0] == "/models/{model}"
    assert found("/models/featured", "DELETE")[0] == "/models/{model}"
    assert found("/vector_stores/a/files/content") == (
        "/vector_stores/{vector_store_id}/files/content",
        {"vector_store_id": "a"},
        None,
    )


def test_two_parameters() -> None:
    assert found("/v1/vector_stores/a/files/b")[1] == {"vector_store_id": "a", "file_id": "b"}


# --- Azure ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gpt-4o", "my deployment", "a/b"])
def test_azure_deployment(name: str) -> None:
    target = f"/openai/deployments/{quote(name, safe='')}/chat/completions?api-version=2024-10-21"
    assert found(target, "POST") == ("/chat/completions", {}, name)


def test_azure_without_a_version() -> None:
    error = refused("/openai/deployments/gpt-4o/chat/completions", "POST")
    assert (error.status, error.message, error.code) == (404, "Resource not found", "404")


def test_azure_without_an_operation() -> None:
    assert refused("/openai/deployments/gpt-4o?api-version=1").status == 404


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/v1/modells", "/v1/", "/v1/models/a/b", "/v1/chat//completions", "/v1/V1/models"])
def test_no_such_path_below_v1(target: str) -> None:
    error = refused(target)
    assert (error.status, error.message, error.code) == (404, f"Invalid URL (GET {target})", None)


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("/v1/chat/completion", "/v1/chat/completions"),
        ("/modells", "/v1/models"),
        ("/v1/v1/models", "/v1/models"),
        ("/x" * 30_000, None),
    ],
)
def test_a_header_names_the_path_that_is_most_alike(target: str, meant: str | None) -> None:
    assert dict(refused(target).headers).get("x-mock-hint") == (f"Did you mean {meant}?" if meant else None)


@pytest.mark.parametrize("target", ["/", "", "/v1", "/v2/models", "/modells?a=b", "*"])
def test_no_such_path(target: str) -> None:
    error = refused(target)
    assert (error.status, error.code) == (404, "unknown_url")
    assert error.message.startswith(f"Unknown request URL: GET {target.partition('?')[0]}. ")


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("POST", "/v1/models", "GET"),
        ("PUT", "/v1/chat/completions", "GET, POST"),
        ("PATCH", "/models/x", "DELETE, GET"),
        ("get", "/models", "GET"),
    ],
)
def test_no_such_method(method: str, target: str, allowed: str) -> None:
    error = refused(target, method)
    assert error.status == 405
    assert error.message.startswith(f"Not allowed to {method} on {target}. ")
    assert error.headers == (("allow", allowed),)


@given(st.text("/v1models?%20{}.", max_size=12), st.sampled_from(["GET", "POST", "X"]))
def test_any_target_is_found_or_refused(target: str, method: str) -> None:
    try:
        match = ROUTES.match(Request(method, target))
    except Refused as refusal:
        status = refusal.error.status
    else:
        status = 200
        assert match.endpoint.method == method
    assert status in (200, 404, 405)


def test_what_is_called_in_dialogues_only_has_no_route() -> None:
    routes = Routes([Endpoint(IN_DIALOGUE, "/realtime", "realtime", nothing)])
    for method in ("GET", IN_DIALOGUE):
        with pytest.raises(Refused) as refused:
            routes.match(Request(method, "/v1/realtime"))
        assert refused.value.error.status == 404
