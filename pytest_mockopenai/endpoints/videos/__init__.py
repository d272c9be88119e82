"""GET and DELETE of videos, and GET of their list; `making` makes them, `content` gives their files."""

from __future__ import annotations

from pytest_mockopenai.core.endpoint import Context, Endpoint, Finished
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.videos import characters, jobs, making
from pytest_mockopenai.endpoints.videos.content import DOWNLOAD


def retrieve(context: Context) -> Finished:
    """A video as it is now; raises `Refused` with 404 if there is none."""
    return jobs.shown(jobs.found(context, context.path["video_id"]), context.time)


def list_videos(context: Context) -> Finished:
    """A page of the videos as they are now, the newest first."""
    found = [jobs.at(entry, context.time) for entry in jobs.videos(context).all()]
    return Finished(page(found, context.request.query, least=0))


def delete(context: Context) -> Finished:
    """What is said of a deleted video; raises `Refused` with 404 if there is none."""
    id_ = jobs.found(context, context.path["video_id"])["id"]
    jobs.videos(context).delete(id_)
    return Finished({"id": id_, "object": "video.deleted", "deleted": True})


_ONE = "/videos/{video_id}"

ENDPOINTS = (
    *making.ENDPOINTS,
    *characters.ENDPOINTS,
    Endpoint("GET", "/videos", "videos", list_videos),
    Endpoint("GET", _ONE, "videos", retrieve),
    Endpoint("DELETE", _ONE, "videos", delete),
    DOWNLOAD,
)
