"""The stubs of a server: loaded when it starts, again when the files change or a SIGHUP asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_mockopenai.scene import Scene
from pytest_mockopenai.standalone.config import BadOption
from pytest_mockopenai.stubs import BadStubs, Stubs
from pytest_mockopenai.stubs.watching import Watcher


class Stubbing:
    """Keeps a scene at what its stubs files say; a broken edit changes nothing, and is told to `say`."""

    def __init__(self, scene: Scene, paths: tuple[Path, ...], say: Callable[[str], object]) -> None:
        """Loads the files. Raises BadOption for what cannot be read."""
        self._scene = scene
        self._paths = paths
        self._say = say
        try:
            scene.play(Stubs.load(*paths))
        except BadStubs as error:
            raise BadOption(str(error)) from None
        self._watcher = Watcher(paths, self._play, self._keep)

    def start(self) -> None:
        """Watches the files from now on."""
        if self._paths:
            self._watcher.start()

    def stop(self) -> None:
        """Watches no more."""
        if self._paths:
            self._watcher.stop()

    def reload(self) -> None:
        """Loads the files again, changed or not: sequences begin anew."""
        try:
            self._play(Stubs.load(*self._paths))
        except BadStubs as error:
            self._keep(error)

    def _play(self, stubs: Stubs) -> None:
        self._scene.play(stubs)
        self._say(f"stubs loaded: {len(stubs.rules)} rules")

    def _keep(self, error: BadStubs) -> None:
        self._scene.keep(error)
        self._say(f"the stubs stay as they were: {error}")
