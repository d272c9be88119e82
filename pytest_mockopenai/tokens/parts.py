"""Tokens of a message's content: text, images, audio and files, in the shapes of chat and of the Responses API."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from pytest_mockopenai.tokens import audio, images
from pytest_mockopenai.tokens.count import Count, Tokenizer, estimated, exact, modelled

__all__ = ["Kind", "content", "content_of_kind", "decoded", "mappings", "string"]

Kind = Literal["text", "image", "audio", "file"]
Part = Mapping[str, Any]


def content(value: object, counter: Tokenizer) -> Count:
    """Tokens of a message's `content`: a text, a list of parts or null. Parts of an unknown type are estimated as 0."""
    if isinstance(value, str):
        return counter.count(value)
    return sum((_part(part, counter) for part in mappings(value)), exact(0))


def content_of_kind(value: object, counter: Tokenizer, kind: Kind) -> Count:
    """Tokens of those parts of a `content` that are of one kind, as `prompt_tokens_details` lists them."""
    if isinstance(value, str):
        return counter.count(value) if kind == "text" else exact(0)
    known = ((part, _PARTS.get(string(part, "type"))) for part in mappings(value))
    return sum((found[1](part, counter) for part, found in known if found and found[0] == kind), exact(0))


def mappings(value: object) -> Iterator[Part]:
    """The objects in a JSON list; nothing of anything else."""
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, Mapping))


def _part(part: Part, counter: Tokenizer) -> Count:
    known = _PARTS.get(string(part, "type"))
    if known is None:
        return estimated(0)
    kind, tokens = known
    return tokens(part, counter) + (modelled(_AROUND_AUDIO) if kind == "audio" else exact(0))


def _text(part: Part, counter: Tokenizer) -> Count:
    return counter.count(string(part, "text"))


def _refusal(part: Part, counter: Tokenizer) -> Count:
    return counter.count(string(part, "refusal"))


def _image(part: Part, counter: Tokenizer) -> Count:
    # Chat: {"image_url": {"url", "detail"}}; Responses: {"image_url": url, "detail"}.
    source = part.get("image_url")
    inner = source if isinstance(source, Mapping) else {"url": source, "detail": part.get("detail")}
    data = _data_url(inner.get("url"))
    return images.image_tokens(counter.model, images.image_size(data) if data else None, string(inner, "detail"))


def _audio(part: Part, counter: Tokenizer) -> Count:
    source = part.get("input_audio")
    data = decoded(source.get("data")) if isinstance(source, Mapping) else b""
    return audio.input_tokens(data)


def _file(part: Part, counter: Tokenizer) -> Count:
    # Chat: {"file": {"file_data"}}; Responses: {"file_data"}.
    source = part.get("file")
    inner = source if isinstance(source, Mapping) else part
    data = _data_url(inner.get("file_data"))
    try:
        return modelled(0) + counter.count(data.decode()) if data else estimated(_DOCUMENT)
    except UnicodeDecodeError:
        return estimated(_DOCUMENT)


_DOCUMENT: Final = 220  # tokens of a page of PDF with a line of text on it
_AROUND_AUDIO: Final = 4  # text tokens beside the audio tokens of a part

_PARTS: Final[Mapping[str, tuple[Kind, Callable[[Part, Tokenizer], Count]]]] = MappingProxyType(
    {
        "text": ("text", _text),
        "input_text": ("text", _text),
        "output_text": ("text", _text),
        "summary_text": ("text", _text),
        "refusal": ("text", _refusal),
        "image_url": ("image", _image),
        "input_image": ("image", _image),
        "input_audio": ("audio", _audio),
        "file": ("file", _file),
        "input_file": ("file", _file),
    }
)


def string(value: Mapping[str, Any], key: str) -> str:
    """The text under a key, "" if there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _data_url(url: object) -> bytes:
    """The bytes in a `data:` URL in base64; none of any other."""
    if not isinstance(url, str) or not url.startswith("data:"):
        return b""
    return decoded(url.partition(",")[2])


def decoded(text: object) -> bytes:
    """The bytes of a text in base64; none of anything else."""
    try:
        return b64decode(text) if isinstance(text, str) else b""
    except (NotBase64, ValueError):
        return b""
