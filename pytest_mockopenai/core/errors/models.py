"""The model is not there, or has no room for what is asked of it."""

from __future__ import annotations

from pytest_mockopenai.core.errors.envelope import HELP, Error


def limit_too_large(name: str, asked: int, most: int) -> Error:
    """400: a limit of completion tokens over what the model can answer (wording: NextChat#3195, ExtractThinker#346)."""
    message = (
        f"{name} is too large: {asked}. This model supports at most {most} completion tokens, "
        f"whereas you provided {asked}."
    )
    return Error(400, message, param=name, code="invalid_value")


def context_length_exceeded(limit: int, used: int, *, completion: int = 0, param: str = "messages") -> Error:
    """400: the model's context does not hold the prompt (`used` tokens) and the `completion` tokens asked for.

    Wordings: crewAI-examples#121, NextChat#3195.
    """
    too_much = f"your messages resulted in {used} tokens. Please reduce the length of the messages."
    if completion and used <= limit:
        too_much = (
            f"you requested {used + completion} tokens ({used} in the messages, {completion} in the completion). "
            "Please reduce the length of the messages or completion."
        )
    return Error(
        400,
        f"This model's maximum context length is {limit} tokens. However, {too_much}",
        param=param,
        code="context_length_exceeded",
    )


def prompt_too_long(limit: int, used: int, *, completion: int = 0) -> Error:
    """400: the same where the input is no messages (embeddings, legacy completions); numbers are tokens."""
    return Error(
        400,
        f"This model's maximum context length is {limit} tokens, however you requested {used + completion} tokens "
        f"({used} in your prompt; {completion} for the completion). Please reduce your prompt; or completion length.",
    )


def chat_model() -> Error:
    """404 of legacy completions: the model is for chat only (wording: commitgpt#43, prompttools#115)."""
    return Error(
        404,
        "This is a chat model and not supported in the v1/completions endpoint. "
        "Did you mean to use v1/chat/completions?",
        param="model",
    )


def content_filtered() -> Error:
    """400: the prompt was refused by policy before any model saw it."""
    return Error(
        400,
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
        "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
        code="invalid_prompt",
    )


def moderation_blocked(of: str = "image") -> Error:
    """400 of the API of images or videos: the prompt was refused by policy (wording: CarrotMangaTranslator#122)."""
    return Error(
        400,
        "Your request was rejected by the safety system. If you believe this is an error, contact us at "
        f"{HELP} and include the request ID {{request_id}}. safety_violations=[sexual].",
        type=f"{of}_generation_user_error",
        code="moderation_blocked",
    )


def model_not_found(model: str) -> Error:
    """404 on a call that names an unknown model."""
    return Error(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def input_too_long() -> Error:
    """400 of the Responses API: the model's context does not hold the input."""
    return Error(
        400,
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        param="input",
        code="context_length_exceeded",
    )
