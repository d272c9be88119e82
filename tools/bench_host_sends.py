"""The floor of paced streams: the bytes of a chunk sent to each of many sockets, each in its time, and nothing else.

    python tools/bench_host_sends.py STREAMS EACH CHUNKS LOAD SPREAD

The sockets are read by the process that reads the streams of the host (`LOAD`). Prints the CPU seconds of one send.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from time import monotonic, process_time, sleep

_HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
_DATA = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" word"}}]}\n\n'
_CHUNK = b"%x\r\n%b\r\n" % (len(_DATA), _DATA)
_TICK = 0.001


def main() -> None:
    """Send, and print what one send cost."""
    many, each, chunks, load, spread = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
    with socket.create_server(("127.0.0.1", 0), backlog=many) as server:
        port = str(server.getsockname()[1])
        with subprocess.Popen([sys.executable, load, "streams", port, str(many), spread], stdout=subprocess.DEVNULL):
            sockets = [server.accept()[0] for _ in range(many)]
            for sock in sockets:
                sock.send(_HEAD)
            begun = process_time()
            _send(sockets, each, chunks)
            print((process_time() - begun) / (many * chunks))
            for sock in sockets:
                sock.recv(65536)  # the request: what is closed unread is reset
                sock.send(b"0\r\n\r\n")
                sock.close()


def _send(sockets: list[socket.socket], each: float, chunks: int) -> None:
    """What is due within one tick is sent together, as the host does."""
    ticks = max(1, round(each / _TICK))
    due = monotonic()
    for _ in range(chunks):
        for tick in range(ticks):
            for sock in sockets[tick::ticks]:
                sock.send(_CHUNK)
            due += _TICK
            sleep(max(0.0, due - monotonic()))


if __name__ == "__main__":
    main()
