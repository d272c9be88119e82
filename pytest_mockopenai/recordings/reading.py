"""What a recorded reply says, whatever its endpoint: the finished object, also of a stream, and its usage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_mockopenai.core import jsontext
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.recordings import events
from pytest_mockopenai.recordings.folding import folded
from pytest_mockopenai.recordings.interaction import RecordedReply


def response_of(answered: RecordedReply) -> Any:
    """The finished object, also of a stream; None for an answer that is no JSON."""
    if answered.streamed:
        return folded([value for value in map(events.json_of, answered.events) if isinstance(value, dict)])
    try:
        return jsontext.loads(answered.body) if answered.body else None
    except jsontext.BadJSON:
        return None


def usage_of(response: Any) -> Usage | None:
    """The token counts that a response reports, under the names of any endpoint; None if it reports none."""
    told = response.get("usage") if isinstance(response, Mapping) else None
    if not isinstance(told, Mapping):
        return None
    prompt, completion = _count(told, "prompt_tokens", "input_tokens"), _count(told, *_COMPLETION)
    if prompt is None and completion is None:
        return None
    of_prompt, of_completion = _details(told, "prompt", "input"), _details(told, "completion", "output")
    return Usage(
        prompt or 0,
        completion or 0,
        cached_tokens=_count(of_prompt, "cached_tokens") or 0,
        reasoning_tokens=_count(of_completion, "reasoning_tokens") or 0,
        audio_tokens=_count(of_completion, "audio_tokens") or 0,
        prompt_method="given",
        completion_method="given",
    )


_COMPLETION = ("completion_tokens", "output_tokens")


def _count(found: Mapping[str, Any], *names: str) -> int | None:
    values = (found.get(name) for name in names)
    return next((value for value in values if isinstance(value, int) and not isinstance(value, bool)), None)


def _details(told: Mapping[str, Any], *kinds: Sequence[str]) -> Mapping[str, Any]:
    found = (told.get(f"{kind}_tokens_details") for kind in kinds)
    return next((value for value in found if isinstance(value, Mapping)), {})
