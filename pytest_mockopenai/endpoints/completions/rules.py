"""What OpenAI refuses in a legacy completion beyond types and bounds, and what a script cannot say in one."""

from __future__ import annotations

from pytest_mockopenai.core import catalog, checks, errors
from pytest_mockopenai.core.endpoint import Context
from pytest_mockopenai.core.errors import Refused

_INSERTS = "gpt-3.5-turbo-instruct"  # the one listed model that takes `suffix`
_ENDS = ("stop", "length", "content_filter")  # openai/types/completion_choice.py
_UNSAYABLE = {
    "tool_calls": "call tools",
    "built_in_calls": "use tools",
    "refusal": "hold a refusal",
    "reasoning": "show reasoning",
    "reasoning_tokens": "show reasoning",
    "vectors": "be vectors",
    "flagged": "be moderation scores",
}


def choices_per_prompt(context: Context) -> int:
    """How many choices each prompt gets."""
    return context.body.get("n") or 1


def candidates(context: Context) -> int:
    """How many completions are made for each prompt; the reply shows `n` of them."""
    best_of: int | None = context.body.get("best_of")
    return choices_per_prompt(context) if best_of is None else best_of


def model(context: Context) -> None:
    """The model is none for chat only, and `suffix` is for one that can insert."""
    if catalog.is_chat_only(context.model):
        raise Refused(errors.chat_model())
    kind = catalog.family(context.model)
    if context.body.get("suffix") is not None and kind.legacy and kind.prefix != _INSERTS:
        raise Refused(errors.unsupported_parameter("suffix"))


def combinations(context: Context) -> None:
    """As many candidates as choices, and none to choose from in a stream."""
    checks.only_enabled(context.body, "stream_options", "stream")
    shown, made = choices_per_prompt(context), candidates(context)
    if made < shown:
        message = (
            f"You requested that the server return more choices than it will generate (HINT: you must set 'n' "
            f"(currently {shown}) to be at most 'best_of' (currently {made}), or omit either parameter if you don't "
            "specifically want to use them.)"
        )
        raise Refused(errors.invalid(message))
    if made > shown and context.body.get("stream"):
        message = "Results cannot be streamed when 'best_of' is greater than 'n'."
        raise Refused(errors.invalid(message, param="best_of"))


def script(context: Context) -> None:
    """What is scripted is plain text."""
    answer = context.answer
    checks.unbroken(answer)
    if answer is None:
        return
    unfit = next((what for name, what in _UNSAYABLE.items() if getattr(answer, name) not in (None, ())), None)
    if unfit is None and answer.finish_reason not in (None, *_ENDS):
        unfit = f"end with finish_reason '{answer.finish_reason}'"
    if unfit:
        message = f"A legacy completion is plain text, it cannot {unfit}: script says(), or call /v1/chat/completions."
        raise Refused(errors.script_mistake(message))


RULES = (model, combinations, script)
