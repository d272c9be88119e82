"""Where a mock plays: on a server in this process (`LocalStage`), or on one elsewhere (`remote.RemoteStage`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from pytest_mockopenai import explain
from pytest_mockopenai.admin.front import Front
from pytest_mockopenai.clock import Clock
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.webhooks import SECRET
from pytest_mockopenai.core.wire import Request, Whole
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
from pytest_mockopenai.isolation import API_KEY
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.settings import Record, Settings
from pytest_mockopenai.webhooks import Webhooks

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

_NOT_STARTED = "the mock is not started: use it as `with MockOpenAI() as mock:`"


class Stage(Protocol):
    """What a `MockOpenAI` asks of where it plays."""

    api_key: str

    @property
    def base_url(self) -> str:
        """Where clients are pointed; RuntimeError before the first start."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def server(self) -> HTTPServer:
        """pytest-httpserver's own object."""

    @property
    def clock(self) -> Clock:
        """The clock that it lives by."""

    @property
    def webhooks(self) -> Webhooks:
        """Those that it sends."""

    @property
    def webhook_secret(self) -> str | None:
        """What it signs them with, None if that is not known."""

    def start(self) -> None:
        """Answer from now on."""

    def stop(self) -> None:
        """Answer no more; what happened can still be read."""

    def reset(self) -> None:
        """Forget script, calls and usage."""

    def change(self, options: Mapping[str, Any]) -> None:
        """Change settings, as `settings.checked` gives them."""

    def add_rule(self, when: When, words: Iterable[Word], *, standing: Word | None = None) -> None:
        """Script more words for a condition."""

    def calls(self) -> Sequence[Call]:
        """The calls so far, oldest first."""

    def usage(self) -> dict[str, Usage]:
        """Token counts by model."""

    def problems(self, refusals: Sequence[str]) -> list[str]:
        """What is wrong with script and calls, each explained."""

    def failures(self) -> list[str]:
        """What failed in the server itself, each explained."""

    def add_models(self, names: Iterable[str]) -> None:
        """Declare models."""

    def set_encoding(self, model: str, encoding: str) -> None:
        """Count a model's tokens by this encoding."""


class LocalStage:
    """A server in this process; the admin API is served too, for a browser or a program in another language."""

    api_key = API_KEY

    def __init__(self, scene: Scene, host: HTTPServerHost | None, record: Record | None = None) -> None:
        """`record` says what is recorded and replayed; None: nothing."""
        self.scene = scene
        self._record = record or Record()
        self.host = host
        self._given_host = host
        self._front = Front(scene.app, lambda request: self._admin(request))
        self._stack = ExitStack()
        self._failures: list[str] = []

    @cached_property
    def _admin(self) -> Callable[[Request], Whole]:
        from pytest_mockopenai import __version__
        from pytest_mockopenai.admin import Admin

        return Admin(self.scene, version=__version__)

    @property
    def base_url(self) -> str:
        """The server's URL and `/v1`."""
        return f"{self._running.url}/v1"

    @property
    def settings(self) -> Settings:
        """The app's."""
        return self.scene.app.settings

    @property
    def clock(self) -> Clock:
        """The app's."""
        return self.scene.app.clock

    @property
    def webhooks(self) -> Webhooks:
        """The app's."""
        return self.scene.app.webhooks

    @property
    def webhook_secret(self) -> str | None:
        """The option's, or the one that stands for it."""
        return self.settings.webhook_secret or SECRET

    @property
    def server(self) -> HTTPServer:
        """pytest-httpserver's own object."""
        return self._running.server

    @property
    def _running(self) -> HTTPServerHost:
        if self.host is None:
            raise RuntimeError(_NOT_STARTED)
        return self.host

    def start(self) -> None:
        """Start a server, if none was given, and become its handler. Raises `BadRecording`."""
        if self._record.record is not None and self._record.recording is not None:
            from pytest_mockopenai.recordings import recording  # loads nothing in a run without

            deck = recording(self._record, self._record.record, self._record.recording)
            self.scene.app.deck = self._stack.enter_context(deck)
        if self.host is None:
            self.host = self._stack.enter_context(HTTPServerHost())
        self._stack.callback(setattr, self.host, "handler", self.host.handler)
        self.host.handler = self._front
        self._stack.callback(self._keep_failures)
        self.scene.app.webhooks.open()
        self._stack.callback(self.scene.app.webhooks.close)

    def stop(self) -> None:
        """Give the server back, or stop it."""
        self._stack.close()
        self.host = self._given_host

    def reset(self) -> None:
        """A stream that stalls ends, too."""
        self.scene.reset()
        if self.host is not None:
            self.host.handler = self._front

    def change(self, options: Mapping[str, Any]) -> None:
        """The scene's."""
        self.scene.change(options)

    def add_rule(self, when: When, words: Iterable[Word], *, standing: Word | None = None) -> None:
        """To the app's script."""
        self.scene.app.add_rule(when, words, standing=standing)

    def calls(self) -> Sequence[Call]:
        """The recorder's."""
        return self.scene.app.recorder.calls()

    def usage(self) -> dict[str, Usage]:
        """The recorder's."""
        return self.scene.app.recorder.usage()

    def problems(self, refusals: Sequence[str]) -> list[str]:
        """The scene's."""
        return self.scene.problems(refusals)

    def failures(self) -> list[str]:
        """Those of before the stop, and those of now."""
        return [*self._failures, *self._new_failures()]

    def _new_failures(self) -> list[str]:
        """What failed in the server and in its user's handlers; nothing while another mock is on it."""
        if self.host is None or self.host.handler is not self._front:
            return []
        raised = [*self.host.errors, *self.host.server.handler_errors]
        return [*map(explain.host_failure, raised), *map(explain.expectation, self.host.server.assertions)]

    def _keep_failures(self) -> None:
        self._failures += self._new_failures()

    def add_models(self, names: Iterable[str]) -> None:
        """To those that the app knows."""
        self.scene.models.add(*names)

    def set_encoding(self, model: str, encoding: str) -> None:
        """ValueError for an unknown encoding."""
        self.scene.set_encoding(model, encoding)
