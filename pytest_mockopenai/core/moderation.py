"""What is said of a text by a moderation: a score for each category, by a few plain words that flag theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_mockopenai.core.inquiry import text_of
from pytest_mockopenai.core.seed import Draw

# openai/types/moderation.py; the older text models lack the `illicit` ones.
_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors"),
    *("violence", "violence/graphic"),
)
_SEEN_IN_IMAGES = frozenset(
    {"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic"}
)
UNDERSCORED: Mapping[str, str] = {re.sub(r"\W", "_", name): name for name in _CATEGORIES}
"""The categories by the names that they have as keyword arguments."""

KEYWORDS: Mapping[str, frozenset[str]] = {
    "harassment": frozenset({"idiot", "moron", "loser"}),
    "hate": frozenset({"subhuman", "vermin"}),
    "illicit": frozenset({"counterfeit", "heroin", "meth"}),
    "self-harm": frozenset({"suicide", "suicidal"}),
    "sexual": frozenset({"porn", "pornographic"}),
    "violence": frozenset({"kill", "murder", "stab", "massacre"}),
}
"""The words that flag an unscripted input, whole words in any case: enough for a test to trip, no classifier."""

_CERTAIN, _FLAGGED, _CLEAN = 0.9, 0.5, 1e-4


def moderated(
    model: str, given: str | list[dict[str, Any]], draw: Draw, certain: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """The result for a text, or for parts of text and images (openai/types/moderation.py).

    `certain` are scores by category; None: the text's own words decide. The rest is next to nothing.
    """
    known = _by_keyword(text_of(given)) if certain is None else certain
    scores = {name: known.get(name, round(_CLEAN * draw.uniform(), 9)) for name in _categories(model)}
    flagged = {name: score >= _FLAGGED for name, score in scores.items()}
    images = not isinstance(given, str) and any(part.get("type") == "image_url" for part in given)
    return {
        "flagged": any(flagged.values()),
        "categories": flagged,
        "category_scores": scores,
        "category_applied_input_types": {
            name: ["text", "image"] if images and name in _SEEN_IN_IMAGES else ["text"] for name in scores
        },
    }


def of_completion(model: str, text: str, draw: Draw) -> dict[str, Any]:
    """The same as a completion or a response has it, which was to be moderated by this model."""
    return {"type": "moderation_result", "model": model, **moderated(model, text, draw)}


def input_text(messages: Iterable[Mapping[str, Any]]) -> str:
    """What a user has said in these messages."""
    return "\n".join(text_of(message.get("content")) for message in messages if message.get("role") == "user")


def _categories(model: str) -> list[str]:
    older = model.startswith("text-moderation")
    return [name for name in _CATEGORIES if not (older and name.startswith("illicit"))]


def _by_keyword(text: str) -> dict[str, float]:
    words = frozenset(re.findall(r"\w+", text.casefold()))
    return {category: _CERTAIN for category, keywords in KEYWORDS.items() if words & keywords}
