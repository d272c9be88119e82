"""OpenAI's error envelope, and one function for each documented error.

The wordings, `type`, `param` and `code` are those of the real API as users' bug reports and OpenAI's reference
("Error codes" guide, the OpenAPI document's `ErrorResponse`) show them.
"""

from __future__ import annotations

from pytest_mockopenai.core.errors.envelope import INVALID, Error, Refused
from pytest_mockopenai.core.errors.keys import invalid_key, missing_key, permission_denied
from pytest_mockopenai.core.errors.limits import (
    overloaded,
    quota_exceeded,
    rate_limited,
    request_too_large,
    server_error,
)
from pytest_mockopenai.core.errors.models import (
    chat_model,
    content_filtered,
    context_length_exceeded,
    input_too_long,
    limit_too_large,
    model_not_found,
    moderation_blocked,
    prompt_too_long,
)
from pytest_mockopenai.core.errors.objects import (
    UnknownId,
    item_not_found,
    link_expired,
    no_such,
    no_such_model,
    not_found,
    of_unknown,
    previous_response_not_found,
    unknown_cursor,
)
from pytest_mockopenai.core.errors.own import (
    MOCK,
    no_room,
    no_websockets,
    not_derivable,
    our_bug,
    script_mistake,
    state_unavailable,
    unrecorded,
    unscripted,
    upstream_unreachable,
)
from pytest_mockopenai.core.errors.reading import (
    bad_form,
    bad_json,
    form_expected,
    method_not_allowed,
    too_large,
    unknown_url,
    unsupported_media_type,
)
from pytest_mockopenai.core.errors.values import (
    invalid,
    invalid_type,
    invalid_value,
    missing_parameter,
    mutually_exclusive,
    null_content,
    unknown_parameter,
    unsupported_parameter,
    unsupported_value,
)

__all__ = [
    "INVALID",
    "MOCK",
    "Error",
    "Refused",
    "UnknownId",
    "bad_form",
    "bad_json",
    "chat_model",
    "content_filtered",
    "context_length_exceeded",
    "form_expected",
    "input_too_long",
    "invalid",
    "invalid_key",
    "invalid_type",
    "invalid_value",
    "item_not_found",
    "limit_too_large",
    "link_expired",
    "method_not_allowed",
    "missing_key",
    "missing_parameter",
    "model_not_found",
    "moderation_blocked",
    "mutually_exclusive",
    "no_room",
    "no_such",
    "no_such_model",
    "no_websockets",
    "not_derivable",
    "not_found",
    "null_content",
    "of_unknown",
    "our_bug",
    "overloaded",
    "permission_denied",
    "previous_response_not_found",
    "prompt_too_long",
    "quota_exceeded",
    "rate_limited",
    "request_too_large",
    "script_mistake",
    "server_error",
    "state_unavailable",
    "too_large",
    "unknown_cursor",
    "unknown_parameter",
    "unknown_url",
    "unrecorded",
    "unscripted",
    "unsupported_media_type",
    "unsupported_parameter",
    "unsupported_value",
    "upstream_unreachable",
]
