"""Who is at the other end of a connection. Knows certificates and the hello; no socket, no frame.

TLS 1.3 is authenticated by consensus keys without putting them into TLS: each process makes an
ephemeral TLS key and has its consensus key sign a short-lived certificate for it, as an authority
whose name is the key in hex. Peers need no files: the authority's certificate is put together here
from the key that the epoch's validator set names (its own signature is never looked at, it is a
trust anchor).

Between nodes of different epochs neither may know the other's key, and an observer has none that
anybody knows. Such a node comes as a *guest*: it shows no certificate and trusts none, for all that
it reads is proven by what it reads ([NET-3]). What is said here about a connection is only whether
it is a member's of this epoch.

A client whose certificate was refused still sees its TLS 1.3 connection succeed, so a connection
counts only after both sides have shown a hello, signed by the key of the certificate that they
showed and bound to both certificates ([NET-1]).
"""

from __future__ import annotations

import secrets
import ssl
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Final, NamedTuple, Protocol

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from primitives.encoding import Count, Digest, Index, Malformed, Signature, Wire, decode, encode
from primitives.hashing import HELLO_SIGNATURE
from primitives.keys import ED25519, SEED_SIZE, SIGNATURE_SIZE, Ed25519Key, Signer
from primitives.validators import ValidatorSet

HELLO_VERSION: Final = 3
MAX_HELLO: Final = 512
NO_CERTIFICATE: Final = bytes(32)
"""What stands for the digest of the certificate of a guest, who shows none."""
UNSIGNED: Final = bytes(SIGNATURE_SIZE)
"""The one spelling of the signature of a guest's hello."""
_VALID: Final = timedelta(days=7)
_RENEW: Final = timedelta(days=1)
_CLOCKS_DIFFER: Final = timedelta(days=1)
_ED25519_ALGORITHM: Final = bytes.fromhex("300506032b6570")
"""The AlgorithmIdentifier of Ed25519 in DER (RFC 8410, section 3)."""
_MAX_CERTIFICATE: Final = 4096


class Hello(Wire):
    """The first frame, in both directions. ``epoch`` is the one in which the sender stands, and the
    indices are of it: ``sender`` None speaks as no member, ``receiver`` None is none to the sender.
    ``own`` and ``yours`` are the SHA-256 of the certificates that the sender showed and saw."""

    version: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    chain: Digest
    epoch: Count
    sender: Index | None
    receiver: Index | None
    own: Digest
    yours: Digest
    signature: Signature


class Speechless(Exception):
    """Who holds the key does not answer: the connection that needs it cannot come up now."""


class Voice(Protocol):
    """Says by a consensus key who is at this end of a connection, and nothing else. The key is held
    here or by a signer in a process of its own; then both methods may raise ``Speechless``."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""

    def vouch(self, tls_key: bytes) -> bytes:
        """A certificate (DER) of an Ed25519 TLS key, valid from a day ago for a week from now."""

    def greet(self, hello: Hello) -> bytes:
        """The signature of a hello, whose own ``signature`` does not matter."""


class Credential(msgspec.Struct, frozen=True):
    """What a connection is made with: contexts for the three roles, and the digest of the
    certificate that ``server`` and ``client`` show. ``guest`` shows none, and trusts any."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    guest: ssl.SSLContext
    digest: bytes
    renew_at: datetime


class Ends(NamedTuple):
    """The two certificates of a connection as one side sees them: the digest of what it showed and
    of what it saw, ``NO_CERTIFICATE`` for none, and the key that signed what it saw."""

    own: bytes
    theirs: bytes
    key: bytes | None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KeyVoice(NamedTuple):
    """``Voice`` of a key that is held in this process."""

    signer: Signer
    now: Callable[[], datetime] = _utc_now

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self.signer.public_key

    def vouch(self, tls_key: bytes) -> bytes:
        """The certificate (DER) of a TLS key."""
        return _leaf(Ed25519PublicKey.from_public_bytes(tls_key), self.signer, self.now())

    def greet(self, hello: Hello) -> bytes:
        """The signature of a hello."""
        return self.signer.sign(hello_message(hello))


class Identity:
    """One node among the members of one epoch; ``me`` is None if it is none of them.

    One that is no member needs no ``voice``: nobody knows its key, so any will do."""

    def __init__(
        self,
        chain: bytes,
        members: ValidatorSet,
        me: int | None,
        voice: Voice | None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._chain = chain
        self._members = members
        self._given = voice
        self._now = now
        self._credential: Credential | None = None
        self.me = me

    @property
    def epoch(self) -> int:
        """The epoch whose members these are."""
        return self._members.epoch

    @cached_property
    def _voice(self) -> Voice:
        if self._given is not None:
            return self._given
        assert self.me is None, "a member signs with the key that its epoch names"
        return KeyVoice(Ed25519Key.from_seed(secrets.token_bytes(SEED_SIZE)), self._now)

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {member.partner: place for place, member in enumerate(self._members.members)}

    def index_of(self, code: str) -> int | None:
        """The member index of a partner, if it has a seat in this epoch."""
        return self._indices.get(code)

    def code_of(self, member: int) -> str:
        """The partner code of a member."""
        return self._members.members[member].partner

    def credential(self) -> Credential:
        """The current credential; a new one each day, so that a process can run for years. Raises
        ``Speechless``, but not while it has one that still holds."""
        held = self._credential
        if held is None or self._now() >= held.renew_at:
            try:
                held = self._credential = self._make_credential()
            except Speechless:
                if held is None:
                    raise
        return held

    def _make_credential(self) -> Credential:
        now = self._now()
        tls_key = Ed25519PrivateKey.generate()
        leaf = self._voice.vouch(tls_key.public_key().public_bytes_raw())
        anchors = [
            _anchor(member.key)
            for place, member in enumerate(self._members.members)
            if place != self.me
        ]
        server = _context(ssl.PROTOCOL_TLS_SERVER, ssl.CERT_OPTIONAL, anchors)
        client = _context(ssl.PROTOCOL_TLS_CLIENT, ssl.CERT_REQUIRED, anchors)
        guest = _context(ssl.PROTOCOL_TLS_CLIENT, ssl.CERT_NONE, [])
        server.num_tickets = 0  # no resumption: each connection shows its certificates
        for context in (server, client):
            _show(context, leaf, tls_key)
        return Credential(server, client, guest, sha256(leaf).digest(), now + _RENEW)

    def peer_of(self, certificate: bytes | None) -> int:
        """The member whose consensus key signed this certificate (DER). TLS checked it already;
        this asks again, of our own library. Raises ``Malformed`` (``certificate_invalid``)."""
        key = _key_of(certificate)
        peer = self._members.index_of(key)
        if peer is None or peer == self.me:
            raise Malformed("certificate_invalid", f"{key.hex()} is no peer's key")
        return peer

    def ends(self, own: bytes, certificate: bytes | None) -> Ends:
        """The ends of a connection on which ``own`` was shown and ``certificate`` (DER) seen, whose
        key need not be known. Raises ``Malformed`` (``certificate_invalid``), also if it is the own
        key, and if nobody showed any."""
        if certificate is None and own != NO_CERTIFICATE:
            return Ends(own, NO_CERTIFICATE, None)
        key = _key_of(certificate)
        if key == self._voice.public_key:
            raise Malformed("certificate_invalid", "of this node's own key")
        assert certificate is not None
        return Ends(own, sha256(certificate).digest(), key)

    def hello(self, ends: Ends) -> bytes:
        """My hello on a connection with these ends; unsigned if I am a guest there. Raises
        ``Speechless``."""
        is_guest = ends.own == NO_CERTIFICATE
        unsigned = Hello(
            version=HELLO_VERSION,
            chain=self._chain,
            epoch=self.epoch,
            sender=None if is_guest else self.me,
            receiver=self._member(ends.key),
            own=ends.own,
            yours=ends.theirs,
            signature=UNSIGNED,
        )
        if is_guest:
            return encode(unsigned)
        signature = self._voice.greet(unsigned)
        return encode(msgspec.structs.replace(unsigned, signature=signature))

    def check_hello(self, data: bytes, ends: Ends) -> Hello:
        """The other side's hello on a connection with these ends. Raises ``Malformed``:
        ``hello_version``, ``wrong_chain``, ``hello_invalid`` or an encoding code.

        Indices are looked at only in a hello of this epoch; another epoch's mean nothing here."""
        hello = decode(Hello, data, MAX_HELLO)
        if hello.version != HELLO_VERSION:
            raise Malformed("hello_version", f"{hello.version}, this is {HELLO_VERSION}")
        if hello.chain != self._chain:
            raise Malformed("wrong_chain", hello.chain.hex())
        if (hello.own, hello.yours) != (ends.theirs, ends.own):
            raise Malformed("hello_invalid", "of another connection")
        wrong_names = self._wrong_names(hello, ends)
        if wrong_names:
            raise Malformed("hello_invalid", f"from {hello.sender} to {hello.receiver}")
        if ends.key is None:
            if hello.signature != UNSIGNED:
                raise Malformed("hello_invalid", "a guest's hello is signed by nobody")
        elif not ED25519.verify(ends.key, hello_message(hello), hello.signature):
            raise Malformed("hello_invalid", f"not signed by {ends.key.hex()}")
        return hello

    def _wrong_names(self, hello: Hello, ends: Ends) -> bool:
        if ends.key is None and hello.sender is not None:
            return True
        if ends.own == NO_CERTIFICATE and hello.receiver is not None:
            return True
        if hello.epoch != self.epoch:
            return False
        me = None if ends.own == NO_CERTIFICATE else self.me
        return (hello.sender, hello.receiver) != (self._member(ends.key), me)

    def fellow(self, hello: Hello, ends: Ends) -> int | None:
        """The member of this epoch that said ``hello``, if I am one as well: the two belong on a
        connection on which both show who they are."""
        if self.me is None or hello.epoch != self.epoch:
            return None
        return self._member(ends.key)

    def _member(self, key: bytes | None) -> int | None:
        return None if key is None else self._members.index_of(key)


def _key_of(certificate: bytes | None) -> bytes:
    """The key that a certificate (DER) names as its authority, and that did sign it."""
    if certificate is None or len(certificate) > _MAX_CERTIFICATE:
        raise Malformed("certificate_invalid", "none, or too large")
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        [attribute] = parsed.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = bytes.fromhex(str(attribute.value))
    except ValueError as error:
        raise Malformed("certificate_invalid", str(error)) from None
    if parsed.signature_algorithm_oid != SignatureAlgorithmOID.ED25519 or not ED25519.verify(
        key, parsed.tbs_certificate_bytes, parsed.signature
    ):
        raise Malformed("certificate_invalid", "not signed by the key that it names")
    return key


def hello_message(hello: Hello) -> bytes:
    """What the sender of a hello signs: all fields before the signature."""
    *fields, _ = msgspec.structs.astuple(hello)
    return HELLO_SIGNATURE.message(encode(fields))


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


def _context(role: int, verify: ssl.VerifyMode, anchors: list[bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(role)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # names prove nothing here; keys do
    context.verify_mode = verify
    if anchors:
        context.load_verify_locations(cadata=b"".join(anchors).decode("ascii"))
    return context


def _show(context: ssl.SSLContext, leaf: bytes, tls_key: Ed25519PrivateKey) -> None:
    """Make ``context`` show this certificate."""
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
