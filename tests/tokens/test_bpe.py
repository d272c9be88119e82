"""Ids are OpenAI's; text goes in and comes out whole; odd and hostile text is no trouble."""

from __future__ import annotations

import random
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mockopenai.tokens import ENCODINGS, Encoding, bpe, load

NAMES = ("cl100k_base", "o200k_base")


@pytest.fixture(params=NAMES)
def encoding(request: pytest.FixtureRequest) -> Encoding:
    return load(request.param)


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [
        ("tiktoken is great!", [83, 1609, 5963, 374, 2294, 0], [83, 8251, 2488, 382, 2212, 0]),
        ("hello world", [15339, 1917], [24912, 2375]),
        ("", [], []),
    ],
)
def test_ids(text: str, cl100k: list[int], o200k: list[int]) -> None:
    assert load("cl100k_base").encode(text) == cl100k
    assert load("o200k_base").encode(text) == o200k
    assert load("o200k_harmony").encode(text) == o200k


@pytest.mark.parametrize(
    ("text", "cl100k", "o200k"),
    [
        ("antidisestablishmentarianism", 6, 6),
        ("2 + 2 = 4", 7, 7),
        ("お誕生日おめでとう", 9, 8),
        ("<|endoftext|>", 7, 7),
    ],
)
def test_counts(text: str, cl100k: int, o200k: int) -> None:
    assert load("cl100k_base").count(text) == cl100k
    assert load("o200k_base").count(text) == o200k


@settings(deadline=None)
@given(text=st.text())
def test_decodes_what_it_encoded(text: str) -> None:
    for encoding in map(load, NAMES):
        ids = encoding.encode(text)
        assert encoding.decode(ids) == text
        assert encoding.pieces(text) == [encoding.token_bytes(token) for token in ids]
        assert b"".join(encoding.pieces(text)) == text.encode()
        assert encoding.count(text) == len(ids)


def test_every_token_decodes_alone(encoding: Encoding) -> None:
    for token in random.Random(1).sample(range(len(encoding)), 2000):
        assert encoding.decode([token]) == encoding.token_bytes(token).decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("given_text", "as_if"), [("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "😀"), ("\udc00", "\ufffd")]
)
def test_a_lone_surrogate_is_a_replacement_character(encoding: Encoding, given_text: str, as_if: str) -> None:
    assert encoding.encode(given_text) == encoding.encode(as_if)


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(ValueError, match=r"Unknown encoding 'o200k'; .* Did you mean 'o200k_base'\?"):
        load("o200k")
    with pytest.raises(ValueError, match=r"are cl100k_base, o200k_base, o200k_harmony\.$"):
        load("gpt2")


@pytest.mark.parametrize("token", [-1, 10**9, 100_256])
def test_an_unknown_id_is_named(token: int) -> None:
    with pytest.raises(ValueError, match=f"{token} is not a token id of cl100k_base: its ids are 0 to 100255"):
        load("cl100k_base").decode([15339, token])


def test_an_encoding_is_loaded_once() -> None:
    assert {name: load(name) for name in ENCODINGS} == {name: load(name) for name in ENCODINGS}
    assert load("o200k_harmony") is load("o200k_base")


def joined_one_by_one(piece: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """Byte-pair encoding as its definition says it, for comparison."""
    parts = [piece[at : at + 1] for at in range(len(piece))]
    while True:
        pairs = [
            (ranks[parts[at] + parts[at + 1]], at) for at in range(len(parts) - 1) if parts[at] + parts[at + 1] in ranks
        ]
        if not pairs:
            return [ranks[part] for part in parts]
        _, at = min(pairs)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


@cache
def common_ranks(name: str) -> Mapping[bytes, int]:
    encoding = load(name)
    return {encoding.token_bytes(token): token for token in range(60_000)}


@settings(deadline=None, max_examples=60)
@given(piece=st.binary(min_size=2, max_size=300) | st.text("ab \n", min_size=2, max_size=300).map(str.encode))
def test_short_and_long_pieces_are_joined_alike(piece: bytes) -> None:
    for ranks in map(common_ranks, NAMES):
        expected = joined_one_by_one(piece, ranks)
        for cuts in (bpe._scanned_cuts(piece, ranks), bpe._heaped_cuts(piece, ranks)):
            assert [ranks[piece[begin:end]] for begin, end in pairwise(cuts)] == expected
        assert list(bpe.merged(piece, ranks)) == ([ranks[piece]] if piece in ranks else expected)


RANDOM = random.Random(1)
HOSTILE = {
    "one letter": "a" * 100_000,
    "capitals": "A" * 50_000,
    "spaces": " " * 100_000,
    "spaces before a word": " " * 100_000 + "x",
    "newlines": "\n" * 50_000,
    "newlines after spaces": " \n" * 50_000,
    "marks": "\u0301" * 30_000,
    "letters with and without case": "日A" * 30_000,
    "base64": b64encode(RANDOM.randbytes(300_000)).decode(),
    "rare Chinese": "".join(chr(RANDOM.randrange(0x4E00, 0x9FFF)) for _ in range(30_000)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_no_quadratic_time(encoding: Encoding, text: str) -> None:
    started = time.process_time()
    ids = encoding.encode(text)
    assert time.process_time() - started < 5  # quadratic would be minutes
    assert encoding.decode(ids) == text


def test_memory_of_pieces_is_bounded() -> None:
    encoding = load("cl100k_base")
    for start in range(0, 30_000, 1000):
        encoding.encode(" ".join(f"{number:x}q" for number in range(start, start + 1000)))
    assert len(encoding._remembered) <= bpe._REMEMBERED_PIECES


def test_threads_share_an_encoding() -> None:
    bpe._load.cache_clear()
    texts = [f"{number} Straße no. {number * 7} — 日本語 {'word' * (number % 9)}" for number in range(200)]
    found: list[tuple[Encoding, list[int]]] = []

    def work() -> None:
        encoding = load("o200k_base")
        found.append((encoding, [encoding.count(text) for text in texts]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(encoding) for encoding, _ in found}) == 1
    assert [counts for _, counts in found] == [found[0][1]] * 8
