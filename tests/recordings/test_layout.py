from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.recordings import layout

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    "name", ["", "compact ascii", "spaced", "spaced ascii newline", "indented", "indented newline"]
)
@given(value=JSON)
def test_the_same_bytes_come_from_value_and_layout(name: str, value: object) -> None:
    text = layout.written(value, name)
    found = layout.layout_of(text, value)
    assert found is not None
    assert layout.written(value, found) == text


def test_a_layout_has_the_simplest_name_that_gives_the_text() -> None:
    value = {"a": ["é"]}
    assert layout.layout_of('{"a":["é"]}', value) == layout.COMPACT
    assert layout.layout_of('{"a":["\\u00e9"]}', value) == "compact ascii"
    assert layout.layout_of(json.dumps(value), value) == "spaced ascii"
    assert layout.layout_of('{\n  "a": [\n    "é"\n  ]\n}\n', value) == "indented newline"
    assert layout.layout_of('{ "a":["é"]}', value) is None
    assert layout.layout_of("1", 1) == layout.COMPACT


def test_a_layout_that_does_not_exist_is_refused() -> None:
    for name in ("wide", "ascii", "compact wide"):
        with pytest.raises(ValueError, match=f"no layout '{name}': it is compact, indented, spaced"):
            layout.written({}, name)
