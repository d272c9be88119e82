"""The standalone host on a thread of its own, for who has no loop: a test, a script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Thread, current_thread
from types import TracebackType

from pytest_mockopenai.core.wire import HOWS
from pytest_mockopenai.hosts.aio.host import AioHost
from pytest_mockopenai.hosts.aio.limits import Limits
from pytest_mockopenai.hosts.aio.loops import new_loop
from pytest_mockopenai.hosts.port import Handler, Sleep


class ThreadedAioHost:
    """An `AioHost` that is started and stopped, as often as wanted; a `hosts.port.Host`."""

    plays = HOWS

    def __init__(
        self,
        handler: Handler | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits | None = None,
        sleep: Sleep | None = None,
        threads: Executor | None = None,
        loop: Callable[[], asyncio.AbstractEventLoop] = new_loop,
    ) -> None:
        self.aio = AioHost(handler, limits=limits, sleep=sleep, threads=threads)
        self._address, self._port = host, port
        self._url = ""
        self._new_loop = loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, without a path; empty before the first `start`."""
        return self._url

    @property
    def handler(self) -> Handler | None:
        """Who answers; None answers 503. Another one also ends the stalls and the dialogues of the one before."""
        return self.aio.handler

    @handler.setter
    def handler(self, handler: Handler | None) -> None:
        self.aio.handler = handler

    @property
    def sleep(self) -> Sleep | None:
        """What waits in the place of the host; None: the host itself."""
        return self.aio.sleep

    @sleep.setter
    def sleep(self, sleep: Sleep | None) -> None:
        self.aio.sleep = sleep

    @property
    def errors(self) -> list[BaseException]:
        """What the handler raised, and any other failure of the mock itself."""
        return self.aio.errors

    def start(self) -> None:
        """Listens; returns when connections are accepted. Raises CannotListen; RuntimeError if it runs already."""
        if self._thread is not None:
            raise RuntimeError("The host is running already.")
        listening: Future[str] = Future()
        self._thread = Thread(target=self._run, args=(listening,), daemon=True, name="mock-openai-server")
        self._thread.start()
        try:
            self._url = listening.result()
        except BaseException:
            self._thread.join()
            self._thread = None
            raise
        self._port = self._port or int(self._url.rpartition(":")[2])

    def stop(self) -> None:
        """Closes every connection and stops listening, without waiting for any client; nothing if it does not run."""
        thread, loop, self._thread = self._thread, self._loop, None
        if thread is None or loop is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        if thread is not current_thread():
            thread.join()

    def release_stalled(self) -> None:
        """Closes the connections held by a stall and all WebSockets, and lets no request taken before now begin one."""
        self.aio.release_stalled()

    def _run(self, listening: Future[str]) -> None:
        loop = self._loop = self._new_loop()
        try:
            try:
                url = loop.run_until_complete(self.aio.listen(self._address, self._port))
            except BaseException as error:
                listening.set_exception(error)
                return
            loop.call_soon(listening.set_result, url)
            loop.run_forever()
            loop.run_until_complete(self._end())
        finally:
            loop.close()

    async def _end(self) -> None:
        await self.aio.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> ThreadedAioHost:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
