"""The options of `mockopenai serve`, each once: the command line, the environment, stubs files and the docs follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pytest_mockopenai.core import chaos, latency, limits, webhooks
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.settings import UnknownIds
from pytest_mockopenai.standalone.config import BadOption, Config
from pytest_mockopenai.standalone.values import (
    Reader,
    choice,
    field_names,
    names,
    or_none,
    path,
    paths,
    seconds,
    size,
    switch,
    text,
    url,
    whole,
)

ENV = "MOCKOPENAI_"
"""What the names of environment variables begin with."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: how its text is read, what stands for a value in the help (nothing: a switch), what it does."""

    name: str
    read: Reader
    metavar: str
    help: str


GROUPS: Mapping[str, tuple[Option, ...]] = {
    "listening": (
        Option("host", text, "ADDRESS", "address to listen on; 0.0.0.0 or :: for all"),
        Option("port", whole(0, 65535), "PORT", "port to listen on; 0 for any free one"),
        Option("unix", path, "PATH", "unix socket to listen on instead"),
        Option("workers", whole(1, 64), "N", "processes that share the port"),
        Option("redis", text, "URL", "Redis in which workers and replicas share what is kept between calls"),
        Option("redis_prefix", text, "NAME", "mocks of one name share all, with mocks of another name nothing"),
        Option("tls", switch, "", "serve HTTPS with a certificate of a CA made on the spot"),
        Option("ca_file", path, "FILE", "where --tls writes its CA, for clients to trust"),
        Option("cert", path, "FILE", "serve HTTPS with this certificate"),
        Option("key", path, "FILE", "the private key of --cert"),
        Option("drain", seconds, "TIME", "how long open replies may go on when told to stop"),
    ),
    "answers": (
        Option("stubs", paths, "FILE", "rules to answer by (YAML, TOML or JSON); may be repeated"),
        Option("seed", whole(-(2**63), 2**63 - 1), "N", "what made-up answers depend on, beside the request"),
        Option("latency", latency.parse, "MODEL", "how long the model takes: gpt-4o, fast;inter-token-latency=20ms"),
        Option("limits", limits.parse, "LIMITS", "rate limits of an account: rpm=500;tpm=30000;rpd=10000;per=key"),
        Option("job_seconds", seconds, "TIME", "how long jobs take: batches, responses in the background"),
        Option("chaos", chaos.parse, "CHAOS", "how many calls fail, and how: 0.1, 0.1;words=rate_limit,cut;seed=7"),
        Option("webhook_url", webhooks.checked_url, "URL", "who is told when jobs end, by signed webhooks"),
        Option("webhook_secret", webhooks.checked_secret, "SECRET", "what signs them: whsec_ and base64"),
        Option("models", names, "NAMES", "models to list as well; with strict among them, all others get 404"),
        Option("strict", switch, "", "refuse calls that no rule answers"),
        Option("require_key", switch, "", "401 without an API key"),
        Option("invalid_keys", names, "KEYS", "API keys that get 401"),
        Option("unknown_ids", choice(*get_args(UnknownIds)), "WHAT",
               "what is said of objects that were never made: not_found, or synthesize a reply"),
    ),
    "recordings": (
        Option("record", path, "DIR", "record into this folder what no rule answers, and replay what is in it"),
        Option("replay", path, "DIR", "replay the recordings of this folder; all else no rule answers gets 400"),
        Option("record_mode", choice("none", "once", "new", "all"), "MODE",
               "new: record what is not there; once: if nothing is there; all: anew; none: nothing"),
        Option("upstream", url, "URL", "the API that is recorded"),
        Option("upstream_key", text, "KEY", "its API key, in the place of the clients' own"),
        Option("record_ignore", field_names, "FIELDS", "fields of a request that make no difference: metadata,user"),
        Option("record_rhythm", switch, "", "replay in the recorded times"),
    ),
    "interface": (
        Option("cors", switch, "", "let browsers call from any origin"),
        Option("admin", switch, "", "the admin API under /_mock/"),
        Option("admin_token", text, "TOKEN", "token that the admin API demands"),
        Option("metrics", switch, "", "Prometheus metrics under /metrics"),
        Option("otel", switch, "", "OpenTelemetry spans of calls, exported as the OTEL_* variables say"),
    ),
    "limits": (
        Option("record_limit", whole(0, 10**7), "N", "how many calls are remembered"),
        Option("head_limit", size, "SIZE", "longest request line and headers"),
        Option("body_limit", size, "SIZE", "longest request body"),
        Option("max_connections", or_none(whole(0, 10**6)), "N", "open connections; one more gets 503"),
        Option("idle_timeout", or_none(seconds), "TIME", "how long a connection may wait for its next request"),
        Option("head_timeout", or_none(seconds), "TIME", "how long a client may take to send its headers"),
        Option("body_timeout", or_none(seconds), "TIME", "the same for a body; more for one that keeps coming"),
        Option("write_timeout", or_none(seconds), "TIME", "how long a client may take nothing of a reply"),
    ),
    "log": (
        Option("log_level", choice("info", "warning", "error", "off"), "LEVEL",
               "info: every call; warning: refused and broken ones; error: 5xx; or off"),
        Option("log_format", choice("text", "json"), "FORMAT", "text or json"),
        Option("pidfile", path, "FILE", "file that holds the process id while it serves"),
    ),
}  # fmt: skip

OPTIONS: Mapping[str, Option] = {option.name: option for group in GROUPS.values() for option in group}


def flag(name: str) -> str:
    """How an option is written on the command line."""
    return "--" + name.replace("_", "-")


def written_default(name: str) -> str:
    """The default as it would be written; empty if there is none to speak of."""
    value = Config.__dataclass_fields__[name].default
    if value is None:
        return "none" if name.startswith("max_") else "instant" if name == "latency" else ""
    if OPTIONS[name].read is size and isinstance(value, int):
        return f"{value // 2**20}MiB" if value % 2**20 == 0 else f"{value // 2**10}KiB"
    if isinstance(value, bool):
        return "on" if value else ""
    return f"{value:g}" if isinstance(value, float) else str(value or "" if isinstance(value, tuple) else value)


def env(name: str) -> str:
    """The environment variable of an option."""
    return ENV + name.upper()


def of_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The options that environment variables tell. Raises BadOption for a wrong value or an unknown name."""
    found: dict[str, Any] = {}
    for variable, value in environ.items():
        name = variable.removeprefix(ENV).lower()
        if not variable.startswith(ENV) or variable in _OTHERS or _is_kubernetes(name, value):
            continue
        if name not in OPTIONS:
            raise BadOption(f"there is no variable {variable}.{did_you_mean(variable, map(env, OPTIONS))}")
        found[name] = read(name, value, variable)
    return found


_OTHERS = frozenset({"MOCKOPENAI_STATE"})
"""Variables that are no options of `serve`."""


def _is_kubernetes(name: str, value: str) -> bool:
    """Whether Kubernetes set it, as it does for each Service: of one called mockopenai, MOCKOPENAI_PORT=tcp://..."""
    return name.startswith(("service_", "port_")) or (name == "port" and "://" in value)


def read(name: str, value: str, where: str) -> Any:
    """The value of an option; `where` says in the message of BadOption what told it."""
    try:
        return OPTIONS[name].read(value)
    except ValueError as error:
        raise BadOption(f"{where}: {error}") from None
