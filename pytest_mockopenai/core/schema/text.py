"""Strings: what patterns, formats and lengths ask of them, and a plausible one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Set

from pytest_mockopenai.core.schema import formats, names
from pytest_mockopenai.core.schema.document import Document, Parts
from pytest_mockopenai.core.schema.matching import matches
from pytest_mockopenai.core.schema.parts import Part, canon, least, most, shown, text
from pytest_mockopenai.core.schema.pattern import Node, Unsupported, parse
from pytest_mockopenai.core.schema.sampling import Writer
from pytest_mockopenai.core.schema.trouble import Unsatisfiable
from pytest_mockopenai.core.seed import Draw

LONGEST = 50_000
"""Characters in a made-up string at most."""

_TRIES = 60
_USUAL = 60
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def string(document: Document, parts: Parts, draw: Draw, *, name: str, taken: Set[Hashable]) -> str:
    """A text that the schemas allow: from their pattern or format, else chosen by the property's name."""
    low, high = _lengths(parts)
    if any(part.has("pattern") for part in parts):
        written = _from_patterns(document, parts, draw, low, high)
    elif any(_format(part) for part in parts):
        written = (_stretched(made, low) for made in _from_formats(parts, draw))
    else:
        written = _from_words(draw, name, low, high, taken)
    for candidate in written:
        if canon(candidate) not in taken and all(allows(document, part, candidate) for part in parts):
            return candidate
    raise Unsatisfiable(parts[0].path, _why_none(parts, low, high))


def allows(document: Document, part: Part, value: str) -> bool:
    """Whether a schema's string keywords allow a text; an unknown `format` says nothing."""
    low, high = most((part,), "minLength"), least((part,), "maxLength")
    if len(value) < low or (high is not None and len(value) > high):
        return False
    known = _format(part)
    if known is not None and not known.check(value):
        return False
    pattern = text(part, "pattern")
    return pattern is None or found(document, part, "pattern", pattern, value)


def found(document: Document, part: Part, keyword: str, pattern: str, value: str) -> bool:
    """Whether a pattern is found in a text."""
    return matches(tree(part, keyword, pattern), value, _spender(document, part))


def tree(part: Part, keyword: str, pattern: str) -> Node:
    """The tree of a pattern; raises `Unsatisfiable` that names the keyword if it is not supported."""
    try:
        return parse(pattern)
    except Unsupported as error:
        raise Unsatisfiable(part.path, f"{keyword!r} {shown(pattern)} is not a supported pattern: {error}") from None


def from_pattern(document: Document, part: Part, keyword: str, pattern: str, draw: Draw) -> str:
    """A text that is likely to match, for a property's name."""
    return Writer(draw, _spender(document, part)).write(tree(part, keyword, pattern), 0, _USUAL)


def _spender(document: Document, part: Part) -> Callable[[int], None]:
    return lambda steps: document.budget.spend(steps, part)


def _lengths(parts: Parts) -> tuple[int, int]:
    low, high = most(parts, "minLength"), least(parts, "maxLength")
    if low > LONGEST:
        raise Unsatisfiable(parts[0].path, f"'minLength' {shown(low)} is above {LONGEST}, the most that is made")
    if high is not None and low > high:
        raise Unsatisfiable(parts[0].path, f"'minLength' {low} is above 'maxLength' {high}")
    return low, LONGEST if high is None else min(high, LONGEST)


def _from_patterns(document: Document, parts: Parts, draw: Draw, low: int, high: int) -> Iterator[str]:
    """Texts for one pattern after the other, which the others may match too, and for all in a row."""
    sources = [(part, source) for part in parts if (source := text(part, "pattern")) is not None]
    sources.sort(key=lambda found: (not found[1].startswith("^"), found[1].endswith("$")))
    nodes = [tree(part, "pattern", source) for part, source in sources]
    for attempt in range(_TRIES):
        part, node = sources[attempt % len(nodes)][0], nodes[attempt % len(nodes)]
        writer = Writer(draw.child(attempt), _spender(document, part), wild=attempt >= len(nodes))
        if writer.width(node)[0] > high:
            raise Unsatisfiable(part.path, f"'pattern' needs more than {high} characters")
        written = writer.write(node, low, min(high, max(low, _USUAL, writer.width(node)[0])))
        yield written
        if len(nodes) > 1:
            pieces = [writer.write(other, 0, high) for other in nodes]
            written = "".join((*pieces[:-1], _stretched("", low - sum(map(len, pieces))), pieces[-1]))
            yield written
        if len(written) < low:
            yield _stretched(written, low)


def _from_formats(parts: Parts, draw: Draw) -> Iterator[str]:
    known = [made for part in parts if (made := _format(part)) is not None]
    return (known[attempt % len(known)].make(draw.child(attempt)) for attempt in range(_TRIES))


def _from_words(draw: Draw, name: str, low: int, high: int, taken: Set[Hashable]) -> Iterator[str]:
    options = names.texts(name)
    start = draw.integer(0, len(options) - 1)
    for index in range(len(options)):
        yield _fitted(options[(start + index) % len(options)], low, high)
    for number in range(len(taken), len(taken) + 3):
        yield _fitted(f"{options[start]} {number + 2}", low, high)
    for number in range(len(taken), -1, -1):
        yield _numbered(number, max(low, 1))


def _fitted(words: str, low: int, high: int) -> str:
    if len(words) > high:
        cut = words[:high].rstrip(" .,")
        return cut if len(cut) >= low else words[:high]
    while len(words) < low:
        words += f" {words}"
    longest = min(high, max(low, _USUAL))
    return words[:low] if len(words) > longest else words


def _stretched(words: str, low: int) -> str:
    return words + "a" * (low - len(words))


def _numbered(number: int, length: int) -> str:
    """The text of this number out of all texts of a length."""
    digits = ""
    while number or len(digits) < length:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def _format(part: Part) -> formats.Format | None:
    name = text(part, "format")
    return None if name is None else formats.known(name)


def _why_none(parts: Parts, low: int, high: int) -> str:
    given = [part for part in parts if part.has("pattern", "format")]
    said = [
        f"{keyword!r} {shown(part.words.get(keyword))}"
        for part in given
        for keyword in ("pattern", "format")
        if part.has(keyword)
    ]
    return f"no text of {low} to {high} characters was found" + (f" for {' and '.join(said)}" if said else "")
