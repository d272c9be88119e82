"""Templates of graders and of evals: `{{item.question}}`, `{{sample.output_text}}`, filled from plain JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_mockopenai.core import jsontext

_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,9})\]")


class UnknownVariable(ValueError):
    """A template names a variable that the data do not have."""

    def __init__(self, path: str) -> None:
        super().__init__(f"The variable '{path}' is not in the data source.")


def filled(text: str, variables: Mapping[str, Any]) -> str:
    """The text with its variables filled in; what is no text is written as JSON. Raises `UnknownVariable`."""
    return _VARIABLE.sub(lambda found: _text(lookup(found[1], variables)), text)


def lookup(path: str, variables: Mapping[str, Any]) -> Any:
    """The value of `item.answers[0].text`; raises `UnknownVariable`."""
    value: Any = variables
    steps = list(_STEP.finditer(path))
    if "".join(step[0] for step in steps) != path or not steps:
        raise UnknownVariable(path)
    for step in steps:
        name, index = step[1], step[2]
        try:
            value = value[name if index is None else int(index)]
        except (KeyError, IndexError, TypeError):
            raise UnknownVariable(path) from None
    return value


def messages(template: Sequence[Mapping[str, Any]], variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Messages of chat from a template's; raises `UnknownVariable`.

    Contents are texts or parts (openai/types/graders/grader_inputs.py); the parts are turned into those of chat.
    """
    return [{"role": each["role"], "content": _content(each["content"], variables)} for each in template]


def _content(content: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(content, str):
        return filled(content, variables)
    parts = [_part(part, variables) for part in (content if isinstance(content, list) else [content])]
    only_text = len(parts) == 1 and parts[0]["type"] == "text"
    return parts[0]["text"] if only_text else parts


def _part(part: Any, variables: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": filled(part, variables)}
    if "text" in part:
        return {"type": "text", "text": filled(part["text"], variables)}
    if "image_url" in part:
        detail = {"detail": part["detail"]} if part.get("detail") else {}
        return {"type": "image_url", "image_url": {"url": filled(part["image_url"], variables), **detail}}
    return dict(part)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else jsontext.text(value)
