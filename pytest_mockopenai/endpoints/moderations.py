"""POST /moderations: scripted by `flags(...)`; unscripted, a few plain words flag their category, all else is clean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.bounds import Items
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.moderation import UNDERSCORED, moderated
from pytest_mockopenai.core.suggest import did_you_mean

_DEFAULT_MODEL = "omni-moderation-latest"


def create(context: Context) -> Finished:
    """One result for each text; text and image parts of one list share one result."""
    scripted = context.answer.flagged if context.answer else None
    certain = _named(scripted) if scripted is not None else None
    given = enumerate(_inputs(context.body["input"]))
    results = [moderated(context.model, each, context.draw.child(place), certain) for place, each in given]
    model = context.body.get("model") or _DEFAULT_MODEL
    return Finished({"id": "modr-" + context.serial.token("id", 29), "model": model, "results": results})


def _inputs(given: str | list[Any]) -> list[str | list[JSON]]:
    if isinstance(given, str):
        return [given]
    return [given] if given and isinstance(given[0], dict) else given


def _named(scripted: Mapping[str, float]) -> dict[str, float]:
    """The scripted scores by the API's category names; raises `Refused` for a category that it does not have."""
    unknown = next((name for name in scripted if name not in UNDERSCORED), None)
    if unknown:
        message = f"flags() has no category '{unknown}'.{did_you_mean(unknown, UNDERSCORED)}"
        raise Refused(errors.script_mistake(message, param="input"))
    return {UNDERSCORED[name]: score for name, score in scripted.items()}


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
