"""POST /realtime/client_secrets: a key for a browser that lives shortly and carries its session; and the beta's two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mockopenai.core import errors
from pytest_mockopenai.core.bounds import Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Error, Refused
from pytest_mockopenai.core.wording import masked
from pytest_mockopenai.endpoints.realtime import beta, config
from pytest_mockopenai.endpoints.realtime.ids import new_id

PREFIX = "ek_"
_LIFETIME, _BETA_LIFETIME = 600, 60  # seconds
_MODEL = "gpt-realtime"
_STORE = "realtime.client_secrets"
_TYPES = "openai.types."


def create(context: Context) -> Finished:
    """A secret in the GA form."""
    body = context.body
    session = made(context, body.get("session") or {"type": "realtime"})
    seconds = (body.get("expires_after") or {}).get("seconds") or _LIFETIME
    secret = _kept(context, session, seconds)
    # openai 1.x requires the secret in the session as well (types/realtime/realtime_session_create_response.py).
    held = {"client_secret": secret} if session["type"] == "realtime" else {}
    return Finished({**secret, "session": {**session, **held}})


def create_beta(context: Context) -> Finished:
    """A session of the beta, with its secret."""
    session = made(context, {"type": "realtime", **beta.settings(context.body)})
    secret = _kept(context, session, _beta_seconds(context.body, "expires_after"))
    return Finished({**beta.session(session), "client_secret": secret})


def create_beta_transcription(context: Context) -> Finished:
    """A transcription session of the beta, with its secret."""
    change = {name: value for name, value in context.body.items() if name not in ("include", "modalities")}
    session = made(context, {"type": "transcription", **beta.settings(change)})
    hearing = beta.hearing(session)
    secret = _kept(context, session, _beta_seconds(context.body, "expires_at"))
    kept = {name: session[name] for name in ("id", "object", "expires_at")}
    modalities = context.body.get("modalities") or ["audio", "text"]
    return Finished({**kept, **hearing, "modalities": modalities, "client_secret": secret})


def made(context: Context, wanted: Mapping[str, Any]) -> JSON:
    """The whole session that these settings make. Raises Refused for what no session takes."""
    config.check(wanted, "session")
    fresh = config.fresh(
        wanted["type"], new_id("sess", context.serial), wanted.get("model") or _MODEL, int(context.time)
    )
    session = config.merged(fresh, wanted)
    config.check_choice(session, "session")
    return session


def session_of(context: Context, key: str | None) -> JSON | None:
    """The session that a client secret carries, None for any other key.

    Raises `Refused` for one that was never made, or has expired by the app's clock.
    """
    if key is None or not key.startswith(PREFIX):
        return None
    secret = context.store.collection(_STORE).get(key)
    if secret is None:
        raise Refused(errors.invalid_key(key))
    if secret["expires_at"] <= context.now:
        raise Refused(_expired(key))
    session: JSON = secret["session"]
    return session


def _kept(context: Context, session: JSON, seconds: int) -> JSON:
    value = PREFIX + context.serial.child("secret").hex(32)
    secret = {"value": value, "expires_at": context.now + seconds}
    context.store.collection(_STORE).put(value, {**secret, "session": session})
    return secret


def _beta_seconds(body: Mapping[str, Any], name: str) -> int:
    seconds: int = ((body.get("client_secret") or {}).get(name) or {}).get("seconds") or _BETA_LIFETIME
    return seconds


def _expired(key: str) -> Error:
    return Error(401, f"The client secret {masked(key)} has expired. Create another one.", code="invalid_api_key")


_SECONDS = Range(10, 7200)

ENDPOINTS = (
    Endpoint(
        "POST",
        "/realtime/client_secrets",
        "realtime.client_secrets",
        create,
        params=_TYPES + "realtime.client_secret_create_params:ClientSecretCreateParams",
        bounds={"expires_after.seconds": _SECONDS},
    ),
    Endpoint(
        "POST",
        "/realtime/sessions",
        "beta.realtime.sessions",
        create_beta,
        params=_TYPES + "beta.realtime.session_create_params:SessionCreateParams",
        bounds={"client_secret.expires_after.seconds": _SECONDS, "temperature": Range(0.6, 1.2)},
    ),
    Endpoint(
        "POST",
        "/realtime/transcription_sessions",
        "beta.realtime.transcription_sessions",
        create_beta_transcription,
        params=_TYPES + "beta.realtime.transcription_session_create_params:TranscriptionSessionCreateParams",
        bounds={"client_secret.expires_at.seconds": _SECONDS},
    ),
)
