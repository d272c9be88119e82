"""The files a job trains with: their lines read and checked, and the tokens in them.

What is wrong with a file fails the job, not the request that creates it. The formats are those of the guides on
supervised, preference and reinforcement fine-tuning; the words are those of failed jobs that users have reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_mockopenai import tokens
from pytest_mockopenai.core import catalog, jsontext
from pytest_mockopenai.core.endpoint import JSON
from pytest_mockopenai.tokens import Tokenizer

LEAST = 10
"""Examples that a training file must have; a validation file needs one."""

_CHAT, _COMPLETION, _PREFERENCE = "fine-tune-chat", "prompt-completion", "fine-tune-preference"
_ROLES = ("system", "user", "assistant", "tool", "function", "developer")
_PAGE = "https://platform.openai.com/docs/guides/fine-tuning/preparing-your-dataset"


class Unusable(Exception):
    """A file cannot be trained with; `error` is that of the failed job."""

    def __init__(self, message: str, param: str, code: str | None = None) -> None:
        super().__init__(message)
        self.error: JSON = {"code": code or f"invalid_{param}", "message": message, "param": param}


@dataclass(frozen=True, slots=True)
class Source:
    """A file as a job names it: `param` is `training_file` or `validation_file`."""

    id: str
    param: str
    data: bytes


def examples_of(source: Source, model: str, method: str) -> list[JSON]:
    """The examples of a file, each checked; raises `Unusable`."""
    wanted = _COMPLETION if catalog.family(model).legacy else _PREFERENCE if method == "dpo" else _CHAT
    try:
        found = list(_lines(source.data))
        if found:
            _check_format(source, _format(found[0]), wanted, model, method)
        for number, example in enumerate(found, 1):
            _CHECKS[wanted](example, f"Example {number}", method)
    except ValueError as error:
        kind = source.param.replace("_", " ")
        message = f"The job failed due to an invalid {kind}. Invalid file format. {error}"
        raise Unusable(message, source.param) from None
    least = LEAST if source.param == "training_file" else 1
    if len(found) < least:
        kind = source.param.replace("_", " ").capitalize()
        message = f"{kind} has {len(found)} example(s), but must have at least {least} examples"
        raise Unusable(message, source.param, "invalid_n_examples")
    return found


def tokens_of(examples: Sequence[JSON], counter: Tokenizer) -> int:
    """The tokens of all examples, each counted as a prompt (OpenAI's cookbook, "Data preparation and analysis")."""
    return sum(_tokens(example, counter) for example in examples)


def _tokens(example: JSON, counter: Tokenizer) -> int:
    if "messages" in example:
        return tokens.chat_prompt(example, counter).tokens
    if "input" in example:
        said = [*example["input"]["messages"], *example["preferred_output"], *example["non_preferred_output"]]
        return tokens.chat_prompt({**example["input"], "messages": said}, counter).tokens
    return counter.length(example["prompt"]) + counter.length(example["completion"])


def _lines(data: bytes) -> Iterator[JSON]:
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            example = jsontext.loads(line)
        except jsontext.BadJSON as error:
            raise ValueError(
                f"Example {number} cannot be parsed. Error: line contains invalid json: {error} (line {number})"
            ) from None
        if not isinstance(example, dict):
            raise ValueError(f"Example {number} cannot be parsed. Error: line is not a JSON object (line {number})")
        yield example


def _format(example: JSON) -> str:
    if "messages" in example:
        return _CHAT
    if "prompt" in example or "completion" in example:
        return _COMPLETION
    if "preferred_output" in example or "non_preferred_output" in example:
        return _PREFERENCE
    raise ValueError("Unexpected file format, expected either prompt/completion pairs or chat messages.")


def _check_format(source: Source, found: str, wanted: str, model: str, method: str) -> None:
    if found == wanted:
        return
    is_in = f"Input file {source.id} is in the {found} format, but the specified"
    if _COMPLETION not in (found, wanted):
        needed = {_CHAT: "supervised", _PREFERENCE: "dpo"}[found]
        raise ValueError(
            f"{is_in} fine-tuning job is not using '{needed}' as the training method (provided method={method})."
        )
    kind, data = ("completion", "prompt/completion") if wanted == _COMPLETION else ("chat", "chat")
    raise ValueError(
        f"{is_in} model {model} is a {kind} model and requires {data} formatted data. See {_PAGE} for details."
    )


# --- one example ------------------------------------------------------------------------------------------------------


def _chat(example: JSON, where: str, method: str) -> None:
    messages = _messages(example, "messages", where)
    if method == "supervised" and not any(message["role"] == "assistant" for message in messages):
        raise ValueError(f"{where} must have at least one message from the assistant.")


def _completion(example: JSON, where: str, method: str) -> None:
    for name in ("prompt", "completion"):
        if not isinstance(_of(example, name, where), str):
            raise ValueError(f"{where}, {name} must be a string.")


def _preference(example: JSON, where: str, method: str) -> None:
    given = _of(example, "input", where)
    if not isinstance(given, Mapping):
        raise ValueError(f"{where}, input must be an object.")
    _messages(given, "messages", f"{where}, input")
    for name in ("preferred_output", "non_preferred_output"):
        if any(message["role"] != "assistant" for message in _messages(example, name, where)):
            raise ValueError(f"{where}, {name} must hold messages from the assistant only.")


_CHECKS: Mapping[str, Callable[[JSON, str, str], None]] = {
    _CHAT: _chat,
    _COMPLETION: _completion,
    _PREFERENCE: _preference,
}


def _of(example: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in example:
        raise ValueError(f"{where} is missing key '{name}'.")
    return example[name]


def _messages(example: Mapping[str, Any], name: str, where: str) -> list[JSON]:
    messages = _of(example, name, where)
    if not isinstance(messages, list) or not messages:
        raise ValueError(f"{where}, {name} must be a list with at least one message.")
    for number, message in enumerate(messages, 1):
        _message(message, f"{where}, message {number}")
    return messages


def _message(message: object, where: str) -> None:
    if not isinstance(message, dict):
        raise ValueError(f"{where} must be an object.")
    if "role" not in message:
        raise ValueError(f"{where} Discriminator 'role' is missing in value")
    if message["role"] not in _ROLES:
        tags = ", ".join(f"'{role}'" for role in _ROLES)
        raise ValueError(
            f"{where} Input tag '{message['role']}' found using 'role' does not match any of the expected tags: {tags}"
        )
    calls = message["role"] == "assistant" and (message.get("tool_calls") or message.get("function_call"))
    if not isinstance(message.get("content"), (str, list)) and not calls:
        raise ValueError(f"{where} is missing key 'content'.")
    if "weight" in message and (message["role"] != "assistant" or message["weight"] not in (0, 1)):
        raise ValueError(f"{where} can have a 'weight' of 0 or 1 only if it is from the assistant.")
