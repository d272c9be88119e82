"""POST, GET and DELETE of skills, and GET of their files; `versions` has the endpoints of their versions."""

from __future__ import annotations

from pytest_mockopenai.core import errors, forms
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.paging import page
from pytest_mockopenai.endpoints.skills import versions
from pytest_mockopenai.endpoints.skills.bundle import bundle_of
from pytest_mockopenai.endpoints.skills.kept import content, entry_of, forget, keep, shown, skills


def create(context: Context) -> Finished:
    """A new skill, whose files are its version 1; raises `Refused` for files that are none of a skill."""
    bundle = bundle_of(versions.files_of(context))
    id_ = "skill_" + context.serial.child("id").hex(32)
    entry: JSON = {
        "id": id_,
        "created_at": context.now,
        "default": "1",
        "made": 1,
        "versions": {"1": keep(context, id_, 1, bundle)},
    }
    skills(context).put(id_, entry)
    return Finished(shown(entry))


def list_skills(context: Context) -> Finished:
    """A page of the skills, newest first unless the query says otherwise."""
    return Finished(page([shown(entry) for entry in skills(context).all()], context.request.query))


def retrieve(context: Context) -> Finished:
    """One skill; raises `Refused` with 404 if there is none."""
    return Finished(shown(entry_of(context)))


def update(context: Context) -> Finished:
    """The skill with another default version; raises `Refused` with 404 if there is no such skill or version."""
    entry, number = entry_of(context), context.body["default_version"]
    if number not in entry["versions"]:
        raise Refused(errors.not_found("Skill version", number))
    changed = skills(context).update(entry["id"], lambda now: {**now, "default": number})
    return Finished(shown(changed or entry))


def delete(context: Context) -> Finished:
    """What is said of a deleted skill; raises `Refused` with 404 if there is none."""
    entry = entry_of(context)
    forget(context, entry)
    return Finished({"id": entry["id"], "object": "skill.deleted", "deleted": True})


def download(context: Context) -> Finished:
    """The zip of the default version; raises `Refused` with 404 if there is no such skill."""
    entry = entry_of(context)
    return content(context, entry["versions"][entry["default"]])


_ONE = "/skills/{skill_id}"

ENDPOINTS = (
    Endpoint("GET", "/skills", "skills", list_skills),
    Endpoint(
        "POST",
        "/skills",
        "skills",
        create,
        params="openai.types.skill_create_params:SkillCreateParams",
        read=forms.read,
    ),
    Endpoint("GET", _ONE, "skills", retrieve),
    Endpoint("POST", _ONE, "skills", update, params="openai.types.skill_update_params:SkillUpdateParams"),
    Endpoint("DELETE", _ONE, "skills", delete),
    Endpoint("GET", f"{_ONE}/content", "skills.content", download),
    *versions.ENDPOINTS,
)
