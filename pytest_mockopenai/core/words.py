"""The vocabulary: every word a test, a header, a stubs file or an admin call scripts the mock with.

Adding a word is adding one function with `@word` here; the parser and the documentation's list follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

from pytest_mockopenai.core import arguments, errors, jsontext
from pytest_mockopenai.core.answer import BUILT_IN_TOOLS, Answer, BuiltInCall, Failure, FinishReason, ToolCall
from pytest_mockopenai.core.errors import Error
from pytest_mockopenai.core.headers import REQUESTS_A_MINUTE, TOKENS_A_MINUTE
from pytest_mockopenai.core.word import Fault, FaultKind, Timing, Word, word

# --- what the model says ----------------------------------------------------------------------------------------------


@word
def says(text: str | None = None, *, tokens: int | None = None, finish_reason: FinishReason | None = None) -> Word:
    """Answer with this text, or with made-up text of so many `tokens`; `finish_reason` replaces the natural one."""
    if text is not None and not isinstance(text, str):
        raise TypeError(f"says() takes a text, not {type(text).__name__}; says_json() takes data")
    if tokens is not None:
        arguments.check_whole("tokens", tokens, most=_MOST_FILLER)
    if finish_reason is not None:
        arguments.check_choice("finish_reason", finish_reason, get_args(FinishReason))
    return _saying(Answer(text=text, filler_tokens=tokens, finish_reason=finish_reason))


_MOST_FILLER = 1_000_000  # tokens; no model writes more, and they are made up one by one


@word
def says_json(value: Any) -> Word:
    """Answer with this value as JSON text."""
    return _saying(Answer(text=jsontext.text(value)))


@word
def tool_call(name: str, /, **arguments: Any) -> Word:
    """Call the function tool `name` with these arguments. Joined with `|`, several calls are parallel calls."""
    return _saying(Answer(tool_calls=(ToolCall(name, jsontext.text(arguments)),)))


@word
def raw_tool_call(name: str, arguments: str) -> Word:
    """Call the function tool `name` with `arguments` as literal text: JSON, or the broken JSON that models write."""
    return _saying(Answer(tool_calls=(ToolCall(name, arguments),)))


@word
def custom_tool_call(name: str, input: str) -> Word:
    """Call the custom (free-form) tool `name` with the text `input`."""
    return _saying(Answer(tool_calls=(ToolCall(name, input, "custom"),)))


@word
def built_in_call(tool: str, /, **fields: Any) -> Word:
    """Use a tool of OpenAI's own on the Responses API, such as `web_search`; `fields` replace those of its item."""
    arguments.check_choice("tool", tool, BUILT_IN_TOOLS)
    return _saying(Answer(built_in_calls=(BuiltInCall(tool, fields),)))


@word
def refuses(text: str = "I'm sorry, but I can't help with that.") -> Word:
    """Refuse: `message.refusal` is set, the content is null."""
    return _saying(Answer(refusal=text))


@word
def thinks(text: str | None = None, *, tokens: int | None = None) -> Word:
    """Reason first: `tokens` reasoning tokens (default: those of `text`); `text` shows where an endpoint shows it."""
    if text is None and tokens is None:
        raise ValueError("thinks() takes a text, a number of tokens, or both")
    if tokens is not None:
        arguments.check_whole("tokens", tokens)
    return _saying(Answer(reasoning=text, reasoning_tokens=tokens))


@word
def fails(message: str = "The model failed to answer.", *, code: str = "server_error") -> Word:
    """Fail after having begun: a response of the status `failed` with this `error`; in chat a 500.

    Joined with `says(...)`, that much is said before.
    """
    return _saying(Answer(failure=Failure(code, message)))


@word
def usage(
    *,
    prompt_tokens: int | None = None,
    completion_tokens: int | None = None,
    cached_tokens: int | None = None,
    reasoning_tokens: int | None = None,
) -> Word:
    """Report these token counts instead of counting."""
    given = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "cached_tokens": cached_tokens,
        "reasoning_tokens": reasoning_tokens,
    }
    counts = {name: arguments.check_whole(name, value) for name, value in given.items() if value is not None}
    if not counts:
        raise ValueError("usage() takes at least one count, such as prompt_tokens=10")
    return _saying(Answer(usage=counts))


@word
def embeds(*vectors: Sequence[float]) -> Word:
    """Answer embeddings with these vectors: one for each input, or one for all."""
    if not vectors:
        raise ValueError("embeds() takes at least one vector, such as embeds([0.1, 0.2])")
    return _saying(Answer(vectors=tuple(arguments.vector(vector) for vector in vectors)))


@word
def flags(**categories: bool | float) -> Word:
    """Answer moderations: each category flagged (True), not flagged (False) or given a score from 0 to 1.

    A category with a slash or dash is written with underscores: `self_harm_intent` is `self-harm/intent`.
    """
    return _saying(Answer(flagged={name: arguments.score(name, value) for name, value in categories.items()}))


@word
def draws(*images: str, revised_prompt: str | None = None) -> Word:
    """Answer image endpoints with these files, as base64 or a data URL: one for each picture, or one for all.

    Without files the picture is made up. `revised_prompt` is what the model says that it drew (dall-e-3).
    """
    if not images and revised_prompt is None:
        raise ValueError("draws() takes a file as base64, or a revised_prompt")
    return _saying(Answer(images=tuple(map(arguments.file, images)), revised_prompt=revised_prompt))


# --- errors -----------------------------------------------------------------------------------------------------------


@word
def rate_limit(*, retry_after: float = 1, scope: Literal["requests", "tokens"] = "requests") -> Word:
    """429 `rate_limit_exceeded`, with Retry-After of `retry_after` seconds."""
    arguments.check_seconds("retry_after", retry_after)
    arguments.check_choice("scope", scope, ("requests", "tokens"))
    return Word(error=_limited(scope, retry_after))


def _limited(scope: str, wait: float) -> Error:
    limit, requested = (REQUESTS_A_MINUTE, 1) if scope == "requests" else (TOKENS_A_MINUTE, 1_000)
    return errors.rate_limited(model="{model}", scope=scope, limit=limit, used=limit, requested=requested, wait=wait)


@word
def quota_exceeded() -> Word:
    """429 `insufficient_quota`: no money left; it has no Retry-After."""
    return Word(error=errors.quota_exceeded())


@word
def server_error() -> Word:
    """500 `server_error`."""
    return Word(error=errors.server_error())


@word
def overloaded() -> Word:
    """503 `server_is_overloaded`."""
    return Word(error=errors.overloaded())


@word
def unauthorized() -> Word:
    """401 `invalid_api_key`."""
    return Word(error=errors.invalid_key(_KEY))


_KEY = "sk-mock-0000000000000000"


@word
def permission_denied() -> Word:
    """403 `unsupported_country_region_territory`."""
    return Word(error=errors.permission_denied())


@word
def not_found() -> Word:
    """404 `model_not_found`."""
    return Word(error=errors.model_not_found("{model}"))


@word
def context_length_exceeded(*, limit: int = 8192, used: int = 8227) -> Word:
    """400 `context_length_exceeded`; `limit` and `used` in tokens."""
    arguments.check_whole("limit", limit)
    arguments.check_whole("used", used)
    return Word(error=errors.context_length_exceeded(limit, used))


@word
def content_filtered() -> Word:
    """400 `invalid_prompt`: the prompt is refused by policy. (A cut answer: `says(finish_reason="content_filter")`.)"""
    return Word(error=errors.content_filtered())


@word
def bad_request(message: str = "Invalid request.", *, param: str | None = None, code: str | None = None) -> Word:
    """400 with your own message, `param` and `code`."""
    return Word(error=errors.invalid(message, param=param, code=code))


@word
def error(
    status: int = 500,
    message: str | None = None,
    *,
    type: str | None = None,
    param: str | None = None,
    code: str | None = None,
    retry_after: float | None = None,
) -> Word:
    """Any error status from 400 to 599; without a message, that of the documented error of this status."""
    if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
        raise ValueError(f"error() takes a status from 400 to 599, not {status!r:.80}")
    if retry_after is not None:
        arguments.check_seconds("retry_after", retry_after)
    known = _documented(status, 1 if retry_after is None else retry_after)
    return Word(
        error=replace(
            known,
            message=known.message if message is None else message,
            type=type or known.type,
            param=param or known.param,
            code=code or known.code,
            retry_after=known.retry_after if retry_after is None else retry_after,
        )
    )


def _documented(status: int, wait: float) -> Error:
    """The error that OpenAI documents for this status; for any other status one in its form."""
    if status in _BY_STATUS:
        return _BY_STATUS[status](wait)
    return Error(status, f"HTTP {status}", type=errors.INVALID if status < 500 else "server_error")


_BY_STATUS: Mapping[int, Callable[[float], Error]] = {
    401: lambda _: errors.invalid_key(_KEY),
    403: lambda _: errors.permission_denied(),
    404: lambda _: errors.model_not_found("{model}"),
    429: lambda wait: _limited("requests", wait),
    500: lambda _: errors.server_error(),
    503: lambda _: errors.overloaded(),
}


# --- timing -----------------------------------------------------------------------------------------------------------


@word
def slow(*, first: float = 0.5, each: float = 0.0) -> Word:
    """Wait `first` seconds before the reply, and `each` seconds between events of a stream.

    A reply that is not streamed takes as long as its stream would have.
    """
    arguments.check_seconds("first", first)
    arguments.check_seconds("each", each)
    return Word(timing=Timing(first, each))


@word
def hang() -> Word:
    """Never answer: the connection stays open and silent until the client gives up."""
    return Word(fault=Fault("hang"))


# --- faults -----------------------------------------------------------------------------------------------------------


@word
def cut(*, after: int | None = None) -> Word:
    """Close the connection `after` so many events of a stream (default: halfway; 0: before the status line)."""
    return _breaking("cut", after)


@word
def reset(*, after: int | None = None) -> Word:
    """Reset the connection (TCP RST), `after` as in `cut`."""
    return _breaking("reset", after)


@word
def stall(*, after: int | None = None) -> Word:
    """Fall silent without closing, `after` as in `cut`."""
    return _breaking("stall", after)


@word
def malformed(*, after: int | None = None) -> Word:
    """Send broken JSON: the whole body, or the event `after` so many of a stream (default: halfway)."""
    return _breaking("malformed", after)


@word
def short_body() -> Word:
    """Announce more bytes than are sent: a content-length too high, or in a stream a chunk cut in half; then close."""
    return _breaking("short_body", None)


@word
def no_done() -> Word:
    """Leave out the end: `data: [DONE]` of a stream, or its last event if it has no such line; of a whole reply, the
    chunk that says it is complete."""
    return _breaking("no_done", None)


@word
def error_event(*, after: int | None = None, flat: bool = False) -> Word:
    """Send an error inside a 200: as an event of a stream, `after` as in `cut`, which ends it; or as the whole body.

    A `flat` event of the Responses API has `code` and `message` beside its type, as the SDK's type says; production
    nests them in `error`.
    """
    arguments.check_choice("flat", flat, (True, False))
    return _breaking("error_event", after, flat=flat)


def _saying(answer: Answer) -> Word:
    return Word(answer=answer)


def _breaking(kind: FaultKind, after: int | None, *, flat: bool = False) -> Word:
    if after is not None:
        arguments.check_whole("after", after)
    return Word(fault=Fault(kind, after, flat))
