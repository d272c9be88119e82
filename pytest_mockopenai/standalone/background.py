"""A server in the background: started, stopped, looked at; its pidfile and log are in one folder of the user's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_mockopenai.standalone import options
from pytest_mockopenai.standalone.config import BadOption
from pytest_mockopenai.standalone.pidfile import Found, look

NOT_RUNNING = 3
_PAUSE = 0.05
_GRACE = 2.0  # seconds that a server has to end after the second signal
_TAIL = 15


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a server are: `NAME.pid`, `NAME.log`, and `NAME.json` with the options it was started with."""

    folder: Path
    name: str

    @classmethod
    def of(cls, name: str) -> Place:
        """In the folder MOCKOPENAI_STATE, by default one of this user's among the temporary files."""
        default = Path(tempfile.gettempdir()) / f"mockopenai-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
        return cls(Path(os.environ.get("MOCKOPENAI_STATE") or default), name)

    @property
    def pidfile(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def options(self) -> Path:
        return self.folder / f"{self.name}.json"

    def told(self) -> dict[str, str]:
        """The options of the last start."""
        with suppress(OSError, ValueError):
            return dict(json.loads(self.options.read_text("utf-8")))
        return {}

    def make(self) -> None:
        """Makes the folder, for this user only. Raises BadOption if it is somebody else's."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.folder.stat().st_uid != os.getuid():
            raise BadOption(f"{self.folder} belongs to another user: set MOCKOPENAI_STATE to a folder of your own")

    def clear(self) -> None:
        """Removes all files, and the folder if it is empty then."""
        for path in (self.pidfile, self.log, self.options):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()


def start(place: Place, told: Mapping[str, str], *, patience: float) -> int:
    """Starts a server and waits until it listens; 1 if it does not, with the end of its log."""
    if not hasattr(os, "getuid"):
        raise BadOption("start needs a POSIX system: use serve")
    found = look(place.pidfile)
    if found is not None and found.alive:
        print(f"mockopenai: '{place.name}' runs already{_where(found)}. Use restart, or --name.", file=sys.stderr)
        return 1
    place.make()
    place.pidfile.unlink(missing_ok=True)
    place.options.write_text(json.dumps(dict(told)), "utf-8")
    process = _spawned(place, told)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.poll() is None:
        found = look(place.pidfile)
        if found is not None and found.url:
            print(f"Serving at {found.url}/v1 (process {found.pid}). Log: {place.log}")
            return 0
        time.sleep(_PAUSE)
    return _not_started(place, process)


def _spawned(place: Place, told: Mapping[str, str]) -> subprocess.Popen[bytes]:
    given = [f"{options.flag(name)}={value}" for name, value in told.items() if options.OPTIONS[name].metavar]
    switches = [options.flag(name if value == "true" else f"no_{name}") for name, value in told.items()
                if not options.OPTIONS[name].metavar]  # fmt: skip
    with place.log.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pytest_mockopenai", "serve", *given, *switches, f"--pidfile={place.pidfile}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _not_started(place: Place, process: subprocess.Popen[bytes]) -> int:
    late = process.poll() is None
    if late:
        process.kill()
        process.wait()
    print("mockopenai: it did not start" + (" in time" if late else "") + ":", file=sys.stderr)
    print("".join(tail(place.log, _TAIL)), end="", file=sys.stderr)
    place.clear()
    return 1


def stop(place: Place, *, patience: float) -> int:
    """Stops a server: in order, after `patience` at once, then by force. Nothing of it is left."""
    found = look(place.pidfile)
    if found is None or not found.alive:
        print(_not_running(place, found), file=sys.stderr)
        place.clear()
        return NOT_RUNNING
    for number, wait in ((signal.SIGTERM, patience), (signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        if _ended(place, found, number, wait):
            forced = number == signal.SIGKILL
            print(f"Stopped '{place.name}' (process {found.pid}){' by force' if forced else ''}.")
            place.clear()
            return 0
    print(f"mockopenai: process {found.pid} does not end.", file=sys.stderr)
    return 1


def _ended(place: Place, found: Found, number: int, wait: float) -> bool:
    """Sends the signal; whether the process ended within so many seconds."""
    deadline = time.monotonic() + wait
    if found.pid is not None:
        with suppress(ProcessLookupError):
            os.kill(found.pid, number)
    while time.monotonic() < deadline:
        now = look(place.pidfile)
        if now is None or not now.alive or now.pid != found.pid:
            return True
        time.sleep(_PAUSE)
    return False


def status(place: Place) -> int:
    """Says whether the server runs: 0 if it does, else 3."""
    found = look(place.pidfile)
    if found is None or not found.alive:
        print(_not_running(place, found))
        return NOT_RUNNING
    print(f"'{place.name}' runs{_where(found)}. Log: {place.log}")
    return 0


def logs(place: Place, *, lines: int, follow: bool) -> int:
    """Prints the last lines of the log, and with `follow` what is written until the server ends."""
    if not place.log.exists():
        print(_not_running(place, look(place.pidfile)), file=sys.stderr)
        return NOT_RUNNING
    for text in following(place, lines) if follow else ():
        print(text, end="", flush=True)
    if not follow:
        print("".join(tail(place.log, lines)), end="")
    return 0


def following(place: Place, lines: int) -> Iterator[str]:
    """The end of the log, and the log as it grows, until the server ends."""
    with place.log.open(encoding="utf-8", errors="replace") as log:
        yield "".join(log.read().splitlines(keepends=True)[-lines:] if lines > 0 else ())
        while True:
            found = look(place.pidfile)
            text = log.read()
            if text:
                yield text
            elif found is None or not found.alive:
                return
            else:
                time.sleep(_PAUSE)


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file; of a long one only the last part is read."""
    with suppress(OSError), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 512 * max(1, lines) - 4096))
        return file.read().decode("utf-8", "replace").splitlines(keepends=True)[-lines:] if lines > 0 else []
    return []


def _where(found: Found) -> str:
    return f" at {found.url}/v1 (process {found.pid})" if found.url else ", but does not listen yet"


def _not_running(place: Place, found: Found | None) -> str:
    if found is None or found.pid is None:
        return f"'{place.name}' is not running."
    return f"'{place.name}' is not running; process {found.pid} left {place.pidfile} behind, it was killed."
