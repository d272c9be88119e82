"""What pytest shows of our values when a plain `assert ... == ...` fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from pytest_mockopenai import explain
from pytest_mockopenai.calls import Calls
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.recorder import Call


def lines(op: str, left: object, right: object) -> list[str] | None:
    """The explanation, a summary first; None if these are not our values or nothing is to be said about them."""
    if op != "==":
        return None
    if isinstance(left, Usage) and isinstance(right, Usage):
        return [f"{explain.tokens_text(left)} == {explain.tokens_text(right)}", *_fields(left, right)]
    if isinstance(left, Calls) and isinstance(right, Sequence):
        return [f"{_count(left)} == {_count(right)}", *_items(left, right, "-", "+")]
    if isinstance(right, Calls) and isinstance(left, Sequence):
        return [f"{_count(left)} == {_count(right)}", *_items(right, left, "+", "-")]
    return None


def _fields(left: Usage, right: Usage) -> list[str]:
    pairs = ((field.name, getattr(left, field.name), getattr(right, field.name)) for field in fields(Usage))
    return [f"{name}: {one!r} != {other!r}" for name, one, other in pairs if one != other]


def _count(values: Sequence[object]) -> str:
    return f"{len(values)} {'call' if isinstance(values, Calls) else 'item'}{'' if len(values) == 1 else 's'}"


def _items(calls: Calls, others: Sequence[object], sign: str, other_sign: str) -> list[str]:
    """The items that differ; `-` is what the left side has, `+` what the right side has."""
    shown: list[str] = []
    for index in range(max(len(calls), len(others))):
        here, there = calls[index : index + 1], others[index : index + 1]
        if list(here) != list(there):
            shown += [f"{sign} {explain.call_line(call)}" for call in here]
            shown += [f"{other_sign} {_line(other)}" for other in there]
    return shown


def _line(value: object) -> str:
    return explain.call_line(value) if isinstance(value, Call) else explain.shortened(repr(value))
