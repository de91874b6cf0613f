"""The ledger's golden vectors, read by code that shares nothing with the product.

Roots, ids, policies, every signature and the receipts of each case, and what always holds of a
state. Here stand hashlib, msgpack, cryptography and the text of docs/spec alone.
"""

import re
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.properties.golden import (
    TRANSACTIONS,
    State,
    after,
    before,
    blocks,
    cases,
    coded,
    hexed,
    named,
    numbers,
    of_kind,
    page,
    parameters,
    sent,
    told,
)
from tests.properties.reference import digest, list_root, state_root

ENDORSED = {0x60: "invoice", 0x52: "attestation", 0x53: "release", 0x91: "voucher", 0xA0: "offer"}
"""[TX-10] Domains of what is signed by who endorses, by the tag of the action that carries it."""
OUTPUTS = {0x20: 1, 0x41: 1, 0x61: 1, 0x91: 2, 0x92: 1, 0xA2: 3, 0xA3: 3, 0xA5: 3, 0xB1: 1}
"""What [LANE-3] counts of other actions than transfers."""
LOCKED = {0x90: 4, 0xA0: 4}
"""Where campaigns and orders say what they hold, by the prefix of their keys."""
LANE_DAY, PAGE = 0x50, 0x61
NEVER_HELD_UP = (0x70, 0x71, 0x72, 0x73, 0x81)
"""[LEDGER-14] What is said of obligations, and votes."""
DUE = (0x60, 0x61, 0x62)
"""Prefixes of the calendar: nothing else is ever removed."""


def endorsement(chain: bytes, action: Any) -> tuple[bytes, Any] | None:
    """[TX-10] What an endorser signs, and the endorsement; None if the action carries none."""
    if action[0] == 0x41:
        return b"LiqBon/sign/role\0" + chain + msgpack.packb(action[1:3]), action[3]
    if action[0] in ENDORSED:
        domain = f"LiqBon/sign/{ENDORSED[action[0]]}\0".encode()
        return domain + chain + msgpack.packb(action[1]), action[2]
    return None


def possession(chain: bytes, action: Any) -> tuple[bytes, Any] | None:
    """[TX-11] What the key of a seat signs, and the seat; None if the action brings none."""
    if action[0] == 0x40:
        code, seat = action[1][0], action[1][7]
    elif action[0] == 0x43:
        code, seat = action[1], action[2]
    else:
        return None
    return b"LiqBon/sign/seat\0" + chain + msgpack.packb([code, seat[0]]), seat


def verify(policy: Any, signatures: Any, message: bytes) -> None:
    """[TX-5] Exactly as many as the threshold, by ascending keys; each of them holds."""
    threshold, keys = policy
    places = [place for place, _ in signatures]
    assert len(signatures) == threshold
    assert places == sorted(set(places))
    for place, signature in signatures:
        Ed25519PublicKey.from_public_bytes(keys[place]).verify(signature, message)


@pytest.mark.parametrize("case", cases("genesis", "chain"), ids=named)
def test_geneses(case: Any) -> None:
    """[GEN-1, GEN-3, GEN-7, GEN-8, GEN-11, BLOCK-1, CERT-2]"""
    data = hexed(case["genesis"])
    assert digest("chain", data).hex() == case["chain"]
    _, _, _, time, fields, custodians, judge, founders = msgpack.unpackb(data)
    members = [[founder[0], founder[6]] for founder in founders]
    assert digest("validators", msgpack.packb([0, members])).hex() == case["validators"]
    tips = [[0, bytes(32), 0]] * len(founders)
    block = msgpack.packb([1, 0, 0, 0, bytes(32), time, 0, tips])
    assert digest("block", hexed(case["chain"]), block).hex() == case["block"]
    entries = {hexed(key): hexed(value) for key, value in case["entries"]}
    assert state_root(entries).hex() == case["root"]
    assert [key for key, _ in case["entries"]] == sorted(key for key, _ in case["entries"])
    found = {key: msgpack.unpackb(value) for key, value in entries.items()}
    codes, safes = [code for code, _ in members], [custodian[0] for custodian in custodians]
    closes = time + parameters(fields)["settlement_cycle_ms"]
    wanted: dict[bytes, Any] = {
        b"\x01": [0, 0, 0],
        b"\x02": [codes, safes],
        b"\x03": [members, -1, -1],
        b"\x04": [1, None],
        b"\x73": [1, closes, judge],
    }
    wanted |= {coded(0x25, custodian[0]): custodian for custodian in custodians}
    roles = [custodian[2] for custodian in custodians]
    for code, name, currency, kind, own, custodian, _, _, _, programmes in founders:
        held = [programme[0] for programme in programmes]
        wanted[coded(0x20, code)] = [code, name, currency, kind, 1, own, custodian, held, 0]
        wanted[coded(0x21, code)] = [0] * 8
        roles += own
        for programme, _, _, terms, url, _ in programmes:
            wanted[coded(0x32, code, programme) + bytes(4)] = [terms, url, time, time]
    wanted |= {b"\x10" + account: [0, 256, 0, bytes(32)] for account in roles}
    assert {key: found[key] for key in wanted} == wanted
    others = {key[0] for key in found.keys() - wanted.keys()}
    assert others <= {0x22, 0x30, 0x31, *DUE}


@pytest.mark.parametrize("case", cases("genesis", "chain"), ids=named)
def test_proofs_of_possession(case: Any) -> None:
    """[GEN-3]"""
    _, _, name, *_, founders = msgpack.unpackb(hexed(case["genesis"]))
    for code, _, _, _, _, _, key, proof, *_ in founders:
        message = b"LiqBon/sign/possession\0" + msgpack.packb([name, code, key])
        Ed25519PublicKey.from_public_bytes(key).verify(proof, message)


@pytest.mark.parametrize("case", [c for f in TRANSACTIONS for c in cases(f, "id")], ids=named)
def test_transactions(case: Any) -> None:
    """[TX-1, TX-4, TX-5, TX-6, TX-10, TX-11, LANE-3]"""
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
    carried = endorsement(fields[1], action)
    count = len(signatures) + (len(carried[1][1]) if carried else 0)
    count += possession(fields[1], action) is not None
    assert count + outputs + -(-len(signed) // 1024) == case["weight"]


CARRIED = [case for family in TRANSACTIONS[1:] for case in cases(family, "id")]


@pytest.mark.parametrize("case", CARRIED, ids=named)
def test_endorsements(case: Any) -> None:
    """[TX-10, LEDGER-17, LEDGER-23, LEDGER-25, LEDGER-51] chain and contents are signed."""
    _, chain, *_, action, _ = msgpack.unpackb(hexed(case["transaction"]))
    carried = endorsement(chain, action)
    if carried is None:
        assert (case["endorser"], case["endorsement"]) == (None, None)
        return
    message, ((threshold, keys), signatures) = carried
    assert message.hex() == case["endorsement"]
    signers = [Ed25519PrivateKey.from_private_bytes(hexed(seed)) for seed in case["endorser"]]
    assert [signer.public_key().public_bytes_raw() for signer in signers] == keys
    assert len(signatures) == threshold
    for place, signature in signatures:
        assert signers[place].sign(message) == signature


@pytest.mark.parametrize("case", cases("partner_actions", "id"), ids=named)
def test_seats_and_applications(case: Any) -> None:
    """[TX-11, LEDGER-50] who holds a consensus key signs chain, partner and key."""
    _, chain, sender, *_, action, _ = msgpack.unpackb(hexed(case["transaction"]))
    brought = possession(chain, action)
    assert (brought is None) == (case["possessor"] is None)
    if brought is not None:
        message, (key, proof) = brought
        signer = Ed25519PrivateKey.from_private_bytes(hexed(case["possessor"]))
        assert message.hex() == case["possession"]
        assert (signer.public_key().public_bytes_raw(), signer.sign(message)) == (key, proof)
    applied = action[0] == 0x40
    wanted = digest("application", sender, msgpack.packb(action[1])).hex() if applied else None
    assert case["application"] == wanted


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
    """[STATE-1, STATE-4]"""
    value = hexed(case["value"])
    assert msgpack.packb(msgpack.unpackb(value)) == value
    assert len(hexed(case["key"])) <= 128


def test_entries_of_every_prefix_are_written_down() -> None:
    """[STATE-5] those of the table in docs/spec/state.md."""
    table = page("spec/state.md").split("| prefix | key after it | value |")[1].split("\n\n")[0]
    listed = {int(prefix, 16) for prefix in re.findall(r"^\| (0x[0-9a-f]{2}) \|", table, re.M)}
    assert {hexed(case["key"])[0] for case in cases("entries", "value")} == listed
    assert {key[0] for case in blocks() for key in after(case)} == listed


def test_origins_of_what_falls_due() -> None:
    """[RCPT-3]"""
    for case in cases("entries", "origin"):
        key = b"\x61" + case["second"].to_bytes(4, "big") + case["page"].to_bytes(4, "big")
        assert digest("due", key, case["place"].to_bytes(2, "big")).hex() == case["origin"]


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_blocks_of_the_ledger(case: Any) -> None:
    """[STATE-6, RCPT-1, RCPT-2, RCPT-4]"""
    state = before(case)
    assert state_root(state).hex() == case["root_before"]
    for key, value in case["changes"]:
        if value is None:
            assert hexed(key)[0] in DUE
        else:
            assert state.get(hexed(key)) != hexed(value)
    assert state_root(after(case)).hex() == case["root"]
    receipts = [hexed(receipt) for receipt in case["receipts"]]
    assert list_root(receipts).hex() == case["receipts_root"]
    refusals = numbers("Refusals")
    used = [
        (digest("transaction", msgpack.packb(signed[0])), code)
        for signed, code in sent(case)
        if code in refusals.values()
    ]
    by_transactions = told(case)[len(receipts) - len(used) :]
    assert [(origin, refusals[number]) for origin, number, _ in by_transactions] == used
    assert all(not events for _, number, events in told(case) if number)


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_every_signature_of_a_block_holds(case: Any) -> None:
    """[TX-4, TX-5, TX-6, TX-10, TX-11]"""
    for (fields, policy, signatures), _ in sent(case):
        _, chain, sender, *_, action, _ = fields
        assert chain == hexed(case["chain"])
        assert digest("account", msgpack.packb(policy)) == sender
        identity = digest("transaction", msgpack.packb(fields))
        verify(policy, signatures, b"LiqBon/sign/transaction\0" + identity)
        carried = endorsement(chain, action)
        if carried is not None:
            verify(carried[1][0], carried[1][1], carried[0])
        brought = possession(chain, action)
        if brought is not None:
            Ed25519PublicKey.from_public_bytes(brought[1][0]).verify(brought[1][1], brought[0])


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_balances_are_the_supply_before_and_after(case: Any) -> None:
    """[LEDGER-2, LEDGER-3, LEDGER-40, LEDGER-44, LEDGER-73]"""
    for state in (before(case), after(case)):
        minted, redeemed, refunded = msgpack.unpackb(state[b"\x01"])
        balances = sum(account[0] for account in of_kind(state, 0x10).values())
        for prefix, place in LOCKED.items():
            balances += sum(value[place] for value in of_kind(state, prefix).values())
        owed = of_kind(state, 0x21).values()
        net = sum(m - r + back - paid + got + more for m, r, back, paid, got, more, *_ in owed)
        assert balances == net == minted + refunded - redeemed
        assert sum(position[5] for position in owed) == 0
        assert sum(position[6] for position in owed) == sum(position[7] for position in owed)


@pytest.mark.parametrize("case", blocks(), ids=named)
def test_no_balance_falls_but_that_of_a_sender(case: Any) -> None:
    """[LEDGER-1, LEDGER-20, LEDGER-36, LEDGER-60] no vote and no time lowers one."""
    old, new = of_kind(before(case), 0x10), of_kind(after(case), 0x10)
    senders = {fields[2] for (fields, _, _), code in sent(case) if code == "done"}
    fell = {account for account in old if new[account][0] < old[account][0]}
    assert fell <= senders


def created(old: State, new: State) -> int:
    """[LEDGER-14] Entries that a transaction added; of the calendar's pages each item counts."""
    added = [key for key in new.keys() - old.keys() if key[0] not in (LANE_DAY, PAGE)]
    return len(added) + items(new) - items(old)


def items(state: State) -> int:
    """How many stand in the calendar."""
    return sum(len(page[0]) for page in of_kind(state, PAGE).values())


ALONE = [case for case in blocks() if len(case["verdicts"]) == len(case["receipts"]) == 1]
"""Blocks in which one transaction used its sequence, and nothing fell due."""


@pytest.mark.parametrize("case", ALONE, ids=named)
def test_a_lane_is_charged_for_what_its_transaction_creates(case: Any) -> None:
    """[LEDGER-14] but not for words that a deadline waits for, and votes, if they are done."""
    old, new = before(case), after(case)
    [((fields, _, _), code)] = sent(case)
    free = code == "done" and fields[6][0] in NEVER_HELD_UP
    today = case["time"] // 86_400_000
    days = [of_kind(state, LANE_DAY).get(bytes(2), [today, 0]) for state in (old, new)]
    charged = days[1][1] - (days[0][1] if days[0][0] == today else 0)
    if days[1] == days[0]:
        charged = 0
    assert charged == (0 if free else created(old, new))
    assert days[1][1] <= parameters(hexed(case["parameters"]))["entries_per_lane_and_day"]


def test_some_lanes_are_charged_for_every_kind_of_entry_that_people_and_partners_make() -> None:
    """Or the test above would show little."""
    made = {
        key[0]
        for case in ALONE
        if created(before(case), after(case))
        for key in after(case).keys() - before(case).keys()
    }
    assert {0x10, 0x11, 0x23, 0x26, 0x30, 0x31, 0x32, 0x40, 0x61, 0x72, 0x80, 0x81} <= made
    assert {0x90, 0x91, 0x92, 0xA0, 0xB0} <= made


def test_the_ledger_s_cases_meet_every_code() -> None:
    met = {code for case in blocks() for code in case["verdicts"]}
    assert met == {*numbers("Refusals").values(), *numbers("Skips").values()}


def test_the_ledger_s_cases_carry_out_every_action_and_meet_every_event() -> None:
    """Each action that docs/spec/transactions.md lists is done in some case, each event met."""
    done = {fields[6][0] for case in blocks() for (fields, _, _), c in sent(case) if c == "done"}
    met = {event[0] for case in blocks() for _, _, events in told(case) for event in events}
    listed = re.findall(r"= \[(0x[0-9a-f]{2})", page("spec/transactions.md"))
    assert done == {int(tag, 16) for tag in listed}
    listed = re.findall(r"^    [A-Z]\w+ *= \[(\d+),", page("spec/ledger.md"), re.M)
    assert met == {int(tag) for tag in listed}
