"""What a load run took: quantiles near the truth, sums exact, a report that can be read."""

from __future__ import annotations

from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.standalone.load.figures import Distribution, Figures, Outcome, report


@given(st.lists(st.floats(1e-6, 100), min_size=1, max_size=300), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_quantiles_are_right_to_a_percent(times: list[float], share: float) -> None:
    taken = Distribution()
    for seconds in times:
        taken.add(seconds)
    exact = sorted(times)[max(1, -int(-share * len(times) // 1)) - 1]
    assert taken.quantile(share) == pytest.approx(exact, rel=0.011)
    assert (taken.count, taken.most, taken.sum) == (len(times), max(times), pytest.approx(sum(times)))


def test_many_times_take_no_more_room() -> None:
    taken = Distribution()
    for number in range(1, 20_001):
        taken.add(number / 1000)
    assert len(taken._slots) < 1100
    assert taken.quantile(0.95) == pytest.approx(quantiles(range(1, 20_001), n=20)[-1] / 1000, rel=0.011)


def test_without_any_it_is_nothing() -> None:
    assert Distribution().summary() == {"mean": 0.0, "p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}


def test_summary_and_report() -> None:
    figures = Figures()
    for _ in range(3):
        figures.add(Outcome(200, 0.1, 0.05, [0.01, 0.02], 9, 3))
    figures.add(Outcome(429, 0.001, failure="HTTP 429"))
    summary = figures.summary(2.0)
    assert (summary["calls"], summary["failed"], summary["calls_per_second"]) == (4, 1, 1.5)
    assert summary["statuses"] == {"200": 3, "429": 1}
    assert summary["tokens"] == {"prompt": 27, "completion": 9, "per_second": 18.0}
    assert summary["latency_ms"]["max"] == 100.0
    assert summary["inter_token_ms"]["mean"] == 15.0
    assert summary["failures"] == {"HTTP 429": 1}
    text = report(summary, 10)
    assert text.splitlines()[0] == "4 calls in 2.00 s, 10 at a time: 1.5 answered a second"
    assert "  status         200: 3   429: 1" in text
    assert "  failed         1 x HTTP 429" in text


def test_failed_calls_are_not_timed() -> None:
    figures = Figures()
    figures.add(Outcome(0, 60.0, failure="no complete reply within 60 s"))
    assert "latency_ms" not in figures.summary(60.0)
    assert figures.summary(60.0)["statuses"] == {"none": 1}
