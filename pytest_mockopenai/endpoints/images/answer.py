"""The finished answer of all image endpoints: pictures as base64 or links, and what they cost."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import checks, errors, picture, prose
from pytest_mockopenai.core.answer import Answer
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.picture import Picture
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.images import hosted
from pytest_mockopenai.endpoints.images.families import Family, family_of, model_of, sends_url
from pytest_mockopenai.tokens.count import Count, exact

_FRAMES, _FRAME_MS = 9, 200  # defaults of GIF (openai/types/image_generate_params.py)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: `auto` and what it leaves out are made definite."""

    family: Family
    model: str
    size: tuple[int, int]
    quality: str
    form: str
    transparent: bool
    number: int
    frames: int
    frame_ms: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture: its file as base64, and the picture that was made up (None: the script gave the file)."""

    file: str
    made: Picture | None


@dataclass(frozen=True, slots=True)
class Detail:
    """What a stream is cut from."""

    asked: Asked
    drawn: Sequence[Drawn]
    prompt: Count
    seen: Count
    each: int


def asked_of(body: Mapping[str, Any]) -> Asked:
    """What a request that was found valid asks for."""
    family = family_of(body)
    return Asked(
        family=family,
        model=model_of(body),
        size=picture.size_of(body.get("size")) or picture.size_of((*family.sizes, "1024x1024")[0]) or (1024, 1024),
        quality=_definite(body.get("quality"), family.qualities[0]),
        form=body.get("output_format") or "png",
        transparent=body.get("background") == "transparent",
        number=body.get("n") or 1,
        frames=body.get("frame_count") or _FRAMES,
        frame_ms=body.get("frame_duration_ms") or _FRAME_MS,
    )


def _definite(value: str | None, default: str) -> str:
    return default if value in (None, "auto") else str(value)


def answer(context: Context, seen: Count) -> Finished:
    """The reply with `seen` tokens of pictures that the request brought along."""
    checks.unbroken(context.answer)
    asked, said = asked_of(context.body), context.answer or Answer()
    drawn = _drawn(context, asked, said)
    reply: JSON = {
        "created": context.now,
        "data": [_datum(context, asked, each, place) for place, each in enumerate(drawn)],
    }
    if not asked.family.is_gpt:
        return Finished(reply)
    partial = context.body.get("partial_images") or 0 if context.streamed else 0
    each = tokens.drawn_tokens(asked.model, asked.size, asked.quality, partial=partial)
    prompt = tokens.tokenizer(asked.model, context.models.encodings).count(context.inquiry.last_message)
    usage = context.billed(
        Usage(
            prompt_tokens=prompt.tokens + seen.tokens,
            completion_tokens=each.tokens * asked.number,
            prompt_method=(prompt + seen).method,
            completion_method=each.method,
        )
    )
    whole = {**reply, **_described(context.body, asked), "usage": usage_json(usage, seen.tokens)}
    return Finished(_with_svg(context, whole), usage, Detail(asked, drawn, prompt, seen, each.tokens))


def _drawn(context: Context, asked: Asked, said: Answer) -> list[Drawn]:
    given = said.images
    if len(given) > 1 and len(given) != asked.number:
        message = f"draws() got {len(given)} files for {asked.number} pictures: give one for each, or one for all"
        raise Refused(errors.script_mistake(message, param="n"))
    if given:
        files = given * asked.number if len(given) == 1 else given
        return [Drawn(file, None) for file in files]
    return [_made(asked, context, place) for place in range(asked.number)]


def _made(asked: Asked, context: Context, place: int) -> Drawn:
    made = picture.drawn(*asked.size, context.draw.child("picture").child(place), transparent=asked.transparent)
    if asked.form != "gif":
        return Drawn(_base64(picture.encoded(made, asked.form)), made)
    frames = [made.begun(step + 1, asked.frames) for step in range(asked.frames)]
    return Drawn(_base64(picture.animated(frames, duration_ms=asked.frame_ms)), made)


def begun(drawn: Drawn, asked: Asked, done: int, of: int) -> str:
    """A picture after so many of the steps of drawing it, as base64; of a scripted one the whole."""
    return drawn.file if drawn.made is None else _base64(picture.encoded(drawn.made.begun(done, of), asked.form))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _datum(context: Context, asked: Asked, drawn: Drawn, place: int) -> JSON:
    by_url = sends_url(context.body)
    shown = {"url": hosted.kept(context, drawn.file, asked.form, place)} if by_url else {"b64_json": drawn.file}
    rewritten = context.answer.revised_prompt if context.answer else None
    if rewritten is None and asked.family.rewrites:
        rewritten = f"{context.inquiry.last_message} {prose.filler(12, context.draw.child('revised'))}"
    return shown if rewritten is None else {"revised_prompt": rewritten, **shown}


def _described(body: Mapping[str, Any], asked: Asked) -> JSON:
    identifier = body.get("safety_identifier") or body.get("user")
    return {
        "background": "transparent" if asked.transparent else "opaque",
        "output_format": asked.form,
        "quality": asked.quality,
        "size": f"{asked.size[0]}x{asked.size[1]}",
        **({"safety_identifier": identifier} if identifier else {}),
    }


def usage_json(usage: Usage, seen: int) -> JSON:
    """Usage as the images API tells it; `seen` are the tokens of pictures in the prompt."""
    seen = min(seen, usage.prompt_tokens)
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"image_tokens": seen, "text_tokens": usage.prompt_tokens - seen},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"image_tokens": usage.completion_tokens, "text_tokens": 0},
        "total_tokens": usage.total_tokens,
    }


def _with_svg(context: Context, reply: JSON) -> JSON:
    """The reply with what the author of an SVG used, if one was chosen; his tokens are not those of the picture."""
    author = (context.body.get("svg") or {}).get("model")
    if context.body.get("output_format") != "svg" or not author:
        return reply
    counter = tokens.tokenizer(author, context.models.encodings)
    document = base64.b64decode(reply["data"][0]["b64_json"]).decode("utf-8", "replace")
    read, written = counter.length(context.inquiry.last_message), counter.length(document)
    counts = {"input_tokens": read, "output_tokens": written, "reasoning_tokens": 0, "total_tokens": read + written}
    return {**reply, "svg_usage": {"model": author, **counts}}


NOTHING_SEEN = exact(0)
"""Of a request that brings no picture along."""
