"""Likes: LiqBon given to an author for something. Knows who wrote it; not what it says."""

from __future__ import annotations

from msgspec.structs import replace

from contracts import token
from contracts.context import BlockContext
from contracts.state import Draft
from primitives.actions import ContentLike, ContentRegister
from primitives.amount import MAX_SUPPLY
from primitives.commerce import Content, content_id, content_key
from primitives.receipt import ContentLiked, ContentRegistered, Outcome
from primitives.transaction import Decoded


def register(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """Let the sender's work be liked ([LEDGER-48]); nobody can register it in another's name."""
    action = decoded.transaction.action
    assert isinstance(action, ContentRegister)
    author = decoded.transaction.sender
    id_ = content_id(author, action.hash)
    if draft.entry(content_key(id_), Content) is not None:
        return Outcome.CONTENT_EXISTS
    draft.put(content_key(id_), Content(author, action.hash, 0, 0))
    draft.events.append(ContentRegistered(id_))
    return Outcome.DONE


def like(draft: Draft, context: BlockContext, decoded: Decoded) -> Outcome:  # noqa: ARG001  a contract's signature
    """Give the author an amount, and count it ([LEDGER-49])."""
    action = decoded.transaction.action
    assert isinstance(action, ContentLike)
    content = draft.entry(content_key(action.content), Content)
    if content is None:
        return Outcome.CONTENT_UNKNOWN
    sender = decoded.transaction.sender
    if content.author == sender:
        return Outcome.OWN_CONTENT
    if token.balance(draft, sender) < action.amount:
        return Outcome.BALANCE_TOO_LOW
    if content.units + action.amount > MAX_SUPPLY:
        return Outcome.AMOUNT_OVERFLOW
    token.debit(draft, sender, action.amount)
    token.credit(draft, content.author, action.amount)
    liked = replace(content, likes=content.likes + 1, units=content.units + action.amount)
    draft.put(content_key(action.content), liked)
    draft.events.append(ContentLiked(action.content, liked.likes, liked.units))
    return Outcome.DONE
