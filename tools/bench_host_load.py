"""Loads a server over raw sockets; small enough that the server is what is measured.

    python tools/bench_host_load.py posts PORT CONNECTIONS SECONDS [ANSWERS]
    python tools/bench_host_load.py gets PORT CONNECTIONS SECONDS [ANSWERS]
    python tools/bench_host_load.py streams PORT STREAMS SPREAD

`posts` and `gets` ask again as soon as they are answered, for so long or until there were so many answers, and print
how many came, and in how many seconds.
`streams` starts the streams over SPREAD seconds, reads them to their ends, and prints how many bytes came.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
from time import monotonic
from typing import cast

_BODY = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Capital of France?"}]}'
_FIELDS = b"host: 127.0.0.1\r\ncontent-type: application/json\r\nauthorization: Bearer sk-test\r\n"
_POST = b"POST /v1/chat/completions HTTP/1.1\r\n%bcontent-length: %d\r\n\r\n%b" % (_FIELDS, len(_BODY), _BODY)
_GET = b"GET /v1/chat/completions HTTP/1.1\r\n%b\r\n" % _FIELDS
_RECEIVE = 256 * 1024


def main() -> None:
    """Load, and print what came."""
    what, port, many, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(many)]
    if what == "streams":
        print(_streams(sockets, seconds))
    else:
        most = int(sys.argv[5]) if len(sys.argv) > 5 else sys.maxsize
        print(*_requests(sockets, _POST if what == "posts" else _GET, seconds, most))


def _requests(sockets: list[socket.socket], request: bytes, seconds: float, most: int) -> tuple[int, float]:
    got = dict.fromkeys(sockets, b"")
    answers, begun = 0, monotonic()
    with selectors.DefaultSelector() as selector:
        for sock in sockets:
            selector.register(sock, selectors.EVENT_READ)
            sock.send(request)
        while monotonic() < begun + seconds and answers < most:
            for key, _ in selector.select(1):
                sock = cast(socket.socket, key.fileobj)
                got[sock] += sock.recv(_RECEIVE)
                if _is_whole(got[sock]):
                    got[sock] = b""
                    answers += 1
                    sock.send(request)
    return answers, monotonic() - begun


def _is_whole(answer: bytes) -> bool:
    """Whether an answer has come to its end: by its length, or by its last chunk."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and (len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n"))


_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


def _streams(sockets: list[socket.socket], spread: float) -> int:
    waiting, received = list(sockets), 0
    each, begun = spread / len(sockets), monotonic()
    with selectors.DefaultSelector() as selector:
        while waiting or selector.get_map():
            while waiting and monotonic() >= begun + each * (len(sockets) - len(waiting)):
                sock = waiting.pop()
                sock.send(_POST)
                selector.register(sock, selectors.EVENT_READ)
            for key, _ in selector.select(0.001 if waiting else 1):
                sock = cast(socket.socket, key.fileobj)
                data = sock.recv(_RECEIVE)
                received += len(data)
                if not data or data.endswith(b"\r\n0\r\n\r\n"):
                    selector.unregister(sock)
    return received


if __name__ == "__main__":
    main()
