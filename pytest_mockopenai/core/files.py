"""Files that are kept: uploaded ones, and those that batches, fine-tuning and their like write."""

from __future__ import annotations

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Store
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.seed import Draw


def files(store: Store) -> Collection:
    """Objects of `openai/types/file_object.py` by their id; what is in them is in `store.contents` by the same id."""
    return store.collection("files")


def keep(
    context: Context, data: bytes, *, filename: str, purpose: str, serial: Draw | None = None, lives: int | None = None
) -> JSON:
    """Keep a new file and return its object. `lives` is in seconds; None: until it is deleted.

    `serial` draws the id, for a call that makes several files; None: the call's own. Raises `Refused` if there is no
    room.
    """
    id_ = "file-" + (serial or context.serial).child("file").alphanumeric(22)
    made = {
        "id": id_,
        "object": "file",
        "bytes": len(data),
        "created_at": context.now,
        "expires_at": None if lives is None else context.now + lives,
        "filename": filename,
        "purpose": purpose,
        "status": "processed",
        "status_details": None,
    }
    _put(context, id_, data)
    files(context.store).put(id_, made)
    return made


def _put(context: Context, id_: str, data: bytes) -> None:
    """Keep what is in a file; those whose time is over make room."""
    try:
        context.store.contents.put(id_, data)
    except Refused:
        for file in files(context.store).all():
            if expired(file, context.time):
                _forget(context, file["id"])
        context.store.contents.put(id_, data)


def expired(file: JSON, time: float) -> bool:
    """Whether a file's time is over."""
    return file["expires_at"] is not None and file["expires_at"] <= time


def file_of(context: Context, id_: str) -> JSON:
    """The object of a file; raises `Refused` with 404 if there is none, or its time is over."""
    file = files(context.store).get(id_)
    if file is None or expired(file, context.time):
        raise Refused(errors.no_such("File", id_))
    return file


def content_of(context: Context, id_: str) -> bytes:
    """What is in a file; raises `Refused` with 404 if there is no such file."""
    file_of(context, id_)
    return context.store.contents.get(id_) or b""


def delete(context: Context, id_: str) -> None:
    """Forget a file and what is in it; raises `Refused` with 404 if there is none."""
    file_of(context, id_)
    _forget(context, id_)


def _forget(context: Context, id_: str) -> None:
    files(context.store).delete(id_)
    context.store.contents.delete(id_)
