"""The verdict over HTTP: its thresholds as query parameters, and itself as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_mockopenai.admin.schemas import TEXT, WHOLE, YES_OR_NO, object_of, texts
from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.verdict import KINDS, Standard, Verdict, judge

_SECONDS = {"type": "number", "minimum": 0}
_COUNT = {"type": "integer", "minimum": 1}
_TERMS: Mapping[str, dict[str, Any]] = {
    "max_attempts": _COUNT,
    "max_seconds": _SECONDS,
    "max_burst": _COUNT,
    "max_in_window": _COUNT,
    "window": _SECONDS,
    "tolerance": {**_SECONDS, "maximum": 1},
    "min_wait": _SECONDS,
    "max_backoff": _SECONDS,
    "same_within": _SECONDS,
    "each_once": YES_OR_NO,
    "lost_work": YES_OR_NO,
}
_DEFAULTS = Standard()


def _default(name: str) -> dict[str, Any]:
    value = getattr(_DEFAULTS, name)
    return {} if value is None else {"default": value}


QUERY: Mapping[str, dict[str, Any]] = {
    **{name: schema | _default(name) for name, schema in _TERMS.items()},
    "ignore": {**TEXT, "description": f"kinds of findings to leave out, separated by commas: {', '.join(KINDS)}"},
}

ANSWER = object_of(
    {
        "object": {"const": "verdict"},
        "ok": YES_OR_NO,
        "requests": WHOLE,
        "retried": WHOLE,
        "calls": WHOLE,
        "findings": {
            "type": "array",
            "items": object_of(
                {"kind": texts(list(KINDS)), "sentence": TEXT, "calls": {"type": "array", "items": WHOLE}}
            ),
        },
        "notes": {"type": "array", "items": TEXT},
    }
)


def verdict(calls: Sequence[Call], query: Mapping[str, str]) -> dict[str, Any]:
    """The verdict on the client that made these calls. Raises `Refused` for a wrong parameter."""
    terms: Any = {name: _READERS[_TERMS[name]["type"]](text) for name, text in query.items() if name != "ignore"}
    if "ignore" in query:
        terms["ignore"] = [kind.strip() for kind in query["ignore"].split(",") if kind.strip()]
    try:
        return _written(judge(calls, **terms))
    except ValueError as error:
        name = next((name for name in query if str(error).startswith(f"{name} is ")), "ignore")
        raise Refused(errors.invalid(str(error), param=name)) from None


def _written(verdict: Verdict) -> dict[str, Any]:
    return {
        "object": "verdict",
        "ok": verdict.ok,
        "requests": verdict.requests,
        "retried": verdict.retried,
        "calls": verdict.calls,
        "findings": [
            {"kind": finding.kind, "sentence": finding.sentence, "calls": [call.index for call in finding.calls]}
            for finding in verdict.findings
        ],
        "notes": list(verdict.notes),
    }


def _whole(text: str) -> object:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _switch(text: str) -> object:
    return {"true": True, "false": False}.get(text.lower(), text)


_READERS: Mapping[str, Callable[[str], object]] = {"integer": _whole, "number": _number, "boolean": _switch}
"""By the type of a parameter; a text that is no such value stays what it is, for the verdict to refuse."""
