"""GET /realtime: the WebSocket of the Realtime API, in the GA form and in that of the SDK's beta client.

Each response, and each transcript of what the user said, is a call of its own: recorded, scripted, timed and broken
like any other, with the method `WS`.
"""

from __future__ import annotations

from pytest_mockopenai.core import errors, handshake
from pytest_mockopenai.core.dialogue import upgrade_only
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Service
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.endpoints.realtime import calls, config, secrets
from pytest_mockopenai.endpoints.realtime.beta import BETA
from pytest_mockopenai.endpoints.realtime.ids import new_id
from pytest_mockopenai.endpoints.realtime.respond import RESPOND
from pytest_mockopenai.endpoints.realtime.session import Session
from pytest_mockopenai.endpoints.realtime.transcribe import TRANSCRIBE
from pytest_mockopenai.endpoints.realtime.wire import GA

_BETA_HEADER, _BETA_PROTOCOL = "realtime=v1", "openai-beta.realtime-v1"


def is_beta(request: Request) -> bool:
    """Whether the client speaks the beta form: by its header, or in a browser by a subprotocol."""
    header = request.header("openai-beta") or ""
    return _BETA_HEADER in header or _BETA_PROTOCOL in handshake.protocols(request)


def connect(context: Context, service: Service) -> Session:
    """Open a session; raises `Refused` before the upgrade."""
    beta = is_beta(context.request)
    return Session(context, service, _opened(context, beta), BETA if beta else GA)


def _opened(context: Context, beta: bool) -> JSON:
    """The session's settings: those of a call that is joined, those that a client secret carries, or the defaults."""
    query = dict(context.request.query)
    carried = secrets.session_of(context, handshake.key_of(context.request))
    if "call_id" in query:
        carried = calls.session_of(context, query["call_id"])
    if carried:
        new = {"id": new_id("sess", context.serial), "expires_at": context.now + config.LIFETIME}
        model = {"model": context.model} if context.model and "model" in carried else {}
        return {**carried, **new, **model}
    kind = "transcription" if query.get("intent") == "transcription" else "realtime"
    if kind == "transcription" and beta:
        message = "The mock has transcription sessions in the GA form only: connect without the header OpenAI-Beta."
        raise Refused(errors.invalid(message, param="intent", code="invalid_value"))
    if kind == "realtime" and not context.model:
        raise Refused(errors.invalid("You must provide a model parameter.", param="model", code="missing_model"))
    return config.fresh(kind, new_id("sess", context.serial), context.model, context.now)


ENDPOINTS = (
    Endpoint("GET", "/realtime", "realtime", upgrade_only, dialogue=connect, subprotocols=("realtime",)),
    RESPOND,
    TRANSCRIBE,
    *secrets.ENDPOINTS,
    *calls.ENDPOINTS,
)
