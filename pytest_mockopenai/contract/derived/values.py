"""Plain values by the names of their fields: what a reply says where neither its type nor the request decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai.contract.derived.ids import new_id
from pytest_mockopenai.core import prose
from pytest_mockopenai.core.seed import Draw

_DAY = 86_400  # seconds

_TEXTS: Mapping[str, str] = {
    "arguments": "{}",
    "b64_json": "bW9jaw==",
    "currency": "usd",
    "email": "user@example.com",
    "filename": "file.txt",
    "language": "en",
    "model": "gpt-4o",
    "name": "Example",
    "path": "/mnt/data/file.txt",
    "role": "user",
    "size": "1024x1024",
    "status": "completed",
    "version": "1",
}
_PROSE = frozenset(
    {
        *("content", "delta", "description", "instructions", "message", "output", "reason", "summary", "text"),
        "transcript",
    }
)
_SECRET = ("secret", "api_key", "token", "value")
_TRUE = frozenset({"active", "deleted", "enabled", "valid"})

# What is asked of an object until it is done: a poller that waits for the end finds it.
_DONE = (
    *("completed", "succeeded", "processed", "ready", "active", "enabled", "validated", "accepted", "connected"),
    *("idle", "enforcing", "final_answer"),
)
STATES = frozenset({"status", "state", "phase"})
"""Fields that tell how far an object has come."""


@dataclass(frozen=True, slots=True)
class Values:
    """Where values come from. `draw` is for contents, `ids` for ids, `now` is Unix time in whole seconds.

    `verb` is what the request does to the object: one that is cancelled is `cancelled`.
    """

    draw: Draw
    ids: Draw
    now: int
    verb: str = ""

    def text(self, name: str, kind: str, place: str) -> str:
        """A text for a field; `kind` is that of the object that has it, `place` is where it is in the reply."""
        if name == "id":
            return new_id(kind, self.ids, place)
        if name.endswith("_id"):
            return new_id(name.removesuffix("_id"), self.ids, place)
        if name == "object":
            return kind
        if name in STATES and self._left_in():
            return self._left_in()[0]
        if name in _TEXTS:
            return _TEXTS[name]
        if name.endswith(("url", "uri")):
            return f"https://example.com/{kind.replace('.', '/')}/{self.ids.token(place, 12)}"
        if name.endswith(_SECRET):
            return f"sk-mock-{self.ids.token(place, 24)}"
        if name in _PROSE:
            said = place.removesuffix("delta") + "text" if name == "delta" else place
            return prose.filler(8, self.draw.child(said))
        return f"Example {name}".replace("_", " ")

    def whole(self, name: str, place: str) -> int:
        """A whole number: a time, a count of tokens, or 0."""
        if name.endswith("_at") or name in ("created", "end_time", "start_time"):
            return self.now + (_DAY if name.startswith("expires") else -_DAY if name == "start_time" else 0)
        if name in _SUMMANDS:
            return self.draw.child(place).integer(8, 64)
        return 1 if name in ("n", "version", "limit") else 0

    def decimal(self, name: str, place: str) -> float:
        """A number: a score from 0 to 1, or as a whole one."""
        if "score" in name or name in ("probability", "confidence"):
            return round(self.draw.child(place).uniform(), 4)
        return float(self.whole(name, place))

    def flag(self, name: str) -> bool:
        """A truth value."""
        return name in _TRUE

    def choice(self, name: str, values: Sequence[Any]) -> Any:
        """One of the values that a field may have: of states, the one in which the request's verb leaves the object."""
        if name not in STATES:
            return values[0]
        wanted = (*self._left_in(), *_DONE)
        return next((state for state in wanted if state in values), values[0])

    def _left_in(self) -> tuple[str, ...]:
        """`("archived",)` for `archive`; none where the last part of the path is no verb alone."""
        verb = self.verb
        if not verb.isalpha():
            return ()
        return (f"{verb}d",) if verb.endswith("e") else (f"{verb}led" if verb.endswith("l") else f"{verb}ed",)


_SUMMANDS = ("input_tokens", "prompt_tokens", "output_tokens", "completion_tokens")
_PARTS = (("input_tokens", "output_tokens"), ("prompt_tokens", "completion_tokens"))


def added_up(made: dict[str, Any]) -> dict[str, Any]:
    """An object whose counts of tokens add up: the total is the sum, and the text is all of what went in and out."""
    for parts in _PARTS:
        if "total_tokens" in made and all(isinstance(made.get(part), int) for part in parts):
            made = {**made, "total_tokens": sum(made[part] for part in parts)}
        for part in parts:
            details = made.get(f"{part}_details")
            if isinstance(details, dict) and "text_tokens" in details:
                made = {**made, f"{part}_details": {**details, "text_tokens": made[part]}}
    return made
