"""`start`, `status`, `logs`, `restart`, `stop`: a server in the background, and nothing left after it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pytest_mockopenai.standalone import background
from pytest_mockopenai.standalone.background import Place, tail
from pytest_mockopenai.standalone.config import BadOption
from pytest_mockopenai.standalone.pidfile import Pidfile, look

Command = Callable[..., Any]


def test_from_start_to_stop(command: Command, tmp_path: Path) -> None:
    state = tmp_path / "state"
    env = {"MOCKOPENAI_STATE": str(state)}
    started = command("start", "--port=0", "--no-admin", "--models=mine", env=env)
    assert started.returncode == 0, started.stderr
    url = started.stdout.split()[2]
    pid = int(started.stdout.split("process ")[1].split(")")[0])
    try:
        assert httpx.get(f"{url}/models/mine").status_code == 200
        again = command("start", "--port=0", env=env)
        assert again.returncode == 1
        assert again.stderr.startswith(f"mockopenai: 'mockopenai' runs already at {url} (process {pid}).")
        status = command("status", env=env)
        assert (status.returncode, status.stdout.split(". Log")[0]) == (
            0,
            f"'mockopenai' runs at {url} (process {pid})",
        )
        assert "GET /v1/models/mine 200" in command("logs", "-n", "3", env=env).stdout
        restarted = command("restart", env=env)
        assert restarted.returncode == 0, restarted.stderr
        url, pid = restarted.stdout.splitlines()[1].split()[2], int(restarted.stdout.split("process ")[2].split(")")[0])
        assert httpx.get(f"{url}/models/mine").status_code == 200  # it was told the same options
        stopped = command("stop", env=env)
        assert (stopped.returncode, stopped.stdout) == (0, f"Stopped 'mockopenai' (process {pid}).\n")
    finally:
        if (found := look(state / "mockopenai.pid")) and found.alive and found.pid:
            os.kill(found.pid, signal.SIGKILL)
    assert not state.exists()


def test_what_cannot_start_says_why(command: Command, tmp_path: Path) -> None:
    state = tmp_path / "state"
    failed = command("start", "--port=0", "--unix=/nowhere/at/all", env={"MOCKOPENAI_STATE": str(state)})
    assert failed.returncode == 1
    assert failed.stderr.startswith("mockopenai: it did not start:\nmockopenai: Cannot listen on '/nowhere/at/all'")
    assert not state.exists()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, "mine")


def test_nothing_runs(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert background.status(place) == 3
    assert background.stop(place, patience=1) == 3
    assert background.logs(place, lines=1, follow=False) == 3
    said = capsys.readouterr()
    assert said.out + said.err == "'mine' is not running.\n" * 3


def test_a_pidfile_that_was_left_behind(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.pidfile.write_text(f"{os.getpid()}\nhttp://127.0.0.1:1\n")  # of a process that is another one by now
    assert background.status(place) == 3
    assert f"process {os.getpid()} left {place.pidfile} behind, it was killed." in capsys.readouterr().out
    assert background.stop(place, patience=1) == 3
    assert not place.pidfile.exists()


def test_a_pidfile_is_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.pid"
    assert look(path) is None
    with Pidfile(path) as pidfile:
        pidfile.write("http://127.0.0.1:1")
        found = look(path)
        assert found is not None
        assert (found.pid, found.url, found.alive) == (os.getpid(), "http://127.0.0.1:1", True)
        with pytest.raises(BadOption, match="is held by another server"), Pidfile(path):
            pass
    assert not path.exists()


def test_a_pidfile_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(BadOption, match="cannot write"),
        Pidfile(tmp_path / "a/b"),
    ):
        pass


def test_the_end_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert tail(path, 2) == ["line 9998\n", "line 9999\n"]
    assert tail(path, 0) == []
    assert tail(tmp_path / "none", 2) == []


def test_a_log_is_followed_until_the_server_ends(place: Place) -> None:
    place.log.write_text("one\ntwo\n")
    with Pidfile(place.pidfile) as pidfile:
        pidfile.write("http://127.0.0.1:1")
        following = background.following(place, 1)
        assert next(following) == "two\n"
        with place.log.open("a") as log:
            log.write("three\n")
        assert next(following) == "three\n"
    assert list(following) == []
