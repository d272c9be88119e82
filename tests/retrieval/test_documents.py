"""The text of files by their kind, and why some have none."""

from __future__ import annotations

import io
import time
import zipfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mockopenai.retrieval import documents
from pytest_mockopenai.retrieval.documents import is_supported, text_of
from pytest_mockopenai.retrieval.unreadable import Unreadable

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
UNSUPPORTED = ("unsupported_file", "The file type is not supported.")
UNPARSED = ("invalid_file", "The file could not be parsed.")
EMPTY = ("invalid_file", "The file could not be parsed because it is empty.")


def archive(**parts: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return data.getvalue()


def docx(*paragraphs: str) -> bytes:
    inside = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r><w:r><w:t>!</w:t></w:r></w:p>" for text in paragraphs)
    return archive(**{"word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{inside}</w:body></w:document>'})


def slide(text: str) -> str:
    return f'<p:sld xmlns:p="p" xmlns:a="{DRAWING}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>'


def pdf(content: bytes, dictionary: bytes = b"", more: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<</Length 9" + dictionary + b">>\nstream\n" + content + b"\nendstream\n" + more


SHOWN = b"BT /F1 12 Tf 72 720 Td (Refunds \\(in full\\)) Tj 0 -14 Td [(take) -250 (ten) 20 ( days)] TJ ET"


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", "é ü".encode(), "é ü"),
        ("A.TXT", b"\xef\xbb\xbfwith a mark", "with a mark"),
        ("a.md", "# Ω".encode("utf-16"), "# Ω"),
        ("a.json", b'{"a": 1}', '{"a": 1}'),
        ("a.py", b"def a(): ...", "def a(): ..."),
        ("a.html", b"<title>T</title><p>one <b>two</b>&amp;<script>x()</script><p>three", "T\none two&\nthree"),
        ("a.html", b"<style>p{}</style><ul><li>one<li>two</ul>", "one\ntwo"),
        (
            "a.html",
            b'<!DOCTYPE html><p title="a > b" id=it\'s>1 < 2<!-- > --> &lt;b&gt;<br/>x<SCRIPT>y</SCRIPT >z',
            "1 < 2 <b>\nx\nz",
        ),
        ("a.html", b"said<script>if (a < b) {}", "said"),
        ("a.docx", docx("one", "two"), "one!\ntwo!"),
        (
            "a.pptx",
            archive(**{"ppt/slides/slide10.xml": slide("ten"), "ppt/slides/slide2.xml": slide("two")}),
            "two\nten",
        ),
        ("a.pdf", pdf(SHOWN), "Refunds (in full)\ntake ten days"),
        ("a.pdf", pdf(zlib.compress(SHOWN), b"/Filter /FlateDecode"), "Refunds (in full)\ntake ten days"),
        ("a.pdf", pdf(b"BT <48e9> Tj ET"), "Hé"),
        ("a.pdf", pdf(b"\xff\xd8 no text", b"/Filter /DCTDecode") + pdf(b"BT (later) Tj ET"), "later"),
    ],
)
def test_the_text_of_a_file(name: str, data: bytes, text: str) -> None:
    assert is_supported(name)
    assert text_of(data, name) == text


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.txt", b"\x89PNG\r\n\x1a\n", UNSUPPORTED),
        ("a.txt", b"a\0b", UNSUPPORTED),
        ("a.md", "é".encode("latin-1"), UNSUPPORTED),
        ("a.html", b"\xff", UNSUPPORTED),
        ("a.txt", b" \n", EMPTY),
        ("a.html", b"<script>x()</script>", EMPTY),
        ("a.docx", docx(), EMPTY),
        ("a.docx", b"PK\x03\x04 no archive", UNPARSED),
        ("a.docx", archive(**{"other.xml": "<a/>"}), UNPARSED),
        ("a.docx", archive(**{"word/document.xml": "<w:p>"}), UNPARSED),
        ("a.pptx", docx("one"), UNPARSED),
        ("a.pdf", b"no pdf", UNPARSED),
        ("a.pdf", pdf(b""), EMPTY),
        ("a.pdf", pdf(SHOWN, more=b"<</Type/Font/Subtype/Type0>>"), UNPARSED),
        ("a.pdf", pdf(SHOWN, more=b"trailer<</Encrypt 5 0 R>>"), UNPARSED),
        ("a.pdf", pdf(b"not packed", b"/Filter/FlateDecode"), UNPARSED),
        ("a.doc", b"\xd0\xcf\x11\xe0", UNPARSED),
    ],
)
def test_why_a_file_has_no_text(name: str, data: bytes, error: tuple[str, str]) -> None:
    with pytest.raises(Unreadable) as refused:
        text_of(data, name)
    assert (refused.value.code, refused.value.message) == error


def test_a_file_of_too_many_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_MOST_TOKENS", 10)
    assert text_of(b"twelve bytes", "a.txt")
    with pytest.raises(Unreadable, match="too large"):
        text_of(b"one two three four five six seven eight nine ten eleven", "a.txt")


@pytest.mark.parametrize("name", ["a.csv", "a.png", "a.xlsx", "txt", "", ".txt"])
def test_kinds_that_the_api_does_not_take(name: str) -> None:
    assert not is_supported(name)


@pytest.mark.parametrize("part", ["<", "<!", "<!--", "<a ", "<a b='", "&#", "<script>", "<p>'"])
def test_a_broken_page_is_read_in_one_pass(part: str) -> None:
    _in_one_pass("a.html", b"text" + part.encode() * 30_000)


@pytest.mark.parametrize("part", [b"<<", b"<<a>>", b"<<>>stream\n"])
def test_a_broken_pdf_is_read_in_one_pass(part: bytes) -> None:
    _in_one_pass("a.pdf", b"%PDF-1.4 " + part * 30_000)


@pytest.mark.parametrize("part", [b"(", b"(()", b"(\\", b"1", b"<a", b"[", b"/"])
def test_broken_contents_of_a_pdf_are_read_in_one_pass(part: bytes) -> None:
    _in_one_pass("a.pdf", pdf(b"BT (text) Tj " + part * 30_000 + b" ET"))


def _in_one_pass(name: str, data: bytes) -> None:
    """Seconds of the processor; what is quadratic takes half a minute."""
    begun = time.process_time()
    with suppress(Unreadable):
        text_of(data, name)
    assert time.process_time() - begun < 3


def test_what_unpacks_to_too_much() -> None:
    packed = zlib.compress(b"BT ET" + b" " * 2**26)
    for data in (pdf(packed, b"/Filter/FlateDecode"), pdf(packed, b"/Filter/FlateDecode") * 3):
        with pytest.raises(Unreadable, match="could not be parsed"):
            text_of(data, "a.pdf")
    with pytest.raises(Unreadable, match="could not be parsed"):
        text_of(archive(**{"word/document.xml": " " * 2**26}), "a.docx")


@given(st.binary(max_size=200), st.sampled_from([".txt", ".html", ".docx", ".pptx", ".pdf", ".doc"]))
def test_whatever_is_in_a_file_it_has_text_or_a_reason(data: bytes, kind: str) -> None:
    for variant in (data, b"%PDF-1.4 <<>> stream\n" + data + b"endstream", b"<!" + data):
        with suppress(Unreadable):
            assert text_of(variant, f"a{kind}").strip()
