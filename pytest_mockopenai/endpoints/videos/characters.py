"""POST /videos/characters and GET /videos/characters/{character_id}: who may appear in videos. Nobody does."""

from __future__ import annotations

from pytest_mockopenai.core import checks, errors, forms
from pytest_mockopenai.core.bounds import Length
from pytest_mockopenai.core.endpoint import Collection, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused


def create(context: Context) -> Finished:
    """A new character of the uploaded video."""
    forms.file_in(context.body, "video")
    id_ = "char_" + context.serial.child("character").hex(32)
    made = {"id": id_, "created_at": context.now, "name": context.body["name"]}
    _characters(context).put(id_, made)
    return Finished(made)


def retrieve(context: Context) -> Finished:
    """A character; raises `Refused` with 404 if there is none."""
    id_ = context.path["character_id"]
    kept = _characters(context).get(id_)
    if kept is None:
        raise Refused(errors.not_found("Character", id_))
    return Finished(kept)


def _characters(context: Context) -> Collection:
    return context.store.collection("videos.characters")


ENDPOINTS = (
    Endpoint(
        "POST",
        "/videos/characters",
        "videos",
        create,
        params="openai.types.video_create_character_params:VideoCreateCharacterParams",
        bounds={"name": Length(1, 80)},
        rules=(checks.needs("name"),),
        read=forms.read,
    ),
    Endpoint("GET", "/videos/characters/{character_id}", "videos", retrieve),
)
