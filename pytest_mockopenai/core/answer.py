"""What a model says, whatever endpoint says it: chat, completions, responses, realtime render the same `Answer`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
"""`finish_reason` of `ChatCompletion.choices[]` (openai/types/chat/chat_completion.py)."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool: `arguments` is the text the model wrote, JSON as a rule.

    `kind` is `function` or `custom`; a custom tool's free-form input is in `arguments` too.
    """

    name: str
    arguments: str
    kind: Literal["function", "custom"] = "function"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says. None means: not said (by a script: left open, the mock makes it up).

    `filler_tokens` asks for made-up text of exactly so many tokens. `usage` holds token counts that replace counting
    (`prompt_tokens`, `completion_tokens`, `cached_tokens`, `reasoning_tokens`). `vectors` answers embeddings, one for
    each input or one for all. `flagged` answers moderations: category to score, 0 to 1.
    """

    text: str | None = None
    filler_tokens: int | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_tokens: int | None = None
    finish_reason: FinishReason | None = None
    usage: Mapping[str, int] | None = None
    vectors: tuple[tuple[float, ...], ...] = ()
    flagged: Mapping[str, float] | None = None

    @property
    def kind(self) -> Literal["text", "embedding", "moderation"] | None:
        """Which sort of endpoint can say this; None if any can (only `usage` was given)."""
        if self.vectors:
            return "embedding"
        if self.flagged is not None:
            return "moderation"
        return None if self == Answer(usage=self.usage) else "text"

    @property
    def says_nothing(self) -> bool:
        """Whether the visible part is left open."""
        return self.text is None and self.filler_tokens is None and not self.tool_calls and self.refusal is None

    def merged(self, other: Answer) -> Answer:
        """Both said at once; raises ValueError if they set the same thing differently."""
        changes: dict[str, Any] = {}
        for name in (field.name for field in fields(self)):
            mine, theirs = getattr(self, name), getattr(other, name)
            if name == "tool_calls":
                changes[name] = mine + theirs
            elif theirs not in (None, ()):
                if mine not in (None, ()) and mine != theirs:
                    raise ValueError(f"{name} is set twice: {mine!r} and {theirs!r}")
                changes[name] = theirs
        merged = replace(self, **changes)
        _check_one_visible(merged)
        return merged


def _check_one_visible(answer: Answer) -> None:
    """A model answers with text or a refusal, not both; vectors and moderation scores stand alone."""
    visible = {
        "text": answer.text is not None or answer.filler_tokens is not None,
        "a refusal": answer.refusal is not None,
        "vectors": bool(answer.vectors),
        "moderation scores": answer.flagged is not None,
    }
    said = [name for name, present in visible.items() if present]
    if answer.text is not None and answer.filler_tokens is not None:
        raise ValueError("says() takes a text or a number of tokens, not both")
    if len(said) > 1:
        raise ValueError(f"one answer cannot be {' and '.join(said)}")
