"""One mock and what may be changed in it while it serves: settings, models, prices, the rules of stubs files."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from pytest_mockopenai import explain, tokens
from pytest_mockopenai.app import App
from pytest_mockopenai.core.routes import Beyond, Routes
from pytest_mockopenai.cost import Prices
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.settings import Settings, checked
from pytest_mockopenai.state import State
from pytest_mockopenai.stubs import BadStubs, Stubs

_GROUP = "stubs"


def all_routes() -> Routes:
    """Every endpoint: those with files, and those that the installed SDK has beyond them."""
    modelled = all_endpoints()

    def derived() -> Beyond:
        from pytest_mockopenai.contract.derived.beyond import Derived

        return Derived(modelled)

    return Routes(modelled, derived)


class Scene:
    """An app with its models, prices and stubs. Safe to use from many threads.

    A setting is what was changed last with `change`; else what stubs say, unless its name is `fixed` (given on the
    command line or in a test, which win over files); else what `settings` says. `trouble` is what is wrong with the
    last edit of the stubs files, None if it could be read.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        fixed: Collection[str] = (),
        app: App | None = None,
        state: State | None = None,
    ) -> None:
        self.models = KnownModels()
        self.prices = Prices()
        self.app = app or App(all_routes(), self.models, settings, state=state)
        self.trouble: BadStubs | None = None
        self._base = self.app.settings
        self._fixed = frozenset(fixed)
        self._changes: dict[str, Any] = {}
        self._stubs = Stubs()
        self._lock = threading.Lock()

    @property
    def stubs(self) -> Stubs:
        """The stubs in use."""
        return self._stubs

    def play(self, stubs: Stubs) -> None:
        """Put these stubs in the place of those before; their sequences begin anew. Calls and all else stay."""
        with self._lock:
            self._stubs = stubs
            self.trouble = None
            self._settle()
            self.models.declare({model.name: model.encoding for model in stubs.models})
            self.prices.declare({model.name: model.price for model in stubs.models if model.price})
            self._replace_rules()

    def keep(self, trouble: BadStubs) -> None:
        """Keep the stubs as they are, since the edited files are wrong."""
        self.trouble = trouble

    def change(self, options: Mapping[str, Any]) -> None:
        """Change settings. Raises TypeError or ValueError, and changes nothing, if one is wrong."""
        given = checked(options)
        with self._lock:
            self._changes.update(given)
            self._settle()

    def restore(self) -> None:
        """Undo what was changed with `change`."""
        with self._lock:
            self._changes.clear()
            self._settle()

    def reset(self) -> None:
        """Forget script, calls, usage and what was stored; rules of stubs begin anew, settings and models stay."""
        with self._lock:
            self.app.reset()
            self._replace_rules()

    def problems(self, refusals: Sequence[str] = ()) -> list[str]:
        """What would fail a test, each explained; `refusals` are of requests that did not get here."""
        unused = self.app.script.unused()
        found = list(self.app.problems)
        if unused:
            found.append(explain.unused(unused, self.app.recorder.calls(), refusals))
        if self.app.deck is not None:
            found += self.app.deck.problems(strict=self.app.settings.strict)
        return found

    def set_encoding(self, model: str, encoding: str) -> None:
        """Count this model's tokens by this encoding; ValueError for one that does not exist."""
        tokens.load(encoding)
        self.models.set_encoding(model, encoding)

    def _replace_rules(self) -> None:
        """Mocks that share a state and have read the same rules do not each begin the sequences anew."""
        rules = self._stubs.rules
        mark = blake2b(repr(rules).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        self.app.change_script(lambda script: script.replacing(_GROUP, rules), (_GROUP, mark))

    def _settle(self) -> None:
        stubbed = {name: value for name, value in self._stubs.settings.items() if name not in self._fixed}
        self.app.settings = replace(self._base, **{**stubbed, **self._changes})
