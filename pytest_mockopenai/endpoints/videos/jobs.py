"""A video as it is kept, and as it is at a time: queued, in progress, then completed or failed, by the clock.

Forms as in openai/types/video.py.
"""

from __future__ import annotations

from typing import Any

from pytest_mockopenai.core import errors, lifecycle, picture
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.picture import Picture
from pytest_mockopenai.core.seed import Draw

_LIVES = 3600
"""Seconds that the files of a video can be fetched ("Video generation" guide: links are good for an hour)."""

_UNFINISHED = ("queued", "in_progress")
_ALMOST = 99


def videos(context: Context) -> Collection:
    """The entries of all videos."""
    return context.store.collection("videos")


def made(context: Context, *, model: str, seconds: str, size: str, source: str | None = None) -> Finished:
    """A new video, of which a tenth of the time it is queued; it fails in the end if the script says so."""
    failure = context.answer.failure if context.answer else None
    video: JSON = {
        "id": "video_" + context.serial.child("video").hex(48),
        "object": "video",
        "created_at": context.now,
        "status": "queued",
        "progress": 0,
        "model": model,
        "prompt": context.body["prompt"],
        "seconds": seconds,
        "size": size,
        "completed_at": None,
        "expires_at": None,
        "error": None,
        "remixed_from_video_id": source,
    }
    stages = ("queued", 1), ("in_progress", 9)
    entry: JSON = {
        "id": video["id"],
        "video": video,
        "timeline": lifecycle.timeline(
            context.time, context.job_seconds, *stages, last="failed" if failure else "completed"
        ),
        "error": {"code": failure.code, "message": failure.message} if failure else None,
        "drawn_from": context.draw.child("video").hex(64),
    }
    videos(context).put(video["id"], entry)
    context.announce("video", entry["id"], entry["timeline"])
    return shown(entry, context.time)


def found(context: Context, id_: str) -> JSON:
    """The entry of a video; raises `Refused` with 404 if there is none."""
    entry = videos(context).get(id_)
    if entry is None:
        raise Refused(errors.not_found("Video", id_))
    return entry


def finished(context: Context, id_: str, use: str) -> JSON:
    """The completed video of this id; raises `Refused` for another one, which is no use to `use` (`remix`)."""
    video = at(found(context, id_), context.time)
    if video["status"] != "completed":
        message = f"Video '{id_}' cannot be used to {use}: its status is '{video['status']}', not 'completed'."
        raise Refused(errors.invalid(message, param="video", code="invalid_value"))
    return video


def at(entry: JSON, time: float) -> JSON:
    """A video as it is at a time."""
    line = entry["timeline"]
    status, completed = lifecycle.status_at(line, time), lifecycle.since(line, "completed", time)
    return {
        **entry["video"],
        "status": status,
        "progress": _progress(line, status, time),
        "completed_at": completed,
        "expires_at": None if completed is None else completed + _LIVES,
        "error": entry["error"] if status == "failed" else None,
    }


def _progress(line: Any, status: str, time: float) -> int:
    """Percent: it grows with the time; what fails has almost been there."""
    if status == "completed":
        return 100
    begun, end = float(line[0][1]), float(line[-1][1])
    return 0 if status == "queued" else min(_ALMOST, int(100 * (time - begun) / max(end - begun, 1e-9)))


def shown(entry: JSON, time: float) -> Finished:
    """The reply that shows a video; pollers of an unfinished one come again soon."""
    video = at(entry, time)
    return Finished(video, headers=lifecycle.POLL_SOON if video["status"] in _UNFINISHED else ())


def frames(entry: JSON) -> list[Picture]:
    """A frame for each second, in which a picture is drawn from the top."""
    video = entry["video"]
    width, height = picture.size_of(video["size"]) or (720, 1280)
    whole = picture.drawn(width, height, Draw(bytes.fromhex(entry["drawn_from"])))
    count = int(video["seconds"])
    return [whole.begun(second + 1, count) for second in range(count)]
