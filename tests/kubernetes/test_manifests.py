"""The manifests of docs/kubernetes: their schemas, that they fit together, and what was asked of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is in the extra `server`")

DOCS = Path(__file__).parents[2] / "docs" / "kubernetes"
NAMESPACE = "mockopenai"
OLDEST, NEWEST = "1.31", "1.35"
GROUPS = {
    "Gateway": "gateway.networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "AgentgatewayBackend": "agentgateway.dev/v1alpha1",
}
ROUTE_TYPES = {"Completions", "Messages", "Models", "Passthrough", "Detect", "Responses", "Embeddings", "Realtime"}
"""RouteType of AgentGateway's CRD from v1.0.0 to v1.4.1."""


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((DOCS / name).read_text(encoding="utf-8")))


(KUSTOMIZATION,) = documents("kustomization.yaml")
RESOURCES = [found for name in KUSTOMIZATION["resources"] for found in documents(name)]


def of_kind(kind: str) -> list[Any]:
    return [found for found in RESOURCES if found["kind"] == kind]


(DEPLOYMENT,) = of_kind("Deployment")
(SERVICE,) = of_kind("Service")
(GATEWAY,) = of_kind("Gateway")
(ROUTE,) = of_kind("HTTPRoute")
POD = DEPLOYMENT["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
BACKENDS = {found["metadata"]["name"]: found["spec"] for found in of_kind("AgentgatewayBackend")}
RULES = {rule["matches"][0]["path"]["value"]: rule for rule in ROUTE["spec"]["rules"]}


def label(resource: Any) -> str:
    return f"{resource['kind']}-{resource['metadata']['name']}"


# --- schemas ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("resource", [found for found in RESOURCES if found["kind"] not in GROUPS], ids=label)
def test_kubernetes_knows_every_field(resource: Any, version: str) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="pip install --group kubernetes")
    validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("resource", [found for found in RESOURCES if found["kind"] in GROUPS], ids=label)
def test_custom_resources_are_of_the_versions_that_are_served(resource: Any) -> None:
    assert resource["apiVersion"] == GROUPS[resource["kind"]]
    assert set(resource) == {"apiVersion", "kind", "metadata", "spec"}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_what_is_in_the_folder() -> None:
    built = subprocess.run(["kubectl", "kustomize", DOCS], capture_output=True, text=True, check=True).stdout
    resources = list(yaml.safe_load_all(built))
    assert sorted(map(label, resources)) == sorted([*map(label, RESOURCES), "ConfigMap-mock-openai-stubs"])
    (stubs,) = (found for found in resources if found["kind"] == "ConfigMap")
    assert stubs["data"] == {"stubs.yaml": (DOCS / "stubs.yaml").read_text(encoding="utf-8")}
    assert {found["metadata"].get("namespace", NAMESPACE) for found in resources} == {NAMESPACE}


# --- the mock ---------------------------------------------------------------------------------------------------------


def test_two_small_replicas() -> None:
    assert DEPLOYMENT["spec"]["replicas"] == 2
    assert CONTAINER["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "300m", "memory": "256Mi"},
    }


def test_nothing_that_the_mock_does_not_need_is_allowed() -> None:
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] > 0
    assert POD["automountServiceAccountToken"] is False
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_probes_ask_the_mock_itself() -> None:
    assert CONTAINER["readinessProbe"]["httpGet"] == {"path": "/_mock/ready", "port": "http"}
    assert CONTAINER["livenessProbe"]["httpGet"] == {"path": "/_mock/health", "port": "http"}


def test_stubs_are_where_the_arguments_say() -> None:
    (mount,) = (found for found in CONTAINER["volumeMounts"] if found["name"] == "stubs")
    (volume,) = (found for found in POD["volumes"] if found["name"] == "stubs")
    (generated,) = KUSTOMIZATION["configMapGenerator"]
    assert "subPath" not in mount, "Kubernetes never updates a file that is mounted alone"
    assert f"--stubs={mount['mountPath']}/{generated['files'][0]}" in CONTAINER["args"]
    assert volume["configMap"]["name"] == generated["name"]


def test_the_service_leads_to_the_mock() -> None:
    (port,) = SERVICE["spec"]["ports"]
    (served,) = CONTAINER["ports"]
    assert (port["port"], port["targetPort"], served["containerPort"]) == (443, served["name"], 8080)
    assert "--port=8080" in CONTAINER["args"]
    assert SERVICE["spec"]["selector"] == DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    assert SERVICE["spec"]["selector"] == DEPLOYMENT["spec"]["selector"]["matchLabels"]


# --- the gateway ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_backends_lead_to_the_service(backend: str) -> None:
    provider = BACKENDS[backend]["ai"]["provider"]
    assert provider["host"] == f"{SERVICE['metadata']['name']}.{NAMESPACE}.svc.cluster.local"
    assert provider["port"] == SERVICE["spec"]["ports"][0]["port"]


def test_openai_is_one_path_and_one_model() -> None:
    provider = BACKENDS[RULES["/openai"]["backendRefs"][0]["name"]]["ai"]["provider"]
    assert (provider["path"], provider["openai"]) == ("/v1/chat/completions", {"model": "mock-gpt-4o"})


def test_v1_is_a_base_url_for_every_endpoint() -> None:
    """Without `routes` the gateway reads every request as a chat completion, embeddings too."""
    spec = BACKENDS[RULES["/v1"]["backendRefs"][0]["name"]]
    assert "path" not in spec["ai"]["provider"]
    routes = spec["policies"]["ai"]["routes"]
    assert set(routes.values()) <= ROUTE_TYPES
    assert routes == {
        "/v1/chat/completions": "Completions",
        "/v1/responses": "Responses",
        "/v1/embeddings": "Embeddings",
        "/v1/models": "Passthrough",
        "*": "Passthrough",
    }


def test_the_route_leads_from_the_gateway_to_the_backends() -> None:
    assert ROUTE["spec"]["parentRefs"] == [{"name": GATEWAY["metadata"]["name"]}]
    assert sorted(RULES) == ["/openai", "/v1"]
    for rule in RULES.values():
        (reference,) = rule["backendRefs"]
        assert (reference["group"], reference["kind"]) == ("agentgateway.dev", "AgentgatewayBackend")
        assert reference["name"] in BACKENDS
        assert rule["timeouts"] == {"request": "120s"}


def test_names_do_not_collide() -> None:
    """For a Gateway the controller makes a Deployment and a Service of its name; the Helm release is `agentgateway`."""
    gateway = GATEWAY["metadata"]["name"]
    made = [f"Deployment-{gateway}", f"Service-{gateway}"]
    assert not set(made) & {*map(label, RESOURCES), "Deployment-agentgateway", "Service-agentgateway"}
    assert len({*map(label, RESOURCES)}) == len(RESOURCES)


# --- the image --------------------------------------------------------------------------------------------------------


def instructions() -> Iterator[tuple[str, str]]:
    """Each instruction of the Dockerfile and what it is given, lines that go on joined."""
    text = (DOCS / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        if not line.startswith("#"):
            name, given = line.split(maxsplit=1)
            yield name, " ".join(given.split())


def given_to(name: str) -> list[str]:
    return [given for found, given in instructions() if found == name]


def test_the_image_is_built_from_a_pinned_base_in_two_stages() -> None:
    build, final = given_to("FROM")
    assert build == f"{final} AS build"
    assert final.partition(":")[2].count(".") == 2, "a full version of Python"


def test_the_image_copies_what_is_there() -> None:
    root = DOCS.parents[1]
    copied = [given.split()[:-1] for given in given_to("COPY") if not given.startswith("--from")]
    assert all((root / name).exists() for names in copied for name in names)


def test_the_image_runs_as_the_user_of_the_pod() -> None:
    context = POD["securityContext"]
    assert given_to("USER") == [f"{context['runAsUser']}:{context['runAsGroup']}"]


def test_the_image_serves_and_checks_itself_without_curl() -> None:
    (check,) = given_to("HEALTHCHECK")
    assert "/_mock/health" in check
    assert "curl" not in check
    assert given_to("ENTRYPOINT") == ['["mockopenai"]']
    assert given_to("CMD") == ['["serve", "--host=0.0.0.0", "--port=8080"]']
    assert given_to("EXPOSE") == ["8080"]


def test_pods_run_the_image_that_the_dockerfile_says_how_to_build() -> None:
    assert f"-t {CONTAINER['image']} ." in (DOCS / "Dockerfile").read_text(encoding="utf-8")
