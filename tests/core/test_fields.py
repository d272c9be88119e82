from __future__ import annotations

import pytest

from pytest_mockopenai.core import fields


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("metadata", ("metadata",)),
        ("messages[].name", ("messages", "[]", "name")),
        ("a[][].b.c", ("a", "[]", "[]", "b", "c")),
        ("x-y", ("x-y",)),
    ],
)
def test_a_path_is_its_steps(text: str, path: fields.Path) -> None:
    assert fields.parse(text) == path


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "[]", "a[0]", "a[", "a]b", "a[]b"])
def test_a_text_that_names_no_field_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no field of a body, such as 'metadata'"):
        fields.parse(text)


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        ([], {"a": [{"b": 1, "c": 2}, 3], "d": {"b": 4}}),
        (["a"], {"d": {"b": 4}}),
        (["b"], {"a": [{"b": 1, "c": 2}, 3], "d": {"b": 4}}),
        (["a[].b", "d.b"], {"a": [{"c": 2}, 3], "d": {}}),
        (["a[]"], {"a": [{"b": 1, "c": 2}, 3], "d": {"b": 4}}),
        (["a.b", "d[].b"], {"a": [{"b": 1, "c": 2}, 3], "d": {"b": 4}}),
    ],
)
def test_fields_are_left_out_wherever_they_are(paths: list[str], left: object) -> None:
    value = {"a": [{"b": 1, "c": 2}, 3], "d": {"b": 4}}
    assert fields.without(value, map(fields.parse, paths)) == left
    assert value == {"a": [{"b": 1, "c": 2}, 3], "d": {"b": 4}}
