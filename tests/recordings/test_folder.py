from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mockopenai.core.wire import Send
from pytest_mockopenai.recordings import files, folder
from pytest_mockopenai.recordings.folder import Folder, name_of
from pytest_mockopenai.recordings.interaction import Interaction, RecordedReply, RecordedRequest
from pytest_mockopenai.recordings.redaction import Redactor


def interaction(number: int, path: str = "/responses") -> Interaction:
    request = RecordedRequest("POST", path, body={"json": {"input": str(number)}})
    return Interaction(request, RecordedReply(200, (), (Send(b"x"),)))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/chat/completions", "chat-completions"),
        ("/files/file-abc123/content", "files-content"),
        ("/vector_stores/vs_67/files/file-1", "vector_stores-files"),
        ("/openai/deployments/gpt-4o/chat/completions", "openai-deployments-chat-completions"),
        ("/models/gpt-4o", "models"),
        ("/", "other"),
        ("/../../etc", "etc"),
    ],
)
def test_a_file_is_called_by_its_endpoint(path: str, name: str) -> None:
    assert name_of(path) == name


def test_a_long_file_is_followed_by_another_and_all_are_read_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MOST", 2)
    kept = [interaction(number) for number in range(21)]
    for each in kept[:5]:
        Folder(tmp_path).keep(each)  # by another process each time
    one = Folder(tmp_path)
    for each in kept[5:]:
        one.keep(each)
    assert len(list(tmp_path.iterdir())) == 11
    assert files.read(tmp_path / "responses-2.json") == kept[2:4]
    assert Folder(tmp_path).read() == kept


def test_anew_replaces_the_files_of_the_endpoints_that_are_recorded(tmp_path: Path) -> None:
    for path in ("/responses", "/embeddings"):
        Folder(tmp_path).keep(interaction(1, path))
    (tmp_path / "responses-7.json").write_text("left over")
    again = Folder(tmp_path, anew=True)
    again.keep(interaction(2))
    again.keep(interaction(3))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["embeddings.json", "responses.json"]
    assert files.read(tmp_path / "responses.json") == [interaction(2), interaction(3)]


def test_a_folder_below_is_read_too_and_drafts_are_not(tmp_path: Path) -> None:
    files.write(tmp_path / "test_app" / "test_it.json", [interaction(1)], Redactor())
    (tmp_path / ".draft.json").write_text("{")
    assert Folder(tmp_path).read() == [interaction(1)]
    assert Folder(tmp_path / "nowhere").read() == []
