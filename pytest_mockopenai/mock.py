"""What a test holds: the script, the calls, the usage, ready clients and the address of one mock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pytest_mockopenai import asserts, budgets, explain, scripting, tokens
from pytest_mockopenai.app import App
from pytest_mockopenai.asserts import ExpectedUsage
from pytest_mockopenai.calls import Calls
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.routes import Routes
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.cost import Cost, NoPrice, Prices
from pytest_mockopenai.endpoints import all_endpoints
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
from pytest_mockopenai.isolation import API_KEY, Isolation, isolated
from pytest_mockopenai.models import KnownModels
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.scripting import Scripted
from pytest_mockopenai.settings import Budget, Options, Settings, checked, part

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI
    from pytest_httpserver import HTTPServer
    from typing_extensions import Unpack


class Unmet(AssertionError):
    """What a mock found wrong in the end; the text of `MockOpenAI.problems`."""


class MockOpenAI:
    """A mock of OpenAI's API on a real HTTP server.

    The pytest fixture `mock_openai` gives one to each test. Without pytest it is a context manager::

        with MockOpenAI("Paris") as mock:
            assert ask("Capital of France?") == "Paris"

    While it is on, `OPENAI_BASE_URL` and its like point at it, clients of the openai package that were built before are
    redirected to it, and other requests to OpenAI's hosts are refused. On leaving, `verify` is called.
    """

    def __init__(
        self,
        *replies: object,
        host: HTTPServerHost | None = None,
        origin: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        """`replies` are scripted as by `reply`; `options` are explained in `Settings` and `Budget`.

        `host` is a running server to play on; None starts one. `origin` says where the replies are written, if that is
        not where this is called. Raises TypeError or ValueError for a wrong option.
        """
        given = checked(options)
        self.settings = Settings(**part(Settings, given))
        self.budget = Budget(**part(Budget, given))
        self._share_tls: bool = given.get("share_tls", True)
        self._models = KnownModels()
        self._prices = Prices()
        self._app = App(Routes(all_endpoints()), self._models, self.settings)
        self._given_host = host
        self._host = host
        self._stack = ExitStack()
        self._isolation: Isolation | None = None
        self._failures: list[str] = []
        if replies:
            Scripted(self._app, When(), origin).reply(*replies)

    # --- on and off ---------------------------------------------------------------------------------------------------

    def start(self, *, setenv: Callable[[str, str], object] | None = None) -> None:
        """Start serving, point the environment here, and keep requests from escaping.

        `setenv`, such as pytest's `monkeypatch.setenv`, sets the variables instead, and undoes them too.
        """
        if self._host is None:
            self._host = self._stack.enter_context(HTTPServerHost())
        self._stack.callback(setattr, self._host, "handler", self._host.handler)
        self._host.handler = self._app
        self._isolation = self._stack.enter_context(
            isolated(self.url, api_key=API_KEY, share_tls=self._share_tls, setenv=setenv)
        )
        self._stack.callback(self._keep_failures)

    def stop(self) -> None:
        """Undo `start`; the calls and the usage can still be read."""
        self._stack.close()
        self._host = self._given_host

    def __enter__(self) -> MockOpenAI:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.verify()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`; the API is below it with and without `/v1`."""
        if self._host is None:
            raise RuntimeError("the mock is not started: use it as `with MockOpenAI() as mock:`")
        return self._host.url

    @property
    def base_url(self) -> str:
        """The `base_url` for a client: `url` and `/v1`."""
        return f"{self.url}/v1"

    @property
    def env(self) -> Mapping[str, str]:
        """The environment variables that were set; give them to a subprocess or a container."""
        return self._isolation.env if self._isolation else {}

    @property
    def refusals(self) -> list[str]:
        """The requests to real OpenAI hosts that were refused while the mock was on, one line each."""
        return [str(refusal) for refusal in self._isolation.refusals] if self._isolation else []

    @property
    def server(self) -> HTTPServer:
        """pytest-httpserver's own object: `mock.server.expect_request(...)` works beside the mock, and wins over it."""
        if self._host is None:
            raise RuntimeError("the mock is not started: use it as `with MockOpenAI() as mock:`")
        return self._host.server

    # --- the script ---------------------------------------------------------------------------------------------------

    def reply(self, *replies: object) -> Scripted:
        """Answer the next calls with these words, in order, each once; see `Scripted.reply`."""
        __tracebackhide__ = True
        return Scripted(self._app, When()).reply(*replies)

    def always(self, reply: object) -> Scripted:
        """Answer with this word every call that finds no other reply; see `Scripted.always`."""
        __tracebackhide__ = True
        return Scripted(self._app, When()).always(reply)

    def when(
        self,
        *,
        model: str | None = None,
        endpoint: str | None = None,
        contains: str | None = None,
        matches: str | None = None,
        tool: str | None = None,
        turn: int | None = None,
        header: Mapping[str, str] | None = None,
        where: Callable[[Inquiry], object] | None = None,
    ) -> Scripted:
        """A rule for the calls for which all these conditions hold (see `core.script.When`); newer rules come first.

        Raises ValueError or TypeError for a condition that can never hold.
        """
        __tracebackhide__ = True
        conditions = scripting.when(
            model=model,
            endpoint=endpoint,
            contains=contains,
            matches=matches,
            tool=tool,
            turn=turn,
            header=header,
            where=where,
        )
        return Scripted(self._app, conditions)

    def add_models(self, *names: str) -> None:
        """Declare models: they are listed, and served when `models="strict"`."""
        self._models.add(*names)

    def set_encoding(self, model: str, encoding: str) -> None:
        """Count this model's tokens by `cl100k_base`, `o200k_base` or `o200k_harmony`; ValueError for another name."""
        tokens.load(encoding)
        self._models.set_encoding(model, encoding)

    def reset(self) -> None:
        """Forget script, calls and usage, as a new mock; settings, models and address stay."""
        self._app = App(Routes(all_endpoints()), self._models, self.settings)
        if self._host is not None:
            self._host.handler = self._app

    # --- what happened ------------------------------------------------------------------------------------------------

    @property
    def calls(self) -> Calls:
        """The calls so far, oldest first."""
        return Calls(self._app.recorder.calls())

    @property
    def usage(self) -> Usage:
        """The token counts of all calls, summed."""
        return sum(self.usage_by_model.values(), Usage())

    @property
    def usage_by_model(self) -> dict[str, Usage]:
        """The token counts of all calls for each model."""
        return self._app.recorder.usage()

    @property
    def cost(self) -> float | None:
        """What the calls would have cost in US dollars; None without the extra `cost` and without `set_price`.

        Raises `NoPrice` (a LookupError) if a model has no price: the sum would be too low. `cost_details` does not.
        """
        details = self.cost_details
        if details is not None and details.unpriced:
            raise NoPrice(explain.unpriced("The cost", details.unpriced, details.source))
        return details.amount if details else None

    @property
    def cost_details(self) -> Cost | None:
        """The cost with the models that have no price, and whose prices these are; None as for `cost`."""
        return self._prices.of_calls(self.calls)

    def set_price(self, model: str, *, input: float, output: float = 0.0, cached: float | None = None) -> None:
        """Give a model prices in US dollars per million tokens; they win over the list prices.

        `cached` is for prompt tokens read from the cache, None: as `input`. Raises ValueError for a price below 0.
        """
        self._prices.set(model, input=input, output=output, cached=cached)

    def assert_called_once(self, endpoint: str | None = None, **attributes: Any) -> Call:
        """The one call to this endpoint with these attributes; see `asserts.assert_called_once`."""
        __tracebackhide__ = True
        return asserts.assert_called_once(self.calls, endpoint, **attributes)

    def assert_not_called(self, endpoint: str | None = None, **attributes: Any) -> None:
        """No call to this endpoint with these attributes; see `asserts.assert_not_called`."""
        __tracebackhide__ = True
        asserts.assert_not_called(self.calls, endpoint, **attributes)

    def assert_usage(self, **expected: Unpack[ExpectedUsage]) -> None:
        """The token counts of all calls, or of those to `model`; see `asserts.assert_usage`."""
        __tracebackhide__ = True
        asserts.assert_usage(self.calls, **expected)

    @property
    def problems(self) -> list[str]:
        """What is wrong so far, each explained: unused replies, unscripted calls, budgets, the mock's own failures."""
        unused = self._app.script.unused()
        found = list(self._app.problems)
        if unused:
            found.append(explain.unused(unused, self.calls, self.refusals))
        return [
            *found,
            *budgets.exceeded(self.budget, self.calls, self._prices),
            *self._failures,
            *self._new_failures(),
        ]

    def _new_failures(self) -> list[str]:
        """What failed in the server and in its user's handlers; nothing while another mock is on it."""
        if self._host is None or self._host.handler is not self._app:
            return []
        raised = [*self._host.errors, *self._host.server.handler_errors]
        failed = self._host.server.assertions
        return [*map(explain.host_failure, raised), *map(explain.expectation, failed)]

    def _keep_failures(self) -> None:
        self._failures += self._new_failures()

    def verify(self) -> None:
        """Raise `Unmet`, explaining all `problems`, if there are any."""
        __tracebackhide__ = True
        found = self.problems
        if found:
            raise Unmet("\n\n".join(found))

    # --- ready clients ------------------------------------------------------------------------------------------------

    @property
    def client(self) -> OpenAI:
        """An `openai.OpenAI` client that talks to this mock; made once, kept for the life of the server."""
        from pytest_mockopenai import clients

        return clients.sync_client(self.base_url, API_KEY)

    @property
    def async_client(self) -> AsyncOpenAI:
        """An `openai.AsyncOpenAI` client that talks to this mock, made anew at each look."""
        from pytest_mockopenai import clients

        return clients.async_client(self.base_url, API_KEY)

    def __repr__(self) -> str:
        where = self._host.url if self._host else "not started"
        return f"<MockOpenAI {where}, calls: {len(self.calls)}>"
