"""Options: each is checked, each ends up where it belongs, and a wrong one is explained."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.core.chaos import Chaos
from pytest_mockopenai.core.headers import RetryWaits
from pytest_mockopenai.core.latency import Latency
from pytest_mockopenai.core.limits import Limits
from pytest_mockopenai.settings import Budget, Options, Record, Settings, checked, part, written
from pytest_mockopenai.stubs import Stubs

GOOD: dict[str, list[Any]] = {
    "seed": [0, -1, 2**70],
    "strict": [True, False],
    "models": ["any", "strict"],
    "require_key": [True, False],
    "invalid_keys": [frozenset(), frozenset({"sk-1"})],
    "body_limit": [1, 2**40],
    "record_limit": [0, 5],
    "record_bytes": [0, 2**40],
    "max_calls": [None, 0, 5],
    "max_total_tokens": [None, 0, 500],
    "max_cost": [None, 0, 0.01, 2],
    "keep_alive": [True, False],
    "scenario_header": [True, False],
    "unknown_ids": ["not_found", "synthesize"],
    "share_tls": [True, False],
    "stubs": [None, "stubs.yaml", Path("stubs"), ["a.yaml", Path("b.toml")], Stubs()],
    "limits": [None, Limits(rpd=5)],
    "job_seconds": [0, 2.5],
    "latency": [None, Latency(0.5)],
    "retry_waits": [RetryWaits(), RetryWaits(50)],
    "chaos": [None, Chaos(0.5)],
    "record": [None, "none", "once", "new", "all"],
    "recording": [Path("a.json")],
    "upstream": ["http://127.0.0.1:1/v1", "https://api.openai.com/v1"],
    "record_ignore": [(), ("metadata", "messages[].name", "a[][].b")],
    "record_rhythm": [True, False],
    "record_repeat": [True, False],
    "webhook_url": [None, "http://127.0.0.1:8000/webhooks"],
    "webhook_secret": [None, "whsec_YWJj", "plain"],
}
BAD: list[tuple[str, Any, str]] = [
    ("seed", "7", "seed is a whole number, not '7'"),
    ("seed", 1.0, "seed is a whole number, not 1.0"),
    ("seed", True, "seed is a whole number, not True"),
    ("strict", 1, "strict is True or False, not 1"),
    ("models", "all", "models is 'any' or 'strict', not 'all'"),
    ("models", ["any"], "models is 'any' or 'strict', not ['any']"),
    ("require_key", None, "require_key is True or False, not None"),
    ("invalid_keys", "sk-1", "invalid_keys is a list of keys, not 'sk-1'"),
    ("invalid_keys", [1], "invalid_keys is a list of keys, not [1]"),
    ("invalid_keys", {"sk-1": 1}, "invalid_keys is a list of keys"),
    ("latency", 3, "latency is the text of a latency model, not 3"),
    ("latency", "gpt-4", "there is no latency model 'gpt-4'. Did you mean 'gpt-4o'?"),
    ("retry_waits", -1, "retry_waits is a whole number of ms, or None, not -1"),
    ("chaos", 2, "chaos is a rate from 0 to 1, or the text of a chaos such as 'rate=0.1;words=rate_limit,cut', not 2"),
    ("chaos", {"rate": 2}, "the rate of chaos is a number from 0 to 1, not 2"),
    ("chaos", "0.1;words=ct", "'ct' is not a word of the mock. Did you mean 'cut'?"),
    ("webhook_url", 5, "webhook_url is the URL of a receiver of webhooks, or None, not 5"),
    ("webhook_url", "app", "the URL of a webhook is such as 'http://127.0.0.1:8000/webhooks', not 'app'"),
    ("webhook_secret", b"s3cret", "webhook_secret is the secret of a webhook, or None, not bytes"),
    ("webhook_secret", "whsec_&", "a webhook secret that begins with 'whsec_' goes on in base64"),
    ("body_limit", 0, "body_limit is a number of bytes above 0, not 0"),
    ("record_limit", None, "record_limit is a whole number of at least 0, not None"),
    ("record_bytes", -1, "record_bytes is a number of bytes of at least 0, not -1"),
    ("max_calls", -1, "max_calls is a whole number of at least 0, not -1"),
    ("max_total_tokens", 1.5, "max_total_tokens is a whole number of at least 0, not 1.5"),
    ("max_cost", float("nan"), "max_cost is an amount in US dollars, at least 0, not nan"),
    ("max_cost", True, "max_cost is an amount in US dollars"),
    ("limits", 3, "limits is the text of rate limits ('rpm=60;tpm=10000'), a mapping, or Limits, not 3"),
    ("job_seconds", None, "job_seconds is a number of seconds of at least 0, not None"),
    ("keep_alive", 1, "keep_alive is True or False, not 1"),
    ("scenario_header", 0, "scenario_header is True or False, not 0"),
    ("unknown_ids", "invent", "unknown_ids is 'not_found' or 'synthesize', not 'invent'"),
    ("stubs", 1, "stubs is a path of a stubs file or folder, a list of them, or Stubs, not 1"),
    ("record", "twice", "record is None, 'none', 'once', 'new', 'all', not 'twice'"),
    ("recording", None, "recording is the path of a file, not None"),
    ("upstream", "api.openai.com", "upstream is a URL such as 'https://api.openai.com/v1', not 'api.openai.com'"),
    ("record_ignore", "metadata", "record_ignore is a list of fields such as 'metadata' or 'messages[].name'"),
    ("record_ignore", ["a..b"], "record_ignore is a list of fields such as 'metadata' or 'messages[].name'"),
    ("record_rhythm", 1, "record_rhythm is True or False, not 1"),
    ("record_repeat", None, "record_repeat is True or False, not None"),
    ("share_tls", "yes", "share_tls is True or False, not 'yes'"),
]


def test_every_option_is_tried_here() -> None:
    assert set(get_type_hints(Options)) == set(GOOD) == {name for name, _, _ in BAD}


def test_every_option_has_one_place() -> None:
    places = [field.name for kind in (Settings, Budget, Record) for field in fields(kind)] + ["share_tls", "stubs"]
    assert len(places) == len(set(places))
    assert set(GOOD) == set(places)


@pytest.mark.parametrize("name", GOOD)
def test_good(name: str) -> None:
    for value in GOOD[name]:
        assert checked({name: value}) == {name: value}


@pytest.mark.parametrize(("name", "value", "sentence"), BAD, ids=[sentence for _, _, sentence in BAD])
def test_bad(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        checked({name: value})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("max_token", "mock_openai has no option 'max_token'. Did you mean 'max_total_tokens'?"),
        ("sed", "Did you mean 'seed'?"),
        ("zzz", "Valid: body_limit, chaos, invalid_keys, "),
    ],
)
def test_unknown(name: str, sentence: str) -> None:
    with pytest.raises(TypeError) as caught:
        checked({name: 1})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("name", "given_value", "value"),
    [
        ("retry_waits", 50, RetryWaits(50)),
        ("retry_waits", None, RetryWaits(None)),
        ("chaos", 0.5, Chaos(0.5)),
        ("chaos", "0.5;seed=3", Chaos(0.5, seed=3)),
        ("chaos", {"rate": 0.5}, Chaos(0.5)),
        ("limits", "rpm=3", Limits(rpm=3)),
        ("limits", {"tpm": 100, "per": "key"}, Limits(tpm=100, per="key")),
        ("limits", {}, None),
        ("limits", "", None),
        ("limits", Limits(), None),
        ("latency", "time-to-first-token=0.5", Latency(0.5)),
    ],
)
def test_what_is_given_in_short_is_made_whole(name: str, given_value: Any, value: Any) -> None:
    assert checked({name: given_value}) == {name: value}


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("stubs", "recording")])
def test_what_is_written_is_read_again(name: str) -> None:
    for value in GOOD[name]:
        assert checked({name: json.loads(json.dumps(written(value)))}) == {name: value}


@pytest.mark.parametrize("keys", [["sk-1", "sk-2"], ("sk-1", "sk-2"), {"sk-1", "sk-2"}])
def test_keys_of_any_collection(keys: Any) -> None:
    assert checked({"invalid_keys": keys}) == {"invalid_keys": frozenset({"sk-1", "sk-2"})}


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in GOOD.items()}))
def test_each_option_goes_to_its_place(options: dict[str, Any]) -> None:
    given_options = checked(options)
    places: list[Any] = [kind(**part(kind, given_options)) for kind in (Settings, Budget, Record)]
    for name, value in options.items():
        if name not in ("share_tls", "stubs"):
            assert [getattr(place, name) for place in places if hasattr(place, name)] == [value]


def test_defaults() -> None:
    assert Settings() == Settings(**part(Settings, {}))
    assert Settings().retry_waits.ms == 1
    assert Budget() == Budget(None, None, None)
