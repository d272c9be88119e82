"""How a mock behaves, as values: what a marker, an option or a constructor sets, checked in one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict, get_args
from urllib.parse import urlsplit

from pytest_mockopenai.core import chaos, fields, limits, webhooks
from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.headers import RetryWaits
from pytest_mockopenai.core.latency import Latency
from pytest_mockopenai.core.latency import parse as parse_latency
from pytest_mockopenai.core.limits import Limits
from pytest_mockopenai.core.suggest import did_you_mean

UnknownIds = Literal["not_found", "synthesize"]
"""What is said of objects that were never made."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the mock answers.

    `seed`: what made-up content depends on, beside the request. `strict`: an unscripted call is refused and fails the
    test. `models`: `any` serves every model name; `strict` answers 404 `model_not_found` for a name that neither the
    installed SDK nor the user declares. `require_key`: 401 without an API key. `invalid_keys`: keys that get 401.
    `body_limit`: bytes; a larger request gets 413. `retry_waits`: what errors tell clients to wait. `keep_alive`:
    False closes the connection of a client of the SDK after each reply: it would outlive the test, and its event loop.
    `latency`: how long the model takes where no word says; as text, see `core.latency.parse`.
    `limits`: rate limits, as an account has them; None: replies tell of high ones, and none is counted.
    `job_seconds`: how long jobs take by the mock's clock: responses in the background, batches and their like; with 0
    they are done when they are first looked at.
    `chaos`: which calls are struck by an error or a fault, of those that neither a header nor a reply of a sequence
    answers; as text, see `core.chaos.parse`.
    `unknown_ids`: a request that names an object which was never made gets OpenAI's error (`not_found`), or a made-up
    reply of the right type (`synthesize`), as does whatever else the SDK's types allow and an endpoint refuses.
    `webhook_url`: who is told by webhooks when jobs end; None: nobody. `webhook_secret` signs them; None: one that
    everybody knows (`core.webhooks.SECRET`).
    `scenario_header`: the request header `X-Test-Scenario` plays a word.
    `record_limit`: how many calls are kept (usage is summed of all); 0 keeps none. `record_bytes`: how large their
    requests and replies may be together; the oldest are forgotten first.
    """

    seed: int = 0
    strict: bool = False
    models: Literal["any", "strict"] = "any"
    require_key: bool = True
    invalid_keys: frozenset[str] = frozenset()
    body_limit: int = 65 * 2**20
    retry_waits: RetryWaits = field(default_factory=lambda: RetryWaits(ms=1))
    keep_alive: bool = False
    latency: Latency | None = None
    limits: Limits | None = None
    job_seconds: float = 0.3
    chaos: Chaos | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    scenario_header: bool = True
    unknown_ids: UnknownIds = "not_found"
    record_limit: int = 10_000
    record_bytes: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Budget:
    """What a test may use at most; None is no limit.

    `max_calls`: HTTP calls, retries included. `max_total_tokens`: prompt and completion tokens. `max_cost`: US dollars;
    needs the extra `cost`.
    """

    max_calls: int | None = None
    max_total_tokens: int | None = None
    max_cost: float | None = None


RecordMode = Literal["none", "once", "new", "all"]
"""VCR's record modes.

`none`: replay; what was not recorded is an error. `once`: replay if there is a recording, else record all of it. `new`
(VCR.py: `new_episodes`): replay what was recorded, and record the rest. `all`: record everything anew.
"""

OPENAI = "https://api.openai.com/v1"


_ALIASES: Mapping[Any, RecordMode] = {"new_episodes": "new"}
_MODES: tuple[str, ...] = (*get_args(RecordMode), *_ALIASES)


@dataclass(frozen=True, slots=True)
class Record:
    """How calls that no script answers are recorded and replayed.

    `record`: the mode; None: neither. `recording`: the file. `upstream`: the URL of the API that is recorded.
    `record_ignore`: fields of a request's body that may differ from the recording (`metadata`, `messages[].name`).
    `record_rhythm`: replay in the recorded times, else all at once. `record_repeat`: the last recording of a request
    answers it for ever; else each is used once.
    """

    record: RecordMode | None = None
    recording: Path | None = None
    upstream: str = OPENAI
    record_ignore: tuple[str, ...] = ()
    record_rhythm: bool = False
    record_repeat: bool = False


class Options(TypedDict, total=False):
    """The keyword options of `MockOpenAI` and of the marker: those of `Settings`, `Budget` and `Record`, `share_tls`,
    `stubs`.

    `share_tls=False` lets each client build its own TLS context, as it would without the mock (slow). `stubs` is the
    path of a stubs file or folder, a list of paths, or `Stubs`; what is set beside it wins over its settings.
    `retry_waits` are the milliseconds that errors tell clients to wait, None: as long as the script says.
    """

    seed: int
    strict: bool
    models: Literal["any", "strict"]
    require_key: bool
    invalid_keys: Collection[str]
    body_limit: int
    retry_waits: int | None
    latency: Latency | str | None
    limits: Limits | Mapping[str, Any] | str | None
    job_seconds: float
    chaos: Chaos | str | float | Mapping[str, Any] | None
    webhook_url: str | None
    webhook_secret: str | None
    keep_alive: bool
    scenario_header: bool
    unknown_ids: UnknownIds
    record_limit: int
    record_bytes: int
    max_calls: int | None
    max_total_tokens: int | None
    max_cost: float | None
    record: Literal["none", "once", "new", "new_episodes", "all"] | None
    recording: str | os.PathLike[str]
    upstream: str
    record_ignore: Collection[str]
    record_rhythm: bool
    record_repeat: bool
    share_tls: bool
    stubs: Any


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, each of the right type; raises TypeError for an unknown name and ValueError for a wrong value."""
    return {name: _checked(name, value) for name, value in options.items()}


def _checked(name: str, value: Any) -> Any:
    if name not in _CHECKS:
        raise TypeError(f"mock_openai has no option '{name}'.{did_you_mean(name, _CHECKS)}")
    fits, wanted = _CHECKS[name]
    if not fits(value):
        given = type(value).__name__ if name == "webhook_secret" else repr(value)
        raise ValueError(f"{name} is {wanted}, not {given}")
    return _READERS[name](value) if name in _READERS else value


def written(value: Any) -> Any:
    """The value of an option as JSON, which `checked` reads again."""
    if isinstance(value, (Latency, Chaos, Limits)):
        return str(value)
    if isinstance(value, RetryWaits):
        return value.ms
    return sorted(value) if isinstance(value, frozenset) else value


def _limits(value: Limits | Mapping[str, Any] | str | None) -> Limits | None:
    """None also for limits that limit nothing."""
    if isinstance(value, str):
        value = limits.parse(value)
    elif isinstance(value, Mapping):
        value = limits.read(value)
    return value or None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "latency": lambda value: parse_latency(value) if isinstance(value, str) else value,
    "limits": _limits,
    "chaos": chaos.read,
    "webhook_url": lambda value: value and webhooks.checked_url(value),
    "webhook_secret": lambda value: value and webhooks.checked_secret(value),
    "invalid_keys": frozenset,
    "retry_waits": lambda value: value if isinstance(value, RetryWaits) else RetryWaits(value),
    "record": lambda value: _ALIASES.get(value, value),
    "recording": Path,
    "record_ignore": tuple,
}
"""What makes the value of an option of what was given for it."""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_limit(value: Any) -> bool:
    return value is None or _is_size(value)


def _is_size(value: Any) -> bool:
    return _is_whole(value) and value >= 0


def _is_amount(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0)


def _is_keys(value: Any) -> bool:
    return (
        not isinstance(value, (str, Mapping)) and isinstance(value, Collection) and all(_is_text(key) for key in value)
    )


def _is_chaos(value: Any) -> bool:
    return value is None or isinstance(value, (Chaos, str, Mapping)) or (_is_amount(value) and value <= 1)


def _is_stubs(value: Any) -> bool:
    """`Stubs` are known by their rules, since they are made of more than is here."""
    paths = value if isinstance(value, (list, tuple)) else [value]
    return value is None or hasattr(value, "rules") or all(isinstance(path, (str, os.PathLike)) for path in paths)


def _is_fields(value: Any) -> bool:
    return _is_keys(value) and all(_is_field(name) for name in value)


def _is_field(name: str) -> bool:
    try:
        return bool(fields.parse(name))
    except ValueError:
        return False


def _is_url(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "seed": (_is_whole, "a whole number"),
    "strict": (_is_switch, "True or False"),
    "models": (lambda value: value in ("any", "strict"), "'any' or 'strict'"),
    "require_key": (_is_switch, "True or False"),
    "invalid_keys": (_is_keys, "a list of keys"),
    "body_limit": (lambda value: _is_whole(value) and value > 0, "a number of bytes above 0"),
    "retry_waits": (lambda value: _is_limit(value) or isinstance(value, RetryWaits), "a whole number of ms, or None"),
    "chaos": (_is_chaos, "a rate from 0 to 1, or the text of a chaos such as 'rate=0.1;words=rate_limit,cut'"),
    "latency": (lambda value: value is None or isinstance(value, (str, Latency)), "the text of a latency model"),
    "limits": (
        lambda value: value is None or isinstance(value, (str, Mapping, Limits)),
        "the text of rate limits ('rpm=60;tpm=10000'), a mapping, or Limits",
    ),
    "job_seconds": (lambda value: _is_amount(value) and value is not None, "a number of seconds of at least 0"),
    "webhook_url": (lambda value: value is None or _is_text(value), "the URL of a receiver of webhooks, or None"),
    "webhook_secret": (lambda value: value is None or _is_text(value), "the secret of a webhook, or None"),
    "keep_alive": (_is_switch, "True or False"),
    "scenario_header": (_is_switch, "True or False"),
    "unknown_ids": (lambda value: value in get_args(UnknownIds), "'not_found' or 'synthesize'"),
    "record_limit": (_is_size, "a whole number of at least 0"),
    "record_bytes": (_is_size, "a number of bytes of at least 0"),
    "max_calls": (_is_limit, "a whole number of at least 0"),
    "max_total_tokens": (_is_limit, "a whole number of at least 0"),
    "max_cost": (_is_amount, "an amount in US dollars, at least 0"),
    "record": (lambda value: value is None or value in _MODES, f"None, {', '.join(map(repr, get_args(RecordMode)))}"),
    "recording": (lambda value: isinstance(value, (str, os.PathLike)), "the path of a file"),
    "upstream": (_is_url, f"a URL such as {OPENAI!r}"),
    "record_ignore": (_is_fields, "a list of fields such as 'metadata' or 'messages[].name'"),
    "record_rhythm": (_is_switch, "True or False"),
    "record_repeat": (_is_switch, "True or False"),
    "share_tls": (_is_switch, "True or False"),
    "stubs": (_is_stubs, "a path of a stubs file or folder, a list of them, or Stubs"),
}


def part(kind: type[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are fields of this dataclass."""
    return {name: value for name, value in options.items() if name in kind.__dataclass_fields__}
