"""Values that tests start from: keys, people, a genesis, transactions, blocks, a committee.

Every builder is a pure function of its arguments, so a test that fails fails again. Knows how to
build sound values; what a test breaks, it breaks itself (``msgspec.structs.replace``).

    a_key(name)            a real Ed25519 key; the name is its seed
    a_person(name)         an account with its keys: ``.account`` ``.policy`` ``.sign(transaction)``
    a_role(code, role)     who holds a founder's role: admin, issuer, cashier; or is custodian
    a_policy(*names)       a policy of named keys
    a_committee(n)         consensus signers with their ``ValidatorSet``
    a_genesis(n)           n founders, each with a programme ``bonus``; ``PARAMETERS``, ``LIMITS``
    a_chain(genesis)       its chain id
    a_transaction(...)     unsigned; an_action(sender, action): any, signed and ``Decoded``;
                           a_transfer, a_mint, an_open_channels, a_redeem, a_refund likewise
    an_invoice(...)        what a cashier asks for; ``.endorse(message)`` of a person signs it
    raw(decoded)           the bytes that travel in a batch
    a_batch(transactions)  sealed by a member after a tip; a_block(height) with its cut
    a_vote, a_certificate, an_attestation, a_state_certificate: signed by the committee
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from primitives.actions import (
    Action,
    Invoice,
    Mint,
    OpenChannels,
    Output,
    Redeem,
    Refund,
    Transfer,
    invoice_message,
)
from primitives.amount import MICRO
from primitives.batch import EMPTY_TIP, Batch, Tip, batch_digest, batch_message, header_after
from primitives.block import VERSION as BLOCK_VERSION
from primitives.block import Header
from primitives.certificate import Certificate, MemberSignature, StateCertificate
from primitives.encoding import encode
from primitives.genesis import (
    Custodian,
    Genesis,
    GenesisPartner,
    Parameters,
    PartnerLimits,
    ProgrammeTerms,
    Rate,
    Roles,
    chain_id,
)
from primitives.hashing import ZERO_DIGEST
from primitives.keys import Signer
from primitives.membership import PartnerKind
from primitives.transaction import (
    VERSION,
    Decoded,
    SignedTransaction,
    Transaction,
    decode_signed,
)
from primitives.validators import Validator, ValidatorSet, possession_message
from primitives.vote import (
    PROTOCOL_VERSION,
    Attestation,
    Kind,
    Vote,
    attest_message,
    vote_message,
)
from tests.people import Person as Person
from tests.people import a_key as a_key
from tests.people import a_person as a_person
from tests.people import a_policy as a_policy
from tests.people import seed_of as seed_of

SECOND_MS: Final = 1_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
GENESIS_TIME: Final = 1_793_491_200_000
"""2026-11-01T00:00:00Z, a whole day."""

CODES: Final = ("north", "east", "south", "west")
ROLES: Final = ("admin", "issuer", "cashier")
CUSTODIAN: Final = "vault"
"""Who holds every founder's reserve; ``a_role(CUSTODIAN, "custodian")`` signs for it."""
JUDGE: Final = "referee"
"""The settlement custodian; ``a_role(JUDGE, "custodian")`` signs for it."""

SignerOf = Callable[[str], Signer]
"""Makes a signer of a name: ``a_key``, or the simulator's cheap scheme behind the same seam."""

PARAMETERS: Final = Parameters(
    opening=MICRO // 100,
    channel_balance=MICRO,
    total_credit=1_000_000 * MICRO,
    entries_per_lane_and_day=100_000,
    lag_bound=8,
    lane_batches=16,
    lane_weight=8_192,
    view_timeout_ms=1_000,
    view_timeout_limit_ms=16_000,
    empty_block_ms=100,
    standstill_ms=1_000,
    clock_drift_ms=500,
    beat_ms=10_000,
    validity_limit_ms=7 * DAY_MS,
    reserve_lapse_ms=35 * DAY_MS,
    increase_delay_ms=DAY_MS,
    rate_notice_ms=30 * DAY_MS,
    settlement_cycle_ms=7 * DAY_MS,
    payment_term_ms=5 * DAY_MS,
    confirmation_ms=3 * DAY_MS,
    dispute_ms=14 * DAY_MS,
    order_dispute_ms=14 * DAY_MS,
    voting_ms=7 * DAY_MS,
    timelock_ms=2 * DAY_MS,
    guarantee_share=1_000,
    epoch_minimum_ms=HOUR_MS,
    epoch_maximum_ms=30 * DAY_MS,
    due_per_block=64,
)

LIMITS: Final = PartnerLimits(
    credit=10_000 * MICRO,
    reserve=50_000 * MICRO,
    reserve_ceiling=80_000 * MICRO,
    haircut=1_000,
    reserve_attested=GENESIS_TIME,
    claim_bound=50_000 * MICRO,
    mint_per_day=20_000 * MICRO,
    refund_per_day=20_000 * MICRO,
)
"""L = 10,000 + 45,000 LiqBon."""

BONUS: Final = ProgrammeTerms(
    code="bonus",
    name="Bonus points",
    point="point",
    terms_hash=sha256(b"terms of the bonus programme").digest(),
    terms_url="https://example.com/terms",
    rates=(Rate(since=GENESIS_TIME, numerator=10_000, denominator=1),),
)
"""One point is 0.01 LiqBon."""


def a_code(index: int) -> str:
    """The code of founder ``index``: north, east, south, west, then partner-4 and so on."""
    return CODES[index] if index < len(CODES) else f"partner-{index}"


def a_role(code: str, role: str) -> Person:
    """The person who holds ``role`` (one of ``ROLES``) of a founder."""
    return a_person(f"{role} of {code}")


@dataclass(frozen=True)
class Committee:
    """The validators of epoch 0 with the keys they sign with."""

    signers: tuple[Signer, ...]
    members: ValidatorSet


def a_committee(n: int = 4, signer_of: SignerOf = a_key) -> Committee:
    """The consensus signers of ``a_genesis(n, signer_of)``."""
    signers = tuple(signer_of(f"consensus of {a_code(i)}") for i in range(n))
    seats = tuple(Validator(a_code(i), s.public_key) for i, s in enumerate(signers))
    return Committee(signers, ValidatorSet(0, seats))


def a_genesis(
    n: int = 4,
    signer_of: SignerOf = a_key,
    parameters: Parameters = PARAMETERS,
    limits: PartnerLimits = LIMITS,
    programmes: Sequence[ProgrammeTerms] = (BONUS,),
) -> Genesis:
    """The same terms for each of ``n`` founders; consensus keys as in ``a_committee(n)``."""
    name = "a test network"

    def founder(index: int) -> GenesisPartner:
        code = a_code(index)
        signer = signer_of(f"consensus of {code}")
        return GenesisPartner(
            code=code,
            name=code.capitalize(),
            currency="EUR",
            kind=PartnerKind.CHAIN,
            roles=Roles(*(a_role(code, role).account for role in ROLES)),
            custodian=CUSTODIAN,
            consensus_key=signer.public_key,
            possession=signer.sign(possession_message(name, code, signer.public_key)),
            limits=limits,
            programmes=tuple(programmes),
        )

    founders = tuple(founder(index) for index in range(n))
    return Genesis(1, "tlqb", name, GENESIS_TIME, parameters, a_custody(), JUDGE, founders)


def a_custody() -> tuple[Custodian, ...]:
    """The custodians of ``a_genesis()``: one for reserves, one for settlement."""
    return tuple(
        Custodian(code, code.capitalize(), a_role(code, "custodian").account, None)
        for code in (CUSTODIAN, JUDGE)
    )


def a_chain(genesis: Genesis | None = None) -> bytes:
    """The chain id of ``genesis``; of ``a_genesis()`` if none is given."""
    return _default_chain() if genesis is None else chain_id(genesis)


@lru_cache(maxsize=1)
def _default_chain() -> bytes:
    return chain_id(a_genesis())


def a_transaction(
    sender: Person,
    action: Action,
    *,
    chain: bytes | None = None,
    channel: int = 0,
    sequence: int = 0,
    valid_until: int = GENESIS_TIME + DAY_MS,
    memo: bytes | None = None,
) -> Transaction:
    """Unsigned, for the default chain unless another is given."""
    chain = a_chain() if chain is None else chain
    return Transaction(VERSION, chain, sender.account, channel, sequence, valid_until, action, memo)


def decoded(signed: SignedTransaction) -> Decoded:
    """As it leaves the form checks of every node."""
    return decode_signed(encode(signed), signed.transaction.chain)


def raw(transaction: Decoded) -> bytes:
    """The bytes that travel in a batch."""
    return encode(transaction.signed)


def an_action(sender: Person, action: Action, **fields: object) -> Decoded:
    """Any action, signed; ``fields`` as of ``a_transaction``."""
    return decoded(sender.sign(replace(a_transaction(sender, action), **_given(fields))))


def _given(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def a_transfer(sender: Person, *outputs: tuple[Person, int], **fields: object) -> Decoded:
    """``outputs`` are (to whom, units); ``fields`` as of ``a_transaction``."""
    action = Transfer(tuple(Output(to.account, amount) for to, amount in outputs))
    return an_action(sender, action, **fields)


def an_open_channels(sender: Person, channels: int, **fields: object) -> Decoded:
    """``fields`` as of ``a_transaction``."""
    return an_action(sender, OpenChannels(channels), **fields)


def a_commitment(reference: str) -> bytes:
    """32 bytes that stand for a deposit."""
    return sha256(b"a deposit " + reference.encode()).digest()


def a_mint(
    partner: str, to: Person, points: int, reference: str = "receipt 1", **fields: object
) -> Decoded:
    """Signed by the partner's issuer, at the rate of ``BONUS``.

    ``fields`` as of ``a_transaction``, and ``issuer`` (a Person), ``programme``, ``amount``.
    """
    issuer = fields.pop("issuer", None) or a_role(partner, "issuer")
    assert isinstance(issuer, Person)
    action = Mint(
        partner=partner,
        programme=str(fields.pop("programme", "bonus")),
        points=points,
        amount=int(str(fields.pop("amount", points * 10_000))),
        commitment=a_commitment(reference),
        to=to.account,
    )
    return an_action(issuer, action, **fields)


def an_id(reference: str) -> bytes:
    """32 bytes that stand for an invoice, a refund or a payment between partners."""
    return sha256(b"an id " + reference.encode()).digest()


def an_invoice(
    partner: str,
    amount: int,
    *,
    id: str | bytes = "invoice 1",  # noqa: A002  the field's name
    expires: int = GENESIS_TIME + DAY_MS,
    payer: Person | None = None,
) -> Invoice:
    """What the partner's cashier asks for; ``id`` is 32 bytes, or a text that stands for them."""
    identity = an_id(id) if isinstance(id, str) else id
    return Invoice(partner, amount, expires, identity, payer.account if payer else None)


def a_redeem(sender: Person, invoice: Invoice, **fields: object) -> Decoded:
    """An invoice that its partner's cashier signed, paid by ``sender``.

    ``fields`` as of ``a_transaction``, and ``cashier`` (a Person) for another who signs it.
    """
    cashier = fields.pop("cashier", None) or a_role(invoice.partner, "cashier")
    assert isinstance(cashier, Person)
    chain = fields.get("chain") or a_chain()
    assert isinstance(chain, bytes)
    signed = cashier.endorse(invoice_message(chain, invoice))
    return an_action(sender, Redeem(invoice, signed), **fields)


def a_refund(
    partner: str,
    invoice_id: bytes,
    amount: int,
    refund: str | bytes = "refund 1",
    **fields: object,
) -> Decoded:
    """Signed by the partner's cashier, or by ``cashier``; ``fields`` as of ``a_transaction``."""
    cashier = fields.pop("cashier", None) or a_role(partner, "cashier")
    assert isinstance(cashier, Person)
    identity = an_id(refund) if isinstance(refund, str) else refund
    return an_action(cashier, Refund(partner, invoice_id, identity, amount), **fields)


def a_batch(
    transactions: Sequence[Decoded],
    *,
    parent: Tip = EMPTY_TIP,
    author: int = 0,
    committee: Committee | None = None,
    chain: bytes | None = None,
) -> Batch:
    """The batch of ``author`` that follows ``parent``, its declared weight right."""
    chain = a_chain() if chain is None else chain
    committee = committee or a_committee()
    weight = sum(transaction.weight for transaction in transactions)
    contents = tuple(raw(transaction) for transaction in transactions)
    header = header_after(parent, committee.members.epoch, author, contents, weight)
    digest = batch_digest(chain, header)
    return Batch(header, contents, committee.signers[author].sign(batch_message(digest)))


def a_block(
    height: int = 1,
    *,
    view: int | None = None,
    parent: bytes = ZERO_DIGEST,
    time: int = GENESIS_TIME + SECOND_MS,
    proposer: int = 0,
    cut: Sequence[Tip] = (EMPTY_TIP,) * 4,
    epoch: int = 0,
) -> Header:
    """A header; ``view`` is the height unless another is given."""
    view = height if view is None else view
    return Header(BLOCK_VERSION, epoch, view, height, parent, time, proposer, tuple(cut))


def a_vote(
    kind: Kind,
    view: int,
    digest: bytes | None,
    *,
    author: int = 0,
    committee: Committee | None = None,
    chain: bytes | None = None,
) -> Vote:
    """Signed by ``author``."""
    chain = a_chain() if chain is None else chain
    committee = committee or a_committee()
    epoch = committee.members.epoch
    signature = committee.signers[author].sign(vote_message(chain, kind, epoch, view, digest))
    return Vote(kind, epoch, view, digest, author, signature)


def a_certificate(
    kind: Kind,
    view: int,
    digest: bytes | None,
    *,
    authors: Sequence[int] = (0, 1, 2),
    committee: Committee | None = None,
    chain: bytes | None = None,
) -> Certificate:
    """N, X or F, signed by ``authors``."""
    committee = committee or a_committee()
    votes = [
        a_vote(kind, view, digest, author=author, committee=committee, chain=chain)
        for author in authors
    ]
    signatures = tuple(MemberSignature(vote.author, vote.signature) for vote in votes)
    return Certificate(kind, committee.members.epoch, view, digest, signatures)


def an_attestation(
    height: int = 1,
    *,
    block: bytes = ZERO_DIGEST,
    time: int = GENESIS_TIME + SECOND_MS,
    state_root: bytes = ZERO_DIGEST,
    receipts_root: bytes = ZERO_DIGEST,
    chain: bytes | None = None,
    members: ValidatorSet | None = None,
) -> Attestation:
    """What ``members`` say of a height inside their epoch."""
    chain = a_chain() if chain is None else chain
    members = members or a_committee().members
    own = members.hash
    roots = (state_root, receipts_root)
    return Attestation(
        chain, members.epoch, height, block, time, *roots, own, own, False, PROTOCOL_VERSION
    )


def a_state_certificate(
    attestation: Attestation,
    *,
    authors: Sequence[int] = (0, 1, 2),
    committee: Committee | None = None,
) -> StateCertificate:
    """``attestation`` signed by ``authors``."""
    committee = committee or a_committee()
    message = attest_message(attestation)
    signatures = tuple(MemberSignature(i, committee.signers[i].sign(message)) for i in authors)
    return StateCertificate(attestation, signatures)
