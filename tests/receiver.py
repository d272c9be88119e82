"""A receiver of webhooks, as an application has one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, str]


class Receiver:
    """Keeps what it gets; `answers` are the status and body of the next replies, 200 after that."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.got: list[tuple[str, dict[str, str]]] = []
        self.answers: list[Answer] = []
        self.act: Callable[[], object] = lambda: None
        self._changed = threading.Condition()

    def take(self, payload: str, headers: dict[str, str]) -> Answer:
        self.act()
        with self._changed:
            self.got.append((payload, headers))
            self._changed.notify_all()
            return self.answers.pop(0) if self.answers else (200, "taken")

    @property
    def events(self) -> list[Any]:
        return [json.loads(payload) for payload, _ in self.got]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.got) >= count, timeout=10)


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["content-length"])).decode()
            status, body = receiver.take(payload, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.send_header("location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/webhooks")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
