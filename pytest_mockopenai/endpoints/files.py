"""POST, GET and DELETE of files, and GET of what is in them."""

from __future__ import annotations

from urllib.parse import quote

from pytest_mockopenai.core import errors, files, forms, uploaded
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.core.wire import Request

PURPOSES = ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")
"""What files may be uploaded for, in the order in which the API lists them."""

KEPT_BACK = ("assistants", "user_data")
"""The purposes of files that are not handed out again."""

_MOST = 10_000  # of a list (openai/resources/files.py)


def read(request: Request) -> JSON:
    """The form of an upload; raises `Refused`, for a wrong purpose in the words that only this endpoint has."""
    fields = forms.read(request)
    purpose = fields.get("purpose")
    if isinstance(purpose, str) and purpose not in PURPOSES:
        raise Refused(errors.invalid(f"'{purpose}' is not one of {list(PURPOSES)} - 'purpose'", param="purpose"))
    return fields


def create(context: Context) -> Finished:
    """The file that was uploaded; raises `Refused` for one that its purpose does not allow."""
    file = forms.file_in(context.body, "file")
    made = uploaded.receive(
        context,
        file.data,
        filename=file["filename"],
        purpose=context.body["purpose"],
        lives=uploaded.lifetime(context.body),
        largest=uploaded.LARGEST,
    )
    return Finished(made)


def list_files(context: Context) -> Finished:
    """A page of the files, the newest first; those whose time is over are no longer there."""
    query = context.request.query
    purpose = dict(query).get("purpose")

    def wanted(file: JSON) -> bool:
        return purpose in (None, "", file["purpose"]) and not files.expired(file, context.time)

    return Finished(page(files.files(context.store).all(), query, where=wanted, limit=_MOST, most=_MOST))


def retrieve(context: Context) -> Finished:
    """One file; raises `Refused` with 404 if there is none."""
    return Finished(files.file_of(context, _id(context)))


def content(context: Context) -> Finished:
    """The bytes of a file; raises `Refused` with 404 if there is none, with 400 if it is kept back."""
    file = files.file_of(context, _id(context))
    if file["purpose"] in KEPT_BACK:
        raise Refused(errors.invalid(f"Not allowed to download files of purpose: {file['purpose']}"))
    name = quote(file["filename"], errors="replace")
    headers = (("content-disposition", f"attachment; filename*=UTF-8''{name}"),)
    return Finished(file, headers=headers, content=("application/octet-stream", files.content_of(context, file["id"])))


def delete(context: Context) -> Finished:
    """What is said of a deleted file; raises `Refused` with 404 if there is none."""
    files.delete(context, _id(context))
    return Finished({"id": _id(context), "object": "file", "deleted": True})


def _id(context: Context) -> str:
    return context.path["file_id"]


_ONE = "/files/{file_id}"

ENDPOINTS = (
    Endpoint("GET", "/files", "files", list_files),
    Endpoint(
        "POST",
        "/files",
        "files",
        create,
        params="openai.types.file_create_params:FileCreateParams",
        known=frozenset({"expires_after"}),
        bounds={"expires_after.seconds": uploaded.LIVES},
        read=read,
    ),
    Endpoint("GET", _ONE, "files", retrieve),
    Endpoint("DELETE", _ONE, "files", delete),
    Endpoint("GET", f"{_ONE}/content", "files", content),
)
