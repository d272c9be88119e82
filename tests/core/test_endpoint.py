"""The shape of an endpoint: what it need not declare, and what a call knows."""

from __future__ import annotations

import dataclasses

import pytest

from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished


def nothing(context: Context) -> Finished:
    return Finished({})


def test_what_need_not_be_declared() -> None:
    endpoint = Endpoint("GET", "/models", "models", nothing)
    assert endpoint.events is None
    assert (endpoint.params, dict(endpoint.bounds), endpoint.rules) == (None, {}, ())
    assert (endpoint.end, endpoint.kinds, endpoint.keyless) == (b"", frozenset(), False)


def test_bounds_are_not_shared() -> None:
    one, other = (Endpoint("GET", "/x", "x", nothing) for _ in range(2))
    assert one.bounds is not other.bounds


def test_an_endpoint_is_a_value() -> None:
    endpoint = Endpoint("GET", "/x", "x", nothing)
    assert endpoint == Endpoint("GET", "/x", "x", nothing)
    with pytest.raises(dataclasses.FrozenInstanceError):
        endpoint.path = "/y"  # type: ignore[misc]
