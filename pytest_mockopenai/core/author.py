"""Makes up what a model says when no script says it, obeying what the request demands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pytest_mockopenai.core import errors, jsontext, prose
from pytest_mockopenai.core.answer import WAITING, Answer, BuiltInCall, ToolCall
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.schema import Unsatisfiable, instance
from pytest_mockopenai.core.seed import Draw

_QUOTED = 200


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the request offers; `parameters` is a JSON schema, None for a custom (free-form) tool."""

    name: str
    parameters: Mapping[str, Any] | None
    kind: Literal["function", "custom"] = "function"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request demands of the answer, whatever the endpoint.

    `must_call`: the tools of which one has to be called; empty for none. `json`: the schema that the text has to
    conform to as JSON (`True` for any object), None for prose. `built_in`: the types of OpenAI's own tools that a
    made-up answer uses before it speaks.
    """

    model: str
    last_message: str
    must_call: tuple[Tool, ...] = ()
    json: Mapping[str, Any] | Literal[True] | None = None
    reasoning_tokens: int = 0
    built_in: tuple[str, ...] = ()


def answer(demand: Demand, draw: Draw) -> Answer:
    """A made-up answer: a conforming tool call or JSON if demanded, else prose that quotes the user."""
    thought = demand.reasoning_tokens
    if demand.must_call:
        return Answer(reasoning_tokens=thought, tool_calls=(call_of(demand.must_call[0], draw),))
    used = tuple(map(BuiltInCall, demand.built_in))
    if any(call.tool in WAITING for call in used):
        return Answer(reasoning_tokens=thought, built_in_calls=used)
    text = _prose(demand, draw) if demand.json is None else jsontext.text(json_value(demand.json, draw))
    return Answer(text=text, reasoning_tokens=thought, built_in_calls=used)


def written(scripted: Answer | None, demand: Demand, draw: Draw, *, param: str) -> Answer:
    """The scripted answer with its open parts made up, or one made up whole.

    Raises `Refused` for a schema that no made-up value conforms to; `param` is the parameter that holds it.
    """
    try:
        return answer(demand, draw) if scripted is None else completed(scripted, demand, draw)
    except Unsatisfiable as error:
        message = (
            f"The mock cannot make up an answer that conforms to the schema: {error}. Script one, such as says_json()."
        )
        raise Refused(errors.script_mistake(message, param=param)) from None


def completed(scripted: Answer, demand: Demand, draw: Draw) -> Answer:
    """A scripted answer with what it leaves open made up: filler of the asked length, or the whole visible part."""
    if scripted.filler_tokens is not None:
        return replace(scripted, text=prose.filler(scripted.filler_tokens, draw.child("filler")), filler_tokens=None)
    if not scripted.says_nothing:
        return scripted
    made = answer(demand, draw)
    tokens = made.reasoning_tokens if scripted.reasoning is None else None
    return replace(
        scripted,
        text=made.text,
        tool_calls=made.tool_calls,
        built_in_calls=scripted.built_in_calls or made.built_in_calls,
        reasoning_tokens=tokens if scripted.reasoning_tokens is None else scripted.reasoning_tokens,
    )


def call_of(tool: Tool, draw: Draw) -> ToolCall:
    """A call of this tool whose arguments conform to its schema."""
    if tool.parameters is None:
        return ToolCall(tool.name, prose.filler(8, draw.child(tool.name)), "custom")
    return ToolCall(tool.name, jsontext.text(instance(tool.parameters, draw.child(tool.name))))


def json_value(schema: Mapping[str, Any] | Literal[True], draw: Draw) -> Any:
    """A value for a JSON answer: conforming to the schema, or for any-object a small object of text."""
    if schema is True:
        return {"answer": prose.filler(8, draw.child("json"))}
    return instance(schema, draw.child("json"))


def _prose(demand: Demand, draw: Draw) -> str:
    asked = demand.last_message
    quoted = asked if len(asked) <= _QUOTED else asked[:_QUOTED] + "..."
    model = demand.model or "a model"  # a stored prompt of the Responses API brings its own
    opening = f'This is {model}, mocked. You said: "{quoted}".' if asked else f"This is {model}, mocked."
    return f"{opening} {prose.filler(draw.integer(9, 15), draw.child('prose'))}"
