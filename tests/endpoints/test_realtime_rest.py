"""Client secrets, the beta's sessions, and calls over WebRTC: what HTTP has of the Realtime API."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("openai.types.realtime")
import pydantic
from openai.types.realtime import ClientSecretCreateResponse, RealtimeSessionCreateResponse

from tests.endpoints.conftest import NOW, Api
from tests.endpoints.talking import handshake, opened

OFFER = "\r\n".join(
    [
        *("v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"),
        *("m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "a=mid:0", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1"),
        *("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:1", "a=sctp-port:5000", ""),
    ]
)
KEY = ("authorization", "Bearer sk-test")
SDP = ("content-type", "application/sdp")


def secret(api: Api, **body: Any) -> Any:
    answered = api.send("POST", "/v1/realtime/client_secrets", body)
    assert answered.status == 200, answered.json
    if "client_secret" not in RealtimeSessionCreateResponse.model_fields:  # the first GA type had it once more in there
        pydantic.TypeAdapter(ClientSecretCreateResponse).validate_python(answered.json)
    return answered.json


def bearer(value: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {value}")


# --- client secrets ---------------------------------------------------------------------------------------------------


def test_a_secret_carries_its_session(api: Api) -> None:
    made = secret(api, session={"type": "realtime", "model": "gpt-realtime-mini", "instructions": "Be brief."})
    assert made["value"].startswith("ek_")
    assert made["expires_at"] == NOW + 600
    assert made["session"]["object"] == "realtime.session"
    conversing = opened(api, "/v1/realtime", key=bearer(made["value"]))
    session = conversing.take()[0]["session"]
    assert (session["model"], session["instructions"]) == ("gpt-realtime-mini", "Be brief.")
    assert session["id"] != made["session"]["id"]
    again = opened(api, "/v1/realtime?model=gpt-realtime", key=bearer(made["value"]))
    assert again.take()[0]["session"]["model"] == "gpt-realtime"


def test_a_secret_of_a_transcription(api: Api) -> None:
    made = secret(api, session={"type": "transcription"})
    assert opened(api, "/v1/realtime", key=bearer(made["value"])).take()[0]["session"]["type"] == "transcription"


def test_a_secret_expires_by_the_clock_of_the_app(api: Api) -> None:
    made = secret(api, expires_after={"anchor": "created_at", "seconds": 10})
    assert made["expires_at"] == NOW + 10
    api.time = NOW + 9
    opened(api, "/v1/realtime", key=bearer(made["value"]))
    api.time = NOW + 10
    assert handshake(api, "/v1/realtime", key=bearer(made["value"])).status == 401


def test_a_secret_that_was_never_made(api: Api) -> None:
    assert handshake(api, "/v1/realtime?model=x", key=bearer("ek_unknown")).status == 401


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"expires_after": {"seconds": 9}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": 7201}}, "expires_after.seconds"),
        ({"session": {"type": "other"}}, "session.type"),
        ({"session": {"type": "realtime", "max_output_tokens": 0}}, "session.max_output_tokens"),
        ({"sessions": {}}, "sessions"),
    ],
)
def test_secrets_that_are_refused(api: Api, body: Any, param: str) -> None:
    answered = api.send("POST", "/v1/realtime/client_secrets", body)
    assert (answered.status, answered.error["param"]) == (400, param)


def test_sessions_of_the_beta(api: Api) -> None:
    pytest.importorskip("openai.types.beta.realtime.session_create_response")
    from openai.types.beta.realtime import SessionCreateResponse, TranscriptionSession

    made = api.send("POST", "/v1/realtime/sessions", {"model": "gpt-4o-realtime-preview", "voice": "ash"}).json
    pydantic.TypeAdapter(SessionCreateResponse).validate_python(made)
    assert (made["voice"], made["client_secret"]["expires_at"]) == ("ash", NOW + 60)
    opened(api, "/v1/realtime", key=bearer(made["client_secret"]["value"]))
    body = {"input_audio_transcription": {"model": "whisper-1"}, "input_audio_format": "g711_ulaw"}
    made = api.send("POST", "/v1/realtime/transcription_sessions", body).json
    pydantic.TypeAdapter(TranscriptionSession).validate_python(made)
    assert (made["input_audio_format"], made["input_audio_transcription"]["model"]) == ("g711_ulaw", "whisper-1")


# --- calls ------------------------------------------------------------------------------------------------------------


def call(api: Api) -> str:
    answered = api.send("POST", "/v1/realtime/calls", OFFER.encode(), KEY, SDP)
    assert answered.status == 201
    location = answered.header("location")
    assert location is not None
    return location


def form(**parts: str) -> tuple[bytes, tuple[str, str]]:
    kinds = {"sdp": "application/sdp", "session": "application/json"}
    sections = [
        f'--B\r\ncontent-disposition: form-data; name="{name}"\r\n'
        f"content-type: {kinds.get(name, 'text/plain')}\r\n\r\n{text}\r\n"
        for name, text in parts.items()
    ]
    return "".join([*sections, "--B--\r\n"]).encode(), ("content-type", "multipart/form-data; boundary=B")


def test_an_offer_is_answered(api: Api) -> None:
    answered = api.send("POST", "/v1/realtime/calls", OFFER.encode(), KEY, SDP)
    assert (answered.status, answered.header("content-type")) == (201, "application/sdp")
    assert str(answered.header("location")).startswith("/v1/realtime/calls/rtc_")
    lines = answered.reply.body.decode().split("\r\n")
    assert lines[0] == "v=0"
    assert [line for line in lines if line.startswith(("m=", "a=mid:", "a=group"))] == [
        "a=group:BUNDLE 0 1",
        *("m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0"),
        *("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:1"),
    ]
    assert "a=rtpmap:111 opus/48000/2" in lines
    assert any(line.startswith("a=ice-pwd:") and len(line) >= 32 for line in lines)


def test_an_offer_in_a_form_beside_its_session(api: Api) -> None:
    body, kind = form(sdp=OFFER, session=json.dumps({"type": "realtime", "model": "gpt-realtime-mini"}))
    answered = api.send("POST", "/v1/realtime/calls", body, KEY, kind)
    assert answered.status == 201
    id_ = str(answered.header("location")).rpartition("/")[2]
    assert opened(api, f"/v1/realtime?call_id={id_}").take()[0]["session"]["model"] == "gpt-realtime-mini"


@pytest.mark.parametrize(
    ("body", "kind", "param"),
    [
        (*form(session="{}"), "sdp"),
        (*form(sdp=OFFER, session="{"), None),
        (*form(sdp="hello"), "sdp"),
        (b"hello", SDP, "sdp"),
        (b"", SDP, "sdp"),
        (b"no form at all", ("content-type", "multipart/form-data; boundary=B"), None),
    ],
)
def test_offers_that_are_refused(api: Api, body: bytes, kind: tuple[str, str], param: str | None) -> None:
    answered = api.send("POST", "/v1/realtime/calls", body, KEY, kind)
    assert (answered.status, answered.error["param"]) == (400, param)


def test_an_offer_is_no_json(api: Api) -> None:
    answered = api.send("POST", "/v1/realtime/calls", b"{}", KEY, ("content-type", "application/json"))
    assert (answered.status, answered.error["type"]) == (415, "invalid_request_error")


def test_a_form_with_a_part_that_there_is_not(api: Api) -> None:
    pytest.importorskip("openai.types.realtime.call_create_params")
    body, kind = form(sdp=OFFER, other="x")
    assert api.send("POST", "/v1/realtime/calls", body, KEY, kind).error["param"] == "other"


@pytest.mark.parametrize(
    ("act", "body", "lasts"),
    [
        ("accept", {"type": "realtime", "instructions": "x"}, True),
        ("refer", {"target_uri": "tel:+14155550123"}, False),
        ("reject", {"status_code": 486}, False),
        ("reject", {}, False),
        ("hangup", None, False),
    ],
)
def test_what_is_done_with_a_call(api: Api, act: str, body: Any, lasts: bool) -> None:
    location = call(api)
    answered = api.send("POST", f"{location}/{act}", body)
    assert (answered.status, answered.reply.body) == (200, b"")
    assert api.send("POST", f"{location}/hangup").status == (200 if lasts else 404)


@pytest.mark.parametrize("act", ["accept", "refer", "reject", "hangup"])
def test_a_call_that_is_none(api: Api, act: str) -> None:
    bodies: dict[str, Any] = {"accept": {"type": "realtime"}, "refer": {"target_uri": "x"}}
    answered = api.send("POST", f"/v1/realtime/calls/rtc_no/{act}", bodies.get(act, {}))
    assert answered.status == 404


def test_a_call_has_to_be_accepted_with_a_session(api: Api) -> None:
    answered = api.send("POST", f"{call(api)}/accept", {"instructions": "x"})
    assert (answered.status, answered.error["param"]) == (400, "type")
