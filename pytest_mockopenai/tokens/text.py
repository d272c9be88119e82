"""Text cut by tokens: what a stream sends, what fits a limit, what logprobs show."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from pytest_mockopenai.tokens import bpe

__all__ = ["TokenText", "alternatives", "stream_pieces", "take", "token_groups", "token_texts"]


class TokenText(NamedTuple):
    """One token as logprobs show it: its text, escaped where it is no whole UTF-8, and its bytes."""

    text: str
    data: bytes


def stream_pieces(encoding: bpe.Encoding, text: str) -> list[str]:
    """The text, a token a piece; a token that ends within a character shares its piece with the next."""
    return [b"".join(group).decode() for group in token_groups(encoding, text)]


def token_groups(encoding: bpe.Encoding, text: str) -> Iterator[tuple[bytes, ...]]:
    """The tokens of each piece of `stream_pieces`: nearly always one."""
    decoder = getincrementaldecoder("utf-8")()
    group: list[bytes] = []
    for token in encoding.pieces(text):
        group.append(token)
        decoder.decode(token)
        if not decoder.getstate()[0]:
            yield tuple(group)
            group = []


def take(encoding: bpe.Encoding, text: str, count: int) -> str:
    """The first `count` tokens of the text, without the start of a character that they end in."""
    return b"".join(encoding.pieces(text)[: max(count, 0)]).decode("utf-8", "ignore")


def token_texts(encoding: bpe.Encoding, text: str, *, prefix: str = "") -> list[TokenText]:
    """Every token of the text.

    Part of a character reads `\\xf0\\x9f` in chat logprobs; legacy completions put the `prefix` "bytes:" before it.
    """
    return [_shown(token, prefix) for token in encoding.pieces(text)]


def alternatives(encoding: bpe.Encoding, token: bytes, count: int, *, seed: int) -> list[TokenText]:
    """`count` (at most 50) other tokens that might stand in its place, all different; the same for the same seed."""
    pools = _pools(encoding)
    pool = pools.get(_shape(token)) or pools[_A_WORD]
    size, mixed = len(pool), _mixed(seed)
    # The size is prime, so that any stride visits every index once.
    stride = 1 + (mixed >> 32) % (size - 1)
    found = (pool[(mixed + step * stride) % size] for step in range(count + 1))
    return [_shown(other, "") for other in found if other != token][:count]


def _shown(token: bytes, prefix: str) -> TokenText:
    try:
        return TokenText(token.decode(), token)
    except UnicodeDecodeError:
        return TokenText(prefix + token.decode("utf-8", "backslashreplace"), token)


_Shape = tuple[bool, str]  # after a space or not; what comes then
_A_WORD: Final[_Shape] = (True, "lower")
_COMMON_TOKENS: Final = 20_000  # the lower its id, the more common a token
_PRIMES: Final = (397, 199, 97, 53)  # sizes of pools


@cache
def _pools(encoding: bpe.Encoding) -> Mapping[_Shape, Sequence[bytes]]:
    """Common tokens by shape, short parts of words left out; no pool for a shape with too few tokens."""
    pools: dict[_Shape, list[bytes]] = {}
    for token in map(encoding.token_bytes, range(_COMMON_TOKENS)):
        shape = _shape(token)
        if len(token) > 3 or shape[1] not in ("lower", "title", "upper"):
            pools.setdefault(shape, []).append(token)
    sizes = {shape: next((prime for prime in _PRIMES if prime <= len(pool)), 0) for shape, pool in pools.items()}
    return {shape: pools[shape][:size] for shape, size in sizes.items() if size and shape[1] != "other"}


def _shape(token: bytes) -> _Shape:
    word = token.removeprefix(b" ")
    return word != token, next((kind for kind, fits in _KINDS.items() if fits(word)), "other")


_MARKS: Final = frozenset(b"!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~")
_KINDS: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "lower": lambda word: word.isalpha() and word.islower(),
    "title": lambda word: word.isalpha() and word.istitle(),
    "upper": lambda word: word.isalpha() and word.isupper(),
    "number": bytes.isdigit,
    "space": bytes.isspace,
    "mark": lambda word: 0 < len(word) <= 3 and _MARKS.issuperset(word),
}


def _mixed(seed: int) -> int:
    """64 bits, all of which hang on all of the seed's (the finalizer of SplitMix64)."""
    bits = seed & 0xFFFF_FFFF_FFFF_FFFF
    bits = (bits ^ bits >> 30) * 0xBF58_476D_1CE4_E5B9 & 0xFFFF_FFFF_FFFF_FFFF
    bits = (bits ^ bits >> 27) * 0x94D0_49BB_1331_11EB & 0xFFFF_FFFF_FFFF_FFFF
    return bits ^ bits >> 31
