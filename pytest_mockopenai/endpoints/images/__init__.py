"""POST /images/generations, /images/edits and /images/variations: pictures that are real files of what was asked for.

An edit or a variation is a picture of its own: what was uploaded is checked and counted, not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import errors, forms
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.endpoints.images.answer import NOTHING_SEEN, answer
from pytest_mockopenai.endpoints.images.events import events_of, failure
from pytest_mockopenai.endpoints.images.families import GPT_ONLY, sends_url
from pytest_mockopenai.endpoints.images.hosted import SERVE
from pytest_mockopenai.endpoints.images.rules import BOUNDS, fits_model, goes_together
from pytest_mockopenai.endpoints.images.uploads import editable, pictures_in, variable

_UPLOADED = frozenset({"input_fidelity", "markup"})


def generate(context: Context) -> Finished:
    """Pictures made up from nothing but the request."""
    return answer(context, NOTHING_SEEN)


def edit(context: Context) -> Finished:
    """The same, billed for the pictures that came along."""
    faithful = context.body.get("input_fidelity") == "high"
    sizes = (tokens.image_size(each.data) for each in pictures_in(context.body))
    return answer(context, sum((tokens.seen_tokens(size, faithful=faithful) for size in sizes), NOTHING_SEEN))


def _keeps_nothing(body: Mapping[str, Any]) -> bool:
    return not sends_url(body)


_GENERATE = Endpoint(
    "POST",
    "/images/generations",
    "images",
    generate,
    events_of("image_generation"),
    failure=failure,
    params="openai.types.image_generate_params:ImageGenerateParams",
    known=GPT_ONLY - _UPLOADED,
    bounds=BOUNDS,
    rules=(fits_model, goes_together),
    errors={"invalid_prompt": errors.moderation_blocked()},
    kinds=frozenset({"image", "failure"}),
    repeatable=_keeps_nothing,
)

_EDIT = replace(
    _GENERATE,
    path="/images/edits",
    answer=edit,
    events=events_of("image_edit"),
    params="openai.types.image_edit_params:ImageEditParams",
    known=GPT_ONLY - {"moderation"},
    rules=(fits_model, goes_together, editable),
    read=forms.read,
)

_VARY = replace(
    _GENERATE,
    path="/images/variations",
    events=None,
    params="openai.types.image_create_variation_params:ImageCreateVariationParams",
    known=frozenset(),
    rules=(variable, fits_model),
    read=forms.read,
)

ENDPOINTS = (_GENERATE, _EDIT, _VARY, SERVE)
