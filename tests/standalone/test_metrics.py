"""Metrics: what Prometheus reads, with bounded labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.parser import text_string_to_metric_families

from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Request, Whole
from pytest_mockopenai.observing import Seen
from pytest_mockopenai.recorder import Call, Entry
from pytest_mockopenai.standalone.metrics import MODELS, SECONDS, Metrics, Page, Scraped

Make = Callable[..., Call]


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """The samples by name and the values of the labels."""
    _, text = metrics.page()
    families = text_string_to_metric_families(text.decode())
    return {(item.name, tuple(item.labels.values())): item.value for family in families for item in family.samples}


def test_a_call_is_counted(a_call: Make) -> None:
    metrics = Metrics(lambda: (3, 2))
    call = a_call(word="says('Paris') | slow(first=1)", stream=True, usage=Usage(10, 5, 4, 2))
    metrics.began(call)
    metrics.began(call)
    metrics.ended(Seen(call, "done", 0.2, 0.02, 0.003))
    found = samples(metrics)
    assert found["mockopenai_requests_total", ("chat.completions", "200", "says")] == 1
    assert found["mockopenai_in_flight", ()] == 1
    assert found["mockopenai_connections", ()] == 3
    assert found["mockopenai_playing", ()] == 2
    tokens = {labels[1]: value for (name, labels), value in found.items() if name == "mockopenai_tokens_total"}
    assert tokens == {"prompt": 10, "completion": 5, "cached": 4, "reasoning": 2}
    assert found["mockopenai_request_duration_seconds_sum", ("chat.completions",)] == 0.2
    assert found["mockopenai_time_to_first_token_seconds_bucket", ("chat.completions", "0.025")] == 1
    assert found["mockopenai_stream_lag_seconds_bucket", ("0.002",)] == 0
    assert found["mockopenai_stream_lag_seconds_bucket", ("0.005",)] == 1


TAKEN = st.sampled_from([0.0, 0.001, 0.0011, 0.25, 60.0, 61.0])


@given(st.lists(st.tuples(TAKEN, st.booleans()), max_size=20))
def test_a_histogram_is_as_if_told_at_once(steps: list[tuple[float, bool]]) -> None:
    """Whenever the page is made in between: the same as if prometheus-client had been told each time."""
    metrics, told = Metrics(), Histogram("told", "", buckets=SECONDS, registry=(registry := CollectorRegistry()))
    for seconds, scraped in steps:
        metrics.ended(Seen(Entry(Inquiry("models", Request("GET", "/v1/models"), {}), 200), "done", seconds))
        told.observe(seconds)
        if scraped:
            metrics.page()
    found = samples(metrics)
    (family,) = registry.collect()
    for sample in family.samples:
        if not sample.name.endswith("_created"):
            ours = (
                sample.name.replace("told", "mockopenai_request_duration_seconds"),
                ("models", *sample.labels.values()),
            )
            assert found.get(ours, 0.0) == pytest.approx(sample.value)


def test_labels_are_bounded(a_call: Make) -> None:
    metrics = Metrics()
    for number in range(MODELS + 20):
        metrics.ended(Seen(a_call(model=f"model-{number}"), "done", 0.1))
    models = {labels[0] for name, labels in samples(metrics) if name == "mockopenai_tokens_total"}
    assert len(models) == MODELS + 1
    assert "other" in models


def test_an_unknown_path_is_one_endpoint(a_call: Make) -> None:
    metrics = Metrics()
    call = a_call(tokens=None, status=404)
    metrics.ended(Seen(replace(call, inquiry=replace(call.inquiry, endpoint="")), "done", 0.1))
    assert samples(metrics)["mockopenai_requests_total", ("unknown", "404", "none")] == 1


class Behind:
    """A handler that answers everything alike."""

    def exchange(self, request: Request) -> Page:
        return Page(Whole(418, (), b""))


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/metrics", 200),
        ("HEAD", "/metrics", 200),
        ("GET", "/metrics?name[]=x", 200),
        ("POST", "/metrics", 418),
        ("GET", "/metricsx", 418),
        ("GET", "/v1/models", 418),
    ],
)
def test_the_page_is_at_its_path_only(method: str, target: str, status: int) -> None:
    handler = Scraped(Behind(), Metrics())
    exchange = handler.exchange(Request(method, target))
    assert exchange.reply.status == status
    exchange.ended("done")
