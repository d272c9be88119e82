"""POST /moderations: scripted by `flags(...)`; unscripted, a few plain words flag their category, all else is clean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.bounds import Items
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.inquiry import text_of
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.suggest import did_you_mean

_DEFAULT_MODEL = "omni-moderation-latest"

# openai/types/moderation.py; the older text models lack the `illicit` ones.
_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors"),
    *("violence", "violence/graphic"),
)
_SEEN_IN_IMAGES = frozenset(
    {"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic"}
)
_UNDERSCORED = {re.sub(r"\W", "_", name): name for name in _CATEGORIES}

KEYWORDS: Mapping[str, frozenset[str]] = {
    "harassment": frozenset({"idiot", "moron", "loser"}),
    "hate": frozenset({"subhuman", "vermin"}),
    "illicit": frozenset({"counterfeit", "heroin", "meth"}),
    "self-harm": frozenset({"suicide", "suicidal"}),
    "sexual": frozenset({"porn", "pornographic"}),
    "violence": frozenset({"kill", "murder", "stab", "massacre"}),
}
"""The words that flag an unscripted input, whole words in any case: enough for a test to trip, no classifier."""

_CERTAIN, _CLEAN = 0.9, 1e-4


def create(context: Context) -> Finished:
    """One result for each text; text and image parts of one list share one result."""
    results = [_result(context, place, given) for place, given in enumerate(_inputs(context.body["input"]))]
    model = context.body.get("model") or _DEFAULT_MODEL
    return Finished({"id": "modr-" + context.serial.token("id", 29), "model": model, "results": results})


def _inputs(given: str | list[Any]) -> list[str | list[JSON]]:
    if isinstance(given, str):
        return [given]
    return [given] if given and isinstance(given[0], dict) else given


def _result(context: Context, place: int, given: str | list[JSON]) -> JSON:
    categories = _categories(context.model)
    scores = _scores(context, categories, text_of(given), context.draw.child(place))
    flagged = {name: scores[name] >= 0.5 for name in categories}
    images = not isinstance(given, str) and any(part.get("type") == "image_url" for part in given)
    return {
        "flagged": any(flagged.values()),
        "categories": flagged,
        "category_scores": scores,
        "category_applied_input_types": {
            name: ["text", "image"] if images and name in _SEEN_IN_IMAGES else ["text"] for name in categories
        },
    }


def _categories(model: str) -> list[str]:
    older = model.startswith("text-moderation")
    return [name for name in _CATEGORIES if not (older and name.startswith("illicit"))]


def _scores(context: Context, categories: list[str], text: str, draw: Draw) -> dict[str, float]:
    scripted = context.answer.flagged if context.answer else None
    certain = _named(scripted) if scripted is not None else _by_keyword(text)
    return {name: certain.get(name, round(_CLEAN * draw.uniform(), 9)) for name in categories}


def _by_keyword(text: str) -> dict[str, float]:
    words = frozenset(re.findall(r"\w+", text.casefold()))
    return {category: _CERTAIN for category, keywords in KEYWORDS.items() if words & keywords}


def _named(scripted: Mapping[str, float]) -> dict[str, float]:
    """The scripted scores by the API's category names; raises `Refused` for a category that it does not have."""
    unknown = next((name for name in scripted if name not in _UNDERSCORED), None)
    if unknown:
        message = f"flags() has no category '{unknown}'.{did_you_mean(unknown, _UNDERSCORED)}"
        raise Refused(errors.script_mistake(message, param="input"))
    return {_UNDERSCORED[name]: score for name, score in scripted.items()}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/moderations",
        "moderations",
        create,
        params="openai.types.moderation_create_params:ModerationCreateParams",
        bounds={"input": Items(1, None)},
        kinds=frozenset({"moderation"}),
        repeatable=lambda _: True,
    ),
)
