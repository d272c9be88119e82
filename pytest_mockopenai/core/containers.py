"""The containers of the code interpreter: kept while they are used, and for some minutes after that.

An entry of the collection is plain JSON: `container`, what the object says of itself, and `files` by their ids, whose
bytes are in `store.contents`. A container that has expired is still told of; what was in it is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Store
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.seed import Draw

LIFE = 20
"""Minutes that a container is kept after it was last used, unless it is told otherwise (guide "Code interpreter")."""

_HOME = "/mnt/data"


def containers(store: Store) -> Collection:
    """Entries by the container's id."""
    return store.collection("containers")


def keep(context: Context, serial: Draw, **about: object) -> JSON:
    """Keep a new container and return its entry; `about` are fields of the object that the request gives."""
    for id_ in [entry["container"]["id"] for entry in containers(context.store).all() if expired(entry, context.time)]:
        _empty(context, id_)
    id_ = "cntr_" + serial.child("container").hex(48)
    container = {
        "id": id_,
        "object": "container",
        "created_at": context.now,
        "status": "running",
        "expires_after": {"anchor": "last_active_at", "minutes": LIFE},
        "last_active_at": context.now,
        "memory_limit": "1g",
        "name": "auto",
        **{name: value for name, value in about.items() if value is not None},
    }
    entry: JSON = {"container": container, "files": {}}
    containers(context.store).put(id_, entry)
    return entry


def expired(entry: JSON, time: float) -> bool:
    """Whether a container's time is over."""
    container = entry["container"]
    return bool(container["last_active_at"] + container["expires_after"]["minutes"] * 60 <= time)


def container_object(entry: JSON, time: float) -> JSON:
    """A container as it is at this time (openai/types/container_retrieve_response.py)."""
    return {**entry["container"], "status": "expired"} if expired(entry, time) else dict(entry["container"])


def _unchanged(entry: JSON) -> JSON:
    return entry


def looked_at(context: Context, id_: str) -> JSON:
    """A container as it is now, which puts off its expiry; raises `Refused` with 404 if there is none."""
    return container_object(_touched(context, id_, _unchanged), context.time)


def used(context: Context, id_: str, change: Callable[[JSON], JSON] = _unchanged) -> JSON:
    """The entry of a container that is used now, changed, which puts off its expiry.

    Raises `Refused` with 404 if there is none, with 400 if it has expired (wordings: as users report them).
    """
    entry = _touched(context, id_, change)
    if expired(entry, context.time):
        raise Refused(errors.invalid("Container is expired."))
    return entry


def _touched(context: Context, id_: str, change: Callable[[JSON], JSON]) -> JSON:
    """The entry, changed and used now; one that has expired stays as it is."""

    def touched(entry: JSON) -> JSON:
        if expired(entry, context.time):
            return entry
        changed = change(entry)
        return {**changed, "container": {**changed["container"], "last_active_at": context.now}}

    entry = containers(context.store).update(id_, touched)
    if entry is None:
        raise Refused(errors.not_found("Container", id_))
    return entry


def delete(context: Context, id_: str) -> None:
    """Forget a container and what is in it; raises `Refused` with 404 if there is none."""
    _empty(context, id_)
    if not containers(context.store).delete(id_):
        raise Refused(errors.not_found("Container", id_))


def _empty(context: Context, id_: str) -> None:
    """Forget what is in a container."""
    entry = containers(context.store).get(id_)
    for file_id in entry["files"] if entry else ():
        context.store.contents.delete(file_id)
    containers(context.store).update(id_, lambda entry: {**entry, "files": {}})


def add_file(context: Context, container_id: str, serial: Draw, filename: str, data: bytes, *, source: str) -> JSON:
    """Keep a file in a container and return its object; raises `Refused` as `used` does.

    `source` is `user` for what the client puts there, `assistant` for what the model's code writes.
    """
    used(context, container_id)
    id_ = "cfile_" + serial.child("file").hex(32)
    file = {
        "id": id_,
        "object": "container.file",
        "created_at": context.now,
        "bytes": len(data),
        "container_id": container_id,
        "path": f"{_HOME}/{serial.child('path').hex(32)}-{PurePath(filename).name}",
        "source": source,
    }
    context.store.contents.put(id_, data)
    used(context, container_id, lambda entry: {**entry, "files": {**entry["files"], id_: file}})
    return file
