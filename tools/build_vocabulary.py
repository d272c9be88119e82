"""Builds `pytest_mockopenai/tokens/data/*.vocab` from OpenAI's `.tiktoken` files; never run at test time.

    python tools/build_vocabulary.py path/to/o200k_base.tiktoken path/to/cl100k_base.tiktoken

A `.tiktoken` file has one token a line: its bytes in base64, a space, its rank. The ranks are 0, 1, 2, ... so the
order says them. Ours is zlib over: the number of tokens (4 bytes, big-endian), the length of every token (1 byte
each), the bytes of all tokens joined.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import zlib
from pathlib import Path

# From `tiktoken_ext/openai_public.py` of tiktoken 0.14.0.
PINNED_SHA256 = {
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": "cl100k_base",
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d": "o200k_base",
}
DATA = Path(__file__).resolve().parent.parent / "pytest_mockopenai" / "tokens" / "data"


def encoding_name(tiktoken_file: bytes) -> str:
    """Name of the encoding whose pinned SHA-256 the file has; `ValueError` for any other file."""
    digest = hashlib.sha256(tiktoken_file).hexdigest()
    if digest not in PINNED_SHA256:
        pinned = ", ".join(f"{name} {known[:8]}..." for known, name in PINNED_SHA256.items())
        raise ValueError(f"SHA-256 {digest[:8]}... is none of those that tiktoken pins ({pinned})")
    return PINNED_SHA256[digest]


def parse(tiktoken_file: bytes) -> list[bytes]:
    """Tokens of a `.tiktoken` file in the order of their ranks; `ValueError` if a rank is missing."""
    rows = [line.split() for line in tiktoken_file.splitlines()]
    if [int(rank) for _, rank in rows] != list(range(len(rows))):
        raise ValueError("ranks are not 0, 1, 2, ... in order")
    return [base64.b64decode(token) for token, _ in rows]


def expand(tokens: list[bytes]) -> bytes:
    """The `.tiktoken` file, byte for byte, that `parse` read the tokens from."""
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens))


def pack(tokens: list[bytes]) -> bytes:
    """Our compact file; `pytest_mockopenai.tokens.vocabulary.unpack` is its inverse."""
    lengths = bytes(len(token) for token in tokens)
    return zlib.compress(len(tokens).to_bytes(4, "big") + lengths + b"".join(tokens), 9)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the vocabulary files from .tiktoken files.")
    parser.add_argument("files", nargs="+", type=Path, help=".tiktoken files, known by their SHA-256")
    for path in parser.parse_args().files:
        source = path.read_bytes()
        target = DATA / f"{encoding_name(source)}.vocab"
        target.write_bytes(pack(parse(source)))
        print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
