"""Replays a chain from one node's raw bytes and believes none of them.

    python -m benchmarks.replay --genesis FILE --node URL [--to HEIGHT]

Every header, cut, batch, signature, receipt, root and certificate is checked, and every transaction
is carried out again by ``contracts.transition``, in a process that shares nothing with the node's.
Prints one JSON document; exits 1 and says where at the first thing that does not add up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

import msgspec

from client.home import parse_genesis
from client.raw import RawBlock, decode_raw_block
from contracts.context import BlockContext
from contracts.genesis import genesis_changes
from contracts.invariants import check_all
from contracts.transition import BlockRun
from primitives.batch import Batch, Tip, batch_digest, batch_message, decode_batch, tip_of
from primitives.block import Header, block_digest, genesis_block, order_of
from primitives.certificate import check_certificate
from primitives.encoding import encode
from primitives.evidence import batch_fault
from primitives.genesis import Genesis, chain_id, validators_of
from primitives.keys import ED25519
from primitives.merkle import list_root
from primitives.receipt import Outcome, Receipt
from primitives.statetree import StateTree
from primitives.transaction import decode_signed

TIMEOUT_S: Final = 30.0
MSGPACK: Final = {"Accept": "application/msgpack"}


class Broken(Exception):
    """Something in the chain does not add up."""


class Report(msgspec.Struct, frozen=True):
    """What the replay came to. ``done_ids`` is the SHA-256 of all ids that were done, ascending."""

    height: int
    certified: int
    transactions: int
    done: int
    refused: int
    skipped: int
    done_ids: str
    state_root: str
    seconds: float


def digest_of(ids: Iterable[bytes]) -> str:
    """Stands for a set of ids, so that what was sent and what was done can be compared."""
    return sha256(b"".join(sorted(ids))).hexdigest()


class Replay:
    """A chain as far as it was replayed, from genesis on."""

    def __init__(self, genesis: Genesis) -> None:
        self.genesis = genesis
        self.chain = chain_id(genesis)
        self.members = validators_of(genesis)
        self.digest, self.header = genesis_block(genesis)
        self.state = dict(genesis_changes(genesis))
        self.tree = StateTree()
        self.tree.load(self.state.items())
        self.done: list[bytes] = []
        self.transactions = self.refused = self.skipped = self.certified = 0
        self.attested = 0

    def block(self, raw: RawBlock) -> None:
        """Check and carry out the next block. Raises ``Broken``, or ``Malformed`` by a check."""
        header = raw.header
        if (header.height, header.parent) != (self.header.height + 1, self.digest):
            raise Broken("the block does not follow the one before")
        if header.time < self.header.time:
            raise Broken("time runs backwards")
        batches = [decode_batch(each) for each in raw.batches]
        self._check_order(header, raw, batches)
        receipts = self._carry_out(header, raw, batches)
        if receipts != raw.receipts:
            raise Broken("the receipts are others")
        self.header, self.digest = header, block_digest(self.chain, header)
        if raw.certificate is not None:
            self._check_attested(raw, list_root([encode(each) for each in receipts]))

    def report(self, seconds: float) -> Report:
        """What was replayed. Raises ``Broken`` unless the last block is attested."""
        if self.attested != self.header.height:
            raise Broken("the last block is not attested")
        if len(set(self.done)) != len(self.done):
            raise Broken("a transaction was done twice")
        check_all(self.state.items())
        return Report(
            height=self.header.height,
            certified=self.certified,
            transactions=self.transactions,
            done=len(self.done),
            refused=self.refused,
            skipped=self.skipped,
            done_ids=digest_of(self.done),
            state_root=self.tree.root.hex(),
            seconds=round(seconds, 1),
        )

    def _check_order(self, header: Header, raw: RawBlock, batches: list[Batch]) -> None:
        """Lanes go on from the parent's cut to the block's, and the order is what the cut means."""
        digests = [batch_digest(self.chain, batch.header) for batch in batches]
        tips = list(self.header.cut)
        lanes: list[list[bytes]] = [[] for _ in tips]
        for digest, batch in zip(digests, batches, strict=True):
            lane = batch.header.author
            tips[lane] = self._next_tip(tips[lane], digest, batch)
            lanes[lane].append(digest)
        if tuple(tips) != header.cut:
            raise Broken("the batches are not those between the two cuts")
        meant = [(each.lane, each.digest) for each in order_of(header.height, lanes)]
        if meant != [(each.lane, each.digest) for each in raw.order]:
            raise Broken("the order is another one")
        if digests != [digest for _, digest in meant]:
            raise Broken("the batches are not in order")

    def _next_tip(self, tip: Tip, digest: bytes, batch: Batch) -> Tip:
        header = batch.header
        expected = (tip.seq + 1, tip.digest, tip.cumulative + header.weight)
        if (header.seq, header.previous, header.cumulative) != expected:
            raise Broken("a batch does not follow its lane")
        key = self.members.key(header.author)
        if not ED25519.verify(key, batch_message(digest), batch.signature):
            raise Broken("a batch is not signed by its author")
        fault = batch_fault(self.chain, ED25519, batch)
        if fault is not None:
            raise Broken(f"a batch holds a bad transaction: {fault}")
        return tip_of(digest, header)

    def _carry_out(
        self, header: Header, raw: RawBlock, batches: list[Batch]
    ) -> tuple[Receipt, ...]:
        parameters, lanes = self.genesis.parameters, len(header.cut)
        context = BlockContext(parameters, self.chain, header.height, header.time, lanes)
        run = BlockRun(self.state, context)
        for ordered, batch in zip(raw.order, batches, strict=True):
            for transaction in batch.transactions:
                self._count(run.apply(ordered.lane, decode_signed(transaction, self.chain)))
        result = run.finish()
        self.tree.update(result.changes)
        for key, value in result.changes:
            if value is None:
                del self.state[key]
            else:
                self.state[key] = value
        return tuple(result.receipts)

    def _count(self, outcome: object) -> None:
        self.transactions += 1
        if not isinstance(outcome, Receipt):
            self.skipped += 1
        elif outcome.outcome != Outcome.DONE:
            self.refused += 1
        else:
            self.done.append(outcome.origin)

    def _check_attested(self, raw: RawBlock, receipts_root: bytes) -> None:
        """A quorum of the members says the same of this height."""
        assert raw.certificate is not None
        check_certificate(self.chain, self.members, ED25519, raw.certificate)
        said = raw.certificate.attestation
        own = (self.header.height, self.digest, self.header.time, self.tree.root, receipts_root)
        if (said.height, said.block, said.time, said.state_root, said.receipts_root) != own:
            raise Broken("the certificate attests another outcome")
        self.certified += 1
        self.attested = said.height


def raw_blocks(url: str, last: int | None) -> Iterator[RawBlock]:
    """A node's blocks from height 1 on, up to ``last``, or to its newest certified one."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
    if last is None:
        last = msgspec.json.decode(_get(connection, "/v1/status", {}))["certified_height"]
    for height in range(1, last + 1):
        yield decode_raw_block(_get(connection, f"/v1/blocks/{height}", MSGPACK))
    connection.close()


def _get(connection: HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise Broken(f"{path}: HTTP status {answer.status}")
    return body


def main() -> None:
    """Replay and print the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay")
    parser.add_argument("--genesis", type=Path, required=True)
    parser.add_argument("--node", required=True, help="the URL of one node's API")
    parser.add_argument("--to", type=int, help="the last height (the newest certified one)")
    options = parser.parse_args()
    replay = Replay(parse_genesis(options.genesis.read_bytes()))
    begun = perf_counter()
    try:
        for raw in raw_blocks(options.node, options.to):
            replay.block(raw)
        report = replay.report(perf_counter() - begun)
    except (Broken, ValueError, AssertionError) as error:  # the last is an invariant's
        sys.exit(f"height {replay.header.height + 1}: {error}")
    print(msgspec.json.encode(report).decode())


if __name__ == "__main__":
    main()
