"""POST /images/generations: pictures that are real files of the size and format asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.endpoints.images.answer import NOTHING_SEEN, answer
from pytest_mockopenai.endpoints.images.events import events_of, failure
from pytest_mockopenai.endpoints.images.families import GPT_ONLY, sends_url
from pytest_mockopenai.endpoints.images.hosted import SERVE
from pytest_mockopenai.endpoints.images.rules import BOUNDS, fits_model, goes_together

_KINDS = frozenset({"image", "failure"})
_ERRORS = {"invalid_prompt": errors.moderation_blocked()}


def generate(context: Context) -> Finished:
    """Pictures made up from nothing but the request."""
    return answer(context, NOTHING_SEEN)


def _keeps_nothing(body: Mapping[str, Any]) -> bool:
    return not sends_url(body)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/images/generations",
        "images",
        generate,
        events_of("image_generation"),
        failure=failure,
        params="openai.types.image_generate_params:ImageGenerateParams",
        known=GPT_ONLY - {"input_fidelity", "markup"},
        bounds=BOUNDS,
        rules=(fits_model, goes_together),
        errors=_ERRORS,
        kinds=_KINDS,
        repeatable=_keeps_nothing,
    ),
    SERVE,
)
