"""C2PA manifests: signed words about where a sound comes from, in wav, mp3, flac and m4a that are whole.

The certificate is the house's own, made once and kept in its data folder, unless the settings name another. One that we
make ourselves says that nobody has altered the file since, and not who we are: nobody else vouches for it.

Source: C2PA Technical Specification 2.1, sections 14.4 (certificates) and 18 (assertions).
"""

from __future__ import annotations

import io
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kouji import config
from kouji.errors import AlreadyExists, InvalidInput, MissingExtra, OutputFailed

from .marks import GENERATED, KINDS

MEDIA_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "m4a": "audio/mp4"}
FOLDER = "c2pa"  # in the house's data folder
_YEARS = 10  # that our own certificate holds
# What a manifest asks others for over the net is left alone: a file says nothing about whom we speak to.
_SETTINGS = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}


def is_installed() -> bool:
    """Whether the extra is here."""
    return find_spec("c2pa") is not None


def sealer(settings: config.Config, format: str, tags: dict[str, str]) -> Callable[[bytes], bytes] | None:
    """What signs a whole file of that format; None where none is to be signed. Fails before the work, not after it.

    Args:
        settings: of the house.
        format: of the file: those that are none of MEDIA_TYPES have no place for a manifest.
        tags: what the file says of itself; a file without marks gets no manifest.

    Raises:
        MissingExtra, InvalidInput, OutputFailed: as `signed`.
    """
    if settings.c2pa == "off" or format not in MEDIA_TYPES or not tags:
        return None
    if not is_installed():
        raise MissingExtra("Signing with C2PA", "c2pa")
    _identity(settings)
    return partial(signed, format=format, tags=tags, settings=settings)


def signed(data: bytes, format: str, tags: dict[str, str], settings: config.Config) -> bytes:
    """A file with a manifest about it; nobody can alter it afterwards without that being seen.

    Args:
        data: the whole file.
        format: one of MEDIA_TYPES.
        tags: what it says of itself, see `marks.tags`: said in the manifest too.
        settings: of the house.

    Raises:
        MissingExtra: c2pa is not installed.
        InvalidInput: the certificate or key of the settings cannot be used.
        OutputFailed: our own cannot be kept.
    """
    if not is_installed():
        raise MissingExtra("Signing with C2PA", "c2pa")
    import c2pa

    certificate, key = _identity(settings)
    try:
        info = c2pa.C2paSignerInfo(_algorithm(key), certificate, key, None)
        builder = c2pa.Builder(json.dumps(_manifest(tags)))
        result = io.BytesIO()
        builder.sign(c2pa.Signer.from_info(info), MEDIA_TYPES[format], io.BytesIO(data), result)
    except c2pa.C2paError as error:
        raise InvalidInput(f"The certificate or key of C2PA cannot be used: {error}", "See docs/marking.md.") from error
    return result.getvalue()


def read(data: bytes, format: str) -> dict[str, Any] | None:
    """What the manifest of a file says, and whether its signature holds; None where there is none.

    Raises:
        MissingExtra: c2pa is not installed.
    """
    if format not in MEDIA_TYPES:
        return None
    if not is_installed():
        raise MissingExtra("Reading C2PA", "c2pa")
    import c2pa

    try:
        context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))
        report = json.loads(c2pa.Reader(MEDIA_TYPES[format], io.BytesIO(data), context=context).json())
    except c2pa.C2paError as error:
        if "ManifestNotFound" in str(error):
            return None
        return {"state": "Invalid", "problems": [str(error)]}
    return _told(report)


def _told(report: dict[str, Any]) -> dict[str, Any]:
    active = report.get("manifests", {}).get(report.get("active_manifest"), {})
    said = {each.get("label"): each.get("data", {}) for each in active.get("assertions", [])}
    actions: list[dict[str, Any]] = [
        each
        for label, data in said.items()
        if str(label).startswith("c2pa.actions")
        for each in data.get("actions", [])
    ]
    signature = active.get("signature_info", {})
    return {
        "state": report.get("validation_state"),  # Valid: unaltered; Trusted: by somebody on a trust list; Invalid
        "issuer": signature.get("issuer"),
        "generator": [each.get("name") for each in active.get("claim_generator_info", [])],
        "digital_source_type": next(filter(None, (each.get("digitalSourceType") for each in actions)), None),
        "kouji": said.get("org.kouji.marks"),
        "problems": [each.get("code") for each in report.get("validation_status", [])],
    }


def _manifest(tags: dict[str, str]) -> dict[str, Any]:
    created = {"action": "c2pa.created", "digitalSourceType": GENERATED, "softwareAgent": {"name": "kouji"}}
    marks = {kind: json.loads(tags[name]) for name, kind in KINDS.items() if name in tags}
    return {
        "claim_generator_info": [{"name": "kouji"}],
        "title": "AI-generated speech",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": "org.kouji.marks", "data": marks},
        ],
    }


def _identity(settings: config.Config) -> tuple[bytes, bytes]:
    """(chain of certificates, key), both PEM: those of the settings, else the house's own."""
    named = settings.c2pa_certificate, settings.c2pa_key
    if any(named):
        if not all(named):
            raise InvalidInput("A certificate needs its key.", "Set c2pa_certificate and c2pa_key.")
        paths = [Path(path).expanduser() for path in named]
    else:
        folder = config.home_folder(settings) / FOLDER
        if not folder.is_dir():
            with suppress(AlreadyExists):  # another process was faster
                _make(folder)
        paths = [folder / "certificate.pem", folder / "key.pem"]
    try:
        return paths[0].read_bytes(), paths[1].read_bytes()
    except OSError as error:
        raise InvalidInput(f"{error.filename} cannot be read: {error.strerror}.", "See docs/marking.md.") from error


def _algorithm(key: bytes) -> Any:
    import c2pa
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        hint = "Give a PEM file without a password."
        raise InvalidInput(f"The key for C2PA cannot be read: {error}", hint) from error
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return c2pa.C2paSigningAlg.ED25519
    if isinstance(private, rsa.RSAPrivateKey):
        return c2pa.C2paSigningAlg.PS256
    curves = {256: "ES256", 384: "ES384", 521: "ES512"}
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.key_size in curves:
        return c2pa.C2paSigningAlg[curves[private.key_size]]
    raise InvalidInput("C2PA signs with no key of that kind.", "Give Ed25519, RSA, or P-256, P-384, P-521.")


def _make(folder: Path) -> None:
    """A certificate of this house, by an authority whose key is thrown away. For nobody else to read."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    authority, own = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    chain = _certificate(own, authority, "speech", False) + _certificate(authority, authority, "house", True)
    key = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        draft.mkdir(parents=True, mode=0o700)
        (draft / "certificate.pem").write_bytes(chain)
        with os.fdopen(os.open(draft / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        try:
            draft.rename(folder)
        except OSError as error:
            if folder.is_dir():
                raise AlreadyExists("certificate", str(folder)) from error
            raise
    except OSError as error:
        raise OutputFailed(f"{folder} cannot be made: {error.strerror}.", "Set home to another folder.") from error


def _certificate(own: Any, authority: Any, name: str, is_authority: bool) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def called(what: str) -> x509.Name:
        return x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kouji"), x509.NameAttribute(NameOID.COMMON_NAME, what)]
        )

    signs = is_authority
    start = datetime.now(UTC) - timedelta(hours=1)  # clocks differ
    usage = x509.KeyUsage(not signs, False, False, False, False, signs, signs, False, False)
    public = authority.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called("house"))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(signs, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(usage, critical=True)
    )
    if not signs:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(authority, None).public_bytes(serialization.Encoding.PEM)
