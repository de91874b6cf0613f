"""How a block of the ledger is written down for a golden file: all of it, before and after."""

from collections.abc import Sequence

from contracts.transition import apply_block
from primitives.encoding import encode
from primitives.merkle import list_root
from primitives.receipt import Skip
from primitives.statetree import StateTree
from primitives.transaction import Decoded
from tests.builders import raw
from tests.ledger import Ledger

FIELDS = {
    "name": "what the block shows",
    "chain": "chain id",
    "parameters": "canonical bytes of the genesis parameters",
    "height, time, epoch, lanes": "of the block, and how many lanes there are",
    "before": "pairs of key and value: the whole state before the block",
    "root_before": "its state root",
    "transactions": "pairs of lane and signed transaction, in the order of the block",
    "verdicts": "what became of each transaction: the code of its outcome or of its skip",
    "receipts": "canonical bytes of each receipt: what fell due, then transactions, in order",
    "receipts_root": "the root of their list",
    "changes": "key and new value, or null for a removed entry, by ascending key",
    "root": "state root after the block",
    "next_due": "block time in milliseconds at which something falls due next, or null",
}


def record(
    name: str, ledger: Ledger, transactions: Sequence[Decoded] = (), after_ms: int = 1_000
) -> dict[str, object]:
    """The block that carries ``transactions`` in lane 0, ``after_ms`` after the last.

    A name that begins with a code says that it is what became of one of them.
    """
    context = ledger.context(after_ms)
    before = dict(ledger.state)
    tree = StateTree()
    tree.load(before.items())
    root_before = tree.root
    result = apply_block(before, context, [(0, decoded) for decoded in transactions])
    verdicts = ledger.block(*transactions, after_ms=after_ms)
    assert ledger.last == result
    ledger.scan()
    tree.update(result.changes)
    receipts = [encode(receipt) for receipt in result.receipts]
    codes = [v.text if isinstance(v, Skip) else v.outcome.text for v in verdicts]
    code = name.split(" ")[0]
    assert "_" not in code or code in codes, (name, codes)
    return {
        "name": name,
        "chain": context.chain.hex(),
        "parameters": encode(context.parameters).hex(),
        "height": context.height,
        "time": context.time,
        "epoch": context.epoch,
        "lanes": context.lanes,
        "before": [[key.hex(), value.hex()] for key, value in sorted(before.items())],
        "root_before": root_before.hex(),
        "transactions": [[0, raw(decoded).hex()] for decoded in transactions],
        "verdicts": codes,
        "receipts": [receipt.hex() for receipt in receipts],
        "receipts_root": list_root(receipts).hex(),
        "changes": [[k.hex(), None if v is None else v.hex()] for k, v in result.changes],
        "root": tree.root.hex(),
        "next_due": result.next_due_ms,
    }
