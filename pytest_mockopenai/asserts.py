"""Asserts on calls that explain more than a plain `assert` would; they need no help from pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from pytest_mockopenai import explain
from pytest_mockopenai.calls import Calls
from pytest_mockopenai.core.script import Miss
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict import Terms, Verdict, judge
from pytest_mockopenai.verdict.explaining import not_resilient

if TYPE_CHECKING:
    from typing_extensions import Unpack


class ExpectedUsage(TypedDict, total=False):
    """What `assert_usage` takes: token counts that must be met, `max_total_tokens`, `model` and `exact`."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    max_total_tokens: int
    model: str
    exact: bool


_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens")
_SURE = ("exact", "given")


def assert_called_once(calls: Calls, endpoint: str | None = None, **attributes: Any) -> Call:
    """The one HTTP call to `endpoint` whose attributes have these values; retries of the SDK are calls too.

    `endpoint` and `attributes` are as in `Calls.to` and `Calls.where`. Raises AssertionError if there is none or more
    than one, ValueError for an unknown endpoint, TypeError for an unknown attribute.
    """
    __tracebackhide__ = True
    wanted = _wanted(endpoint, attributes)
    found = _found(calls, wanted)
    if len(found) != 1:
        raise AssertionError(explain.not_once(found, calls, wanted))
    return found[0]


def assert_not_called(calls: Calls, endpoint: str | None = None, **attributes: Any) -> None:
    """There is no HTTP call to `endpoint` whose attributes have these values; raises as `assert_called_once`."""
    __tracebackhide__ = True
    wanted = _wanted(endpoint, attributes)
    found = _found(calls, wanted)
    if found:
        raise AssertionError(explain.called(found, wanted))


def assert_usage(calls: Calls, **expected: Unpack[ExpectedUsage]) -> None:
    """The token counts of the calls, summed, are the given ones, and at most `max_total_tokens`.

    `model`: only the calls to this model; there must be some. `exact=True`: no count may be modelled or estimated.
    Raises AssertionError, and TypeError for an unknown name.
    """
    __tracebackhide__ = True
    known = ExpectedUsage.__annotations__
    unknown = next((name for name in expected if name not in known), None)
    if unknown:
        raise TypeError(f"assert_usage() has no parameter '{unknown}'.{did_you_mean(unknown, known)}")
    model = expected.get("model")
    counted = calls if model is None else calls.where(model=model)
    if model is not None and not counted:
        raise AssertionError(explain.not_once((), calls, {"model": model}, expected="at least one"))
    misses = _count_misses(counted.usage, expected)
    if misses:
        raise AssertionError(explain.other_usage(misses, counted, f" for model {model!r}" if model else ""))
    if expected.get("exact") and counted.usage.method not in _SURE:
        raise AssertionError(explain.inexact(counted.usage.method, counted))


def assert_resilient(calls: Calls, **terms: Unpack[Terms]) -> Verdict:
    """The verdict on the client that made these calls, which is that nothing is wrong; see `verdict.judge`.

    Raises AssertionError explaining what is wrong, TypeError or ValueError for wrong terms.
    """
    __tracebackhide__ = True
    verdict = judge(calls, **terms)
    if not verdict.ok:
        raise AssertionError(not_resilient(verdict))
    return verdict


def _wanted(endpoint: str | None, attributes: dict[str, Any]) -> dict[str, Any]:
    if endpoint is None:
        return attributes
    if endpoint.startswith("/"):
        return {"path": endpoint, **attributes}
    return {"endpoint": endpoint, **attributes}


def _found(calls: Calls, wanted: dict[str, Any]) -> Calls:
    attributes = dict(wanted)
    endpoint = attributes.pop("endpoint", None)
    return (calls if endpoint is None else calls.to(endpoint)).where(**attributes)


def _count_misses(usage: Usage, expected: ExpectedUsage) -> list[Miss]:
    pairs = [(name, expected.get(name), getattr(usage, name)) for name in _COUNTS]
    misses = [Miss(name, wanted, got) for name, wanted, got in pairs if wanted is not None and got != wanted]
    limit = expected.get("max_total_tokens")
    over = limit is not None and usage.total_tokens > limit
    return [*misses, Miss("total_tokens", f"at most {limit}", usage.total_tokens)] if over else misses
