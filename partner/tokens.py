"""A custodian's word on its way to a partner, as one line of text. Knows form; not what it allows.

    liqbon:attestation/BASE64URL     canonical [version, chain, attestation, endorsement]
    liqbon:release/BASE64URL         canonical [version, chain, release, endorsement]

The base64 is that of RFC 4648, section 5, not padded. The signature is checked here; whether it is
the custodian's, the ledger says.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Final, TypeVar

from primitives.actions import Attestation, Release, attestation_message, release_message
from primitives.encoding import Digest, Malformed, Wire, decode, encode
from primitives.endorsement import Endorsement, check_endorsement, checks
from primitives.keys import ED25519
from shell.errors import UsageError

W = TypeVar("W", bound=Wire)
VERSION: Final = 1
ATTESTATION: Final = "liqbon:attestation/"
RELEASE: Final = "liqbon:release/"
MAX_TOKEN: Final = 4_096
"""Characters; a custodian of sixteen keys takes about 2,500."""


class AttestationToken(Wire):
    """What a custodian says that it holds."""

    version: int
    chain: Digest
    attestation: Attestation
    custodian: Endorsement


class ReleaseToken(Wire):
    """What a custodian agrees to hand back."""

    version: int
    chain: Digest
    release: Release
    custodian: Endorsement


def write_attestation(chain: bytes, said: Attestation, custodian: Endorsement) -> str:
    """The one text of a signed attestation."""
    return ATTESTATION + _to_text(encode(AttestationToken(VERSION, chain, said, custodian)))


def write_release(chain: bytes, wish: Release, custodian: Endorsement) -> str:
    """The one text of a signed release."""
    return RELEASE + _to_text(encode(ReleaseToken(VERSION, chain, wish, custodian)))


def read_attestation(text: str, chain: bytes) -> AttestationToken:
    """A checked attestation of this chain.

    Raises ``UsageError``: ``oversized``, ``token_malformed``, ``version_unknown``,
    ``wrong_chain``, ``signature_invalid`` and the codes of form.
    """
    token = _read(AttestationToken, text, ATTESTATION)
    _check(token, chain, attestation_message(chain, token.attestation))
    return token


def read_release(text: str, chain: bytes) -> ReleaseToken:
    """A checked release of this chain. Raises as ``read_attestation``."""
    token = _read(ReleaseToken, text, RELEASE)
    _check(token, chain, release_message(chain, token.release))
    return token


def _check(token: AttestationToken | ReleaseToken, chain: bytes, message: bytes) -> None:
    if token.version != VERSION:
        raise UsageError("version_unknown", f"TOKEN: version {token.version}")
    if token.chain != chain:
        raise UsageError("wrong_chain", f"TOKEN: it is of the network {token.chain.hex()}")
    try:
        check_endorsement(token.custodian)
    except Malformed as error:
        raise UsageError(error.code, f"TOKEN: {error.detail}") from None
    signatures = checks(token.custodian.policy, token.custodian.signatures, message)
    if not all(ED25519.verify_many(signatures)):
        raise UsageError("signature_invalid", "TOKEN: the signature does not hold")


def _read(kind: type[W], text: str, prefix: str) -> W:
    if len(text) > MAX_TOKEN:
        raise UsageError("oversized", f"TOKEN: at most {MAX_TOKEN} characters")
    if not text.startswith(prefix):
        raise UsageError("token_malformed", f"TOKEN: it does not start with {prefix}")
    try:
        return decode(kind, _from_text(text.removeprefix(prefix)), MAX_TOKEN)
    except Malformed as error:
        raise UsageError(error.code, f"TOKEN: {error.detail}") from None


def _to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _from_text(text: str) -> bytes:
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        data = b""
    if not data or _to_text(data) != text:
        raise Malformed("token_malformed", "no base64url without padding; was it cut off?")
    return data
