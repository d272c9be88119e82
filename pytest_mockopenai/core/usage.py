"""Token counts of calls, as one value that adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

Method = Literal["exact", "given", "modelled", "estimated"]
"""How sure a number is, the surest first.

`exact`: counted by OpenAI's published and measured rules. `given`: the script said it. `modelled`: by a rule that fits
nearly all recordings (tools, tool calls). `estimated`: by one that is only near.
"""

_WORSE: tuple[Method, ...] = ("exact", "given", "modelled", "estimated")


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one call or of many; `completion_tokens` includes `reasoning_tokens` and `audio_tokens`.

    `Usage()` is nothing: adding it changes no count and no method.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = 0
    prompt_method: Method = "exact"
    completion_method: Method = "exact"

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def method(self) -> Method:
        """How sure the least sure of the counts is."""
        return worst(self.prompt_method, self.completion_method)

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.audio_tokens + other.audio_tokens,
            worst(self.prompt_method, other.prompt_method),
            worst(self.completion_method, other.completion_method),
        )

    def times(self, count: int) -> Usage:
        """The usage of so many calls like this; of none, nothing."""
        if count < 2:
            return self if count else Usage()
        names = (field.name for field in fields(self) if field.name.endswith("_tokens"))
        return replace(self, **{name: getattr(self, name) * count for name in names})

    def less(self, other: Usage) -> Usage:
        """The counts without those of another; how sure they are stays."""
        names = (field.name for field in fields(self) if field.name.endswith("_tokens"))
        return replace(self, **{name: getattr(self, name) - getattr(other, name) for name in names})

    def replaced(self, given: Mapping[str, int] | None) -> Usage:
        """The counts with those that a script gives in the place of the counted ones."""
        if not given:
            return self
        known = {field.name for field in fields(self)}
        changed = replace(self, **{name: value for name, value in given.items() if name in known})  # type: ignore[arg-type]
        return replace(
            changed,
            prompt_method="given" if "prompt_tokens" in given else self.prompt_method,
            completion_method="given" if "completion_tokens" in given else self.completion_method,
        )


def worst(*methods: Method) -> Method:
    """The least sure of some methods."""
    first = methods[0]
    return first if methods.count(first) == len(methods) else max(methods, key=_WORSE.index)
