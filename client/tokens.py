"""Something signed on its way from one person to another, as one line of text. Knows form alone.

    liqbon:KIND/BASE64URL     the canonical bytes of what is signed, with its chain

The base64 is that of RFC 4648, section 5, not padded. What it allows, and who may sign it, the
ledger says.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Final, TypeVar

from primitives.encoding import Digest, Malformed, Wire, decode, encode
from primitives.keys import ED25519, Signer
from primitives.membership import Seat, seat_check, seat_message

W = TypeVar("W", bound=Wire)
VERSION: Final = 1
SEAT: Final = "liqbon:seat/"
MAX_TOKEN: Final = 4_096
"""Characters; an account of sixteen keys takes about 2,500."""


class SeatToken(Wire):
    """A consensus key, and its word that it is a partner's."""

    version: int
    chain: Digest
    partner: str
    seat: Seat


def write_token(prefix: str, token: Wire) -> str:
    """The one text of a token."""
    return prefix + _to_text(encode(token))


def read_token(kind: type[W], text: str, prefix: str) -> W:
    """The token that ``text`` is. Raises ``Malformed``: ``oversized``, ``token_malformed`` and the
    codes of form."""
    if len(text) > MAX_TOKEN:
        raise Malformed("oversized", f"at most {MAX_TOKEN} characters")
    if not text.startswith(prefix):
        raise Malformed("token_malformed", f"it does not start with {prefix}")
    return decode(kind, _from_text(text.removeprefix(prefix)), MAX_TOKEN)


def check_origin(version: int, chain: bytes, ours: bytes) -> None:
    """Raise ``Malformed`` (``version_unknown``, ``wrong_chain``) unless it is of this chain."""
    if version != VERSION:
        raise Malformed("version_unknown", f"version {version}")
    if chain != ours:
        raise Malformed("wrong_chain", f"it is of the network {chain.hex()}")


def make_seat(signer: Signer, chain: bytes, partner: str) -> str:
    """The consensus key's own word that it is ``partner``'s."""
    seat = Seat(signer.public_key, signer.sign(seat_message(chain, partner, signer.public_key)))
    return write_token(SEAT, SeatToken(VERSION, chain, partner, seat))


def read_seat(text: str, chain: bytes) -> SeatToken:
    """A checked seat of this chain. Raises ``Malformed`` as ``read_token``, ``check_origin``, and
    ``signature_invalid``."""
    token = read_token(SeatToken, text, SEAT)
    check_origin(token.version, token.chain, chain)
    if not all(ED25519.verify_many([seat_check(chain, token.partner, token.seat)])):
        raise Malformed("signature_invalid", "the signature does not hold")
    return token


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
