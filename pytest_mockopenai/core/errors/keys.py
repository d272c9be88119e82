"""Who asks may not: keys and regions."""

from __future__ import annotations

from pytest_mockopenai.core.errors.envelope import Error
from pytest_mockopenai.core.wording import masked

_KEYS_PAGE = "https://platform.openai.com/account/api-keys"


def missing_key() -> Error:
    """401: no API key came with the request."""
    return Error(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the "
        "API from your browser and are prompted for a username and password. You can obtain an API key from "
        f"{_KEYS_PAGE}.",
    )


def invalid_key(key: str) -> Error:
    """401: the API key is known to be wrong; it is shown masked."""
    return Error(
        401,
        f"Incorrect API key provided: {masked(key)}. You can find your API key at {_KEYS_PAGE}.",
        code="invalid_api_key",
    )


def permission_denied(message: str = "Country, region, or territory not supported") -> Error:
    """403: the caller may not do this."""
    return Error(403, message, type="request_forbidden", code="unsupported_country_region_territory")


def not_permitted() -> Error:
    """403: what is asked is not the caller's to do, such as deleting a model of OpenAI's."""
    return Error(403, "You have insufficient permissions for this operation.")
