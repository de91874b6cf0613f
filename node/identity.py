"""Who is at the other end of a connection. Knows certificates and the hello; no socket, no frame.

TLS 1.3 is authenticated by consensus keys without putting them into TLS: each process makes an
ephemeral TLS key and has its consensus key sign a short-lived certificate for it, as an authority
whose name is the key in hex. Peers need no files: the authority's certificate is put together here
from the key that genesis names (its own signature is never looked at, it is a trust anchor).

A client whose certificate was refused still sees its TLS 1.3 connection succeed, so a connection
counts only after both sides have shown a hello, signed by the consensus key and bound to both
certificates ([NET-1]).
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from primitives.encoding import Digest, Index, Malformed, Signature, Wire, decode, encode
from primitives.hashing import HELLO_SIGNATURE
from primitives.keys import ED25519, Signer
from primitives.validators import ValidatorSet

HELLO_VERSION: Final = 1
MAX_HELLO: Final = 512
_VALID: Final = timedelta(days=7)
_RENEW: Final = timedelta(days=1)
_CLOCKS_DIFFER: Final = timedelta(days=1)
_ED25519_ALGORITHM: Final = bytes.fromhex("300506032b6570")
"""The AlgorithmIdentifier of Ed25519 in DER (RFC 8410, section 3)."""
_MAX_CERTIFICATE: Final = 4096


class Hello(Wire):
    """The first frame, in both directions. ``own`` and ``yours`` are the SHA-256 of the
    certificates that the sender showed and saw."""

    version: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    chain: Digest
    sender: Index
    receiver: Index
    own: Digest
    yours: Digest
    signature: Signature


class Credential(msgspec.Struct, frozen=True):
    """What one connection shows: contexts for both roles and the digest of their certificate."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    digest: bytes
    renew_at: datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Identity:
    """One validator among its peers, for the members of one epoch."""

    def __init__(
        self,
        chain: bytes,
        members: ValidatorSet,
        me: int,
        signer: Signer,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._chain = chain
        self._members = members
        self._signer = signer
        self._now = now
        self._credential: Credential | None = None
        self.me = me

    def credential(self) -> Credential:
        """The current credential; a new one each day, so that a process can run for years."""
        if self._credential is None or self._now() >= self._credential.renew_at:
            self._credential = self._make_credential()
        return self._credential

    def _make_credential(self) -> Credential:
        now = self._now()
        tls_key = Ed25519PrivateKey.generate()
        leaf = _leaf(tls_key.public_key(), self._signer, now)
        anchors = [
            _anchor(member.key)
            for place, member in enumerate(self._members.members)
            if place != self.me
        ]
        contexts = [
            _context(role, leaf, tls_key, anchors)
            for role in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT)
        ]
        return Credential(contexts[0], contexts[1], sha256(leaf).digest(), now + _RENEW)

    def peer_of(self, certificate: bytes | None) -> int:
        """The member whose consensus key signed this certificate (DER). TLS checked it already;
        this asks again, of our own library. Raises ``Malformed`` (``certificate_invalid``)."""
        if certificate is None or len(certificate) > _MAX_CERTIFICATE:
            raise Malformed("certificate_invalid", "none, or too large")
        try:
            parsed = x509.load_der_x509_certificate(certificate)
            [attribute] = parsed.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
            key = bytes.fromhex(str(attribute.value))
        except ValueError as error:
            raise Malformed("certificate_invalid", str(error)) from None
        peer = self._members.index_of(key)
        if peer is None or peer == self.me:
            raise Malformed("certificate_invalid", f"{key.hex()} is no peer's key")
        if parsed.signature_algorithm_oid != SignatureAlgorithmOID.ED25519 or not ED25519.verify(
            key, parsed.tbs_certificate_bytes, parsed.signature
        ):
            raise Malformed("certificate_invalid", "not signed by the key that it names")
        return peer

    def hello(self, peer: int, own: bytes, yours: bytes) -> bytes:
        """My hello to ``peer`` on a connection with these certificates (SHA-256 of each)."""
        message = _hello_message(HELLO_VERSION, self._chain, (self.me, peer), (own, yours))
        signature = self._signer.sign(message)
        return encode(Hello(HELLO_VERSION, self._chain, self.me, peer, own, yours, signature))

    def check_hello(self, data: bytes, peer: int, own: bytes, theirs: bytes) -> None:
        """Raise ``Malformed`` unless ``data`` is the hello of ``peer`` to me, on the connection on
        which I showed ``own`` and saw ``theirs``: ``hello_version``, ``wrong_chain``,
        ``hello_invalid`` or an encoding code."""
        hello = decode(Hello, data, MAX_HELLO)
        if hello.version != HELLO_VERSION:
            raise Malformed("hello_version", f"{hello.version}, this is {HELLO_VERSION}")
        if hello.chain != self._chain:
            raise Malformed("wrong_chain", hello.chain.hex())
        if (hello.sender, hello.receiver) != (peer, self.me):
            raise Malformed("hello_invalid", f"from {hello.sender} to {hello.receiver}")
        if (hello.own, hello.yours) != (theirs, own):
            raise Malformed("hello_invalid", "of another connection")
        message = _hello_message(
            hello.version, hello.chain, (hello.sender, hello.receiver), (hello.own, hello.yours)
        )
        if not ED25519.verify(self._members.key(peer), message, hello.signature):
            raise Malformed("hello_invalid", f"not signed by member {peer}")


def _hello_message(
    version: int, chain: bytes, members: tuple[int, int], certificates: tuple[bytes, bytes]
) -> bytes:
    return HELLO_SIGNATURE.message(encode([version, chain, *members, *certificates]))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _anchor(key: bytes) -> bytes:
    """A certificate (PEM) that makes ``key`` an authority of the name that is the key in hex."""
    name = _name(key.hex())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(Ed25519PublicKey.from_public_bytes(key))
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(Ed25519PrivateKey.generate(), None)
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _leaf(tls_key: Ed25519PublicKey, signer: Signer, now: datetime) -> bytes:
    """The certificate (DER) of a TLS key, signed by the consensus key behind ``signer``.

    The builder signs only with keys that it holds, so it signs with one that is thrown away, and
    the signature is put in its place.
    """
    unsigned = (
        x509.CertificateBuilder()
        .subject_name(_name("LiqBon node"))
        .issuer_name(_name(signer.public_key.hex()))
        .public_key(tls_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(Ed25519PrivateKey.generate(), None)
    )
    body = unsigned.tbs_certificate_bytes
    signature = signer.sign(body)
    bits = b"\x03" + _der_length(len(signature) + 1) + b"\x00" + signature
    content = body + _ED25519_ALGORITHM + bits
    return b"\x30" + _der_length(len(content)) + content


def _der_length(size: int) -> bytes:
    """The length octets of DER (X.690, section 8.1.3)."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def _context(
    role: int, leaf: bytes, tls_key: Ed25519PrivateKey, anchors: list[bytes]
) -> ssl.SSLContext:
    context = ssl.SSLContext(role)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # names prove nothing here; keys do
    context.verify_mode = ssl.CERT_REQUIRED
    if anchors:
        context.load_verify_locations(cadata=b"".join(anchors).decode("ascii"))
    if role == ssl.PROTOCOL_TLS_SERVER:
        context.num_tickets = 0  # no resumption: each connection shows its certificates
    pem = tls_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = x509.load_der_x509_certificate(leaf).public_bytes(serialization.Encoding.PEM)
    # The ssl module takes keys from files only. This one is ephemeral, its file 0600 and gone soon.
    with tempfile.NamedTemporaryFile(prefix="liqbon-tls-") as file:
        file.write(pem + certificate)
        file.flush()
        context.load_cert_chain(file.name)
    return context
