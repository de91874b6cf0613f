"""The network and its blocks: status, members, genesis, epochs, blocks, batches, certificates."""

from __future__ import annotations

from itertools import takewhile

from client.fields import Page, format_time
from client.raw import RawBlock, RawOrdered
from client.render import receipt_view
from client.views import (
    BlockDetail,
    BlockView,
    EpochView,
    EvidenceView,
    PeerView,
    StatusView,
)
from node.api.asking import Answer, Ask, cursor_place, raw_answer
from node.api.documents import (
    batch_summaries,
    batch_view,
    block_view,
    certificate_view,
    genesis_view,
    page_of,
    proof_text,
    validators_view,
)
from node.api.past import expect_kept, oldest_of, unknown
from node.api.problems import ApiProblem
from node.api.seams import Api
from node.archive import BlockRecord
from primitives.encoding import encode
from primitives.transaction import decode_signed


async def status(ask: Ask) -> Answer:
    """Where this node stands."""
    api, node = ask.api, ask.api.status
    members = node.members
    head = api.executor.head_record
    certificate = api.executor.certified
    beat = node.newest_beat
    if certificate is None or beat is None or beat.beat.height != certificate.attestation.height:
        beat = None
    document = StatusView(
        chain=api.executor.chain.hex(),
        network=api.network,
        name=api.executor.genesis.name,
        software=api.software,
        protocol=head.protocol,
        partner=None if node.me is None else members.members[node.me].partner,
        index=node.me,
        epoch=members.epoch,
        view=node.view,
        final_height=node.final_height,
        executed_height=head.header.height,
        certified_height=api.executor.certified_height,
        history=api.history,
        oldest_height=api.executor.oldest,
        time=format_time(head.header.time),
        state_root=head.state_root.hex(),
        ready=node.not_ready() is None,
        halted=node.halted,
        pending=api.ingress.pending_count,
        peers=[
            PeerView(
                partner=members.members[peer.member].partner,
                index=peer.member,
                connected=peer.connected,
            )
            for peer in node.peers()
        ],
        certificate=proof_text(certificate),
        beat=proof_text(beat),
    )
    return Answer(document)


async def validators(ask: Ask) -> Answer:
    """Who certifies in the epoch in which the node stands."""
    return Answer(validators_view(ask.api.status.members))


async def genesis(ask: Ask) -> Answer:
    """What the founders agreed on; its digest is the chain id."""
    if ask.wants_raw:
        return raw_answer(encode(ask.api.executor.genesis))
    return Answer(genesis_view(ask.api.executor.genesis))


async def epochs(ask: Ask) -> Answer:
    """Every epoch, oldest first; raw: the steps that lead on from the first one of the page."""
    executor = ask.api.executor
    numbers = range(executor.epoch.number + 1)
    shown, following = page_of(numbers, cursor_place(ask), ask.values["limit"])
    if ask.wants_raw:
        steps = (executor.step_after(each) for each in shown)
        return raw_answer(encode(list(takewhile(lambda step: step is not None, steps))))
    return Answer(Page[EpochView](items=[_epoch(ask.api, e) for e in shown], next=following))


def _epoch(api: Api, number: int) -> EpochView:
    epoch = api.executor.archive.epoch(number)
    assert epoch is not None, number
    return EpochView(
        epoch=number,
        validators=epoch.validators.hash.hex(),
        last_height=epoch.last,
        step=proof_text(api.executor.step_after(number)),
    )


async def blocks(ask: Ask) -> Answer:
    """Executed blocks, newest first; the cursor is the height of the first one to show. The list
    ends where the past was let go of."""
    api, limit = ask.api, ask.values["limit"]
    cursor = ask.values["cursor"]
    top = api.executor.height
    if cursor is not None:
        if len(cursor) != 1 or cursor[0] > top:
            raise ApiProblem("cursor_malformed", "take it from the page before")
        top = cursor[0]
    oldest = api.executor.oldest
    heights = range(top, max(oldest - 1, top - limit), -1)
    items = [_shown(api, _record(api, height)) for height in heights]
    if top - limit >= oldest:
        return Answer(Page[BlockView](items=items, next=str(top - limit)))
    return Answer(Page[BlockView](items=items, next=None, oldest=oldest_of(api)))


async def block(ask: Ask) -> Answer:
    """A block: what it ordered and what came of it; raw: all that a replay needs."""
    api, height = ask.api, ask.values["height"]
    record = _record(api, height)
    receipts = api.executor.archive.receipts(height)
    assert receipts is not None, height
    certificate = api.executor.archive.certificate(height)
    if not ask.wants_raw:
        return Answer(
            BlockDetail(
                block=_shown(api, record),
                batches=batch_summaries(record, api.partners_in(record.header.epoch)),
                receipts=[receipt_view(each, api.network) for each in receipts.receipts],
                certificate=proof_text(certificate),
            )
        )
    order = tuple(RawOrdered(each.lane, each.digest) for each in record.batches)
    batches: tuple[bytes, ...] = ()
    if ask.values["batches"]:
        found = [api.executor.archive.batch_bytes(each.digest) for each in record.batches]
        batches = tuple(each for each in found if each is not None)
    raw = RawBlock(record.header, order, batches, receipts.receipts, certificate)
    return raw_answer(encode(raw))


async def batch(ask: Ask) -> Answer:
    """A batch that a block ordered."""
    digest = ask.values["digest"]
    raw = ask.api.executor.archive.batch_bytes(digest)
    found = ask.api.executor.archive.batch(digest)
    if raw is None or found is None:
        raise unknown(ask.api, "batch_unknown")
    if ask.wants_raw:
        return raw_answer(raw)
    chain = ask.api.executor.chain
    ids = [decode_signed(each, chain).id for each in found.transactions]
    return Answer(batch_view(digest, found, ids, raw))


async def certificate(ask: Ask) -> Answer:
    """The state certificate of a height; that of an epoch's last one is never let go of."""
    found = ask.api.executor.archive.certificate(ask.values["height"])
    if found is None:
        expect_kept(ask.api, ask.values["height"])
        raise ApiProblem("certificate_unknown")
    return raw_answer(encode(found)) if ask.wants_raw else Answer(certificate_view(found))


async def evidence(ask: Ask) -> Answer:
    """Proofs that a validator broke a rule."""
    items = [
        EvidenceView(
            offence=each.offence.name.lower(),
            epoch=each.epoch,
            accused=each.accused,
            partner=ask.api.partners_in(each.epoch)[each.accused],
            raw=proof_text(each) or "",
        )
        for each in ask.api.status.evidence()
    ]
    shown, following = page_of(items, cursor_place(ask), ask.values["limit"])
    return Answer(Page[EvidenceView](items=list(shown), next=following))


def _record(api: Api, height: int) -> BlockRecord:
    expect_kept(api, height)
    record = api.executor.archive.block(height)
    if record is None:
        raise ApiProblem("block_unknown")
    return record


def _shown(api: Api, record: BlockRecord) -> BlockView:
    certified = api.executor.certificate_of(record.header.height) is not None
    return block_view(record, api.partners_in(record.header.epoch), certified)
