"""The events of a streamed image: each picture in the making, then done, one picture after another.

Forms as in openai/types/image_gen_stream_event.py and image_edit_stream_event.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pytest_mockopenai.core import sse
from pytest_mockopenai.core.endpoint import JSON, Context, Finished
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.images.answer import Detail, begun, usage_json

_DESCRIBED = ("background", "output_format", "quality", "size", "safety_identifier")


def events_of(kind: str) -> Callable[[Context, Finished], Iterator[bytes]]:
    """The events of `image_generation` or `image_edit`."""

    def events(context: Context, finished: Finished) -> Iterator[bytes]:
        detail: Detail = finished.detail
        described = {name: finished.object[name] for name in _DESCRIBED if name in finished.object}
        common = {"created_at": finished.object["created"], **described}
        for place, drawn in enumerate(detail.drawn):
            partial = context.body.get("partial_images") or 0
            for index in range(partial):
                image = begun(drawn, detail.asked, index + 1, partial + 1)
                yield _event(f"{kind}.partial_image", common, image, {"partial_image_index": index})
            yield _event(f"{kind}.completed", common, drawn.file, {"usage": _share(detail, finished, place)})

    return events


def _event(kind: str, common: JSON, image: str, more: JSON) -> bytes:
    return sse.event({"type": kind, "b64_json": image, **common, **more}, kind)


def _share(detail: Detail, finished: Finished, place: int) -> JSON:
    """What this picture adds to the usage of the call: the first one has the prompt, the last one what is left over."""
    whole, last = finished.usage or Usage(), len(detail.drawn) - 1
    made = whole.completion_tokens - detail.each * last if place == last else detail.each
    share = replace(whole, prompt_tokens=0 if place else whole.prompt_tokens, completion_tokens=max(0, made))
    return usage_json(share, detail.seen.tokens)


def failure(error: Error, _: int) -> bytes:
    """An error in the middle of a stream."""
    return sse.event({"type": "error", **error.envelope()}, "error")
