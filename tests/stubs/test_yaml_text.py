"""YAML that is written."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mockopenai.stubs import yaml_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


@given(JSON)
@example({"a": ["no", "1e3", "0o7", "2024-01-01", "null", "~", "", "true", "=", "<<", " x ", "\u2028", "- a: b #"]})
def test_what_is_written_is_read_again_by_both_versions(value: Any) -> None:
    written = yaml_text.write({"value": value})
    assert yaml_text.read(written).value == {"value": value}
    assert yaml.safe_load(written) == {"value": value}


def test_what_is_the_same_object_is_written_twice() -> None:
    same = {"a": 1}
    assert yaml_text.write([same, same]) == "- a: 1\n- a: 1\n"
