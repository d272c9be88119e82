"""Certificates to serve HTTPS with: the user's own, or those of a CA made on the spot (trustme, extra `server`)."""

from __future__ import annotations

import ssl
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from pytest_mockopenai.standalone.config import BadOption, Config


def with_certificate(config: Config, stack: ExitStack) -> Config:
    """The options with the files of a certificate in the place of `tls`; the files go when the stack closes.

    Raises BadOption without trustme, or if the CA's file cannot be written.
    """
    if not config.tls:
        return config
    try:
        import trustme
    except ImportError:
        raise BadOption("--tls needs trustme: pip install 'pytest-mockopenai[server]'") from None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mockopenai-tls-")))
    authority = trustme.CA(organization_name="mockopenai")
    issued = authority.issue_cert("localhost", "127.0.0.1", "::1", *_also(config.host))
    cert, key, ca = folder / "cert.pem", folder / "key.pem", config.ca_file or folder / "ca.pem"
    issued.private_key_pem.write_to_path(str(key))
    for pem in issued.cert_chain_pems:
        pem.write_to_path(str(cert), append=True)
    try:
        authority.cert_pem.write_to_path(str(ca))
    except OSError as error:
        raise BadOption(f"--ca-file: cannot write {ca}: {error.strerror}") from None
    return replace(config, tls=False, cert=cert, key=key, ca_file=ca)


def _also(host: str) -> tuple[str, ...]:
    return () if host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::") else (host,)


def context_of(config: Config) -> ssl.SSLContext | None:
    """The TLS context of the certificate, None without one. Raises BadOption for files that hold none."""
    if config.cert is None or config.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(config.cert, config.key)
    except OSError as error:
        raise BadOption(f"--cert {config.cert} and --key {config.key} cannot be used: {error}") from None
    return context
