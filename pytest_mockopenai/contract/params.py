"""Checks a request's body against the parameter types of the installed openai package, and refuses in OpenAI's words.

Only types, required keys and enums come from there; numeric bounds are each endpoint's own (`core.bounds`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pytest_mockopenai.contract import practice
from pytest_mockopenai.contract.shapes import Path, Plan, Problem, misfit
from pytest_mockopenai.contract.spelling import nearest
from pytest_mockopenai.contract.typed import NoSuchType, plan_of
from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.wording import either, json_type


def check(
    params: str,
    body: Mapping[str, Any],
    *,
    known: Collection[str] = frozenset(),
    path: Collection[str] = frozenset(),
) -> Error | None:
    """The first problem of `body` as a 400 in OpenAI's words, or None if it fits the type that `params` names.

    `params` is `module:Name` of a TypedDict of the SDK or a union of some; `known` are top-level names accepted beyond
    the SDK's; `path` are placeholders of the request's path, which the SDK lists among the params of some requests.
    A missing top-level key is reported first (`model` before all), then an unknown one, then what is wrong inside, in
    the SDK's order. Null stands for absence unless the key is required. Unknown keys below the top level are accepted.
    An SDK older than the type says nothing about it, so everything fits.
    """
    try:
        plan = plan_of(params)
    except NoSuchType:
        return None
    for name in plan.required:
        if name not in body and name not in path:
            return errors.missing_parameter(name)
    unknown = [name for name in body if (name not in plan.fields or name in path) and name not in known]
    if unknown:
        return _unknown(min(unknown), plan, body)
    problem = misfit(plan.fields, body)
    return practice.missing_content(params, body) if problem is None else _told(params, problem)


def names(params: str) -> frozenset[str]:
    """The top-level parameters that the SDK's type has, by their names on the wire."""
    return frozenset(plan_of(params).fields)


def _unknown(name: str, plan: Plan, body: Mapping[str, Any]) -> Error:
    """OpenAI adds the names that this one is likely a misspelling of, unless the body has them already."""
    error = errors.unknown_parameter(name)
    near = nearest(name, plan.fields.keys() - body.keys())
    if not near:
        return error
    meant = either([f"'{each}'" for each in near])
    return replace(error, message=f"{error.message} Did you mean {meant}?")


def _told(params: str, problem: Problem) -> Error:
    where = _written(problem.path)
    if problem.kind == "missing":
        return errors.missing_parameter(where)
    if problem.kind == "value":
        return errors.invalid_value(where, problem.value, problem.supported)
    expected = practice.expected(params, _written(problem.path, index="[]"), problem.expected)
    return errors.invalid_type(where, expected, json_type(problem.value))


def _written(path: Path, *, index: str = "[{}]") -> str:
    """`messages[0].role`, as OpenAI writes a path."""
    steps = (index.format(step) if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
