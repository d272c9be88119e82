"""GET /videos/{video_id}/content: the video, or a picture of it, once it is completed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pytest_mockopenai.core import errors, picture
from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.picture import Picture
from pytest_mockopenai.endpoints.videos import jobs


def _last_frame(frames: Sequence[Picture]) -> bytes:
    return picture.encoded(frames[-1], "webp")


_VARIANTS: Mapping[str, tuple[str, Callable[[Sequence[Picture]], bytes]]] = {
    "video": ("video/mp4", picture.video),
    "thumbnail": ("image/webp", _last_frame),
    "spritesheet": ("image/jpeg", picture.sheet),
}


def download(context: Context) -> Finished:
    """The bytes of a variant; raises `Refused` with 404 before a video is completed and after it has expired."""
    variant = dict(context.request.query).get("variant") or "video"
    if variant not in _VARIANTS:
        raise Refused(errors.invalid_value("variant", variant, _VARIANTS))
    entry = jobs.found(context, context.path["video_id"])
    video = jobs.at(entry, context.time)
    if video["status"] != "completed":  # wording: BerriAI/litellm#32602
        message = f"Video is not ready yet, use GET /v1/videos/{video['id']} to check status."
        raise Refused(Error(404, message))
    if context.time >= video["expires_at"]:
        raise Refused(Error(404, f"The content of video '{video['id']}' has expired."))
    kind, encode = _VARIANTS[variant]
    data = encode(jobs.frames(entry))
    return Finished({"id": video["id"], "variant": variant, "bytes": len(data)}, content=(kind, data))


DOWNLOAD = Endpoint("GET", "/videos/{video_id}/content", "videos", download)
