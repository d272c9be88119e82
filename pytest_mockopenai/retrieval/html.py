"""What a reader of a web page sees. One pass, however broken the page: Python's own parser may take minutes for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

_UNSEEN = frozenset({"script", "style", "template", "noscript"})
_INLINE = frozenset("a abbr b code em i mark q small span strong sub sup u".split())
_TAG = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_ATTRIBUTES = re.compile(r"""(?:[^>=]|=(?!\s*["'])|=\s*"[^"]*"|=\s*'[^']*')*>""")
"""To the end of a tag: only a value that begins with a quote may have a `>` in it."""


def text_of(page: str) -> str:
    """The text of a page, a line for each line; what is between an unclosed tag and the end is not seen."""
    shown = unescape("".join(_shown(page)))
    lines = (" ".join(line.split()) for line in shown.splitlines())
    return "\n".join(line for line in lines if line)


def _shown(page: str) -> Iterator[str]:
    """The texts between tags, and line breaks where a tag that is not inline makes one."""
    place = 0
    while (begin := page.find("<", place)) >= 0:
        yield page[place:begin]
        tag = _TAG.match(page, begin)
        if tag is not None:
            name = tag[1].lower()
            yield "" if name in _INLINE else "\n"
            end = _end_of_tag(page, tag.end())
            opened = end is not None and name in _UNSEEN and page[begin + 1] != "/"
            end = _end_of_unseen(page, end, name) if opened else end
        elif page.startswith("<!--", begin):
            end = _after(page, "-->", begin + 4)
        elif page.startswith(("<!", "<?"), begin):
            end = _after(page, ">", begin)
        else:  # no tag, but a sign: 1 < 2
            yield "<"
            end = begin + 1
        if end is None:
            return
        place = end
    yield page[place:]


def _end_of_tag(page: str, place: int) -> int | None:
    """A quote that is not closed is none."""
    found = _ATTRIBUTES.match(page, place)
    return found.end() if found else _after(page, ">", place)


def _end_of_unseen(page: str, place: int | None, name: str) -> int | None:
    """Where the text that is not shown ends: at its own closing tag, whatever is inside."""
    found = re.compile(f"</{name}", re.IGNORECASE).search(page, place or 0)
    return _after(page, ">", found.end()) if found else None


def _after(page: str, mark: str, place: int) -> int | None:
    found = page.find(mark, place)
    return None if found < 0 else found + len(mark)
