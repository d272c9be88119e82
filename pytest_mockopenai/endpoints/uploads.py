"""Files that are uploaded in parts: POST of an upload and of its parts, complete, cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import md5

from pytest_mockopenai.core import errors, forms, uploaded
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused

LARGEST = 8 * 2**30
"""Bytes of an upload; a part may have `LARGEST_PART` (openai/resources/uploads)."""

LARGEST_PART = 64 * 2**20

_LASTS = 3600  # seconds that an upload may be added to


def create(context: Context) -> Finished:
    """A new upload, to which parts can be added for an hour."""
    body, id_ = context.body, "upload_" + context.serial.child("id").hex(32)
    upload = {
        "id": id_,
        "object": "upload",
        "bytes": body["bytes"],
        "created_at": context.now,
        "expires_at": context.now + _LASTS,
        "filename": body["filename"],
        "purpose": body["purpose"],
        "status": "pending",
    }
    _uploads(context).put(id_, {"upload": upload, "lives": uploaded.lifetime(body), "parts": {}})
    return Finished(upload)


def add_part(context: Context) -> Finished:
    """A new part of an upload; raises `Refused` if it is too large, or the upload is no longer pending."""
    data = forms.file_in(context.body, "data").data
    if len(data) > LARGEST_PART:
        raise Refused(errors.invalid(f"Part is too large: {len(data)} bytes, at most {LARGEST_PART} are allowed."))
    part_id = "part_" + context.serial.child("id").hex(32)

    def longer(entry: JSON) -> JSON:
        _check_pending(entry, context)
        parts = {**entry["parts"], part_id: len(data)}
        _check_bytes(entry, sum(parts.values()), too_few=False)
        return {**entry, "parts": parts}

    longer(_entry(context))
    context.store.contents.put(part_id, data)
    try:
        _changed(context, longer)
    except Refused:  # it was completed or cancelled in the meantime
        context.store.contents.delete(part_id)
        raise
    made = {"id": part_id, "object": "upload.part", "created_at": context.now, "upload_id": _id(context)}
    return Finished(made)


def complete(context: Context) -> Finished:
    """The upload with the file that its parts make in this order; raises `Refused` if they are not what was meant."""
    entry = _entry(context)
    _check_pending(entry, context)
    data = b"".join(context.store.contents.get(id_) or b"" for id_ in _known(entry, context.body["part_ids"]))
    _check_bytes(entry, len(data))
    _check_sum(context.body.get("md5"), data)
    upload = entry["upload"]
    named = {"filename": upload["filename"], "purpose": upload["purpose"]}
    file = uploaded.receive(context, data, lives=entry["lives"], largest=LARGEST, **named)
    return Finished(_ended(context, "completed", file=file))


def cancel(context: Context) -> Finished:
    """The upload, to which nothing can be added any more; raises `Refused` if it is no longer pending."""
    return Finished(_ended(context, "cancelled"))


def _ended(context: Context, status: str, **more: JSON) -> JSON:
    """The upload as it is once nothing can be added to it; its parts are dropped."""

    def changed(entry: JSON) -> JSON:
        _check_pending(entry, context)
        return {**entry, "upload": {**entry["upload"], "status": status, **more}}

    entry = _changed(context, changed)
    for part_id in entry["parts"]:
        context.store.contents.delete(part_id)
    upload: JSON = entry["upload"]
    return upload


# --- what may be wrong ------------------------------------------------------------------------------------------------


def _known(entry: JSON, ids: Sequence[str]) -> Sequence[str]:
    """The ids of parts, each of this upload and none of them twice."""
    for place, id_ in enumerate(ids):
        if id_ not in entry["parts"]:
            raise Refused(errors.no_such("UploadPart", id_))
        if id_ in ids[:place]:
            raise Refused(errors.invalid(f"Part {id_} is listed more than once.", param=f"part_ids[{place}]"))
    return ids


def _check_pending(entry: JSON, context: Context) -> None:
    upload = entry["upload"]
    status = upload["status"]
    if status == "pending" and upload["expires_at"] > context.time:
        return
    status = "expired" if status == "pending" else status
    raise Refused(errors.invalid(f"Upload {upload['id']} is {status}: it can no longer be changed."))


def _check_bytes(entry: JSON, count: int, *, too_few: bool = True) -> None:
    wanted = entry["upload"]["bytes"]
    if count > wanted or (too_few and count < wanted):
        message = f"The parts have {count} bytes, but the upload was created for a file of {wanted} bytes."
        raise Refused(errors.invalid(message))


def _check_sum(wanted: str | None, data: bytes) -> None:
    found = md5(data, usedforsecurity=False).hexdigest()
    if wanted is not None and wanted.lower() != found:
        message = f"The md5 checksum of the uploaded bytes is {found}, not the one that was given."
        raise Refused(errors.invalid(message, param="md5"))


# --- where they are ---------------------------------------------------------------------------------------------------


def _uploads(context: Context) -> Collection:
    return context.store.collection("uploads")


def _id(context: Context) -> str:
    return context.path["upload_id"]


def _entry(context: Context) -> JSON:
    return _found(context, _uploads(context).get(_id(context)))


def _changed(context: Context, change: Callable[[JSON], JSON]) -> JSON:
    return _found(context, _uploads(context).update(_id(context), change))


def _found(context: Context, entry: JSON | None) -> JSON:
    if entry is None:
        raise Refused(errors.no_such("Upload", _id(context)))
    return entry


_ONE = "/uploads/{upload_id}"
_TYPES = "openai.types."

ENDPOINTS = (
    Endpoint(
        "POST",
        "/uploads",
        "uploads",
        create,
        params=f"{_TYPES}upload_create_params:UploadCreateParams",
        known=frozenset({"expires_after"}),
        bounds={"bytes": Range(1, LARGEST), "filename": Length(1), "expires_after.seconds": uploaded.LIVES},
    ),
    Endpoint(
        "POST",
        f"{_ONE}/parts",
        "uploads.parts",
        add_part,
        params=f"{_TYPES}uploads.part_create_params:PartCreateParams",
        read=forms.read,
    ),
    Endpoint(
        "POST",
        f"{_ONE}/complete",
        "uploads",
        complete,
        params=f"{_TYPES}upload_complete_params:UploadCompleteParams",
    ),
    Endpoint("POST", f"{_ONE}/cancel", "uploads", cancel),
)
