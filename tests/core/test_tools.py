"""Tools and tool choices are read the same way in chat's nested form and in the flat one."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mockopenai.core.author import Tool
from pytest_mockopenai.core.tools import allowed_tools, must_call, named_tool, next_tools, offered_tools

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def nested(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, kind: {"name": name, **more}}


def flat(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": name, **more}


FORMS = pytest.mark.parametrize("form", [nested, flat])


@FORMS
def test_offered(form: Any) -> None:
    body = {"tools": [form("function", "f", parameters=SCHEMA), form("function", "g"), form("custom", "c")]}
    nothing = {"type": "object", "properties": {}}
    assert offered_tools(body) == (Tool("f", SCHEMA), Tool("g", nothing), Tool("c", None, "custom"))


def test_offered_in_other_ways() -> None:
    space = {"type": "namespace", "name": "crm", "tools": [flat("function", "f", parameters=SCHEMA)]}
    assert offered_tools({"tools": [space, {"type": "web_search"}]}) == (Tool("f", SCHEMA),)
    assert offered_tools({"functions": [{"name": "f", "parameters": SCHEMA}]}) == (Tool("f", SCHEMA),)
    assert offered_tools({}) == ()


@FORMS
def test_a_named_tool_is_the_one_to_call(form: Any) -> None:
    tools = [form("function", "f", parameters=SCHEMA), form("custom", "c")]
    for kind, name in (("function", "f"), ("custom", "c")):
        body = {"tools": tools, "tool_choice": form(kind, name)}
        assert named_tool(body) == name
        assert [tool.name for tool in must_call(body)] == [name]


def test_the_deprecated_choice() -> None:
    body = {"functions": [{"name": "f"}], "function_call": {"name": "f"}}
    assert (named_tool(body), [tool.name for tool in must_call(body)]) == ("f", ["f"])


@pytest.mark.parametrize(("choice", "names"), [(None, []), ("auto", []), ("none", []), ("required", ["f", "c"])])
def test_choices_by_word(choice: str | None, names: list[str]) -> None:
    body = {"tools": [flat("function", "f"), flat("custom", "c")], "tool_choice": choice}
    assert [tool.name for tool in must_call(body)] == names
    assert named_tool(body) is None


@FORMS
@pytest.mark.parametrize(("mode", "names"), [("auto", []), ("required", ["c"])])
def test_allowed_tools(form: Any, mode: str, names: list[str]) -> None:
    meant = {"mode": mode, "tools": [form("custom", "c")]}
    choice = {"type": "allowed_tools", **({"allowed_tools": meant} if form is nested else meant)}
    body = {"tools": [form("function", "f"), form("custom", "c")], "tool_choice": choice}
    assert [tool.name for tool in must_call(body)] == names
    allowed = allowed_tools(body)
    assert allowed is not None
    assert allowed["mode"] == mode


USER = {"role": "user", "content": "Hi"}


@FORMS
@pytest.mark.parametrize(
    ("called", "names"),
    [("", "fgc"), ("f", "gcf"), ("c", "fgc"), ("fg", "cfg"), ("ffgc", "gcf"), ("fgc", "fgc")],
)
def test_those_called_least_come_first(form: Any, called: str, names: str) -> None:
    kinds = {"f": "function", "g": "function", "c": "custom"}
    body = {"tools": [form(kinds[name], name) for name in "fgc"], "tool_choice": "required"}
    for earlier in ([], [*_calls(form, "g", kinds), USER]):  # what was called for an earlier message does not count
        messages = [USER, *earlier, *_calls(form, called, kinds)]
        assert "".join(tool.name for tool in next_tools(body, messages)) == names


def _calls(form: Any, names: str, kinds: dict[str, str]) -> list[dict[str, Any]]:
    """What a conversation has of these calls: in chat messages with calls, in responses items."""
    if form is nested:
        messages = [{"role": "assistant", "tool_calls": [nested(kinds[name], name)]} for name in names]
        return [each for message in messages for each in (message, {"role": "tool", "content": "x"})]
    items = [
        {"type": f"{'custom_tool' if kinds[name] == 'custom' else 'function'}_call", "name": name} for name in names
    ]
    return [each for item in items for each in (item, {"type": f"{item['type']}_output", "output": "x"})]


def test_of_no_demand_none_comes_first() -> None:
    assert next_tools({"tools": [flat("function", "f")]}, [USER]) == ()


@pytest.mark.parametrize("choice", [{"type": "web_search_preview"}, {"type": "mcp", "server_label": "x", "name": "y"}])
def test_a_built_in_tool_s_choice_is_no_function(choice: dict[str, Any]) -> None:
    body = {"tools": [flat("function", "f")], "tool_choice": choice}
    assert (named_tool(body), must_call(body), allowed_tools(body)) == (None, (), None)
