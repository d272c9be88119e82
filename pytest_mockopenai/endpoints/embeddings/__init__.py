"""POST /embeddings: one vector for each input; the vectors' rule is in `vectors`."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

from pytest_mockopenai import tokens
from pytest_mockopenai.core import errors
from pytest_mockopenai.core.bounds import Items, Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.embeddings import vectors
from pytest_mockopenai.tokens import Encoding

_WIDTHS = {"text-embedding-3-large": 3072, "text-embedding-3-small": 1536, "text-embedding-ada-002": 1536}
_USUAL = 1536
_FIXED = "text-embedding-ada-002"  # takes no `dimensions`
_INPUT_TOKENS, _ALL_TOKENS = 8192, 300_000  # openai/types/embedding_create_params.py


def create(context: Context) -> Finished:
    """The embeddings of all inputs, in order."""
    inputs: list[str | list[int]] = tokens.inputs_of(context.body["input"])
    texts, counts = _read(context, inputs)
    found = _scripted(context, len(inputs)) or [_made(context, text) for text in texts]
    encode = _base64 if context.body.get("encoding_format") == "base64" else _floats
    data = [{"object": "embedding", "index": place, "embedding": encode(vector)} for place, vector in enumerate(found)]
    usage = context.billed(Usage(prompt_tokens=sum(counts)))
    return Finished(_reply(context.model, data, usage), usage)


def _reply(model: str, data: list[JSON], usage: Usage) -> JSON:
    counts = {"prompt_tokens": usage.prompt_tokens, "total_tokens": usage.prompt_tokens}
    return {"object": "list", "data": data, "model": model, "usage": counts}


def _read(context: Context, inputs: Sequence[str | list[int]]) -> tuple[list[str], list[int]]:
    """The texts of all inputs and their numbers of tokens; raises `Refused` for one that OpenAI would not embed."""
    encoding = tokens.tokenizer(context.model, context.models.encodings).encoding
    texts, counts = [], []
    for place, given in enumerate(inputs):
        path = f"input[{place}]" if len(inputs) > 1 else "input"
        if not given:
            raise Refused(errors.invalid(f"Invalid '{path}': input cannot be an empty string.", param="input"))
        texts.append(given if isinstance(given, str) else _decoded(encoding, given, path))
        counts.append(encoding.count(given) if isinstance(given, str) else len(given))
    _check_lengths(counts)
    return texts, counts


def _decoded(encoding: Encoding, ids: list[int], path: str) -> str:
    try:
        return encoding.decode(ids)
    except ValueError as error:
        raise Refused(errors.invalid(f"Invalid '{path}': {error}", param="input")) from None


def _check_lengths(counts: Sequence[int]) -> None:
    longest, total = max(counts), sum(counts)
    if longest > _INPUT_TOKENS:
        raise Refused(errors.prompt_too_long(_INPUT_TOKENS, longest))
    if total > _ALL_TOKENS:
        message = f"Invalid 'input': maximum request size is {_ALL_TOKENS} tokens per request."
        raise Refused(errors.invalid(message, param="input", code="max_tokens_per_request"))


def _made(context: Context, text: str) -> list[float]:
    dimensions = context.body.get("dimensions")
    width = _WIDTHS.get(context.model) or dimensions or _USUAL
    made: list[float] = vectors.embed(text, model=context.model, width=width, dimensions=dimensions or width).tolist()
    return made


def _scripted(context: Context, inputs: int) -> list[Sequence[float]]:
    given: tuple[Sequence[float], ...] = context.answer.vectors if context.answer else ()
    if len(given) > 1 and len(given) != inputs:
        message = f"embeds() got {len(given)} vectors for {inputs} inputs: give one for each input, or one for all"
        raise Refused(errors.script_mistake(message, param="input"))
    return list(given) * inputs if len(given) == 1 else list(given)


def _base64(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _floats(vector: Sequence[float]) -> list[float]:
    """The numbers with as many digits as a float32 has, as the API prints them."""
    return [float(f"{value:.8g}") for value in vector]


def check_dimensions(context: Context) -> None:
    """Refuse `dimensions` where the model has none to choose, or fewer."""
    asked, width = context.body.get("dimensions"), _WIDTHS.get(context.model)
    if asked is None or width is None:
        return
    if context.model == _FIXED:
        message = "This model does not support specifying dimensions."
        raise Refused(errors.invalid(message, param="dimensions"))
    if asked > width:
        message = f"Invalid value for 'dimensions': expected at most {width} for this model, but got {asked} instead."
        raise Refused(errors.invalid(message, param="dimensions", code="invalid_value"))


ENDPOINTS = (
    Endpoint(
        "POST",
        "/embeddings",
        "embeddings",
        create,
        params="openai.types.embedding_create_params:EmbeddingCreateParams",
        bounds={"model": Length(1, None), "input": Items(1, 2048), "dimensions": Range(1, None)},
        rules=(check_dimensions,),
        kinds=frozenset({"embedding"}),
        repeatable=lambda _: True,
    ),
)
