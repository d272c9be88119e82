"""Tokens of the Responses API: of a request's instructions, input items and tools, and of the output items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pytest_mockopenai.tokens import parts, tools
from pytest_mockopenai.tokens.chat import NEXT_ANSWERED_CALL, NEXT_CALL, message_tokens, result_tokens
from pytest_mockopenai.tokens.count import Count, Tokenizer, estimated, exact, modelled
from pytest_mockopenai.tokens.parts import mappings, string

__all__ = ["responses_input", "responses_input_of_kind", "responses_output"]

Object = Mapping[str, Any]

_CALLS: Final = ("function_call", "custom_tool_call")
_RESULTS: Final = ("function_call_output", "custom_tool_call_output")
_CALL_AFTER_TEXT: Final = 9  # in an answer that also speaks
_SAID: Final = ("message", "reasoning", *_CALLS)
_HOSTED_CALL: Final = 20  # in an answer; a guess
_UNSEEN: Final = frozenset({"id", "call_id", "status", "encrypted_content", "result"})


def responses_input(body: Object, counter: Tokenizer) -> Count:
    """`input_tokens` of a Responses request, given as its JSON.

    Of `previous_response_id`, `conversation`, `prompt` and item references nothing is known here: the caller puts
    the items they stand for into `input`.
    """
    total = exact(counter.family.reply_primer) + _items_tokens(_items(body), counter)
    functions = tools.declared_functions(body)
    text = body.get("text")
    schema = tools.schema_tokens(text.get("format") if isinstance(text, Mapping) else None, counter)
    declared = tools.function_tokens(functions, counter.family.responses_tools, counter)
    return total + declared + tools.hosted_tokens(body) + schema


def responses_input_of_kind(body: Object, counter: Tokenizer, kind: parts.Kind) -> Count:
    """The share of text, image, audio or file content in the input."""
    contents = [item.get("content") for item in _items(body)]
    return sum((parts.content_of_kind(value, counter, kind) for value in contents), exact(0))


def _items(body: Object) -> list[Object]:
    given = body.get("input")
    said: list[Object] = list(mappings(given))
    if isinstance(given, str):
        said = [{"role": "user", "content": given}]
    instructions = body.get("instructions")
    return [{"role": "system", "content": instructions}, *said] if instructions else said


def _items_tokens(items: Sequence[Object], counter: Tokenizer) -> Count:
    names = {string(item, "call_id"): string(item, "name") for item in items if string(item, "type") in _CALLS}
    total = exact(0)
    for before, item in pairwise([{}, *items]):
        kind = string(item, "type")
        if kind in _CALLS:
            total += _call_tokens(item, string(before, "type") in _CALLS, counter)
        elif kind in _RESULTS:
            total += result_tokens(names.get(string(item, "call_id"), ""), item.get("output"), counter)
        elif kind in ("", "message"):
            total += message_tokens(item, counter)
        else:
            total += _other_tokens(item, counter)
    return total


def _call_tokens(call: Object, parallel: bool, counter: Tokenizer) -> Count:
    overhead = NEXT_CALL if parallel else counter.family.call_in_prompt + 1
    return modelled(overhead) + _texts(tools.call_text(call), counter)


def _other_tokens(item: Object, counter: Tokenizer) -> Count:
    """Reasoning of earlier turns is dropped by the API; of a hosted tool's item what a model could read is counted."""
    if string(item, "type") in ("reasoning", "item_reference"):
        return estimated(0)
    seen = {key: value for key, value in item.items() if key not in _UNSEEN}
    return estimated(counter.length(tools.as_json(seen)))


def _texts(texts: Iterable[str], counter: Tokenizer) -> Count:
    return sum((counter.count(text) for text in texts), exact(0))


def responses_output(
    output: object,
    counter: Tokenizer,
    *,
    tools_sent: bool = False,
    reasoning_tokens: int = 0,
    cut: bool = False,
) -> Count:
    """`output_tokens` of a response, given as its output items.

    `tools_sent`: the request declared tools. `cut`: the answer ended at the token limit (status "incomplete").
    """
    items = list(mappings(output))
    said = [item for item in items if string(item, "type") == "message"]
    calls = [item for item in items if string(item, "type") in _CALLS]
    total = sum((parts.content(item.get("content"), counter) for item in said), exact(reasoning_tokens))
    total = sum((_texts(tools.call_text(call), counter) for call in calls), total)
    total += estimated(_HOSTED_CALL) if any(string(item, "type") not in _SAID for item in items) else exact(0)
    if cut:
        return total
    reasoned = modelled(counter.family.responses_reasoned) if reasoning_tokens else exact(0)
    return total + reasoned + _answer_overhead(bool(said), len(calls), tools_sent, counter)


def _answer_overhead(said: bool, calls: int, tools_sent: bool, counter: Tokenizer) -> Count:
    family = counter.family
    if calls:
        after_text = _CALL_AFTER_TEXT if said else 0
        more = NEXT_ANSWERED_CALL * (calls - 1)
        return modelled(family.responses_answer + family.call_in_answer + more + after_text)
    if family.reasoning:
        return modelled(family.responses_answer)
    return modelled(family.responses_answer + 1) if tools_sent else exact(family.responses_answer)
