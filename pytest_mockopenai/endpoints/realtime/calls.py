"""Calls over WebRTC and telephone: POST /realtime/calls and what is done with a call. No sound is carried.

The SDP answer is one that a browser could parse, of a peer that is not there. A call that was made can be accepted,
rejected, referred and hung up; the id is in the `Location` header, and `?call_id=` joins it over WebSocket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pytest_mockopenai.core import checks, errors, forms, handle, handshake
from pytest_mockopenai.core.bounds import Length, Range
from pytest_mockopenai.core.endpoint import JSON, Context, Endpoint, Finished
from pytest_mockopenai.core.errors import Refused
from pytest_mockopenai.core.seed import Draw
from pytest_mockopenai.core.wire import Request
from pytest_mockopenai.endpoints.realtime import secrets

_SDP = "application/sdp"
_STORE = "realtime.calls"
_PATH = "/realtime/calls/{call_id}/"
_TYPES = "openai.types.realtime."


def create(context: Context) -> Finished:
    """A call, answered with 201, its address and an SDP answer."""
    offer = context.body["sdp"]
    if not offer.startswith("v=0"):
        raise Refused(errors.invalid("Invalid SDP offer: it must begin with 'v=0'.", param="sdp", code="invalid_offer"))
    carried = secrets.session_of(context, handshake.key_of(context.request))
    wanted = context.body.get("session")
    session = carried if carried and not wanted else secrets.made(context, {"type": "realtime", **(wanted or {})})
    id_ = "rtc_" + context.serial.child("call").hex(32)
    context.store.collection(_STORE).put(id_, {"id": id_, "status": "active", "session": session})
    answer = sdp_answer(offer, context.serial.child("sdp"))
    location = ("location", f"/v1/realtime/calls/{id_}")
    return Finished({"sdp": answer}, headers=(location,), status=201, content=(_SDP, answer.encode()))


def read(request: Request) -> JSON:
    """The offer, sent as it is or in a form beside the session. Raises Refused for a body that is neither."""
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if kind == _SDP:
        return {"sdp": request.body.decode("utf-8", "replace")}
    fields = forms.read(request)
    if isinstance(fields.get("session"), str):  # JSON, also where the installed SDK is too old to say so
        fields["session"] = handle.json_object(fields["session"])
    return fields


def session_of(context: Context, call_id: str) -> JSON:
    """The session of a call that lasts. Raises Refused if there is none of this id."""
    session: JSON = _lasting(context, call_id)["session"]
    return session


def _lasting(context: Context, call_id: str) -> JSON:
    call = context.store.collection(_STORE).get(call_id)
    if call is None or call["status"] != "active":
        raise Refused(errors.no_such("Realtime call", call_id))
    return call


def accept(context: Context) -> Finished:
    """Take a call with this session."""
    session = secrets.made(context, context.body)
    return _changed(context, session=session)


def refer(context: Context) -> Finished:
    """Pass a call on to another address."""
    return _changed(context, status="referred", target_uri=context.body["target_uri"])


def reject(context: Context) -> Finished:
    """Decline a call; SIP's 603 unless another status is given."""
    return _changed(context, status="rejected", status_code=context.body.get("status_code") or 603)


def hangup(context: Context) -> Finished:
    """End a call."""
    return _changed(context, status="ended")


def _changed(context: Context, **change: Any) -> Finished:
    id_ = context.path["call_id"]
    _lasting(context, id_)
    call = context.store.collection(_STORE).update(id_, lambda call: {**call, **change})
    return Finished(call or {}, content=("text/plain", b""))


# --- SDP (RFC 8866, and RFC 8829 for what WebRTC puts into it) --------------------------------------------------------


def sdp_answer(offer: str, draw: Draw) -> str:
    """An answer to an offer: each of its media sections, in order, with the first of its formats."""
    pairs = draw.hex(64).upper()
    secrets_ = (f"a=ice-ufrag:{draw.alphanumeric(8)}", f"a=ice-pwd:{draw.alphanumeric(24)}")
    fingerprint = "a=fingerprint:sha-256 " + ":".join(pairs[at : at + 2] for at in range(0, 64, 2))
    sections = list(_sections(offer))
    bundle = " ".join(_attribute(section, "mid") or str(place) for place, section in enumerate(sections))
    lines = [
        *("v=0", f"o=- {draw.integer(1, 2**62)} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {bundle}"),
        *("a=ice-lite", "a=msid-semantic: WMS *"),
    ]
    for place, section in enumerate(sections):
        lines += [*_answered(section, place), *secrets_, fingerprint, "a=setup:passive"]
    return "\r\n".join([*lines, ""])


def _sections(offer: str) -> Iterator[list[str]]:
    section: list[str] = []
    for line in offer.splitlines():
        if line.startswith("m="):
            if section:
                yield section
            section = [line]
        elif section:
            section.append(line)
    if section:
        yield section


def _answered(section: list[str], place: int) -> list[str]:
    kind, _, protocol, *formats = [*section[0].removeprefix("m=").split(), "", ""]
    form = next(iter(formats), "") or "0"
    mapped = [line for line in section if line.startswith((f"a=rtpmap:{form} ", f"a=fmtp:{form} ", "a=sctp-port:"))]
    way = [] if kind == "application" else ["a=sendrecv", "a=rtcp-mux"]
    mid = _attribute(section, "mid") or str(place)
    return [f"m={kind} 9 {protocol or 'UDP/TLS/RTP/SAVPF'} {form}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", *way, *mapped]


def _attribute(section: list[str], name: str) -> str | None:
    return next((line.partition(":")[2] for line in section if line.startswith(f"a={name}:")), None)


def _on_call(name: str, act: Callable[[Context], Finished], params: str, **more: Any) -> Endpoint:
    return Endpoint("POST", _PATH + name, "realtime.calls", act, params=params, **more)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/realtime/calls",
        "realtime.calls",
        create,
        params=_TYPES + "call_create_params:CallCreateParams",
        bounds={"sdp": Length(1, None)},
        rules=(checks.needs("sdp"),),
        read=read,
    ),
    _on_call("accept", accept, _TYPES + "call_accept_params:CallAcceptParams", rules=(checks.needs("type"),)),
    _on_call(
        "refer",
        refer,
        _TYPES + "call_refer_params:CallReferParams",
        bounds={"target_uri": Length(1, None)},
        rules=(checks.needs("target_uri"),),
    ),
    _on_call("reject", reject, _TYPES + "call_reject_params:CallRejectParams", bounds={"status_code": Range(300, 699)}),
    Endpoint("POST", _PATH + "hangup", "realtime.calls", hangup),
)
