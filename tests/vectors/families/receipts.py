"""Receipts with every event, and the root of some."""

from collections.abc import Mapping, Sequence

from primitives.encoding import decode, encode
from primitives.genesis import Rate
from primitives.merkle import list_root
from primitives.receipt import (
    AccountOpened,
    Event,
    Minted,
    Outcome,
    RateChanged,
    Receipt,
    ReserveLapsed,
    Skip,
)

FIELDS = {
    "name": "what is special about the receipt",
    "origin": "transaction id or due entry's digest",
    "outcome": "the number of its code",
    "code": "its code",
    "receipt": "canonical bytes",
    "receipts, root": "canonical bytes of a height's receipts in order, and the root ATTEST names",
    "skip": "the number of a reason to skip, which is in no receipt; its code beside it",
}

ID = bytes(range(32))
EVENTS: dict[str, tuple[Event, ...]] = {
    "an account opened": (AccountOpened(ID),),
    "minted to a new account": (AccountOpened(ID), Minted("north", 12_500_000, 2**63 - 1)),
    "a reserve lapsed": (ReserveLapsed("north"),),
    "a rate began": (RateChanged("north", "bonus", Rate(1_793_491_200_000, 2**32 - 1, 3)),),
    "256 accounts opened": tuple(AccountOpened(bytes([i]) * 32) for i in range(256)),
}


def receipts() -> dict[str, Receipt]:
    """By what is special about them."""
    plain = {outcome.text.replace("_", " "): Receipt(ID, outcome, ()) for outcome in Outcome}
    eventful = {name: Receipt(ID, Outcome.DONE, events) for name, events in EVENTS.items()}
    return plain | eventful


def described(name: str, receipt: Receipt) -> dict[str, object]:
    data = encode(receipt)
    assert decode(Receipt, data) == receipt
    return {
        "name": name,
        "origin": receipt.origin.hex(),
        "outcome": int(receipt.outcome),
        "code": receipt.outcome.text,
        "receipt": data.hex(),
    }


def cases() -> Sequence[Mapping[str, object]]:
    held = receipts()
    items = [encode(receipt) for receipt in held.values()]
    lists = [items[:count] for count in (0, 1, 2, 5)]
    return [
        *(described(name, receipt) for name, receipt in held.items()),
        *({"skip": int(skip), "code": skip.text} for skip in Skip),
        *(
            {"receipts": [item.hex() for item in chosen], "root": list_root(chosen).hex()}
            for chosen in lists
        ),
    ]
