"""The ledger's golden vectors, read by code that shares nothing with the product.

Roots, ids, policies, signatures and receipts of each case, and that the cases cover every code.
Here stand hashlib, msgpack, cryptography and the text of docs/spec alone; no import of primitives
or contracts may appear in this file.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.properties.reference import digest, list_root, state_root

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "vectors" / "golden"
hexed = bytes.fromhex
ENDORSED = {0x60: "invoice", 0x52: "attestation", 0x53: "release", 0x91: "voucher", 0xA0: "offer"}
"""Domains of what is signed by who endorses, by the tag of the action that carries it."""
OUTPUTS = {0x20: 1, 0x61: 1, 0x91: 2, 0x92: 1, 0xA2: 3, 0xA3: 3, 0xA5: 3, 0xB1: 1}
"""What [LANE-3] counts of other actions than transfers."""
LOCKED = {0x90: 4, 0xA0: 4}
"""Where campaigns and orders say what they hold, by the prefix of their keys."""
CYCLE_LENGTH = 17
"""The place of settlement_cycle_ms among the parameters."""


BLOCKS = (
    "ledger",
    "spending",
    "programmes",
    "reserves",
    "settlement",
    "campaigns",
    "orders",
    "contents",
)
"""The families of blocks of the ledger."""
TRANSACTIONS = ("transactions", "actions")


def cases(family: str, field: str) -> list[Any]:
    """Cases of a family that have a certain field."""
    document = json.loads((GOLDEN / f"{family}.json").read_bytes())
    found = [case for case in document["cases"] if field in case]
    assert found
    return found


def blocks() -> list[Any]:
    """Every block of the ledger that is written down."""
    return [
        {**case, "name": f"{family}: {case['name']}"}
        for family in BLOCKS
        for case in cases(family, "before")
    ]


def named(case: Any) -> str:
    return str(case.get("name", ""))


def numbers(title: str) -> dict[int, str]:
    """Codes by number, as docs/reference/codes.md lists them under a heading."""
    page = (ROOT / "docs/reference/codes.md").read_text()
    text = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return {int(n): code for n, code in re.findall(r"^\| (\d+) \| `([a-z_]+)`", text, re.MULTILINE)}


@pytest.mark.parametrize("case", cases("genesis", "chain"), ids=named)
def test_geneses(case: Any) -> None:
    """[GEN-1, GEN-3, GEN-7, GEN-11, BLOCK-1, CERT-2]"""
    data = hexed(case["genesis"])
    assert digest("chain", data).hex() == case["chain"]
    _, _, _, time, parameters, custodians, judge, founders = msgpack.unpackb(data)
    members = [[founder[0], founder[5]] for founder in founders]
    assert digest("validators", msgpack.packb([0, members])).hex() == case["validators"]
    tips = [[0, bytes(32), 0]] * len(founders)
    block = msgpack.packb([1, 0, 0, 0, bytes(32), time, 0, tips])
    assert digest("block", hexed(case["chain"]), block).hex() == case["block"]
    entries = {hexed(key): hexed(value) for key, value in case["entries"]}
    assert state_root(entries).hex() == case["root"]
    assert [key for key, _ in case["entries"]] == sorted(key for key, _ in case["entries"])
    assert msgpack.unpackb(entries[b"\x01"]) == [0, 0, 0]
    assert msgpack.unpackb(entries[b"\x02"]) == [[code for code, _ in members]]
    assert msgpack.unpackb(entries[b"\x73"]) == [1, time + parameters[CYCLE_LENGTH], judge]
    for custodian in custodians:
        key = b"\x25" + bytes([len(custodian[0])]) + custodian[0].encode()
        assert msgpack.unpackb(entries[key]) == custodian
        assert msgpack.unpackb(entries[b"\x10" + custodian[2]])[:2] == [0, 256]


@pytest.mark.parametrize("case", cases("genesis", "chain"), ids=named)
def test_proofs_of_possession(case: Any) -> None:
    """[GEN-3]"""
    _, _, name, *_, founders = msgpack.unpackb(hexed(case["genesis"]))
    for code, _, _, _, _, key, possession, *_ in founders:
        message = b"LiqBon/sign/possession\0" + msgpack.packb([name, code, key])
        Ed25519PublicKey.from_public_bytes(key).verify(possession, message)


@pytest.mark.parametrize("case", [c for f in TRANSACTIONS for c in cases(f, "id")], ids=named)
def test_transactions(case: Any) -> None:
    """[TX-1, TX-4, TX-5, TX-6, TX-10, LANE-3]"""
    transaction, signed = hexed(case["transaction"]), hexed(case["signed"])
    keys = [Ed25519PrivateKey.from_private_bytes(hexed(seed)) for seed in case["seeds"]]
    public = [key.public_key().public_bytes_raw() for key in keys]
    fields, policy, signatures = msgpack.unpackb(signed)
    assert msgpack.packb(fields) == transaction
    assert msgpack.packb([fields, policy, signatures]) == signed
    assert policy[1] == public
    assert digest("account", msgpack.packb(policy)) == fields[2]
    identity = digest("transaction", transaction)
    assert identity.hex() == case["id"]
    message = b"LiqBon/sign/transaction\0" + identity
    assert message.hex() == case["message"]
    assert [[key, value.hex()] for key, value in signatures] == case["signatures"]
    assert len(signatures) == policy[0]
    for place, signature in signatures:
        assert keys[place].sign(message) == signature
    action = fields[6]
    outputs = len(action[1]) if action[0] == 0x10 else OUTPUTS.get(action[0], 0)
    endorsing = len(action[2][1]) if action[0] in ENDORSED else 0
    weight = len(signatures) + endorsing + outputs + -(-len(signed) // 1024)
    assert weight == case["weight"]


@pytest.mark.parametrize("case", cases("actions", "id"), ids=named)
def test_endorsements(case: Any) -> None:
    """[TX-10, LEDGER-17, LEDGER-23, LEDGER-25] who endorses signs chain and contents."""
    _, chain, *_, action, _ = msgpack.unpackb(hexed(case["transaction"]))
    domain = ENDORSED.get(action[0])
    if domain is None:
        assert (case["endorser"], case["endorsement"]) == (None, None)
        return
    _, said, ((threshold, keys), signatures) = action
    message = f"LiqBon/sign/{domain}\0".encode() + chain + msgpack.packb(said)
    assert message.hex() == case["endorsement"]
    signers = [Ed25519PrivateKey.from_private_bytes(hexed(seed)) for seed in case["endorser"]]
    assert [signer.public_key().public_bytes_raw() for signer in signers] == keys
    assert len(signatures) == threshold
    for place, signature in signatures:
        assert signers[place].sign(message) == signature


@pytest.mark.parametrize("case", cases("receipts", "receipt"), ids=named)
def test_receipts(case: Any) -> None:
    """[RCPT-1]"""
    origin, outcome, _ = msgpack.unpackb(hexed(case["receipt"]))
    assert (origin.hex(), outcome) == (case["origin"], case["outcome"])
    assert numbers("Refusals")[outcome] == case["code"]


def test_receipts_roots_and_numbers_of_skips() -> None:
    """[RCPT-4, TREE-3]"""
    for case in cases("receipts", "root"):
        assert list_root([hexed(item) for item in case["receipts"]]).hex() == case["root"]
    assert {c["skip"]: c["code"] for c in cases("receipts", "skip")} == numbers("Skips")


@pytest.mark.parametrize("case", cases("entries", "value"), ids=named)
def test_entries(case: Any) -> None:
    """[STATE-4, STATE-5]"""
    value = hexed(case["value"])
    assert msgpack.packb(msgpack.unpackb(value)) == value
    assert hexed(case["key"])[0] in {1, 2, *range(0x10, 0x73 + 1), 0x90, 0x91, 0x92, 0xA0, 0xB0}


def test_origins_of_what_falls_due() -> None:
    """[RCPT-3]"""
    for case in cases("entries", "origin"):
        key = b"\x61" + case["second"].to_bytes(4, "big") + case["page"].to_bytes(4, "big")
        assert digest("due", key, case["place"].to_bytes(2, "big")).hex() == case["origin"]


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_blocks_of_the_ledger(case: Any) -> None:
    """[STATE-6, RCPT-1, RCPT-2, RCPT-4]"""
    state = {hexed(key): hexed(value) for key, value in case["before"]}
    assert state_root(state).hex() == case["root_before"]
    for key, value in case["changes"]:
        if value is None:
            assert hexed(key)[0] in {0x60, 0x61, 0x62}
            del state[hexed(key)]
        else:
            assert state.get(hexed(key)) != hexed(value)
            state[hexed(key)] = hexed(value)
    assert state_root(state).hex() == case["root"]
    receipts = [hexed(receipt) for receipt in case["receipts"]]
    assert list_root(receipts).hex() == case["receipts_root"]
    used = [
        (digest("transaction", msgpack.packb(msgpack.unpackb(hexed(signed))[0])), code)
        for (_, signed), code in zip(case["transactions"], case["verdicts"], strict=True)
        if code in numbers("Refusals").values()
    ]
    told = [msgpack.unpackb(receipt)[:2] for receipt in receipts]
    by_transactions = told[len(told) - len(used) :]
    assert [(o, numbers("Refusals")[n]) for o, n in by_transactions] == used


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_balances_are_the_supply_before_and_after(case: Any) -> None:
    """[LEDGER-2, LEDGER-3, LEDGER-40, LEDGER-44]"""
    state = {hexed(key): hexed(value) for key, value in case["before"]}
    for changes in ([], case["changes"]):
        for key, value in changes:
            state[hexed(key)] = b"" if value is None else hexed(value)
        held = {key: msgpack.unpackb(value) for key, value in state.items() if value}
        minted, redeemed, refunded = held[b"\x01"]
        balances = sum(value[0] for key, value in held.items() if key[0] == 0x10)
        balances += sum(value[LOCKED[k[0]]] for k, value in held.items() if k[0] in LOCKED)
        owed = [value for key, value in held.items() if key[0] == 0x21]
        net = sum(m - r + back - paid + got + more for m, r, back, paid, got, more, *_ in owed)
        assert balances == net == minted + refunded - redeemed
        assert sum(value[6] for value in owed) == sum(value[7] for value in owed)


def test_the_ledger_s_cases_meet_every_code() -> None:
    met = {code for case in blocks() for code in case["verdicts"]}
    assert met == {*numbers("Refusals").values(), *numbers("Skips").values()}


ADMIN = ("partner_unknown", "not_admin")
CODES_OF = {
    0x10: ("amount_overflow", "balance_too_low", "output_below_opening"),
    0x11: ("channels_not_more", "balance_too_low"),
    0x20: (
        "partner_unknown",
        "not_issuer",
        "programme_unknown",
        "programme_paused",
        "rate_not_in_force",
        "rate_mismatch",
        "commitment_used",
        "minting_suspended",
        "limit_exceeded",
        "daily_cap_exceeded",
    ),
    0x30: (*ADMIN, "programme_exists", "programmes_full"),
    0x31: (*ADMIN, "programme_unknown", "rate_unordered", "rate_too_far", "rate_notice_short"),
    0x32: (*ADMIN, "programme_unknown", "programme_unchanged"),
    0x50: (*ADMIN, "claim_bound_not_lower"),
    0x51: ADMIN,
    0x52: (*ADMIN, "not_custodian", "ceiling_exceeded", "attestation_early", "attestation_stale"),
    0x53: (*ADMIN, "not_custodian", "release_stale", "reserve_needed"),
    0x60: (
        "partner_unknown",
        "not_cashier",
        "invoice_expired",
        "invoice_for_another",
        "invoice_used",
        "claim_bound_exceeded",
        "balance_too_low",
    ),
    0x61: (
        "partner_unknown",
        "not_cashier",
        "invoice_unknown",
        "refund_used",
        "refund_exceeded",
        "limit_exceeded",
        "daily_cap_exceeded",
    ),
    0x70: ("obligation_unknown", "not_debtor", "obligation_settled", "payment_claimed"),
    0x71: ("obligation_unknown", "not_creditor", "obligation_settled"),
    0x72: ("obligation_unknown", "not_creditor", "payment_not_claimed"),
    0x73: ("obligation_unknown", "not_custodian", "obligation_settled", "not_disputed"),
    0x90: ("deadline_invalid", "budget_too_small", "balance_too_low"),
    0x91: (
        "campaign_unknown",
        "campaign_ended",
        "not_signer",
        "voucher_for_another",
        "voucher_expired",
        "referrer_invalid",
        "voucher_used",
        "claims_exceeded",
        "budget_exhausted",
        "output_below_opening",
    ),
    0x92: ("campaign_unknown", "not_sponsor", "campaign_ended"),
    0xA0: (
        "not_seller",
        "offer_expired",
        "arbiter_invalid",
        "promoter_invalid",
        "account_unknown",
        "balance_too_low",
    ),
    0xA1: ("order_unknown", "not_seller", "order_status_wrong"),
    0xA2: ("order_unknown", "not_buyer", "order_status_wrong"),
    0xA3: ("order_unknown", "not_seller", "order_status_wrong"),
    0xA4: ("order_unknown", "not_buyer", "order_status_wrong"),
    0xA5: ("order_unknown", "not_arbiter", "order_status_wrong", "amount_overflow"),
    0xB0: ("content_exists",),
    0xB1: ("content_unknown", "own_content", "balance_too_low", "amount_overflow"),
}
"""What docs/spec/ledger.md says that each action may be refused with."""


def test_each_action_has_a_case_of_each_of_its_codes() -> None:
    met = {
        (msgpack.unpackb(hexed(signed))[0][6][0], code)
        for case in blocks()
        for (_, signed), code in zip(case["transactions"], case["verdicts"], strict=True)
    }
    wanted = {(tag, code) for tag, codes in CODES_OF.items() for code in ("done", *codes)}
    assert wanted - met == set()


def test_the_ledger_s_cases_carry_out_every_action_and_meet_every_event() -> None:
    """Each action that docs/spec/transactions.md lists is done in some case, each event met."""
    done, met = set(), set()
    for case in blocks():
        for (_, signed), code in zip(case["transactions"], case["verdicts"], strict=True):
            if code == "done":
                done.add(msgpack.unpackb(hexed(signed))[0][6][0])
        for receipt in case["receipts"]:
            met |= {event[0] for event in msgpack.unpackb(hexed(receipt))[2]}
    page = (ROOT / "docs/spec/transactions.md").read_text()
    assert done == {int(tag, 16) for tag in re.findall(r"= \[(0x[0-9a-f]{2})", page)}
    page = (ROOT / "docs/spec/ledger.md").read_text()
    assert met == {int(tag) for tag in re.findall(r"^    [A-Z]\w+ *= \[(\d+),", page, re.M)}


@pytest.mark.parametrize("case", cases("blocks", "batch"), ids=named)
def test_batches(case: Any) -> None:
    """[LANE-1]"""
    header, transactions, signature = msgpack.unpackb(hexed(case["batch"]))
    assert msgpack.packb(header).hex() == case["header"]
    identity = digest("batch", hexed(case["chain"]), msgpack.packb(header))
    assert identity.hex() == case["digest"]
    assert list_root(transactions) == header[7]
    message = b"LiqBon/sign/batch\0" + identity
    assert message.hex() == case["message"]
    key = Ed25519PrivateKey.from_private_bytes(hexed(case["seed"]))
    assert key.sign(message) == signature
    assert msgpack.packb([header[2], identity, header[6]]).hex() == case["tip"]


def test_blocks_and_their_order() -> None:
    """[BLOCK-1, BLOCK-3]"""
    for case in cases("blocks", "block"):
        assert digest("block", hexed(case["chain"]), hexed(case["block"])).hex() == case["digest"]
    for case in cases("blocks", "order"):
        lanes, height = case["lanes"], case["height"]
        places = [
            (d, (i - height) % len(lanes), i)
            for i in range(len(lanes))
            for d in range(len(lanes[i]))
        ]
        assert [[i, lanes[i][d]] for d, _, i in sorted(places)] == case["order"]


def signed_by(seed: str, message: str) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(hexed(seed)).sign(hexed(message))


def test_votes_attestations_and_beats() -> None:
    """[VOTE-1]"""
    for case in cases("votes", "vote"):
        kind, epoch, view, block, _, signature = msgpack.unpackb(hexed(case["vote"]))
        said = msgpack.packb([hexed(case["chain"]), epoch, kind, view, block])
        assert case["message"] == (b"LiqBon/sign/vote\0" + said).hex()
        assert signed_by(case["seed"], case["message"]) == signature
    for field in ("attest", "beat"):
        for case in cases("votes", field):
            thing, _, signature = msgpack.unpackb(hexed(case[field]))
            domain = f"LiqBon/sign/{field}\0".encode()
            assert case["message"] == (domain + msgpack.packb(thing)).hex()
            assert signed_by(case["seed"], case["message"]) == signature


@pytest.mark.parametrize("case", cases("votes", "certificate"), ids=named)
def test_certificates(case: Any) -> None:
    """[CERT-1] every one that holds has a quorum of valid signatures of distinct members."""
    *_, signatures = msgpack.unpackb(hexed(case["certificate"]))
    members = [hexed(member) for member in case["members"]]
    valid = set()
    for author, signature in signatures:
        try:
            key = Ed25519PublicKey.from_public_bytes(members[author])
            key.verify(signature, hexed(case["message"]))
        except (IndexError, InvalidSignature):
            continue
        valid.add(author)
    authors = [author for author, _ in signatures]
    sound = len(valid) == len(authors) >= 3 and authors == sorted(valid)
    assert sound or case["code"] is not None
    if case["code"] in {"certificate_quorum", "certificate_signature"}:
        assert not sound


def test_every_offence_is_proven_once_and_denied_once() -> None:
    """[EVID-1]"""
    proven = [
        msgpack.unpackb(hexed(case["evidence"]))[0]
        for case in cases("votes", "evidence")
        if case["code"] is None
    ]
    assert proven == list(range(7))
    denied = {case["code"] for case in cases("votes", "evidence")} - {None}
    assert denied == {"evidence_invalid"}


def test_this_reader_imports_nothing_of_the_product() -> None:
    lines = Path(__file__).read_text().splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    ours = [
        line for line in imports if line.split()[1].split(".")[0] in {"primitives", "contracts"}
    ]
    assert imports
    assert ours == []
