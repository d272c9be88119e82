"""Rate limits as an account has them: token buckets, as values. No clock.

As the rate-limits guide of OpenAI's documentation describes them: requests and tokens are limited apart; a call is
charged before it is answered, tokens by an estimate; what was used comes back steadily, not all at once when a minute
is over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.suggest import did_you_mean
from pytest_mockopenai.core.wire import Headers
from pytest_mockopenai.core.wording import duration

Per = Literal["key", "model", "project"]
"""Who shares a limit: all calls with one API key, for one model, or of one project (header `OpenAI-Project`)."""

Scope = Literal["requests", "tokens"]

Levels: TypeAlias = Mapping[str, Sequence[float]]
"""Of each bucket by its name: what was left in it, and when that was, in Unix seconds. One not named is full."""

_MINUTE = 60.0
_DAY = 86_400.0


@dataclass(frozen=True)
class Limits:
    """`rpm` requests and `tpm` tokens a minute, `rpd` requests a day; None is no limit. `per`: who shares them."""

    rpm: int | None = None
    tpm: int | None = None
    rpd: int | None = None
    per: Per = "model"

    def __post_init__(self) -> None:
        """Raises ValueError for a limit that is none."""
        for name in NAMES:
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST):
                raise ValueError(f"{name} is a whole number from 1 to {_MOST}, not {value!r}")
        if self.per not in _PERS:
            raise ValueError(f"per is key, model or project, not {self.per!r}.{did_you_mean(str(self.per), _PERS)}")

    def __str__(self) -> str:
        """As `parse` reads it."""
        given = ((item.name, getattr(self, item.name)) for item in fields(self))
        return ";".join(f"{name}={value}" for name, value in given if value is not None)

    def __bool__(self) -> bool:
        """Whether anything is limited."""
        return bool(self.buckets)

    @cached_property
    def buckets(self) -> tuple[Bucket, ...]:
        """One for each limit that is given."""
        buckets = (
            Bucket("rpm", "requests", self.rpm or 0, _MINUTE, "requests per min (RPM)"),
            Bucket("tpm", "tokens", self.tpm or 0, _MINUTE, "tokens per min (TPM)"),
            Bucket("rpd", "requests", self.rpd or 0, _DAY, "requests per day (RPD)"),
        )
        return tuple(bucket for bucket in buckets if bucket.limit)


_PERS = get_args(Per)
NAMES = ("rpm", "tpm", "rpd")
_MOST = 10**12


class Bucket(NamedTuple):
    """A bucket that holds `limit` requests or tokens, and is filled again within so many seconds, drop by drop."""

    name: str
    scope: Scope
    limit: int
    seconds: float
    unit: str

    def left(self, levels: Levels, now: float) -> float:
        """What is in it."""
        if self.name not in levels:
            return float(self.limit)
        left, since = levels[self.name]
        return min(float(self.limit), left + max(0.0, now - since) * self.limit / self.seconds)

    def whole(self, left: float) -> int:
        """What is left of it in whole requests or tokens; what floats lose in a microsecond is nobody's loss."""
        return min(self.limit, max(0, math.floor(left + self.limit / self.seconds * 1e-6)))

    def filled(self, left: float, amount: float) -> float:
        """The seconds until what is left has grown to this amount; for more than it holds they have no end."""
        return math.inf if amount > self.limit else max(0.0, (amount - left) * self.seconds / self.limit)


@dataclass(frozen=True, slots=True)
class Charge:
    """What one call was charged: the `levels` after it, and the headers that tell them; or why it was not (`error`)."""

    levels: Levels
    headers: Headers
    error: Error | None = None


def charge(limits: Limits, levels: Levels, now: float, tokens: int, *, model: str) -> Charge:
    """Charge a call one request and so many tokens, if all buckets hold that; else it is charged nothing.

    `now` is in Unix seconds. Calls that are refused are not charged, so whoever waits for as long as he is told is
    let through.
    """
    asked = {"requests": 1, "tokens": tokens}
    before = {bucket.name: bucket.left(levels, now) for bucket in limits.buckets}
    short = [bucket for bucket in limits.buckets if asked[bucket.scope] > bucket.whole(before[bucket.name])]
    taken = {bucket.name: 0 if short else asked[bucket.scope] for bucket in limits.buckets}
    after = {name: (before[name] - amount, now) for name, amount in taken.items()}
    told = tuple(_told(limits, after))
    if not short:
        return Charge(after, told)
    longest = max(short, key=lambda bucket: bucket.filled(before[bucket.name], asked[bucket.scope]))
    return Charge(after, told, _refusal(longest, before[longest.name], asked[longest.scope], model, told))


def settled(limits: Limits, levels: Levels, now: float, charged: int, used: int) -> Levels:
    """The levels when it is known how many tokens a call has used for which others were charged."""
    return {
        bucket.name: (min(bucket.limit, bucket.left(levels, now) + charged - used), now)
        if bucket.scope == "tokens"
        else levels[bucket.name]
        for bucket in limits.buckets
        if bucket.name in levels
    }


def _refusal(bucket: Bucket, left: float, asked: int, model: str, told: Headers) -> Error:
    """429 with the wait after which the call is let through; without one if it never can be."""
    limit, unit = bucket.limit, bucket.unit
    wait = bucket.filled(left, asked)
    if wait == math.inf:
        return errors.request_too_large(model=model, unit=unit, limit=limit, requested=asked, headers=told)
    milliseconds = _milliseconds(wait)
    return errors.rate_limited(
        model=model,
        scope=bucket.scope,
        unit=unit,
        limit=limit,
        used=limit - bucket.whole(left),
        requested=asked,
        wait=milliseconds / 1000,
        headers=(*told, ("retry-after-ms", str(milliseconds))),
    )


def _told(limits: Limits, levels: Levels) -> Iterator[tuple[str, str]]:
    """The headers: of each scope the bucket that has least left, so that what they promise holds."""
    for scope in get_args(Scope):
        buckets = [bucket for bucket in limits.buckets if bucket.scope == scope]
        if buckets:
            bucket = min(buckets, key=lambda bucket: levels[bucket.name][0])
            left = levels[bucket.name][0]
            yield f"x-ratelimit-limit-{scope}", str(bucket.limit)
            yield f"x-ratelimit-remaining-{scope}", str(bucket.whole(left))
            yield f"x-ratelimit-reset-{scope}", duration(_milliseconds(bucket.filled(left, bucket.limit)) / 1000)


def _milliseconds(seconds: float) -> int:
    """Rounded up: who comes when he was told to is not too early."""
    return math.ceil(seconds * 1000 - 1e-6)


# --- what a call is charged -------------------------------------------------------------------------------------------

_CHARACTERS = 4  # of a token, as OpenAI's guide to tokens has it
_LIMITS_OF_OUTPUT = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_SAYS_SOMETHING = ("messages", "input", "prompt", "instructions", "tools", "functions", "response_format", "text")
_NO_TEXT = frozenset({"image_url", "url", "data", "file_data", "encrypted_content", "partial_image_b64"})


def estimated(body: Mapping[str, Any]) -> int:
    """The tokens that a request is charged before it is answered: its text, and what it allows the model to say."""
    characters = sum(_length(body[name]) for name in _SAYS_SOMETHING if name in body)
    allowed = next((body[name] for name in _LIMITS_OF_OUTPUT if isinstance(body.get(name), int)), 0)
    choices = body.get("n")
    return -(-characters // _CHARACTERS) + allowed * (choices if isinstance(choices, int) else 1)


def _length(value: Any) -> int:
    """The characters of all texts in a value; what stands for a picture or a sound is none."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_length(item) for name, item in value.items() if name not in _NO_TEXT)
    return sum(map(_length, value)) if isinstance(value, Sequence) else 0


# --- reading ----------------------------------------------------------------------------------------------------------


def parse(text: str) -> Limits:
    """The limits that a text spells: `rpm=60`, `rpm=500;tpm=30000;per=key`. Raises ValueError naming what is wrong."""
    parts = [part.strip() for part in text.split(";")]
    return read(dict(_parameter(part) for part in parts if part))


def read(given: Mapping[str, Any]) -> Limits:
    """The limits with these names and values; raises ValueError for an unknown name or a wrong value."""
    for name in given:
        if name not in _PARAMETERS:
            raise ValueError(f"limits have no {name!r}.{did_you_mean(str(name), _PARAMETERS)}")
    return Limits(**given)


_PARAMETERS = (*NAMES, "per")


def _parameter(part: str) -> tuple[str, Any]:
    name, equals, value = (piece.strip() for piece in part.partition("="))
    if not equals:
        raise ValueError(f"'{part}' is no limit; write rpm=60, and others after a ;")
    return name, int(value) if name in NAMES and value.isdecimal() and len(value) < 16 else value
