"""What a model says, whatever endpoint says it: chat, completions, responses, realtime render the same `Answer`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
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


BUILT_IN_TOOLS = (
    *("web_search", "file_search", "code_interpreter", "image_generation", "mcp", "mcp_approval"),
    *("hosted_shell", "shell", "local_shell", "apply_patch", "computer"),
)
"""What OpenAI's own tools do. `mcp` may first ask by `mcp_approval`; `shell` is run by the client."""

WAITING = frozenset({"computer", "shell", "local_shell", "apply_patch", "mcp_approval"})
"""Those that wait for the client to do its part, so that an answer with one ends there."""


@dataclass(frozen=True, slots=True)
class BuiltInCall:
    """One use of a tool that OpenAI defines: `tool` is of `BUILT_IN_TOOLS`, `fields` replace those of its item."""

    tool: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the model failed after it had begun: `error` of a response with the status `failed`."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says. None means: not said (by a script: left open, the mock makes it up).

    `filler_tokens` asks for made-up text of exactly so many tokens. `usage` holds token counts that replace counting
    (`prompt_tokens`, `completion_tokens`, `cached_tokens`, `reasoning_tokens`). `vectors` answers embeddings, one for
    each input or one for all. `flagged` answers moderations: category to score, 0 to 1. `images` (base64 of files)
    answer image endpoints, one for each picture or one for all, `revised_prompt` beside them. `built_in_calls` come
    before what is said. With a `failure` the model broke off after saying the rest.
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
    images: tuple[str, ...] = ()
    revised_prompt: str | None = None
    built_in_calls: tuple[BuiltInCall, ...] = ()
    failure: Failure | None = None

    @property
    def kind(self) -> Literal["text", "embedding", "moderation", "image", "failure"] | None:
        """Which sort of endpoint can say this; None if any can (only `usage` was given)."""
        if self.text is not None:
            return "text"
        if self.vectors:
            return "embedding"
        if self.flagged is not None:
            return "moderation"
        if self.images or self.revised_prompt is not None:
            return "image"
        if self == Answer(usage=self.usage):
            return None
        return "failure" if self == Answer(usage=self.usage, failure=self.failure) else "text"

    @property
    def says_nothing(self) -> bool:
        """Whether the visible part is left open."""
        said = self.text is not None or self.filler_tokens is not None or self.refusal is not None
        return not (said or self.tool_calls or self.failure or self.waits_for_client)

    @property
    def waits_for_client(self) -> bool:
        """Whether a built-in tool was called for which the client has to do its part."""
        return any(call.tool in WAITING for call in self.built_in_calls)

    def merged(self, other: Answer) -> Answer:
        """Both said at once; raises ValueError if they set the same thing differently."""
        changes: dict[str, Any] = {}
        for name in (each.name for each in fields(self)):
            mine, theirs = getattr(self, name), getattr(other, name)
            if name in ("tool_calls", "built_in_calls"):
                changes[name] = mine + theirs
            elif theirs not in (None, ()):
                if mine not in (None, ()) and mine != theirs:
                    raise ValueError(f"{name} is set twice: {mine!r} and {theirs!r}")
                changes[name] = theirs
        merged = replace(self, **changes)
        _check_one_visible(merged)
        return merged


def _check_one_visible(answer: Answer) -> None:
    """A model answers with text or a refusal, not both; vectors, moderation scores and images stand alone."""
    visible = {
        "text": answer.text is not None or answer.filler_tokens is not None,
        "a refusal": answer.refusal is not None,
        "vectors": bool(answer.vectors),
        "moderation scores": answer.flagged is not None,
        "images": bool(answer.images) or answer.revised_prompt is not None,
    }
    said = [name for name, present in visible.items() if present]
    if answer.text is not None and answer.filler_tokens is not None:
        raise ValueError("says() takes a text or a number of tokens, not both")
    if len(said) > 1:
        raise ValueError(f"one answer cannot be {' and '.join(said)}")
