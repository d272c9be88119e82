"""One of several processes on a port: reads its order from standard input, serves, and stops when that ends."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Sequence

from pytest_mockopenai.standalone.config import BadOption
from pytest_mockopenai.standalone.server import STDOUT, Server, run, say
from pytest_mockopenai.standalone.workers import Order

_STDIN = 0


def main() -> int:
    """Serves; the exit code is that of `Server.run`, or 2 for a reason that another try will not change."""
    from pytest_mockopenai.hosts.aio import CannotListen

    order: Order = pickle.load(sys.stdin.buffer)  # the parent wrote it

    def ready(urls: Sequence[str]) -> None:
        os.write(STDOUT, f"{urls[0]}\n".encode())
        asyncio.get_running_loop().add_reader(_STDIN, orphaned)

    def orphaned() -> None:
        asyncio.get_running_loop().remove_reader(_STDIN)
        if server.stop is not None:
            server.stop.ask()

    server = Server(order.config, ready, log_fd=order.log_fd, shares_port=True)
    try:
        return run(server)
    except (BadOption, CannotListen) as error:
        say(str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
