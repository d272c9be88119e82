"""Files, folders, ConfigMaps, and what happens when they change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_mockopenai import says
from pytest_mockopenai.stubs import BadStubs, Stubs
from pytest_mockopenai.stubs.watching import Watcher


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def said(stubs: Stubs) -> list[str]:
    return [str(word) for rule in stubs.rules for word in rule.words]


def config_map(folder: Path, version: str, **files: str) -> None:
    """What the kubelet does: write a new folder, then swap the link `..data`."""
    for name, text in files.items():
        write(folder / version / f"{name}.yaml", text)
        link = folder / f"{name}.yaml"
        if not link.is_symlink():
            link.symlink_to(Path("..data") / f"{name}.yaml")
    (folder / "..new").symlink_to(version)
    os.replace(folder / "..new", folder / "..data")


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    write(tmp_path / "b.yaml", "rules: [{reply: second}]")
    write(tmp_path / "a.json", '{"rules": [{"reply": "first"}]}')
    write(tmp_path / "c.toml", 'rules = [{reply = "third"}]')
    write(tmp_path / ".hidden.yaml", "rules: [{reply: no}]")
    write(tmp_path / "notes.txt", "no")
    assert said(Stubs.load(tmp_path)) == ["says('first')", "says('second')", "says('third')"]
    assert said(Stubs.load(tmp_path / "b.yaml", tmp_path)) == ["says('second')", "says('first')", "says('third')"]


def test_files_agree_on_settings(tmp_path):
    write(tmp_path / "a.yaml", "settings: {seed: 1}\nmodels: [m]")
    write(tmp_path / "b.yaml", "settings: {seed: 1, strict: true}\nmodels: [m, n]")
    both = Stubs.load(tmp_path)
    assert both.settings == {"seed": 1, "strict": True}
    assert [model.name for model in both.models] == ["m", "n"]
    write(tmp_path / "c.yaml", "settings: {seed: 2}")
    with pytest.raises(BadStubs, match=r"c\.yaml: settings\.seed: seed is 2 here and 1 in a file before"):
        Stubs.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.yaml", "none.yaml: there is no such file"),
        ("a.txt", "a.txt: the name of a stubs file ends in .yaml"),
        ("empty", "empty: the folder holds no stubs file"),
    ],
)
def test_what_cannot_be_found_is_told(tmp_path, name, message):
    write(tmp_path / "a.txt", "")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadStubs, match=message):
        Stubs.load(tmp_path / name)


def test_a_large_file_is_not_read(tmp_path):
    with pytest.raises(BadStubs, match="larger than 1,048,576 bytes"):
        Stubs.load(write(tmp_path / "a.yaml", "#" * (2**20 + 1)))


class Seen:
    """A watcher and what it told."""

    def __init__(self, *paths: Path, **more: float) -> None:
        self.changes: list[Stubs] = []
        self.errors: list[str] = []
        self.watcher = Watcher(paths, self.changes.append, lambda error: self.errors.append(str(error)), **more)

    def look(self) -> bool:
        return self.watcher.look()


def test_an_edit_is_loaded_and_a_broken_one_told_once(tmp_path):
    file = write(tmp_path / "a.yaml", "rules: [{reply: one}]")
    seen = Seen(file)
    assert not seen.look()
    write(file, "rules: [{reply: three}]")
    assert seen.look()
    assert not seen.look()
    assert said(seen.changes[-1]) == ["says('three')"]
    write(file, "rules:\n- reply: rate_limt\n")
    assert seen.look()
    assert not seen.look()
    assert len(seen.changes) == len(seen.errors) == 1
    assert f"{file}:2:3: rules[0].reply" in seen.errors[0]
    write(file, "rules: [{reply: mended}]")
    assert seen.look()
    assert said(seen.changes[-1]) == ["says('mended')"]
    file.unlink()
    assert seen.look()
    assert "there is no such file" in seen.errors[-1]


def test_a_config_map_is_read_once_and_again_when_it_is_swapped(tmp_path):
    config_map(tmp_path, "..2026_01_01", a="rules: [{reply: one}]", b="rules: [{reply: two}]")
    assert said(Stubs.load(tmp_path)) == ["says('one')", "says('two')"]
    assert said(Stubs.load(tmp_path / "a.yaml", tmp_path)) == ["says('one')", "says('two')"]
    seen = Seen(tmp_path)
    config_map(tmp_path, "..2026_01_02", a="rules: [{reply: 1st}]", b="rules: [{reply: two}]")
    assert seen.look()
    assert not seen.look()
    assert said(seen.changes[-1]) == ["says('1st')", "says('two')"]
    assert seen.changes[-1].rules[0].words == (says("1st"),)


def test_a_new_file_in_a_folder_is_a_change(tmp_path):
    write(tmp_path / "b.yaml", "rules: [{reply: b}]")
    seen = Seen(tmp_path)
    write(tmp_path / "a.yaml", "rules: [{reply: a}]")
    assert seen.look()
    assert said(seen.changes[-1]) == ["says('a')", "says('b')"]


def test_the_thread_looks_until_it_is_stopped(tmp_path):
    import threading

    told = threading.Event()
    file = write(tmp_path / "a.yaml", "rules: [{reply: one}]")
    watcher = Watcher([file], lambda _: told.set(), lambda _: None, every=0.001)
    watcher.start()
    write(file, "rules: [{reply: three}]")
    assert told.wait(5)
    watcher.stop()
    watcher.stop()
