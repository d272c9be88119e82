"""TLS contexts are shared between clients built alike, only while on, and never where it could matter."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path
from typing import Any

import pytest

from pytest_mockopenai.isolation import tls
from pytest_mockopenai.isolation.tls import shared


@pytest.fixture(params=["httpx", "httpx2"])
def http(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def context(transport: Any) -> Any:
    """The context a transport of httpx or httpx2 connects with."""
    return transport._pool._ssl_context


def test_alike_is_shared_while_on(http: Any) -> None:
    with shared():
        first = context(http.HTTPTransport())
        assert context(http.HTTPTransport()) is first
        assert context(http.HTTPTransport(True, None, True)) is first
        assert context(http.HTTPTransport(retries=3, verify=True)) is first
        with http.Client() as client:
            assert context(client._transport) is first
    assert context(http.HTTPTransport()) is not first
    with shared():
        assert context(http.HTTPTransport()) is first


def test_async_is_shared_among_async(http: Any) -> None:
    with shared():
        first = context(http.AsyncHTTPTransport())
        assert context(http.AsyncHTTPTransport()) is first
        assert context(http.HTTPTransport()) is not first


def test_the_classes_are_as_they_were_after(http: Any) -> None:
    was = dict(vars(http.HTTPTransport)), dict(vars(http.AsyncHTTPTransport))
    with shared(), shared():
        pass
    assert (dict(vars(http.HTTPTransport)), dict(vars(http.AsyncHTTPTransport))) == was


def test_a_shared_context_is_what_the_library_makes(http: Any) -> None:
    own = context(http.HTTPTransport())
    with shared():
        one = context(http.HTTPTransport())
        unverified = context(http.HTTPTransport(verify=False))
    assert (one.verify_mode, one.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert one.cert_store_stats() == own.cert_store_stats()
    assert (unverified.verify_mode, unverified.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize(
    "other", [{"verify": False}, {"trust_env": False}, {"http2": True}], ids=lambda other: next(iter(other))
)
def test_what_is_built_otherwise_is_shared_apart(http: Any, other: dict[str, bool]) -> None:
    with shared():
        assert context(http.HTTPTransport(**other)) is not context(http.HTTPTransport())
        assert context(http.HTTPTransport(**other)) is context(http.HTTPTransport(**other))


def test_http2_by_position_is_seen(http: Any) -> None:
    with shared():
        assert context(http.HTTPTransport(True, None, True, True, True)) is context(http.HTTPTransport(http2=True))


def test_a_context_of_the_users_own_is_used_as_it_is(http: Any) -> None:
    own = ssl.create_default_context()
    with shared():
        assert context(http.HTTPTransport(verify=own)) is own
        assert context(http.HTTPTransport(own)) is own
        assert context(http.HTTPTransport()) is not own


def test_a_file_of_the_users_own_is_read_each_time(http: Any, ca: Path) -> None:
    with shared(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert context(http.HTTPTransport(verify=str(ca))) is not context(http.HTTPTransport(verify=str(ca)))


def test_a_certificate_of_the_users_own_is_never_put_into_a_shared_one(http: Any) -> None:
    with shared(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.raises(FileNotFoundError):
            http.HTTPTransport(cert="no-such-file.pem")


def test_contexts_that_users_ask_for_are_new(http: Any) -> None:
    with shared():
        http.HTTPTransport()
        assert http.create_ssl_context() is not http.create_ssl_context()


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    """A file of certificates: the first that this machine trusts."""
    found = ssl.create_default_context().get_ca_certs(binary_form=True) or _certifi()
    file = tmp_path / "ca.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(found[0]))
    return file


def _certifi() -> list[bytes]:
    certifi = pytest.importorskip("certifi")
    return ssl.create_default_context(cafile=certifi.where()).get_ca_certs(binary_form=True)


def test_another_certificate_file_makes_another_context(http: Any, ca: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with shared():
        default = context(http.HTTPTransport())
        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        first = context(http.HTTPTransport())
        assert first is not default
        assert first is context(http.HTTPTransport())
        assert first.cert_store_stats()["x509"] == 1
        ca.write_text(ca.read_text() + "\n")
        assert context(http.HTTPTransport()) is not first
        monkeypatch.setenv("SSL_CERT_FILE", str(ca) + ".gone")
        with pytest.raises(FileNotFoundError):
            http.HTTPTransport()
        monkeypatch.delenv("SSL_CERT_FILE")
        assert context(http.HTTPTransport()) is default


def test_the_number_kept_is_bounded(http: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_contexts", {})
    with shared():
        first = context(http.HTTPTransport(verify=False))
        for number in range(tls._KEPT):
            monkeypatch.setenv("SSLKEYLOGFILE", f"/nowhere/{number}")
            http.HTTPTransport(verify=False)
        assert len(tls._contexts) == tls._KEPT
        monkeypatch.delenv("SSLKEYLOGFILE")
        assert context(http.HTTPTransport(verify=False)) is not first


def test_the_aiohttp_transport_shares_too() -> None:
    pytest.importorskip("aiohttp")
    import openai

    try:
        with shared():
            one, other = openai.DefaultAioHttpClient(), openai.DefaultAioHttpClient()
    except RuntimeError:
        pytest.skip("openai[aiohttp] is not installed")
    first: Any = one._transport
    second: Any = other._transport
    assert first.ssl_context is second.ssl_context
