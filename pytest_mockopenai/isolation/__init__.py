"""What the mock does to the process under test while on, and undoes after; it knows only the mock's URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from . import guard, redirect, tls, traces
from .environment import API_KEY, applied, patched
from .guard import Guard, RealHostRefused, Refusal, permitted
from .hosts import is_real_host
from .module_client import module_client

__all__ = ["API_KEY", "Isolation", "RealHostRefused", "Refusal", "is_real_host", "isolated", "permitted"]


@dataclass(frozen=True, slots=True)
class Isolation:
    """What is on: the mock's URL, the variables set, and what was refused so far."""

    url: str
    env: Mapping[str, str]
    _guard: Guard

    @property
    def refusals(self) -> list[Refusal]:
        """The first refusals, at most `guard.MAX_REFUSALS`, oldest first; a copy."""
        return list(self._guard.refusals)

    @property
    def refused(self) -> int:
        """How many connections were refused."""
        return self._guard.refused


@contextmanager
def isolated(
    url: str,
    *,
    api_key: str = API_KEY,
    base_url: str | None = None,
    webhook_secret: str | None = None,
    share_tls: bool = True,
    setenv: Callable[[str, str], object] | None = None,
) -> Iterator[Isolation]:
    """Point this process and its children at the mock at `url`, such as "http://127.0.0.1:43121".

    Variables are set, clients of the openai package redirected, traces of openai-agents dropped, other ways to
    OpenAI's hosts refused with `RealHostRefused`, TLS contexts shared. All is undone in reverse order on leaving;
    may be nested. `base_url` is what clients are given, `url` and `/v1` if None, and `webhook_secret` is what they
    expect webhooks to be signed with. `setenv` (pytest's
    `monkeypatch.setenv`) sets the variables and then also undoes them: two tools that both restore the same variable
    must do so in the right order.
    """
    env = patched(url, api_key=api_key, base_url=base_url, webhook_secret=webhook_secret)
    with ExitStack() as stack:
        before = stack.enter_context(applied(env, setenv))
        watch = stack.enter_context(guard.guarded(url))
        stack.enter_context(redirect.redirected(url))
        stack.enter_context(traces.unsent())
        if share_tls:
            stack.enter_context(tls.shared())
        stack.enter_context(module_client(env, before))
        yield Isolation(url, env, watch)
