"""Values of options: read as they are meant, or refused with a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_mockopenai.standalone import values


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.size, "65536", 65536),
        (values.size, "64MiB", 64 * 2**20),
        (values.size, "2 kB", 2000),
        (values.seconds, "30", 30.0),
        (values.seconds, "0.5", 0.5),
        (values.seconds, "500ms", 0.5),
        (values.seconds, "2m", 120.0),
        (values.or_none(values.seconds), "none", None),
        (values.or_none(values.seconds), "5s", 5.0),
        (values.whole(0, 65535), "8080", 8080),
        (values.whole(-5, 5), "-3", -3),
        (values.switch, "Yes", True),
        (values.switch, "0", False),
        (values.names, "a, b,,c", ("a", "b", "c")),
        (values.paths, "a.yaml,b.toml", (Path("a.yaml"), Path("b.toml"))),
        (values.choice("text", "json"), "json", "json"),
    ],
)
def test_read(read: values.Reader, text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (values.size, "0", "'0' is no size such as 65536 or 64MiB"),
        (values.size, "-1", "'-1' is no size"),
        (values.size, "lots", "'lots' is no size"),
        (values.seconds, "soon", "'soon' is no time such as 30 (seconds), 500ms or 2m"),
        (values.or_none(values.seconds), "0", "0 would leave no time; write none for no limit"),
        (values.whole(0, 65535), "65536", "'65536' is no whole number from 0 to 65535"),
        (values.whole(0, 65535), "٣", "'٣' is no whole number"),
        (values.switch, "maybe", "'maybe' is neither true nor false"),
        (values.names, " , ", "it names nothing"),
        (values.text, "", "it is empty"),
        (values.choice("text", "json"), "jsn", "there is no 'jsn'. Did you mean 'json'?"),
    ],
)
def test_refused(read: values.Reader, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read(text)
