"""An answer cut at the request's token limit: reasoning first, then text or refusal, then tool calls in order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_mockopenai import tokens
from pytest_mockopenai.core.answer import Answer, ToolCall
from pytest_mockopenai.tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class Limited:
    """What of an answer fits the limit. `cut`: something did not; `reasoning_tokens` are those spent on reasoning."""

    answer: Answer
    reasoning_tokens: int
    cut: bool


def limited(answer: Answer, counter: Tokenizer, limit: int | None) -> Limited:
    """The answer within so many tokens, or whole without a limit; reasoning alone may use the limit up."""
    spent = answer.reasoning_tokens
    if spent is None:
        spent = counter.length(answer.reasoning) if answer.reasoning else 0
    if limit is None:
        return Limited(answer, spent, cut=False)
    reasoning = min(spent, limit)
    said = _within(counter, answer, limit - reasoning)
    return Limited(said, reasoning, cut=said != answer or reasoning >= limit)


def _within(counter: Tokenizer, answer: Answer, left: int) -> Answer:
    """The visible part in so many tokens."""
    if answer.refusal is not None:
        return replace(answer, refusal=tokens.take(counter.encoding, answer.refusal, left))
    text = answer.text
    if text is not None:
        size = counter.length(text)
        text = text if size <= left else tokens.take(counter.encoding, text, left)
        left -= size
    return replace(answer, text=text, tool_calls=tuple(_calls_within(counter, answer.tool_calls, left)))


def _calls_within(counter: Tokenizer, calls: tuple[ToolCall, ...], left: int) -> list[ToolCall]:
    """The calls whose arguments begin within so many tokens; the last one's may be cut."""
    kept: list[ToolCall] = []
    for call in calls:
        if left < 0:
            break
        size = counter.length(call.arguments)
        fits = size <= left
        kept.append(call if fits else replace(call, arguments=tokens.take(counter.encoding, call.arguments, left)))
        left -= size
    return kept
