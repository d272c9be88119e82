"""Shows the mock at work: starts the server, and sends a plain, a streamed and a rate-limited call, as curl would."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

STUBS = """\
rules:
- when: {contains: France}
  always: Paris
"""
QUESTION: dict[str, object] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Capital of France?"}]}
STREAM = {**QUESTION, "stream": True, "stream_options": {"include_usage": True}}
SHOWN = ("content-type", "x-request-id", "retry-after", "x-ratelimit-remaining-requests", "x-mock-word")
READY = "Listening on "


def show(title: str, url: str, body: dict[str, object], **headers: str) -> None:
    """Sends one chat request and prints it as a command, and the reply as it is on the wire."""
    sent = {"content-type": "application/json", **headers}
    given = "".join(f" -H '{name}: {value}'" for name, value in sent.items())
    print(f"\n--- {title}\n$ curl -i {url}/chat/completions{given} -d '{json.dumps(body)}'")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("POST", f"{parts.path}/chat/completions", json.dumps(body), sent)
    reply = connection.getresponse()
    print(f"HTTP/1.1 {reply.status} {reply.reason}")
    print("".join(f"{name}: {reply.getheader(name)}\n" for name in SHOWN if reply.getheader(name)))
    print(reply.read().decode().strip())
    connection.close()


def main() -> int:
    """Runs the server for three calls; returns its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        stubs = Path(folder) / "stubs.yaml"
        stubs.write_text(STUBS)
        command = ["mockopenai", "serve", "--port=0", "--latency=fast", f"--stubs={stubs}"]
        print(f"$ {' '.join(command)}")
        with subprocess.Popen(
            [sys.executable, "-m", "pytest_mockopenai", *command[1:]],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as server:
            try:
                return shown(server)
            finally:
                server.kill()


def shown(server: subprocess.Popen[str]) -> int:
    """The three calls, and what the server logged."""
    first = server.stdout.readline() if server.stdout else ""
    if not first.startswith(READY):
        return server.wait() or 1
    url = first.removeprefix(READY).strip()
    show("a plain call, answered by a rule of the stubs file", url, QUESTION)
    show("a streamed call", url, STREAM)
    show(
        "a rate-limited call, asked for by a header", url, QUESTION, **{"X-Test-Scenario": "rate-limit;retry_after=20"}
    )
    server.terminate()
    print("\n--- stopped; its log")
    print(server.stdout.read().strip() if server.stdout else "")
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
