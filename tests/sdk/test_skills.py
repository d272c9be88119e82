"""Skills through the SDK: a folder, a zip, versions, and their files."""

from __future__ import annotations

import io
import zipfile

import openai
import pytest

from pytest_mockopenai import MockOpenAI

if not hasattr(openai.OpenAI, "skills"):
    pytest.skip("this SDK has no skills", allow_module_level=True)

MANIFEST = b"---\nname: basic-math\ndescription: Add or multiply numbers.\n---\n\nUse this for sums.\n"


def test_from_upload_to_deletion(mock_openai: MockOpenAI) -> None:
    skills = mock_openai.client.skills
    skill = skills.create(files=[("math/SKILL.md", MANIFEST), ("math/run.py", b"print(1)")])
    assert (skill.name, skill.default_version) == ("basic-math", "1")
    assert [each.id for each in skills.list()] == [skill.id]
    with zipfile.ZipFile(io.BytesIO(skills.content.retrieve(skill.id).read())) as archive:
        assert archive.namelist() == ["math/SKILL.md", "math/run.py"]
        again = archive.read("math/SKILL.md")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("math/SKILL.md", again.replace(b"numbers", b"vectors"))
    version = skills.versions.create(skill.id, files=[("math.zip", packed.getvalue())], default=True)
    assert (version.version, version.description) == ("2", "Add or multiply vectors.")
    assert skills.retrieve(skill.id).description == version.description
    assert [each.version for each in skills.versions.list(skill.id)] == ["2", "1"]
    assert skills.update(skill.id, default_version="1").default_version == "1"
    assert skills.versions.delete("2", skill_id=skill.id).deleted
    assert skills.delete(skill.id).deleted
    with pytest.raises(openai.NotFoundError):
        skills.retrieve(skill.id)
