"""The reserve behind a partner's limit. Knows who attests it and when it counts, lapses or pays.

The chain cannot see a bank: a reserve is a custodian's signed word, at most a ceiling that the
others set; more of it counts only after a delay, and none once the word is too old. It pays what
its partner owes before anybody else does.
"""

from __future__ import annotations

from msgspec.structs import replace

from contracts import due as calendar
from contracts import limits as rules
from contracts import partners
from contracts.context import BlockContext
from contracts.state import Draft
from primitives.actions import ReserveAttest, ReserveRelease
from primitives.entries import Limits, Partner, PendingReserve, ReserveLapse, ReserveStart
from primitives.receipt import Outcome, ReserveChanged, ReserveLapsed, ReserveReleased
from primitives.transaction import Decoded


def attest(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Recognise what the custodian attests: less at once, more after a delay ([LEDGER-23])."""
    action = decoded.transaction.action
    assert isinstance(action, ReserveAttest)
    said = action.attestation
    partner = partners.find(draft, said.partner)
    if partner is None:
        return Outcome.PARTNER_UNKNOWN
    custodian = partners.custodian(draft, partner.custodian)
    if action.custodian.account != custodian.account:
        return Outcome.NOT_CUSTODIAN
    limits = rules.of(draft, said.partner)
    raises = said.amount > rules.recognised(limits)
    sender = decoded.transaction.sender
    if sender != partner.roles.admin and (raises or sender != custodian.account):
        return Outcome.NOT_ADMIN
    refusal = _attestation_refusal(context, limits, said.amount, said.as_of)
    if refusal is not None:
        return refusal
    if raises:
        _raise_later(draft, context, partner, limits, action)
    else:
        counts = said.amount > 0
        terms = replace(limits.terms, reserve=said.amount, reserve_attested=said.as_of)
        now = replace(limits, terms=terms, reserve_counts=counts, pending_reserve=None)
        rules.put(draft, said.partner, now)
        draft.events.append(ReserveChanged(said.partner, said.amount))
    lapse = said.as_of + context.parameters.reserve_lapse_ms
    calendar.insert(draft, lapse, ReserveLapse(said.partner, said.as_of))
    return Outcome.DONE


def _attestation_refusal(
    context: BlockContext, limits: Limits, amount: int, as_of: int
) -> Outcome | None:
    """It is newer than the last one and than what left the reserve since, and not of the future."""
    if amount > limits.terms.reserve_ceiling:
        return Outcome.CEILING_EXCEEDED
    if as_of > context.time:
        return Outcome.ATTESTATION_EARLY
    if as_of <= max(limits.terms.reserve_attested, limits.moved):
        return Outcome.ATTESTATION_STALE
    if as_of + context.parameters.reserve_lapse_ms <= context.time:
        return Outcome.ATTESTATION_STALE
    return None


def _raise_later(
    draft: Draft, context: BlockContext, partner: Partner, limits: Limits, action: ReserveAttest
) -> None:
    """What counted goes on counting; the rest waits. What lapsed is held, and counts no sooner."""
    said = action.attestation
    since = context.time + context.parameters.increase_delay_ms
    held = min(limits.terms.reserve, said.amount)
    terms = replace(limits.terms, reserve=held, reserve_attested=said.as_of)
    pending = PendingReserve(said.amount, said.as_of, since)
    rules.put(draft, partner.code, replace(limits, terms=terms, pending_reserve=pending))
    calendar.insert(draft, since, ReserveStart(partner.code, said.as_of))


def reserve_starts(draft: Draft, context: BlockContext, item: ReserveStart) -> None:  # noqa: ARG001  as all that falls due
    """Let an increase count, unless another attestation came or it lapsed ([LEDGER-24])."""
    limits = rules.of(draft, item.partner)
    pending = limits.pending_reserve
    if pending is None or pending.attested != item.attested:
        return
    terms = replace(limits.terms, reserve=pending.amount)
    counts = pending.amount > 0
    now = replace(limits, terms=terms, reserve_counts=counts, pending_reserve=None)
    rules.put(draft, item.partner, now)
    draft.events.append(ReserveChanged(item.partner, pending.amount))


def reserve_lapses(draft: Draft, context: BlockContext, item: ReserveLapse) -> None:  # noqa: ARG001  as all that falls due
    """Stop counting a reserve, unless it was attested anew since ([LEDGER-10]).

    What lapsed is still held: it pays what is overdue, and is handed back as any reserve.
    """
    limits = rules.of(draft, item.partner)
    if limits.terms.reserve_attested != item.attested:
        return
    if not limits.reserve_counts and limits.pending_reserve is None:
        return
    rules.put(draft, item.partner, replace(limits, reserve_counts=False, pending_reserve=None))
    draft.events.append(ReserveLapsed(item.partner))


def release(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:
    """Hand back what nothing needs: no limit, no dispute, nothing overdue ([LEDGER-25])."""
    action = decoded.transaction.action
    assert isinstance(action, ReserveRelease)
    wish = action.release
    refusal = partners.admin_refusal(draft, wish.partner, decoded)
    if refusal is not None:
        return refusal
    partner = partners.find(draft, wish.partner)
    assert partner is not None, wish.partner
    if action.custodian.account != partners.custodian(draft, partner.custodian).account:
        return Outcome.NOT_CUSTODIAN
    limits = rules.of(draft, wish.partner)
    if (wish.reserve, wish.attested) != (limits.terms.reserve, limits.terms.reserve_attested):
        return Outcome.RELEASE_STALE
    if limits.pending_reserve is not None:
        # Once it counts the reserve could again be what the consent names, which would do twice.
        return Outcome.RELEASE_STALE
    if limits.overdue or wish.amount > available(limits):
        return Outcome.RESERVE_NEEDED
    after = without(limits, context, wish.amount)
    if not rules.covers(after, partners.position(draft, wish.partner)):
        return Outcome.RESERVE_NEEDED
    rules.put(draft, wish.partner, after)
    draft.events.append(ReserveReleased(wish.partner, wish.amount))
    return Outcome.DONE


def available(limits: Limits) -> int:
    """Units of the reserve, counting or lapsed, that no dispute holds."""
    return max(0, limits.terms.reserve - limits.earmarked)


def without(limits: Limits, context: BlockContext, amount: int) -> Limits:
    """The limits once ``amount`` units have left the reserve; an increase that waits shrinks too.

    From now on only a younger attestation is believed ([LEDGER-26]).
    """
    reserve = limits.terms.reserve - amount
    pending = limits.pending_reserve
    if pending is not None:
        pending = replace(pending, amount=max(0, pending.amount - amount))
    return replace(
        limits,
        terms=replace(limits.terms, reserve=reserve),
        reserve_counts=limits.reserve_counts and reserve > 0,
        moved=context.time,
        pending_reserve=pending,
    )
