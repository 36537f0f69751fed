"""The server with a certificate of its own."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from kouji import config
from kouji.errors import InvalidInput
from kouji.serve.run import check_tls

from .conftest import running


def test_the_server_speaks_https_and_says_so_in_its_addresses(certificate: tuple[Path, Path]) -> None:
    both = certificate[0].parent / "both.pem"
    both.write_bytes(certificate[0].read_bytes() + certificate[1].read_bytes())
    with running(tls_certificate=str(both)) as server:
        with httpx.Client(verify=ssl.create_default_context(cafile=str(certificate[0]))) as client:
            answer = client.post(f"{server.url}/tts", json={"text": "Hello."}, timeout=30).json()
            assert answer["audio_url"].startswith(f"{server.url}/takes/")
            assert client.get(answer["audio_url"]).content[:4] == b"RIFF"
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{server.url}/health")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(server.url.replace("https", "http"))


def test_a_certificate_that_cannot_be_used_is_told_at_the_start(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    pem, key = map(str, certificate)
    check_tls(config.Config(tls_certificate=pem, tls_key=key))
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        serialization.load_pem_private_key(certificate[1].read_bytes(), None).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )  # fmt: skip
    for given in (("", key), (pem, ""), (key, pem), (pem, str(tmp_path / "none.key")), (pem, str(locked))):
        with pytest.raises(InvalidInput) as refused:
            check_tls(config.Config(tls_certificate=given[0], tls_key=given[1]))
        assert refused.value.hint
