"""Tokens of a chat completion: of the request's messages and tools, and of the answer.

Source of the text rules: OpenAI's cookbook, "How to count tokens with tiktoken". The rest is measured on recorded
requests and the `usage` that the API answered them with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_mockopenai.tokens import audio, parts, tools
from pytest_mockopenai.tokens.count import Count, Tokenizer, estimated, exact, modelled
from pytest_mockopenai.tokens.parts import mappings, string

__all__ = [
    "NEXT_ANSWERED_CALL",
    "NEXT_CALL",
    "chat_completion",
    "chat_prompt",
    "chat_prompt_of_kind",
    "message_tokens",
    "result_tokens",
]

Object = Mapping[str, Any]

_MESSAGE: Final = 3  # beside role and content
_NAME: Final = 1  # beside the name itself
_RESULT: Final = 6  # of a tool call, beside its name and content
NEXT_CALL: Final = 20  # every call after the first of one message, in the prompt
NEXT_ANSWERED_CALL: Final = 21  # the same in the answer
_CHOSEN_FUNCTION: Final = 4  # legacy `function_call`, beside the name
_SYSTEM: Final = ("system", "developer")


def chat_prompt(body: Object, counter: Tokenizer) -> Count:
    """`prompt_tokens` of a chat completion request, given as its JSON."""
    messages = list(mappings(body.get("messages")))
    names = _names(messages)
    total = exact(counter.family.reply_primer)
    for message in messages:
        total += _message(message, names, counter)
    return total + _declared(body, messages, counter)


def _declared(body: Object, messages: Sequence[Object], counter: Tokenizer) -> Count:
    """Tokens of tools and of a structured output's schema."""
    total = tools.hosted_tokens(body) + tools.schema_tokens(body.get("response_format"), counter)
    if functions := tools.declared_functions(body):
        overhead = _overhead(messages, counter)
        total += tools.function_tokens(functions, overhead, counter) + _choice(body, counter)
    return total if body.get("web_search_options") is None else total + estimated(0)


def chat_prompt_of_kind(body: Object, counter: Tokenizer, kind: parts.Kind) -> Count:
    """The share of text, image, audio or file content in the prompt, for `prompt_tokens_details`."""
    contents = [message.get("content") for message in mappings(body.get("messages"))]
    return sum((parts.content_of_kind(value, counter, kind) for value in contents), exact(0))


def message_tokens(message: Object, counter: Tokenizer) -> Count:
    """Tokens of one message without tool calls, of chat or of the Responses API."""
    name, refusal, content = string(message, "name"), string(message, "refusal"), message.get("content")
    tokens = _MESSAGE + counter.length(string(message, "role"))
    tokens += counter.length(name) + _NAME if name else 0
    tokens += counter.length(refusal) if refusal else 0
    if isinstance(content, str):
        return counter.of(tokens + counter.length(content))
    return counter.of(tokens) + parts.content(content, counter)


def result_tokens(name: str, content: object, counter: Tokenizer) -> Count:
    """Tokens of a tool's result, sent back for a call of the tool `name`."""
    return modelled(_RESULT + counter.length(name)) + parts.content(content, counter)


def _message(message: Object, names: Mapping[str, str], counter: Tokenizer) -> Count:
    role = string(message, "role")
    if role == "tool":
        return result_tokens(names.get(string(message, "tool_call_id"), ""), message.get("content"), counter)
    if role == "function":
        return result_tokens(string(message, "name"), message.get("content"), counter) + modelled(_MESSAGE - _RESULT)
    calls = _calls(message)
    if not calls:
        plain = message_tokens(message, counter)
        # An earlier answer in audio is named by its id only.
        return plain + estimated(0) if message.get("audio") else plain
    said = message_tokens(message, counter) if message.get("content") else exact(0)
    return said + _calls_tokens(calls, counter)


def _calls(message: Object) -> list[Object]:
    if "tool_calls" not in message and "function_call" not in message:
        return []
    legacy = message.get("function_call")
    return list(mappings(message.get("tool_calls"))) or ([legacy] if isinstance(legacy, Mapping) else [])


def _calls_tokens(calls: Sequence[Object], counter: Tokenizer) -> Count:
    overhead = counter.family.call_in_prompt + NEXT_CALL * (len(calls) - 1)
    return modelled(overhead) + _call_texts(calls, counter)


def _call_texts(calls: Sequence[Object], counter: Tokenizer) -> Count:
    return sum((counter.count(text) for call in calls for text in tools.call_text(call)), exact(0))


def _names(messages: Sequence[Object]) -> dict[str, str]:
    """Tool call id -> name of the tool."""
    return {string(call, "id"): tools.call_text(call)[0] for message in messages for call in _calls(message)}


def _overhead(messages: Sequence[Object], counter: Tokenizer) -> int:
    """Of having tools. They go into the first system message if there is one, after a newline."""
    family = counter.family
    first = next((message for message in messages if message.get("role") in _SYSTEM), None)
    if first is None or family.chat_tools == family.chat_tools_after_system:
        return family.chat_tools
    return family.chat_tools_after_system + _newline_after(first.get("content"), counter)


def _newline_after(content: object, counter: Tokenizer) -> int:
    """A newline may merge with the last token of a text: what appending it costs, 0 or 1."""
    text = content if isinstance(content, str) else "".join(string(part, "text") for part in mappings(content))
    return counter.length(f"{text}\n") - counter.length(text)


def _choice(body: Object, counter: Tokenizer) -> Count:
    choice = body.get("function_call")
    if isinstance(choice, Mapping):
        return modelled(_CHOSEN_FUNCTION + counter.length(string(choice, "name")))
    return modelled(1 if choice == "none" else 0)


def chat_completion(
    message: Object,
    counter: Tokenizer,
    *,
    tools_sent: bool = False,
    reasoning_tokens: int = 0,
    cut: bool = False,
) -> Count:
    """`completion_tokens` of one choice, given as its message's JSON.

    `tools_sent`: the request declared tools. `cut`: the answer ended at the token limit (`finish_reason` "length").
    """
    text = counter.count(string(message, "content")) + counter.count(string(message, "refusal"))
    calls = _calls(message)
    said = text + _call_texts(calls, counter) + _voice(message, counter)
    overhead = 0 if cut else _answer_overhead(len(calls), tools_sent, counter)
    known = exact(0) if overhead == 0 else modelled(overhead)
    return said + known + exact(reasoning_tokens)


def _answer_overhead(calls: int, tools_sent: bool, counter: Tokenizer) -> int:
    family = counter.family
    if calls:
        return family.chat_answer + family.call_in_answer + NEXT_ANSWERED_CALL * (calls - 1)
    return family.chat_answer + (1 if tools_sent and not family.reasoning else 0)


def _voice(message: Object, counter: Tokenizer) -> Count:
    """Transcript and sound of an answer in audio."""
    voice = message.get("audio")
    if not isinstance(voice, Mapping):
        return exact(0)
    seconds = audio.wav_seconds(parts.decoded(voice.get("data")))
    sound = estimated(0) if seconds is None else audio.output_tokens(seconds)
    return counter.count(string(voice, "transcript")) + sound
