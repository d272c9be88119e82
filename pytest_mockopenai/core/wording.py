"""How OpenAI writes lists, durations and secrets in its messages and headers."""

from __future__ import annotations

from collections.abc import Mapping


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b, and c`: OpenAI's way to list values."""
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + f", and {names[-1]}"


def either(names: list[str]) -> str:
    """`a`, `a or b`, `a, b, or c`: the same of what one may choose from."""
    if len(names) < 3:
        return " or ".join(names)
    return ", ".join(names[:-1]) + f", or {names[-1]}"


def duration(seconds: float) -> str:
    """Seconds as Go's `time.Duration` text, the form of OpenAI's headers: `4ms`, `1.5s`, `6m0s`, `1h2m3s`."""
    milliseconds = max(0, round(seconds * 1000))
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{tail}"
    return f"{minutes}m{tail}" if minutes else tail


def masked(secret: str) -> str:
    """A secret with its middle starred: the first eight and last four characters stay, all goes of a short one."""
    if len(secret) < 16:
        return "*" * len(secret)
    return secret[:8] + "*" * (len(secret) - 12) + secret[-4:]


def json_type(value: object) -> str:
    """The JSON type of a value, as OpenAI's messages name it; a value that no JSON has is the file of a form."""
    return _JSON_TYPES.get(type(value), "a file")


_JSON_TYPES: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a decimal number",
    bool: "a boolean",
    dict: "an object",
    list: "an array",
    type(None): "null",
}
