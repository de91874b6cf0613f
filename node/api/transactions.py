"""Handing in transactions and asking what became of them."""

from __future__ import annotations

from client.fields import MAX_SUBMISSIONS
from client.views import Submission, SubmissionResult, SubmittedView, TransactionView
from node.api.asking import JSON, Answer, Ask, byte_strings, bytes_of, json_body
from node.api.documents import found_view, pending_view, skipped_view
from node.api.past import unknown
from node.api.problems import ApiProblem
from node.api.seams import Api
from node.ingress import Refusal
from primitives.encoding import encode


async def submit(ask: Ask) -> Answer:
    """Hand in one signed transaction."""
    is_json = ask.media_type == JSON
    raw = bytes_of(json_body(ask, Submission).transaction) if is_json else ask.body
    try:
        id_ = await ask.api.ingress.submit(raw)
    except Refusal as refusal:
        raise _problem(refusal) from None
    if ask.values["wait"]:
        document = await _settled(ask, id_)
        if document is not None:
            return Answer(document)
    return Answer(SubmittedView(id=id_.hex(), status="pending"), status=202)


async def submit_many(ask: Ask) -> Answer:
    """Hand in up to 1,000 signed transactions; each has a result of its own."""
    raws = byte_strings(ask, MAX_SUBMISSIONS)
    outcomes = await ask.api.ingress.submit_many(raws)
    return Answer([_result(outcome) for outcome in outcomes])


async def transaction(ask: Ask) -> Answer:
    """A transaction, by its id."""
    document = _known(ask.api, ask.values["id"], ask.values["proof"])
    if document is None:
        raise unknown(ask.api, "transaction_unknown")
    return Answer(document)


async def _settled(ask: Ask, id_: bytes) -> TransactionView | None:
    """The transaction once it is final; None at the time limit. A skipped one is a refusal."""
    limits = ask.api.limits
    asked = ask.values["timeout"]
    wait_s = limits.default_wait_s if asked is None else min(asked, limits.wait_s)
    settled = await ask.api.ingress.wait(id_, wait_s)
    if settled is None:
        return None
    if settled.code is not None:
        detail = f"skipped at height {settled.height}: nothing was changed"
        raise ApiProblem(settled.code, detail, status=422, transaction=id_)
    return _known(ask.api, id_, proof=True)


def _known(api: Api, id_: bytes, proof: bool) -> TransactionView | None:
    found = api.queries.transaction(id_)
    if found is not None:
        proven = api.queries.prove_receipt(found.location)
        return found_view(found, proven is not None, proven if proof else None, api.network)
    pending = api.ingress.pending(id_)
    if pending is not None:
        return pending_view(pending, encode(pending.signed), api.network)
    skipped = api.ingress.skipped(id_)
    if skipped is not None:
        decoded, code = skipped
        return skipped_view(decoded, encode(decoded.signed), code, api.network)
    return None


def _problem(refusal: Refusal) -> ApiProblem:
    return ApiProblem(
        refusal.code, refusal.detail, status=refusal.blame.value, transaction=refusal.id
    )


def _result(outcome: bytes | Refusal) -> SubmissionResult:
    if isinstance(outcome, Refusal):
        id_ = None if outcome.id is None else outcome.id.hex()
        return SubmissionResult(
            id=id_, status=outcome.blame.value, code=outcome.code, detail=outcome.detail
        )
    return SubmissionResult(id=outcome.hex(), status=202, code=None, detail=None)
