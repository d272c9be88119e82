"""The configurations of AgentGateway in docs/gateways: which fields they have, and that they lead to the two mocks.

Both are valid by `schema/config.json` of its releases: agentgateway.yaml from v1.0.0 to v1.4.1, agentgateway-llm.yaml
by that of v1.4.1. The schemas are not ours to keep here, so what is relied on is checked by hand.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateways.configs import DOCS, FIRST, SECOND

yaml = pytest.importorskip("yaml", reason="PyYAML is in the extra `server`")

FULL = yaml.safe_load((DOCS / "agentgateway.yaml").read_text(encoding="utf-8"))
SHORT = yaml.safe_load((DOCS / "agentgateway-llm.yaml").read_text(encoding="utf-8"))
(BIND,) = FULL["binds"]
(LISTENER,) = BIND["listeners"]
ROUTES: dict[str, Any] = {route["name"]: route for route in LISTENER["routes"]}
UNHEALTHY = "response.code >= 500 || response.code == 429"
TYPES = {"completions", "messages", "models", "passthrough", "detect", "responses", "embeddings", "realtime"}


def backend(name: str) -> Any:
    """The one backend of a route."""
    (found,) = ROUTES[name]["backends"]
    return found["ai"]


def test_it_listens_once() -> None:
    assert set(FULL) == {"config", "binds"}
    assert (BIND["port"], LISTENER["protocol"]) == (3000, "HTTP")
    assert [route["matches"] for route in ROUTES.values()] == [
        [{"path": {"pathPrefix": f"/{name}"}}] for name in ROUTES
    ]
    assert sorted(ROUTES) == ["openai", "resilient", "v1"]


def test_openai_is_one_path_and_one_model() -> None:
    assert backend("openai") == {
        "name": "mock-chat",
        "provider": {"openAI": {"model": "mock-gpt-4o"}},
        "hostOverride": f"127.0.0.1:{FIRST}",
        "pathOverride": "/v1/chat/completions",
    }


def test_v1_reads_each_endpoint_as_what_it_is() -> None:
    assert backend("v1") == {"name": "mock", "provider": {"openAI": {}}, "hostOverride": f"127.0.0.1:{FIRST}"}
    types = ROUTES["v1"]["policies"]["ai"]["routes"]
    assert set(types.values()) <= TYPES
    assert types["/v1/embeddings"] == "embeddings"
    assert types["*"] == types["/v1/models"] == "passthrough"


def test_failing_over_takes_groups_health_and_a_retry() -> None:
    first, second = (group["providers"] for group in backend("resilient")["groups"])
    assert [one["hostOverride"] for one in (*first, *second)] == [f"127.0.0.1:{FIRST}", f"127.0.0.1:{SECOND}"]
    assert first[0]["policies"]["health"]["unhealthyExpression"] == UNHEALTHY
    assert "duration" not in first[0]["policies"]["health"]["eviction"], "the mock's 429 says how long"
    assert 429 in ROUTES["resilient"]["policies"]["retry"]["codes"]


def test_the_short_form_leads_to_the_first_mock() -> None:
    (model,) = SHORT["llm"]["models"]
    assert (SHORT["llm"]["port"], model["name"], model["provider"]) == (3000, "*", "openAI")
    assert model["params"]["baseUrl"] == f"http://127.0.0.1:{FIRST}/v1"
    assert model["health"]["unhealthyExpression"] == UNHEALTHY
