"""From a URL to a shared state, and what is said when there is none."""

from __future__ import annotations

import builtins
import socket

import pytest

from pytest_mockopenai.standalone.shared import NoSharedState, state_from_url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:6379", "'localhost:6379' is no URL of a Redis. Write it as redis://HOST:6379/0."),
        ("redi://me:secret@localhost", "'redi://localhost' is no URL of a Redis. Did you mean 'redis'?"),
        ("redis://localhost:port", "'redis://localhost:port' is no URL of a Redis: "),
        ("redis://localhost?socket_timeout=x", "'redis://localhost' is no URL of a Redis: "),
    ],
)
def test_a_wrong_url(url, said):
    with pytest.raises(NoSharedState) as caught:
        state_from_url(url)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("prefix", ["", "a b", "a:b", "x" * 101, "é"])
def test_a_wrong_prefix(prefix):
    with pytest.raises(NoSharedState, match="a prefix is made of letters, digits"):
        state_from_url("redis://127.0.0.1", prefix)


def test_nobody_answers_and_no_password_is_shown():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        with pytest.raises(NoSharedState) as caught:
            state_from_url(f"redis://me:secret@127.0.0.1:{port}/0")
    said = str(caught.value)
    assert said.startswith(f"no Redis answers at redis://127.0.0.1:{port}/0: ")
    assert "refused" in said
    assert "secret" not in said


def test_what_answers_is_no_redis():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NoSharedState, match="Timeout"):
        state_from_url(f"redis://127.0.0.1:{silent.getsockname()[1]}", timeout=0.02)


def test_redis_is_not_installed(monkeypatch):
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.split(".")[0] == "redis":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoSharedState, match=r"pip install 'pytest-mockopenai\[server\]'"):
        state_from_url("redis://127.0.0.1")
