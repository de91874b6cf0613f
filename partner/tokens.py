"""An account's word on its way to a partner, as one line of text. Knows form; not what it allows.

    liqbon:attestation/BASE64URL     canonical [version, chain, attestation, endorsement]
    liqbon:release/BASE64URL         canonical [version, chain, release, endorsement]
    liqbon:role/BASE64URL            canonical [version, chain, partner, role, endorsement]
    liqbon:seat/BASE64URL            canonical [version, chain, partner, seat]

The signature is checked here; whether it is the right one's, the ledger says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from client import tokens
from client.tokens import MAX_TOKEN as MAX_TOKEN
from client.tokens import VERSION, SeatToken, read_token, write_token
from primitives.actions import Attestation, Release, attestation_message, release_message
from primitives.codes import Code
from primitives.encoding import Digest, Malformed, Wire
from primitives.endorsement import Endorsement, check_endorsement, checks
from primitives.keys import ED25519
from primitives.membership import Role, role_message
from shell.errors import UsageError

T = TypeVar("T")
ATTESTATION: Final = "liqbon:attestation/"
RELEASE: Final = "liqbon:release/"
ROLE: Final = "liqbon:role/"


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


class RoleToken(Wire):
    """The word of who takes a role."""

    version: int
    chain: Digest
    partner: Code
    role: Role
    holder: Endorsement


def write_attestation(chain: bytes, said: Attestation, custodian: Endorsement) -> str:
    """The one text of a signed attestation."""
    return write_token(ATTESTATION, AttestationToken(VERSION, chain, said, custodian))


def write_release(chain: bytes, wish: Release, custodian: Endorsement) -> str:
    """The one text of a signed release."""
    return write_token(RELEASE, ReleaseToken(VERSION, chain, wish, custodian))


def write_role(chain: bytes, partner: str, role: Role, holder: Endorsement) -> str:
    """The one text of who takes a role."""
    return write_token(ROLE, RoleToken(VERSION, chain, partner, role, holder))


def read_attestation(text: str, chain: bytes) -> AttestationToken:
    """A checked attestation of this chain.

    Raises ``UsageError``: ``oversized``, ``token_malformed``, ``version_unknown``,
    ``wrong_chain``, ``signature_invalid`` and the codes of form.
    """
    token = _told(lambda: read_token(AttestationToken, text, ATTESTATION))
    _check(token, chain, token.custodian, attestation_message(chain, token.attestation))
    return token


def read_release(text: str, chain: bytes) -> ReleaseToken:
    """A checked release of this chain. Raises as ``read_attestation``."""
    token = _told(lambda: read_token(ReleaseToken, text, RELEASE))
    _check(token, chain, token.custodian, release_message(chain, token.release))
    return token


def read_role(text: str, chain: bytes) -> RoleToken:
    """A checked word of who takes a role. Raises as ``read_attestation``."""
    token = _told(lambda: read_token(RoleToken, text, ROLE))
    _check(token, chain, token.holder, role_message(chain, token.partner, token.role))
    return token


def read_seat(text: str, chain: bytes) -> SeatToken:
    """A checked seat of this chain. Raises as ``read_attestation``."""
    return _told(lambda: tokens.read_seat(text, chain))


def _check(
    token: AttestationToken | ReleaseToken | RoleToken,
    chain: bytes,
    signed: Endorsement,
    message: bytes,
) -> None:
    _told(lambda: tokens.check_origin(token.version, token.chain, chain))
    _told(lambda: check_endorsement(signed))
    if not all(ED25519.verify_many(checks(signed.policy, signed.signatures, message))):
        raise UsageError("signature_invalid", "TOKEN: the signature does not hold")


def _told(read: Callable[[], T]) -> T:
    try:
        return read()
    except Malformed as error:
        raise UsageError(error.code, f"TOKEN: {error.detail}") from None
