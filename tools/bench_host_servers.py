"""The servers that are compared, each a process.

Hosts and plain servers answer every request with the same 600 bytes of JSON. Mocks answer a chat completion, each with
the text "Paris", and record the calls; WireMock, which makes none, sends a stub of the same bytes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from urllib.error import HTTPError
from urllib.request import urlopen

from bench_python import ROOT
from bench_runs import environment

OURS = "asyncio host (uvloop)"
OUR_MOCK = "mockopenai serve"
_NGINX_NAME = "nginx, static file"
METHODS = {_NGINX_NAME: "gets"}
"""What the load sends where it is not `posts`."""
_WIREMOCK_NAME = "WireMock, one static stub"
WARM_UP = {_WIREMOCK_NAME: 20_000}
"""How many requests are answered before anything is counted: Java compiles what is run often."""
AIMS = {_WIREMOCK_NAME: 3.0, "aimock": 3.0, _NGINX_NAME: 1 / 4}
"""So many times what these answer per CPU second the mock is to answer."""

_PATIENCE = 60.0  # seconds for a server to start
_BODY = '{"object":"chat.completion","padding":"' + "x" * 559 + '"}'

_REPLY = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
from pytest_mockopenai.core.wire import Whole
REPLY = Whole(200, (("content-type", "application/json"),), {_BODY.encode()!r})

class Exchange:
    reply = REPLY
    def ended(self, how): pass

class Handler:
    def exchange(self, request): return Exchange()
"""
_AIO = f"""{_REPLY}
import asyncio
from pytest_mockopenai.hosts.aio import AioHost

async def main():
    await AioHost(Handler()).listen(port=int(sys.argv[1]))
    await asyncio.Event().wait()

"""
_UVLOOP = f"{_AIO}\nfrom pytest_mockopenai.hosts.aio import new_loop\nnew_loop().run_until_complete(main())\n"
_ASYNCIO = f"{_AIO}\nasyncio.run(main())\n"
_HTTPSERVER = f"""{_REPLY}
import threading
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
with HTTPServerHost(Handler(), port=int(sys.argv[1])):
    threading.Event().wait()
"""
_UVICORN = f"""
import sys, uvicorn

async def app(scope, receive, send):
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}})
    await send({{"type": "http.response.body", "body": {_BODY.encode()!r}}})

uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_level="error", access_log=False)
"""
_NGINX = """\
daemon off; master_process off; pid {folder}/pid; error_log stderr crit;
events {{}}
http {{
  access_log off; keepalive_requests 10000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""

Command = Callable[[Path, int], list[str]]


def _python(program: str) -> Command:
    return lambda folder, port: [sys.executable, "-c", program, str(port)]


def _nginx(folder: Path, port: int) -> list[str]:
    (folder / "v1" / "chat").mkdir(parents=True, exist_ok=True)
    (folder / "v1" / "chat" / "completions").write_text(_BODY, encoding="utf-8")
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port), encoding="utf-8")
    return ["nginx", "-c", str(config), "-e", "stderr"]


# --- whole mocks ------------------------------------------------------------------------------------------------------

PEERS = ROOT / "build" / "peers"
"""Where other mocks are looked for: `npm install --prefix build/peers wiremock @copilotkit/aimock`, and a virtual
environment `build/peers/py` with llmock."""

_STUB = {
    "request": {"method": "ANY", "urlPattern": "/.*"},
    "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": _BODY},
}
_FIXTURE = {"fixtures": [{"match": {"userMessage": "Capital"}, "response": {"content": "Paris"}}]}


def _mock(folder: Path, port: int) -> list[str]:
    stubs = folder / "stubs.json"
    stubs.write_text(json.dumps({"rules": [{"always": "Paris"}]}), encoding="utf-8")
    options = ["--port", str(port), "--stubs", str(stubs), "--log-level", "off"]
    return [sys.executable, "-m", "pytest_mockopenai", "serve", *options]


def _wiremock(folder: Path, port: int) -> list[str]:
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings" / "all.json").write_text(json.dumps(_STUB), encoding="utf-8")
    (jar,) = PEERS.glob(_JAR)
    options = ["--root-dir", str(folder), "--disable-banner", "--max-request-journal-entries", "10000"]
    return ["java", "-jar", str(jar), "--port", str(port), *options]


_JAR = "node_modules/wiremock/build/wiremock-standalone-*.jar"


def _aimock(folder: Path, port: int) -> list[str]:
    (folder / "fixture.json").write_text(json.dumps(_FIXTURE), encoding="utf-8")
    options = ["--fixtures", str(folder / "fixture.json"), "--log-level", "silent", "--journal-max", "10000"]
    return ["node", str(_AIMOCK), "--port", str(port), *options]


_AIMOCK = PEERS / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
_LLMOCK = PEERS / "py" / "bin" / "llmock"


def mocks() -> Mapping[str, Command]:
    """The standalone mock, the other mocks that are installed, and nginx, by name."""
    installed = {
        OUR_MOCK: (find_spec("uvloop"), _mock),
        _WIREMOCK_NAME: (shutil.which("java") and [*PEERS.glob(_JAR)], _wiremock),
        "aimock": (shutil.which("node") and _AIMOCK.exists(), _aimock),
        "llmock": (_LLMOCK.exists(), lambda folder, port: [str(_LLMOCK), "serve", "--port", str(port)]),
    }
    return {name: command for name, (found, command) in {**installed, **_LIMIT}.items() if found}


_LIMIT: Mapping[str, tuple[object, Command]] = {_NGINX_NAME: (shutil.which("nginx"), _nginx)}
"""What no mock is faster than."""


def servers() -> Mapping[str, Command]:
    """Those that are installed, by name."""
    installed = {
        OURS: (find_spec("uvloop"), _python(_UVLOOP)),
        "asyncio host (asyncio)": (True, _python(_ASYNCIO)),
        "pytest-httpserver host": (True, _python(_HTTPSERVER)),
        "uvicorn, raw ASGI": (find_spec("uvicorn") and find_spec("httptools"), _python(_UVICORN)),
        **_LIMIT,
    }
    return {name: command for name, (found, command) in installed.items() if found}


_NO = subprocess.DEVNULL


@contextmanager
def served(command: list[str], port: int) -> Iterator[int]:
    """The process id of a server that answers; it is ended after the block."""
    with subprocess.Popen(command, env=environment(), stdin=_NO, stdout=_NO, stderr=_NO) as server:
        try:
            _wait_for(port, server)
            yield server.pid
        finally:
            server.kill()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(int(_PATIENCE / 0.05)):
        try:
            urlopen(f"http://127.0.0.1:{port}/v1/chat/completions", timeout=_PATIENCE).close()
        except HTTPError:
            return  # it answers, if only that it does not like a GET
        except OSError:
            sleep(0.05)
            if server.poll() is not None:
                break
        else:
            return
    raise SystemExit("a server did not start")
