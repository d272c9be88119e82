"""What a test holds: the script, the calls, the usage, ready clients and the address of one mock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pytest_mockopenai import asserts, budgets, explain, scripting
from pytest_mockopenai.asserts import ExpectedUsage
from pytest_mockopenai.calls import Calls
from pytest_mockopenai.clock import Clock
from pytest_mockopenai.core.inquiry import Inquiry
from pytest_mockopenai.core.limits import Limits, Per
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.cost import Cost, NoPrice, Prices
from pytest_mockopenai.hosts.httpserver import HTTPServerHost
from pytest_mockopenai.isolation import Isolation, isolated
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.remote import RemoteStage
from pytest_mockopenai.scene import Scene
from pytest_mockopenai.scripting import Scripted
from pytest_mockopenai.settings import Budget, Options, Record, Settings, checked, part
from pytest_mockopenai.stage import LocalStage, Stage
from pytest_mockopenai.stubs import loaded
from pytest_mockopenai.verdict import Terms, Verdict, judge
from pytest_mockopenai.webhooks import Webhooks

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI
    from pytest_httpserver import HTTPServer
    from typing_extensions import Unpack


def _record(given: Mapping[str, Any]) -> Record:
    """Raises TypeError for a mode without a file."""
    record = Record(**part(Record, given))
    if record.record is not None and record.recording is None:
        raise TypeError("record= goes with recording=, the path of its file")
    return record


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
        """`replies` are scripted as by `reply`; `options` are explained in `Settings`, `Budget`,
        `Record` and `Options`.

        `host` is a running server to play on; None starts one. `origin` says where the replies are written, if that is
        not where this is called. Raises TypeError or ValueError for a wrong option, `BadStubs` for wrong stubs.
        """
        given = checked(options)
        settings = part(Settings, given)
        scene = Scene(Settings(**settings), fixed=settings)
        if given.get("stubs") is not None:
            scene.play(loaded(given["stubs"]))
        self._prices = scene.prices
        self._play_on(LocalStage(scene, host, _record(given)), given, replies, origin)

    @classmethod
    def connect(
        cls,
        url: str,
        *replies: object,
        token: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        fresh: bool = False,
        origin: str | None = None,
        **options: Unpack[Options],
    ) -> MockOpenAI:
        """The same for a mock in another process, `mockopenai serve` at `url`; `token` is that of its admin API.

        Clients are pointed at `base_url` with `api_key`: those of a gateway before the mock, or None. `fresh` begins
        with a reset; without, all that happened before can be seen. A `where=` cannot cross, and budgets and `cost`
        are reckoned here. Raises ConnectionError if no mock answers, `RemoteError` if it refuses.
        """
        given = checked(options)
        for name in ("stubs", "record"):
            if given.get(name) is not None:
                raise TypeError(f"{name}= is for a mock in this process: tell the one at the other end")
        stage = RemoteStage(url, token=token, base_url=base_url, api_key=api_key, fresh=fresh, options=given)
        mock = cls.__new__(cls)
        mock._prices = Prices()
        mock._play_on(stage, given, replies, origin)
        return mock

    def _play_on(self, stage: Stage, given: Mapping[str, Any], replies: Sequence[object], origin: str | None) -> None:
        self.budget = Budget(**part(Budget, given))
        self._stage = stage
        self._share_tls: bool = given.get("share_tls", True)
        self._stack = ExitStack()
        self._isolation: Isolation | None = None
        if replies:
            Scripted(stage, When(), origin).reply(*replies)

    @property
    def settings(self) -> Settings:
        """How the mock behaves."""
        return self._stage.settings

    # --- on and off ---------------------------------------------------------------------------------------------------

    def start(self, *, setenv: Callable[[str, str], object] | None = None) -> None:
        """Start serving, point the environment here, and keep requests from escaping.

        `setenv`, such as pytest's `monkeypatch.setenv`, sets the variables instead, and undoes them too.
        """
        self._stack.callback(self._stage.stop)
        self._stage.start()
        self._isolation = self._stack.enter_context(
            isolated(
                self.url,
                api_key=self._stage.api_key,
                base_url=self.base_url,
                webhook_secret=self._stage.webhook_secret,
                share_tls=self._share_tls,
                setenv=setenv,
            )
        )

    def stop(self) -> None:
        """Undo `start`; the calls and the usage can still be read."""
        self._stack.close()

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
        """`http://127.0.0.1:PORT`; the API is below it with and without `/v1`. RuntimeError before the start."""
        return self.base_url.removesuffix("/v1")

    @property
    def base_url(self) -> str:
        """The `base_url` for a client: `url` and `/v1`, or a gateway's."""
        return self._stage.base_url

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
        return self._stage.server

    @property
    def clock(self) -> Clock:
        """The clock the mock lives by: `freeze`, `advance` and `real` move it, and no test has to sleep."""
        return self._stage.clock

    @property
    def webhooks(self) -> Webhooks:
        """Webhooks as OpenAI sends them: `event` makes one, `send` sends one, `deliveries` are those that were sent."""
        return self._stage.webhooks

    # --- the script ---------------------------------------------------------------------------------------------------

    def reply(self, *replies: object) -> Scripted:
        """Answer the next calls with these words, in order, each once; see `Scripted.reply`."""
        __tracebackhide__ = True
        return Scripted(self._stage, When()).reply(*replies)

    def always(self, reply: object) -> Scripted:
        """Answer with this word every call that finds no other reply; see `Scripted.always`."""
        __tracebackhide__ = True
        return Scripted(self._stage, When()).always(reply)

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
        return Scripted(self._stage, conditions)

    def chaos(self, rate: float = 0.1, words: Sequence[str | Word] | None = None, seed: int | None = None) -> None:
        """From now on strike each call with this probability (0 to 1; 0 ends it) by one of the words.

        The words are errors, faults and the like (default: those of `core.chaos.USUAL`). Headers and the replies of
        sequences are played all the same. Drawn from the mock's seed, from `seed` if given, and from the request: see
        `core.chaos.Chaos`. Raises ValueError for a wrong rate, word or seed.
        """
        __tracebackhide__ = True
        self._stage.change(checked({"chaos": {"rate": rate, "words": words, "seed": seed}}))

    def limits(
        self, *, rpm: int | None = None, tpm: int | None = None, rpd: int | None = None, per: Per = "model"
    ) -> None:
        """Limit calls from now on as an account's are: requests and tokens a minute, requests a day.

        What is over a limit gets 429 with the wait after which it is let through; the headers `x-ratelimit-*` tell what
        is left. `per`: who shares the limits, all calls with one API `key`, for one `model`, of one `project`. Without
        any limit, nothing is limited any more. Raises ValueError for a limit that is none.
        """
        self._stage.change({"limits": Limits(rpm, tpm, rpd, per)})

    def deliver_webhooks(self, url: str | None, *, secret: str | None = None) -> None:
        """Tell this receiver by webhooks when jobs end, as the options `webhook_url` and `webhook_secret` do.

        None: tell nobody any more. Without a `secret` they go on being signed as before. Raises ValueError for a URL or
        a secret that is none.
        """
        self._stage.change(checked({"webhook_url": url, **({} if secret is None else {"webhook_secret": secret})}))

    def add_models(self, *names: str) -> None:
        """Declare models: they are listed, and served when `models="strict"`."""
        self._stage.add_models(names)

    def set_encoding(self, model: str, encoding: str) -> None:
        """Count this model's tokens by `cl100k_base`, `o200k_base` or `o200k_harmony`; ValueError for another name."""
        self._stage.set_encoding(model, encoding)

    def reset(self) -> None:
        """Forget script, calls and usage, as a new mock; settings, models and address stay."""
        self._stage.reset()

    # --- what happened ------------------------------------------------------------------------------------------------

    @property
    def calls(self) -> Calls:
        """The calls so far, oldest first."""
        return Calls(self._stage.calls())

    @property
    def usage(self) -> Usage:
        """The token counts of all calls, summed."""
        return sum(self.usage_by_model.values(), Usage())

    @property
    def usage_by_model(self) -> dict[str, Usage]:
        """The token counts of all calls for each model."""
        return self._stage.usage()

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

    def verdict(self, **terms: Unpack[Terms]) -> Verdict:
        """How the client that made the calls behaved when they failed; `terms` are explained in `verdict.Standard`."""
        __tracebackhide__ = True
        return judge(self.calls, **terms)

    def assert_resilient(self, **terms: Unpack[Terms]) -> Verdict:
        """The client behaved well when calls failed; see `asserts.assert_resilient`."""
        __tracebackhide__ = True
        return asserts.assert_resilient(self.calls, **terms)

    @property
    def problems(self) -> list[str]:
        """What is wrong so far, each explained: unused replies, unscripted calls, budgets, the mock's own failures."""
        return [
            *self._stage.problems(self.refusals),
            *budgets.exceeded(self.budget, self.calls, self._prices),
            *self._stage.failures(),
        ]

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

        return clients.sync_client(self.base_url, self._stage.api_key, self._stage.webhook_secret)

    @property
    def async_client(self) -> AsyncOpenAI:
        """An `openai.AsyncOpenAI` client that talks to this mock, made anew at each look."""
        from pytest_mockopenai import clients

        return clients.async_client(self.base_url, self._stage.api_key, self._stage.webhook_secret)

    def __repr__(self) -> str:
        try:
            where = self.url
        except RuntimeError:
            where = "not started"
        return f"<MockOpenAI {where}, calls: {len(self.calls)}>"
