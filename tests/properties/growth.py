"""Whose state entries a transaction made grow, and whether it may. Knows owners; no contract.

An entry is somebody's: the account's or partner's that its key names. What a transaction adds must
be its sender's, or of somebody who endorsed it, or an account that is given what opens it. Then
nobody can make another's entries grow, and one who fills the state fills its own part of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import astuple, replace

from primitives.actions import endorsed
from primitives.address import account_id
from primitives.entries import Account, Partner, Prefix, decode_entry, partner_key
from primitives.membership import PartnerStatus
from primitives.transaction import Decoded

NOBODYS = (Prefix.LANE_DAY, Prefix.DUE_NODE, Prefix.DUE_PAGE, Prefix.DUE_SECOND)
"""Counted against the lane [LEDGER-14]."""
OF_A_PARTNER = (
    Prefix.DAY,
    Prefix.PROGRAMME,
    Prefix.RATE,
    Prefix.TERMS,
    Prefix.MARK,
    Prefix.REDEMPTION,
)
OF_AN_ACCOUNT = (Prefix.CHANNEL, Prefix.APPLICATION)
OF_THE_SENDER = (Prefix.PROPOSAL, Prefix.CAMPAIGN, Prefix.ORDER, Prefix.CONTENT)
"""Under an id that nobody else can make: the transaction's, or of the author and the work."""


def check_growth(
    before: Mapping[bytes, bytes], after: Mapping[bytes, bytes], decoded: Decoded, opening: int
) -> None:
    """``after`` holds what the transaction wrote, alone in its block."""
    transaction = decoded.signed.transaction
    signed = [account_id(decoded.signed.policy)]
    said = endorsed(transaction.action, transaction.chain)
    if said is not None:
        signed.append(said[0].account)
    for key, raw in after.items():
        if key not in before:
            assert may_add(before, key, raw, signed, opening), (key.hex(), transaction.action)
        elif key[0] == Prefix.PARTNER and signed[0] != roles(before, key[2:].decode())[0]:
            assert not has_grown(key, before[key], raw), transaction.action


def may_add(
    before: Mapping[bytes, bytes], key: bytes, raw: bytes, signed: list[bytes], opening: int
) -> bool:
    """Whether the entry is of somebody who signed, or is paid for."""
    prefix = Prefix(key[0])
    if prefix in NOBODYS or prefix in OF_THE_SENDER:
        return True
    if prefix in OF_AN_ACCOUNT:
        return key[1:33] == signed[0]
    if prefix in OF_A_PARTNER:
        code = key[2 : 2 + key[1]].decode()
        return any(account in roles(before, code) for account in signed)
    if prefix == Prefix.BALLOT:
        return signed[0] == roles(before, key[34:].decode())[0]
    if prefix == Prefix.CLAIM:
        return key[33:] == signed[0]
    if prefix == Prefix.VOUCHER:
        return len(signed) == 2
    account = decode_entry(key, raw)
    paid = isinstance(account, Account) and account.balance >= opening
    return prefix == Prefix.ACCOUNT and (paid or key[1:] in signed)


def has_grown(key: bytes, before: bytes, after: bytes) -> bool:
    """Whether what is kept of a partner is more, or other: a vote may end one of its proposals, and
    who is square by now is struck off when another begins to run off ([LEDGER-54])."""
    old, new = decode_entry(key, before), decode_entry(key, after)
    assert isinstance(old, Partner)
    assert isinstance(new, Partner)
    status = new.status
    if (old.status, new.status) == (PartnerStatus.RUN_OFF, PartnerStatus.LEFT):
        status = old.status
    return (
        new.proposals > old.proposals or replace(new, proposals=old.proposals, status=status) != old
    )


def roles(state: Mapping[bytes, bytes], code: str) -> tuple[bytes, ...]:
    """A partner's admin, issuer and cashier."""
    raw = state.get(partner_key(code))
    if raw is None:
        return (b"",)
    partner = decode_entry(partner_key(code), raw)
    assert isinstance(partner, Partner)
    return tuple(astuple(partner.roles))
