"""POST, GET and DELETE of the versions of a skill, and GET of their files."""

from __future__ import annotations

from pytest_mockopenai.core import errors, forms
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.skills.bundle import bundle_of
from pytest_mockopenai.endpoints.skills.kept import content, entry_of, forget, keep, skills, version_of


def files_of(context: Context) -> object:
    """What a form has under `files`; raises `Refused` if it has nothing there."""
    if "files" not in context.body:
        raise Refused(errors.missing_parameter("files"))
    return context.body["files"]


def create(context: Context) -> Finished:
    """A new version, the default one if the form says so; raises `Refused` for files that are none of a skill."""
    entry, bundle = entry_of(context), bundle_of(files_of(context))
    number = 0

    def count(now: JSON) -> JSON:
        nonlocal number
        number = now["made"] + 1
        return {**now, "made": number}

    skills(context).update(entry["id"], count)
    made = keep(context, entry["id"], number, bundle)
    default = {"default": str(number)} if context.body.get("default") else {}
    skills(context).update(
        entry["id"], lambda now: {**now, "versions": {**now["versions"], str(number): made}, **default}
    )
    return Finished(made)


def list_versions(context: Context) -> Finished:
    """A page of the versions, newest first unless the query says otherwise."""
    return Finished(page(list(entry_of(context)["versions"].values()), context.request.query))


def retrieve(context: Context) -> Finished:
    """One version; raises `Refused` with 404 if there is none."""
    return Finished(version_of(context, entry_of(context)))


def delete(context: Context) -> Finished:
    """What is said of a deleted version; raises `Refused` with 404 if there is none, with 400 for the default one.

    With its last version a skill is deleted.
    """
    entry = entry_of(context)
    version = version_of(context, entry)
    number = version["version"]
    if len(entry["versions"]) == 1:
        forget(context, entry)
    elif number == entry["default"]:
        message = "The default version of a skill cannot be deleted: make another one the default first."
        raise Refused(errors.invalid(message, param="version"))
    else:
        skills(context).update(entry["id"], lambda now: _without(now, number))
        context.store.contents.delete(version["id"])
    return Finished({"id": version["id"], "object": "skill.version.deleted", "deleted": True, "version": number})


def _without(entry: JSON, number: str) -> JSON:
    return {**entry, "versions": {name: version for name, version in entry["versions"].items() if name != number}}


def download(context: Context) -> Finished:
    """The zip of a version; raises `Refused` with 404 if there is none."""
    return content(context, version_of(context, entry_of(context)))


_ALL = "/skills/{skill_id}/versions"
_ONE = f"{_ALL}/{{version}}"

ENDPOINTS = (
    Endpoint("GET", _ALL, "skills.versions", list_versions),
    Endpoint(
        "POST",
        _ALL,
        "skills.versions",
        create,
        params="openai.types.skills.version_create_params:VersionCreateParams",
        read=forms.read,
    ),
    Endpoint("GET", _ONE, "skills.versions", retrieve),
    Endpoint("DELETE", _ONE, "skills.versions", delete),
    Endpoint("GET", f"{_ONE}/content", "skills.versions.content", download),
)
