"""Skills: uploaded as a folder or a zip, versioned, read back; and what is no skill."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.wire import body_of
from pytest_mockopenai.endpoints.skills import bundle
from tests.endpoints.conftest import KEY, NOW, Api

MANIFEST = b"---\nname: basic-math\ndescription: Add or multiply numbers.\n---\n\nUse this for sums.\n"
FILES = {"basic_math/SKILL.md": MANIFEST, "basic_math/lib/calculate.py": b"print(1)\n"}


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return packed.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def post(api: Api, target: str, files: dict[str, bytes], **more: str) -> Any:
    return api.form(target, *[("files[]", (path, data)) for path, data in files.items()], *more.items())


def made(api: Api) -> Any:
    answered = post(api, "/v1/skills", FILES)
    assert answered.status == 200, answered.error
    return answered.json


def with_description(text: str) -> dict[str, bytes]:
    return {"s/SKILL.md": f"---\nname: s\ndescription: {text}\n---\n".encode()}


def content(api: Api, target: str) -> dict[str, bytes]:
    answered = api.get(f"{target}/content")
    assert answered.header("content-type") == "application/zip"
    return unzipped(body_of(answered.reply))


def test_a_folder_is_uploaded_and_read_back(api: Api) -> None:
    skill = made(api)
    assert {**skill, "id": ""} == {
        "id": "",
        "object": "skill",
        "created_at": NOW,
        "name": "basic-math",
        "description": "Add or multiply numbers.",
        "default_version": "1",
        "latest_version": "1",
    }
    target = f"/v1/skills/{skill['id']}"
    assert api.get(target).json == skill
    assert content(api, target) == content(api, f"{target}/versions/1") == FILES
    assert api.send("DELETE", target, None, KEY).json == {"id": skill["id"], "object": "skill.deleted", "deleted": True}
    assert api.get(target).status == 404


def test_a_zip_is_the_same_as_a_folder(api: Api) -> None:
    answered = api.form("/v1/skills", ("files", ("math.zip", zipped(FILES))))
    assert content(api, f"/v1/skills/{answered.json['id']}") == FILES


def test_versions(api: Api) -> None:
    target = f"/v1/skills/{made(api)['id']}"
    second = post(api, f"{target}/versions", with_description("Second.")).json
    third = post(api, f"{target}/versions", with_description("Third."), default="true").json
    assert [second["version"], third["version"]] == ["2", "3"]
    skill = api.get(target).json
    assert (skill["default_version"], skill["latest_version"], skill["description"]) == ("3", "3", "Third.")
    assert [each["version"] for each in api.get(f"{target}/versions").json["data"]] == ["3", "2", "1"]
    assert api.get(f"{target}/versions/2").json == second
    assert api.get(f"{target}/versions/latest").json == third
    changed = api.send("POST", target, {"default_version": "2"}).json
    assert (changed["default_version"], changed["description"], changed["latest_version"]) == ("2", "Second.", "3")
    assert content(api, target) == with_description("Second.")


def test_versions_are_deleted(api: Api) -> None:
    target = f"/v1/skills/{made(api)['id']}"
    second = post(api, f"{target}/versions", with_description("Second.")).json
    refused = api.send("DELETE", f"{target}/versions/1", None, KEY)
    assert (refused.status, refused.error["param"]) == (400, "version")
    gone = api.send("DELETE", f"{target}/versions/2", None, KEY).json
    assert gone == {"id": second["id"], "object": "skill.version.deleted", "deleted": True, "version": "2"}
    assert api.get(f"{target}/versions/2").status == 404
    assert api.get(target).json["latest_version"] == "1"
    assert post(api, f"{target}/versions", FILES).json["version"] == "3"  # numbers are not used again
    api.send("DELETE", f"{target}/versions/3", None, KEY)
    assert api.send("DELETE", f"{target}/versions/1", None, KEY).json["deleted"]
    assert api.get(target).status == 404


def test_skills_are_listed(api: Api) -> None:
    ids = [made(api)["id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert [each["id"] for each in api.get("/v1/skills?limit=2").json["data"]] == ids[:0:-1]
    assert [each["id"] for each in api.get("/v1/skills?order=asc").json["data"]] == ids


def test_a_description_in_several_lines(api: Api) -> None:
    lines = [
        "\ufeff---",
        "license: MIT",
        "name: 'x'",
        "description: >",
        "  One",
        "  two.",
        "metadata:",
        "  a: b",
        "---",
    ]
    manifest = "\r\n".join(lines).encode()
    skill = post(api, "/v1/skills", {"s/skill.md": manifest}).json
    assert (skill["name"], skill["description"]) == ("x", "One two.")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"s/README.md": b""}, "needs exactly one SKILL.md, but this one has 0"),
        ({**FILES, "basic_math/lib/skill.md": MANIFEST}, "but this one has 2"),
        ({"SKILL.md": MANIFEST}, "in a single folder"),
        ({**FILES, "other/x": b""}, "in a single folder"),
        ({**FILES, "basic_math/../x": b""}, "is no path of a file in a folder"),
        ({**FILES, "basic_math//x": b""}, "is no path of a file in a folder"),
        ({"s/SKILL.md": b"Hello"}, "begins with its front matter"),
        ({"s/SKILL.md": b"---\nname: x\n---\n"}, "needs a 'description'"),
        ({"s/SKILL.md": b"---\nname:\ndescription: x\n---\n"}, "needs a 'name'"),
    ],
)
def test_what_is_no_skill(api: Api, files: dict[str, bytes], message: str) -> None:
    answered = post(api, "/v1/skills", files)
    assert (answered.status, answered.error["param"], answered.error["code"]) == (400, "files", "invalid_skill")
    assert message in answered.error["message"]
    assert api.get("/v1/skills").json["data"] == []


def test_limits(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "LARGEST_FILE", 100)
    monkeypatch.setattr(bundle, "MOST_FILES", 3)
    big = {**FILES, "basic_math/big": bytes(101)}
    many = {**FILES, "basic_math/a": b"", "basic_math/b": b""}
    for files, message in ((big, "too large"), (many, "may have 3 files")):
        assert message in post(api, "/v1/skills", files).error["message"]
        assert message in api.form("/v1/skills", ("files", ("x.zip", zipped(files)))).error["message"]
    monkeypatch.setattr(bundle, "LARGEST_ZIP", 10)
    assert "zip is too large" in api.form("/v1/skills", ("files", ("x.zip", zipped(FILES)))).error["message"]


def test_a_form_is_needed_with_files(api: Api) -> None:
    assert api.form("/v1/skills", ("other", "x")).error["param"] == "other"
    assert api.form("/v1/skills", ("files", "text")).status == 400
    assert api.send("POST", "/v1/skills", {"files": []}).status == 415
    empty = api.form(f"/v1/skills/{made(api)['id']}/versions", ("default", "true"))
    assert (empty.status, empty.error["param"]) == (400, "files")


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_zip_is_taken_or_refused(noise: bytes, place: int) -> None:
    api, data = Api(), zipped(FILES)
    broken = data[:place] + noise + data[place + len(noise) :]
    assert api.form("/v1/skills", ("files", ("x.zip", broken))).status in (200, 400)
    assert api.app.problems == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", ""), ("DELETE", ""), ("GET", "/content"), ("GET", "/versions"), ("GET", "/versions/1")),
        *(("DELETE", "/versions/1"), ("GET", "/versions/1/content")),
    ],
)
def test_an_unknown_skill(api: Api, method: str, path: str) -> None:
    answered = api.send(method, f"/v1/skills/skill_x{path}", None, KEY)
    assert (answered.status, answered.error["message"]) == (404, "Skill with id 'skill_x' not found.")


def test_an_unknown_version(api: Api) -> None:
    target = f"/v1/skills/{made(api)['id']}"
    assert api.get(f"{target}/versions/7").error["message"] == "Skill version with id '7' not found."
    assert api.send("POST", target, {"default_version": "7"}).status == 404
    assert api.send("POST", target, {}).error["param"] == "default_version"
