"""The same ids as tiktoken itself, where tiktoken is installed; it is fed our ranks and never fetches."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from pytest_mockopenai.tokens import load, vocabulary

tiktoken = pytest.importorskip("tiktoken")

# tiktoken's own patterns, from its `tiktoken_ext/openai_public.py`.
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENDING = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PATTERNS = {
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
    "o200k_base": (
        rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{ENDING}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{ENDING}"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
SAMPLES = (
    "The quick brown fox jumps over the lazy dog's back; it'S 12345.67% faster, they'LL say.",
    "def f(x: int) -> list[str]:\n    return [f'{y:>8}' for y in range(x)]  # ok\n\n\tpass\r\n",
    "SELECT * FROM t WHERE a <> 'b' AND c IS NOT NULL;\n<!-- x --><div class=\"y\">&nbsp;</div>",
    "Le cœur déçu mais l'âme plutôt naïve, Louÿs rêva. Größe, Straße, ĲSSELMEER, ŉ, ǅ.",
    "Съешь же ещё этих мягких французских булок. Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.",
    "いろはにほへと ちりぬるを。漢字カタカナﾊﾝｶｸ１２３ 私はガラスを食べられます",
    "我能吞下玻璃而不伤身体。他們為什麼不說中文？ 나는 유리를 먹을 수 있어요.",
    "نص حكيم له سر قاطع ١٢٣ دְ עברית קלה ที่รักภาษาไทย हिन्दी में देवनागरी বাংলা தமிழ்",
    "👩‍👩‍👧‍👦🏳️‍🌈 🤖💙 ☃️ 🇺🇳 e\u0301a\u0300 \u200b\ufeff\x85\xa0\u2028 ſ'ſ K",
    "     indented\n        more\n\n\n   \t mixed \r\n\r\n end   ",
    '{"a":[1,2.5e-3,null,true],"b":"\\u00e9\\n"} https://example.com/a?b=c#d /usr/local/bin',
    "<|endoftext|> <|im_start|>system ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋ ½ ² Ⅷ ①",
)


@cache
def oracle(name: str) -> Any:
    ranks = {token: rank for rank, token in enumerate(vocabulary.tokens(name))}
    return tiktoken.Encoding(name, pat_str=PATTERNS[name], mergeable_ranks=ranks, special_tokens={})


def mixed_texts(count: int) -> list[str]:
    """Fragments of the samples shuffled together, and random characters."""
    chance = random.Random(16)
    texts = []
    for _ in range(count):
        cuts = [(sample, chance.randrange(len(sample))) for sample in chance.sample(SAMPLES, 4)]
        codes = (chance.choice((0x250, 0x3000, 0x10000, 0x20000)) + chance.randrange(0x1000) for _ in range(8))
        texts.append("".join(sample[at : at + 12] for sample, at in cuts) + "".join(map(chr, codes)))
    return texts


@pytest.mark.parametrize("name", PATTERNS)
def test_samples(name: str) -> None:
    for text in (*SAMPLES, *mixed_texts(500)):
        assert load(name).encode(text) == oracle(name).encode_ordinary(text), text


@pytest.mark.parametrize("name", PATTERNS)
def test_every_hundredth_code_point(name: str) -> None:
    for code in (*range(0x3000), *range(0x3000, 0x110000, 101)):
        if not 0xD800 <= code < 0xE000:
            text = f"{chr(code)} a{chr(code)}B"
            assert load(name).encode(text) == oracle(name).encode_ordinary(text), hex(code)


@pytest.mark.parametrize("name", PATTERNS)
def test_lone_surrogates(name: str) -> None:
    for text in ("a\ud800", "\udc00b", "\ud83d\ude00", "\ud83d x \ude00"):
        assert load(name).encode(text) == oracle(name).encode_ordinary(text)
