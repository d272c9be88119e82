"""Running a plan: so many calls at a time, until enough were made."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from time import perf_counter

from pytest_mockopenai.standalone.load.figures import Figures, Outcome
from pytest_mockopenai.standalone.load.line import Line
from pytest_mockopenai.standalone.load.plan import Plan, Target

_PAUSE = 0.05  # seconds after a connection that could not be made
_HOPELESS = 100  # connections in a row that could not be made, after which the run ends


class Run:
    """One run of a plan. `figures` grow while it runs; `share` says how far it is, from 0 to 1."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.figures = Figures()
        self.seconds = 0.0
        self._begun = 0
        self._refused = 0
        self._context = _context(plan.target)

    async def run(self) -> None:
        """Runs it to its end. Raises OSError, with a sentence, if nobody listens there at all."""
        first = await self._connected()
        began = self._began = perf_counter()
        lines = [first, *[Line() for _ in range(self.plan.concurrency - 1)]]
        try:
            await asyncio.gather(*map(self._work, lines))
        finally:
            self.seconds = perf_counter() - began

    @property
    def share(self) -> float:
        """How much of it is done."""
        if self.plan.total is not None:
            return self.figures.calls / self.plan.total
        return min(1.0, (perf_counter() - self._began) / (self.plan.seconds or 1.0)) if self._begun else 0.0

    def _another(self) -> bool:
        """Whether one more call shall begin; it then counts as begun."""
        if self._refused >= _HOPELESS:
            return False
        enough = self.plan.total is not None and self._begun >= self.plan.total
        late = self.plan.seconds is not None and perf_counter() - self._began >= self.plan.seconds
        if enough or late:
            return False
        self._begun += 1
        return True

    async def _work(self, line: Line) -> None:
        while self._another():
            if not line.open:
                try:
                    line = await self._connected()
                except OSError as error:
                    self._refused += 1
                    self.figures.add(Outcome(failure=str(error)))
                    await asyncio.sleep(_PAUSE)
                    continue
            self._refused = 0
            plan = self.plan
            self.figures.add(await line.call(plan.request, stream=plan.stream, timeout=plan.timeout))
        line.close()

    async def _connected(self) -> Line:
        target = self.plan.target
        connecting = asyncio.get_running_loop().create_connection(
            Line, target.host, target.port, ssl=self._context, server_hostname=target.host if target.tls else None
        )
        try:
            _, line = await asyncio.wait_for(connecting, self.plan.timeout)
        except (OSError, asyncio.TimeoutError) as error:
            raise OSError(f"Cannot connect to {target}: {_why(error)}.") from None
        return line


def _why(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE names a CA"
    return str(getattr(error, "strerror", None) or error or "no answer in time")


def _context(target: Target) -> ssl.SSLContext | None:
    return ssl.create_default_context() if target.tls else None


async def watched(run: Run, show: Callable[[Run], None] | None) -> None:
    """Runs it, showing five times a second how far it is."""
    if show is None:
        await run.run()
        return
    running = asyncio.ensure_future(run.run())
    while not running.done():
        await asyncio.wait((running,), timeout=0.2)
        show(run)
    running.result()
