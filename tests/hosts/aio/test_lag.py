"""How late, by the millisecond."""

from __future__ import annotations

from pytest_mockopenai.hosts.aio import Lag


def test_nothing_is_not_late() -> None:
    lag = Lag()
    assert (lag.count, lag.worst, lag.p99) == (0, 0.0, 0.0)


def test_quantiles_are_rounded_up_to_a_millisecond() -> None:
    lag = Lag()
    for number in range(100):
        lag.add(number / 1000 + 0.0005)
    assert (lag.quantile(0.5), lag.p99, lag.quantile(1)) == (0.05, 0.099, 0.0995)
    assert (lag.count, lag.worst, round(lag.total, 9)) == (100, 0.0995, 5.0)


def test_more_than_a_second_is_the_worst() -> None:
    lag = Lag()
    lag.add(7.5)
    assert (lag.p99, lag.worst) == (7.5, 7.5)
    lag.clear()
    assert (lag.count, lag.p99) == (0, 0.0)
