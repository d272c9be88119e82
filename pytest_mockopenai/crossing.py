"""Calls, usage and rules as JSON, and back: how they cross from one process to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.script import Rule, When
from pytest_mockopenai.core.spelled import spelled
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.recorder import Call

JSON: TypeAlias = dict[str, Any]

_PLAIN = (
    *("index", "path", "status", "stream", "response", "word", "source", "contract", "fault", "retry_after"),
    *("request_id", "ended", "started", "arrived", "seconds", "finished"),
)
"""The fields of a call that are JSON as they are."""


def written_call(call: Call) -> JSON:
    """A call as JSON; its secrets are redacted already."""
    inquiry = call.inquiry
    return {
        **{name: getattr(call, name) for name in _PLAIN},
        "method": call.method,
        "endpoint": call.endpoint,
        "model": call.model,
        "turn": call.turn,
        "last_message": call.last_message,
        "usage": None if call.usage is None else written_usage(call.usage),
        "request": {
            "target": inquiry.request.target,
            "headers": [list(pair) for pair in call.headers],
            "body": inquiry.body,
            "earlier_turns": inquiry.earlier_turns,
            "earlier_message": inquiry.earlier_message,
        },
        "response_headers": [list(pair) for pair in call.response_headers],
    }


def read_call(value: Mapping[str, Any]) -> Call:
    """The call that was written."""
    sent = value["request"]
    request = Request(value["method"], sent["target"], _pairs(sent["headers"]))
    earlier = sent["earlier_turns"], sent["earlier_message"]
    return Call(
        inquiry=Inquiry(value["endpoint"], request, sent["body"], value["model"], *earlier),
        usage=None if value["usage"] is None else read_usage(value["usage"]),
        response_headers=_pairs(value["response_headers"]),
        **{name: value[name] for name in _PLAIN},
    )


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in value)


def written_usage(usage: Usage) -> JSON:
    """Token counts as JSON, with their sum and how sure they are."""
    return {**asdict(usage), "total_tokens": usage.total_tokens, "method": usage.method}


def read_usage(value: Mapping[str, Any]) -> Usage:
    """The token counts that were written."""
    return Usage(**{name: item for name, item in value.items() if name in Usage.__dataclass_fields__})


def written_when(when: When) -> JSON:
    """The conditions as JSON. Raises ValueError for a function, which cannot cross."""
    if when.where is not None:
        raise ValueError(
            "where= is a function of this process: it cannot cross to a mock in another. "
            "Use contains=, matches=, model=, tool=, turn= or header= instead."
        )
    return {name: dict(value) if name == "header" else value for name, value in when.given}


def written_rule(rule: Rule) -> JSON:
    """A rule as JSON, with what is left of its sequence."""
    when = {name: value for name, value in rule.when.given if name != "where"}
    return {
        "number": rule.number,
        "when": {**when, "header": dict(rule.when.header)} if rule.when.header else when,
        "left": [_written_word(word) for word in rule.words],
        "always": None if rule.standing is None else _written_word(rule.standing),
        "group": rule.group or None,
        **({"where": "a function of the test"} if rule.when.where else {}),
    }


def _written_word(word: Word) -> JSON:
    try:
        text: str | None = spelled(word)
    except ValueError:
        text = None
    return {"text": text, "label": str(word), "times": word.count, "origin": word.origin}
