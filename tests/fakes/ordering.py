"""Orders whatever is sealed, at once, and has a test committee attest it. Knows no vote.

``Ledger`` is a whole node's ledger without the network: the real executor over any store, blocks
made here, certificates signed by ``a_committee``'s keys. It also is what an ingress seals into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from consensus.inputs import Executed
from node.executor import Executor
from node.sealing import Ahead
from node.store import MemoryStore
from node.world import Store
from primitives.actions import Action, Invoice, Redeem, Refund, invoice_message
from primitives.batch import Batch, Tip, batch_digest, batch_message, header_after, tip_of
from primitives.block import VERSION as BLOCK_VERSION
from primitives.block import Header, block_digest
from primitives.certificate import (
    BeatCertificate,
    MemberSignature,
    StateCertificate,
)
from primitives.genesis import Genesis
from primitives.transaction import Decoded, decode_signed
from primitives.vote import Beat, beat_message
from tests.builders import (
    SECOND_MS,
    Committee,
    Person,
    a_committee,
    a_genesis,
    a_mint,
    a_role,
    a_state_certificate,
    a_transfer,
    an_action,
    an_attestation,
    an_id,
    an_invoice,
    raw,
)


class Ledger:
    """An executor with blocks made on demand; ``now_ms`` says each block's time.

    Each block orders one batch of lane ``author``. Sealed batches become blocks at once, unless
    ``hold`` is set; certificates follow unless ``attest`` is unset.
    """

    def __init__(
        self,
        store: Store | None = None,
        genesis: Genesis | None = None,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self.genesis = genesis or a_genesis()
        self.store = MemoryStore() if store is None else store
        self.executor = Executor.open(self.store, self.genesis)
        self.committee: Committee = a_committee(len(self.genesis.partners))
        self.now_ms = now_ms or self._a_second_later
        self.author = 0
        self.attest = True
        self.hold = False
        self.held: list[tuple[tuple[bytes, ...], int]] = []
        self.sequences: dict[bytes, int] = {}

    # --- what an ingress sees -------------------------------------------------------------------

    def can_seal(self) -> bool:
        """Room for four batches."""
        return len(self.held) < 4

    def ahead(self) -> Ahead:
        """Batches that wait; the next block may be proposed at any time."""
        return Ahead(len(self.held), 0)

    def seal(self, transactions: tuple[bytes, ...], weight: int) -> None:
        """A batch of the own lane."""
        self.held.append((transactions, weight))
        if not self.hold:
            self.release()

    def release(self) -> None:
        """Order what was held."""
        held, self.held = self.held, []
        for transactions, weight in held:
            self._order(self._sealed(transactions, weight))

    # --- what a test does -----------------------------------------------------------------------

    def block(self, *transactions: Decoded) -> Executed:
        """The next block, of one batch of these transactions; empty if there are none."""
        if not transactions:
            return self._order(None)
        contents = tuple(raw(transaction) for transaction in transactions)
        return self._order(self._sealed(contents, sum(t.weight for t in transactions)))

    def fund(self, *people: Person, points: int = 10_000, partner: str = "north") -> None:
        """Mint 0.01 LiqBon a point for each of them, in one block."""
        issuer = f"issuer of {partner}"
        first = self.sequences.get(issuer.encode(), 0)
        self.sequences[issuer.encode()] = first + len(people)
        self.block(
            *(
                a_mint(
                    partner,
                    person,
                    points,
                    reference=f"{partner} {first + place}",
                    sequence=first + place,
                    valid_until=self._soon(),
                    chain=self.executor.chain,
                )
                for place, person in enumerate(people)
            )
        )

    def transfer(
        self, sender: Person, *outputs: tuple[Person, int], memo: bytes | None = None
    ) -> Decoded:
        """Signed with the next sequence of channel 0, whether or not the ones before are in."""
        sequence = self.sequences.get(sender.account, 0)
        self.sequences[sender.account] = sequence + 1
        fields = {"sequence": sequence, "valid_until": self._soon(), "memo": memo}
        return a_transfer(sender, *outputs, chain=self.executor.chain, **fields)

    def act(self, sender: Person, action: Action) -> Decoded:
        """Any action, signed as ``transfer`` does."""
        sequence = self.sequences.get(sender.account, 0)
        self.sequences[sender.account] = sequence + 1
        chain, until = self.executor.chain, self._soon()
        return an_action(sender, action, chain=chain, sequence=sequence, valid_until=until)

    def invoice(self, partner: str, amount: int, id_: str, payer: Person | None = None) -> Invoice:
        """For an hour; ``id_`` is a text that stands for its id."""
        return an_invoice(partner, amount, id=id_, expires=self._soon(), payer=payer)

    def redeem(self, sender: Person, invoice: Invoice, cashier: Person | None = None) -> Decoded:
        """Over the signature of the partner's cashier, or of another one."""
        signer = cashier or a_role(invoice.partner, "cashier")
        signed = signer.endorse(invoice_message(self.executor.chain, invoice))
        return self.act(sender, Redeem(invoice, signed))

    def refund(self, partner: str, invoice: Invoice, amount: int, refund: str) -> Decoded:
        """By the partner's cashier; ``refund`` is a text that stands for its id."""
        action = Refund(partner, invoice.id, an_id(refund), amount)
        return self.act(a_role(partner, "cashier"), action)

    def pass_time(self, ms: int) -> Executed:
        """An empty block ``ms`` after the newest one, with whatever falls due."""
        usual, head_ms = self.now_ms, self.executor.head_record.header.time
        self.now_ms = lambda: head_ms + ms
        try:
            return self.block()
        finally:
            self.now_ms = usual

    def certify(self, executed: Executed, authors: Sequence[int] = (0, 1, 2)) -> StateCertificate:
        """The committee's certificate of an executed height, handed to the executor."""
        certificate = self.certificate(executed, authors)
        self.executor.certify(certificate)
        return certificate

    def certificate(
        self, executed: Executed, authors: Sequence[int] = (0, 1, 2)
    ) -> StateCertificate:
        """The committee's certificate of an outcome."""
        attestation = an_attestation(
            executed.height,
            block=executed.block,
            time=executed.time,
            state_root=executed.state_root,
            receipts_root=executed.receipts_root,
            chain=self.executor.chain,
            members=self.committee.members,
        )
        return a_state_certificate(attestation, authors=authors, committee=self.committee)

    def beat(self) -> BeatCertificate:
        """The committee says that nothing came after the newest height until now."""
        record = self.executor.head_record
        tick = self.now_ms() // self.genesis.parameters.beat_ms
        beat = Beat(self.executor.chain, 0, record.header.height, record.state_root, tick)
        signers = self.committee.signers[:3]
        message = beat_message(beat)
        signed = tuple(MemberSignature(i, key.sign(message)) for i, key in enumerate(signers))
        return BeatCertificate(beat, signed)

    def decode(self, contents: bytes) -> Decoded:
        """As it leaves the form checks."""
        return decode_signed(contents, self.executor.chain)

    # --- inside ---------------------------------------------------------------------------------

    def _a_second_later(self) -> int:
        return self.executor.head_record.header.time + SECOND_MS

    def _soon(self) -> int:
        return self.now_ms() + 3600 * SECOND_MS

    def _sealed(self, transactions: tuple[bytes, ...], weight: int) -> Batch:
        parent = self.executor.head_record.header.cut[self.author]
        header = header_after(parent, 0, self.author, transactions, weight)
        digest = batch_digest(self.executor.chain, header)
        return Batch(
            header, transactions, self.committee.signers[self.author].sign(batch_message(digest))
        )

    def _order(self, batch: Batch | None) -> Executed:
        head = self.executor.head_record
        cut = list(head.header.cut)
        if batch is not None:
            cut[self.author] = self._tip(batch)
        height = head.header.height + 1
        time = max(head.header.time, self.now_ms())
        proposer = height % len(cut)
        header = Header(BLOCK_VERSION, 0, height, height, head.digest, time, proposer, tuple(cut))
        batches = () if batch is None else ((self.author, batch),)
        executed = run(self.executor, header, batches)
        if self.attest:
            self.certify(executed)
        return executed

    def _tip(self, batch: Batch) -> Tip:
        return tip_of(batch_digest(self.executor.chain, batch.header), batch.header)


def run(executor: Executor, header: Header, batches: Sequence[tuple[int, Batch]]) -> Executed:
    """Carry a block out without pausing."""
    steps = executor.execute(header, block_digest(executor.chain, header), batches)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            executed = done.value
            assert isinstance(executed, Executed)
            return executed
