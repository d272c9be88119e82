"""GET /images/files/{name}: the pictures that replies link to. No key is asked for; a link is good for an hour."""

from __future__ import annotations

import base64

from pytest_mockopenai.core import errors, picture
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused

_LIVES = 3600
"""Seconds (`response_format` in openai/types/image_create_variation_params.py)."""

_MOST = 256  # links at a time: whoever wants a picture fetches it soon
_PATH = "/images/files/{name}"
_STORE = "images.files"


def kept(context: Context, file: str, form: str, place: int) -> str:
    """The address of a picture (base64) that is served from now on, on the host that the request was sent to.

    `place` is that of the picture in the reply.
    """
    _make_room(context)
    id_ = "img-" + context.serial.child("image").child(place).alphanumeric(24)
    made = {"id": id_, "expires_at": context.now + _LIVES, "content_type": picture.content_type(form)}
    context.store.contents.put(id_, base64.b64decode(file))
    context.store.collection(_STORE).put(id_, made)
    return f"{context.request.origin}/v1/images/files/{id_}.{form}?se={made['expires_at']}"


def _make_room(context: Context) -> None:
    """Forget links that were made long ago, with what they lead to."""
    places = context.store.collection(_STORE)
    known = places.all()
    for place, found in enumerate(known):
        if place <= len(known) - _MOST or found["expires_at"] + _LIVES < context.time:
            places.delete(found["id"])
            context.store.contents.delete(found["id"])


def serve(context: Context) -> Finished:
    """The picture itself; raises `Refused` with 404 for one that was never made, 403 when its hour is over."""
    id_ = context.path["name"].partition(".")[0]
    places = context.store.collection(_STORE)
    found, data = places.get(id_), context.store.contents.get(id_)
    if found is None or data is None:
        raise Refused(errors.no_such("Image", id_))
    if context.time >= found["expires_at"]:
        raise Refused(errors.link_expired())
    return Finished({"id": id_, "bytes": len(data)}, content=(found["content_type"], data))


SERVE = Endpoint("GET", _PATH, "images", serve, keyless=True)
