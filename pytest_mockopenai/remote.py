"""A mock in another process, driven through its admin API."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from pytest_mockopenai.clock import span, unix_seconds
from pytest_mockopenai.core.script import When
from pytest_mockopenai.core.seed import draw_for
from pytest_mockopenai.core.spelled import spelled
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.core.webhooks import SECRET
from pytest_mockopenai.core.word import Word
from pytest_mockopenai.crossing import read_call, read_usage, written_when
from pytest_mockopenai.isolation import API_KEY
from pytest_mockopenai.recorder import Call
from pytest_mockopenai.settings import Settings, checked, part, written
from pytest_mockopenai.webhooks import Delivery, Made, Sending, Webhooks, new

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer
    from typing_extensions import Unpack

_PATIENCE = 10.0  # seconds for one admin call
_PAGE = 1000
_LOOK, _LOOK_FOR = 0.01, 30.0  # seconds between two looks at what the other mock has sent, and in all


class RemoteError(RuntimeError):
    """The mock elsewhere refused what was asked of it; the message is its own."""


class RemoteStage:
    """The mock at `url`, such as `http://127.0.0.1:8080`; `token` is that of its admin API.

    Clients are pointed at `base_url`, a gateway's for instance; None: at the mock itself. With `fresh` it begins as a
    new mock does: what it was told and asked before is forgotten, and its settings are those of its start. `options`
    are settings for as long as this is connected. Raises ConnectionError if no mock answers.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        fresh: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"the URL of a mock is such as 'http://127.0.0.1:8080', not {url!r}")
        self.url = url.rstrip("/").removesuffix("/v1")
        self.api_key = api_key or API_KEY
        self.base_url = (base_url or f"{self.url}/v1").rstrip("/")
        self._token = token
        self._options = {name: written(value) for name, value in part(Settings, options or {}).items()}
        self._opener = build_opener(ProxyHandler({}))
        self._ask("GET", "health")
        if fresh:
            self.reset()
            self._ask("DELETE", "config")
        if self._options:
            self._ask("PATCH", "config", self._options)

    def start(self) -> None:
        """It answers already."""

    def change(self, options: Mapping[str, Any]) -> None:
        """Change settings there, until the stop."""
        self._options |= {name: written(value) for name, value in options.items()}
        self._ask("PATCH", "config", self._options)

    def stop(self) -> None:
        """Put its settings back, if they were changed."""
        if self._options:
            self._ask("DELETE", "config")

    def reset(self) -> None:
        """Forget script, calls, usage and stored objects."""
        self._ask("POST", "reset")

    @property
    def settings(self) -> Settings:
        """As far as it tells: not the invalid keys."""
        return Settings(**checked(part(Settings, self._ask("GET", "config"))))

    @property
    def clock(self) -> RemoteClock:
        """That of the mock elsewhere."""
        return RemoteClock(self._ask)

    @property
    def webhooks(self) -> RemoteWebhooks:
        """Those that the mock elsewhere sends."""
        return RemoteWebhooks(self._ask, self.webhook_secret or SECRET)

    @property
    def webhook_secret(self) -> str | None:
        """As far as it was told from here: it shows nobody its own."""
        return self._options.get("webhook_secret")

    @property
    def server(self) -> HTTPServer:
        """There is none in this process."""
        raise RuntimeError("the mock is in another process: there is no pytest-httpserver here to expect requests")

    def add_rule(self, when: When, words: Iterable[Word], *, standing: Word | None = None) -> None:
        """Words and conditions cross as text. Raises ValueError for `where=`, and for a word that has no text."""
        scripted = list(words)
        rule: dict[str, Any] = {"when": written_when(when)}
        if scripted:
            rule["reply"] = [spelled(word) for word in scripted]
        if standing is not None:
            rule["always"] = spelled(standing)
        origin = next((word.origin for word in (*scripted, *([standing] if standing else [])) if word.origin), "")
        self._ask("POST", "rules", {**rule, "origin": origin})

    def calls(self) -> Sequence[Call]:
        """All that it keeps, page by page."""
        found: list[Call] = []
        after = ""
        while True:
            page = self._ask("GET", f"calls?limit={_PAGE}{after}")
            found += [read_call(call) for call in page["data"]]
            if not page["has_more"]:
                return found
            after = f"&after={found[-1].index}"

    def usage(self) -> dict[str, Usage]:
        """Token counts by model."""
        models = self._ask("GET", "usage")["models"]
        return {model: read_usage(usage) for model, usage in models.items()}

    def problems(self, refusals: Sequence[str]) -> list[str]:
        """Its own texts; what was refused in this process is not its to know."""
        found: list[str] = self._ask("GET", "problems")["data"]
        return found

    def failures(self) -> list[str]:
        """Its server's failures are in its log."""
        return []

    def add_models(self, names: Iterable[str]) -> None:
        """Declare models there."""
        self._ask("POST", "models", {"models": list(names)})

    def set_encoding(self, model: str, encoding: str) -> None:
        """Count a model's tokens there by this encoding."""
        try:
            self._ask("POST", "models", {"models": [{"name": model, "encoding": encoding}]})
        except RemoteError as error:
            raise ValueError(str(error)) from None

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that the admin API answers. Raises ConnectionError, or `RemoteError` for a refusal."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_mock/{path}", data, {"content-type": "application/json"}, method=method)
        if self._token:
            request.add_header("X-Mock-Token", self._token)
        try:
            with self._opener.open(request, timeout=_PATIENCE) as reply:
                return json.load(reply)
        except HTTPError as error:
            with error:
                raise RemoteError(_message(error, self.url)) from None
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            why = getattr(error, "reason", None) or error
            raise ConnectionError(f"No mock answers at {self.url}: {why}. Start one: mockopenai serve") from None


class RemoteClock:
    """The clock of a mock elsewhere; `ask` is as `RemoteStage._ask`."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    @property
    def now(self) -> float:
        """What it shows, in Unix seconds."""
        return float(self._ask("GET", "clock")["now"])

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return bool(self._ask("GET", "clock")["frozen"])

    def freeze(self, at: float | datetime | None = None) -> None:
        """Stand still at this time, or now."""
        self._set("freeze", {} if at is None else {"at": unix_seconds(at)})

    def advance(self, seconds: float | timedelta) -> None:
        """Move on by so many seconds."""
        self._set("advance", {"seconds": span(seconds)})

    def real(self) -> None:
        """Show real time again."""
        self._set("real")

    def _set(self, how: str, body: Any = None) -> None:
        """Set it, and wait for the webhooks that are due by it."""
        self._ask("POST", f"clock/{how}", body)
        _until(lambda: not self._ask("GET", "webhooks")["due"])


class RemoteWebhooks(Webhooks):
    """The webhooks of a mock elsewhere; `ask` is as `RemoteStage._ask`, `secret` what `event` signs with."""

    def __init__(self, ask: Callable[..., Any], secret: str) -> None:
        self._ask = ask
        self._known_secret = secret

    @property
    def _secret(self) -> str:
        return self._known_secret

    def _made(self, type_: str, id_: str, data: Mapping[str, Any] | None) -> Made:
        return new(type_, id_, data, time=RemoteClock(self._ask).now, draw=draw_for(0, "webhook", next(_MADE)))

    def send(self, type: str, id: str = "", **how: Unpack[Sending]) -> Delivery:
        """See `Webhooks.send`."""
        given = {name: value for name, value in how.items() if value is not None}
        sent = self._ask("POST", "webhooks", {"type": type, "id": id, **given})
        found: list[Delivery] = []

        def answered() -> bool:
            found[:] = [each for each in self.deliveries if each.webhook_id == sent["webhook_id"]]
            return bool(found)

        if not _until(answered):
            raise RemoteError(f"the mock has not sent the webhook '{type}' in time")
        return found[0]

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """See `Webhooks.deliveries`."""
        return [Delivery(**each) for each in self._ask("GET", "webhooks")["data"]]


_MADE = count(1)
"""Events made here, so that no two have the same id."""


def _until(done: Callable[[], bool]) -> bool:
    """Ask again and again, for as long as a receiver may take; whether it was done in time."""
    last = time.monotonic() + _LOOK_FOR
    while not done():
        if time.monotonic() > last:
            return False
        time.sleep(_LOOK)
    return True


def _message(error: HTTPError, url: str) -> str:
    try:
        said: str = json.load(error)["error"]["message"]
    except (ValueError, KeyError, TypeError, OSError):
        return f"{url} answers {error.code} and is no mock with an admin API: is it the gateway's address?"
    return said
