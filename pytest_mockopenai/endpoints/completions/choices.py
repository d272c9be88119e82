"""One choice of a legacy completion: the text cut at stop sequences and the limit, with its log probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from pytest_mockopenai import tokens
from pytest_mockopenai.core import scoring, stopping
from pytest_mockopenai.core.answer import Answer, FinishReason
from pytest_mockopenai.core.endpoint import JSON, Context
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.usage import Usage
from pytest_mockopenai.endpoints.completions.prompts import limit_of
from pytest_mockopenai.tokens import Encoding, Tokenizer, TokenText


@dataclass(frozen=True, slots=True)
class Entry:
    """One token in `logprobs`; None where nothing came before it. `offset` is in characters."""

    token: str
    offset: int
    logprob: float | None
    top: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one chunk of a stream says: nearly always one token."""

    text: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A finished choice. `top` is the request's `logprobs`, None for no log probabilities."""

    index: int
    pieces: tuple[Piece, ...]
    finish_reason: FinishReason
    usage: Usage
    top: int | None

    @property
    def object(self) -> JSON:
        """The choice as the whole completion has it."""
        said = Piece("".join(piece.text for piece in self.pieces), tuple(_entries(self.pieces)))
        return {**self._shown(said), "finish_reason": self.finish_reason}

    def chunks(self) -> Iterator[JSON]:
        """The choices of its chunks: the last one says why it ends, and no more."""
        yield from map(self._shown, self.pieces)
        yield {"text": "", "index": self.index, "logprobs": None, "finish_reason": self.finish_reason}

    def _shown(self, piece: Piece) -> JSON:
        logprobs = None if self.top is None else _logprobs(piece.entries, self.top)
        return {"text": piece.text, "index": self.index, "logprobs": logprobs, "finish_reason": None}


def _entries(pieces: Iterable[Piece]) -> Iterator[Entry]:
    return (entry for piece in pieces for entry in piece.entries)


def _logprobs(entries: Iterable[Entry], top: int) -> JSON:
    """The legacy form: lists side by side (openai/types/completion_choice.py)."""
    shown = list(entries)
    return {
        "tokens": [entry.token for entry in shown],
        "token_logprobs": [entry.logprob for entry in shown],
        "top_logprobs": [entry.top for entry in shown] if top else None,
        "text_offset": [entry.offset for entry in shown],
    }


def choice_of(context: Context, prompt: str, answer: Answer, index: int) -> Choice:
    """The choice number `index`: the answer to the prompt, after the prompt itself if the request wants an echo."""
    counter = tokens.tokenizer(context.model, context.models.encodings)
    limit, top = limit_of(context), context.body.get("logprobs")
    stopped = stopping.until(answer.text or "", context.body.get("stop"))
    said = tokens.take(counter.encoding, stopped, limit)
    cut = not limit or len(said) < len(stopped)
    scores = _Scores(counter.encoding, top, context.draw.child(f"logprobs {index}"))
    echoed = scores.pieces(prompt, 0, "prompt") if context.body.get("echo") else ()
    return Choice(
        index=index,
        pieces=(*_unscored_first(echoed), *scores.pieces(said, len(prompt), "completion")),
        finish_reason=answer.finish_reason or ("length" if cut else "stop"),
        usage=_usage(counter, said, limit if cut else None),
        top=top,
    )


def _usage(counter: Tokenizer, said: str, cut_to: int | None) -> Usage:
    """The completion side of one candidate; a cut one has exactly the tokens of the limit."""
    if cut_to is not None:
        return Usage(completion_tokens=cut_to)
    counted = counter.count(said)
    return Usage(completion_tokens=counted.tokens, completion_method=counted.method)


def _unscored_first(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces of an echo: nothing comes before its first token, so that has no probability."""
    if not pieces or not pieces[0].entries:
        return pieces
    first, *rest = pieces[0].entries
    return (replace(pieces[0], entries=(replace(first, logprob=None, top=None), *rest)), *pieces[1:])


@dataclass(frozen=True, slots=True)
class _Scores:
    """How the tokens of one choice are scored: by what encoding, with how many others beside each."""

    encoding: Encoding
    top: int | None
    draw: Draw

    def pieces(self, text: str, offset: int, label: str) -> tuple[Piece, ...]:
        """The text in pieces; `offset` is the number of characters before it, prompt included."""
        return tuple(self._pieces(text, offset, self.draw.child(label)))

    def _pieces(self, text: str, offset: int, draw: Draw) -> Iterator[Piece]:
        shown = enumerate(tokens.token_texts(self.encoding, text, prefix="bytes:") if self.top is not None else ())
        for group in tokens.token_groups(self.encoding, text):
            said = b"".join(group).decode()
            entries = (self._entry(token, offset, draw.child(place)) for place, token in islice(shown, len(group)))
            yield Piece(said, tuple(entries))
            offset += len(said)

    def _entry(self, token: TokenText, offset: int, draw: Draw) -> Entry:
        (_, logprob), *_ = found = scoring.scored(token, draw, lambda seed: self._others(token, seed))
        return Entry(token.text, offset, logprob, {other.text: score for other, score in found} if self.top else None)

    def _others(self, token: TokenText, seed: int) -> list[TokenText]:
        count = (self.top or 0) - 1
        return tokens.alternatives(self.encoding, token.data, count, seed=seed) if count > 0 else []
