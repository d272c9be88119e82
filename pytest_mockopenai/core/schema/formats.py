"""The string formats: how to write one, and what a text of it looks like.

The list is JSON Schema's (2020-12, section 7.3) and what OpenAPI and pydantic add; hosts and addresses are
those that RFC 2606, 5737 and 3849 set apart for examples.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from pytest_mockopenai.core.schema.pattern import Unsupported, parse
from pytest_mockopenai.core.seed import Draw

_WORDS = ("harbour", "garden", "river", "meadow", "forest", "canyon")
_PEOPLE = ("ada", "grace", "alan", "katherine", "edsger")
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
_DURATION = r"P(?=[0-9T])(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_URI_CHARS = r"[^\s<>\"{}|\\^`\x00-\x20]*"


@dataclass(frozen=True, slots=True)
class Format:
    """A string format."""

    make: Callable[[Draw], str]
    check: Callable[[str], bool]


def known(name: str) -> Format | None:
    """The format of this name; None for one that says nothing here."""
    return _FORMATS.get(name)


def _like(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


def _parsed(parse_it: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse_it(text)
        except (ValueError, Unsupported, binascii.Error):
            return False
        return True

    return check


def _date(draw: Draw) -> str:
    return f"2025-{draw.integer(1, 12):02}-{draw.integer(1, 28):02}"


def _time(draw: Draw) -> str:
    return f"{draw.integer(0, 23):02}:{draw.integer(0, 11) * 5:02}:00Z"


def _is_date(text: str) -> bool:
    return _like(_DATE)(text) and _parsed(date.fromisoformat)(text)


def _is_date_time(text: str) -> bool:
    day, separator, time = text[:10], text[10:11], text[11:]
    if separator not in ("T", "t", " ") or not _like(_TIME)(time):
        return False
    return _parsed(datetime.fromisoformat)(f"{day}T{time[:8]}")


def _duration(draw: Draw) -> str:
    return draw.choice((f"P{draw.integer(1, 14)}D", f"PT{draw.integer(1, 59)}M", f"PT{draw.integer(1, 23)}H"))


def _email(draw: Draw) -> str:
    return f"{draw.choice(_PEOPLE)}@example.{draw.choice(('com', 'org', 'net'))}"


def _host(draw: Draw) -> str:
    return f"{draw.choice(_WORDS)}.example.{draw.choice(('com', 'org', 'net'))}"


def _ipv4(draw: Draw) -> str:
    return f"{draw.choice(('192.0.2', '198.51.100', '203.0.113'))}.{draw.integer(1, 254)}"


def _ipv6(draw: Draw) -> str:
    return f"2001:db8::{draw.integer(1, 0xFFFF):x}"


def _address(kind: str) -> Callable[[str], bool]:
    def parse_it(text: str) -> object:
        import ipaddress

        return getattr(ipaddress, kind)(text)

    return _parsed(parse_it)


def _uri(draw: Draw) -> str:
    return f"https://{_host(draw)}/{draw.choice(_WORDS)}"


def _uuid(version: int) -> Callable[[Draw], str]:
    def make(draw: Draw) -> str:
        digits = f"{draw.integer(0, 2**128 - 1):032x}"
        variant = draw.choice("89ab")
        return f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    return make


def _base64(draw: Draw) -> str:
    return base64.b64encode(draw.choice(_WORDS).encode()).decode()


def _fixed(*options: str) -> Callable[[Draw], str]:
    return lambda draw: draw.choice(options)


_HOST = Format(_host, _like(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*"))
_MAIL = Format(_email, _like(r"[^@\s]+@[^@\s]+"))
_LINK = Format(_uri, _like(r"[A-Za-z][A-Za-z0-9+.-]*:" + _URI_CHARS))
_NETWORK = _fixed("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")

_FORMATS = {
    "date-time": Format(lambda draw: f"{_date(draw)}T{_time(draw)}", _is_date_time),
    "date": Format(_date, _is_date),
    "time": Format(_time, _like(_TIME)),
    "duration": Format(_duration, _like(_DURATION)),
    "email": _MAIL,
    "idn-email": _MAIL,
    "hostname": _HOST,
    "idn-hostname": _HOST,
    "ipv4": Format(_ipv4, _address("IPv4Address")),
    "ipv6": Format(_ipv6, _address("IPv6Address")),
    "ipvanyaddress": Format(_ipv4, _address("ip_address")),
    "ipv4network": Format(_NETWORK, _address("IPv4Network")),
    "ipv6network": Format(_fixed("2001:db8::/32"), _address("IPv6Network")),
    "ipvanynetwork": Format(_NETWORK, _address("ip_network")),
    "ipv4interface": Format(_NETWORK, _address("IPv4Interface")),
    "ipv6interface": Format(_fixed("2001:db8::/32"), _address("IPv6Interface")),
    "ipvanyinterface": Format(_NETWORK, _address("ip_interface")),
    "uri": _LINK,
    "iri": _LINK,
    "url": _LINK,
    "multi-host-uri": _LINK,
    "uri-reference": Format(_uri, _like(_URI_CHARS)),
    "iri-reference": Format(_uri, _like(_URI_CHARS)),
    "uri-template": Format(_fixed("https://example.com/{id}"), lambda text: text.count("{") == text.count("}")),
    "json-pointer": Format(_fixed("/items/0", "/name"), _like(r"(/([^~/]|~[01])*)*")),
    "relative-json-pointer": Format(_fixed("0/name", "1"), _like(r"(0|[1-9]\d*)(#|(/([^~/]|~[01])*)*)")),
    "regex": Format(_fixed("^[a-z]+$", "[0-9]{4}"), _parsed(parse)),
    "uuid": Format(_uuid(4), _like(_UUID)),
    **{f"uuid{version}": Format(_uuid(version), _like(_UUID)) for version in range(1, 9)},
    "color": Format(_fixed("#1e90ff", "#2e8b57", "#ff8c00"), _like(r"#([0-9a-fA-F]{3}){1,2}|[a-zA-Z]+")),
    "byte": Format(_base64, _parsed(lambda text: base64.b64decode(text, validate=True))),
    "base64": Format(_base64, _parsed(lambda text: base64.b64decode(text, validate=True))),
    "base64url": Format(_base64, _parsed(lambda text: base64.urlsafe_b64decode(text))),
    "json-string": Format(_fixed('"text"', "[1, 2]", '{"ready": true}'), lambda text: True),
}
