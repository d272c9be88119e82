"""The standalone host: one asyncio loop for all connections, one timer for all replies that take time."""

from pytest_mockopenai.hosts.aio.host import AioHost
from pytest_mockopenai.hosts.aio.lag import Lag
from pytest_mockopenai.hosts.aio.limits import Limits
from pytest_mockopenai.hosts.aio.listening import CannotListen
from pytest_mockopenai.hosts.aio.loops import new_loop
from pytest_mockopenai.hosts.aio.runner import ThreadedAioHost

__all__ = ["AioHost", "CannotListen", "Lag", "Limits", "ThreadedAioHost", "new_loop"]
