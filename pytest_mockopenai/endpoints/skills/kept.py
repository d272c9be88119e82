"""Skills as they are kept, and how they are found again."""

from __future__ import annotations

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.endpoint import JSON, Collection, Context, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.endpoints.skills.bundle import Bundle


def skills(context: Context) -> Collection:
    """Entries by the skill's id: `id`, `created_at`, the `default` version, how many were `made`, and the `versions`.

    A version is kept by its number as a text; its zip is in `store.contents` by its id.
    """
    return context.store.collection("skills")


def entry_of(context: Context) -> JSON:
    """The entry of the skill that the path names; raises `Refused` with 404 if there is none."""
    id_ = context.path["skill_id"]
    entry = skills(context).get(id_)
    if entry is None:
        raise Refused(errors.not_found("Skill", id_))
    return entry


def version_of(context: Context, entry: JSON) -> JSON:
    """The version that the path names, `latest` for the last one; raises `Refused` with 404 if there is none."""
    number = context.path["version"]
    found: JSON | None = entry["versions"].get(_latest(entry) if number == "latest" else number)
    if found is None:
        raise Refused(errors.not_found("Skill version", number))
    return found


def shown(entry: JSON) -> JSON:
    """The skill's object; name and description are those of the default version."""
    default = entry["versions"][entry["default"]]
    return {
        "id": entry["id"],
        "object": "skill",
        "created_at": entry["created_at"],
        "name": default["name"],
        "description": default["description"],
        "default_version": entry["default"],
        "latest_version": _latest(entry),
    }


def _latest(entry: JSON) -> str:
    return str(max(map(int, entry["versions"])))


def keep(context: Context, skill: str, number: int, bundle: Bundle) -> JSON:
    """Keep a bundle as a version of a skill, and return its object; raises `Refused` if there is no room."""
    made = {
        "id": "skillver_" + context.serial.child("version").hex(32),
        "object": "skill.version",
        "created_at": context.now,
        "skill_id": skill,
        "version": str(number),
        "name": bundle.name,
        "description": bundle.description,
    }
    context.store.contents.put(str(made["id"]), bundle.zipped)
    return made


def content(context: Context, version: JSON) -> Finished:
    """The zip of a version."""
    name = (("content-disposition", f'attachment; filename="{version["skill_id"]}-{version["version"]}.zip"'),)
    zipped = context.store.contents.get(version["id"]) or b""
    return Finished(version, headers=name, content=("application/zip", zipped))


def forget(context: Context, entry: JSON) -> None:
    """Forget a skill with all its versions."""
    for version in entry["versions"].values():
        context.store.contents.delete(version["id"])
    skills(context).delete(entry["id"])
