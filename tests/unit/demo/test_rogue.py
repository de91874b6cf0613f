"""The thief's client, written from the specification, makes the very bytes that the product makes.

So what refuses its transactions is the ledger, and not a slip in their form.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from client.builder import Slot, account_of, build, endorse
from client.home import create, open_home
from demo import rogue
from node.keyring import Keyring
from primitives.actions import (
    Action,
    Mint,
    Output,
    Redeem,
    SettlementDispute,
    Transfer,
    invoice_message,
)
from primitives.encoding import encode
from primitives.keys import Ed25519Key
from primitives.transaction import decode_signed
from primitives.vote import attest_message
from tests.builders import a_chain, a_commitment, a_genesis, an_attestation, an_invoice

WORDS = " ".join(["abandon"] * 11 + ["about"])
PASSPHRASE = b"a passphrase of the shop's"
SEED = bytes(range(32))
TO = bytes(32)


def thief() -> rogue.Key:
    return rogue.Key(SEED)


def owner() -> Ed25519Key:
    return Ed25519Key.from_seed(SEED)


def a_dispute() -> tuple[list[Any], Action]:
    return [rogue.DISPUTE, 7, 2], SettlementDispute(7, 2)


def a_transfer() -> tuple[list[Any], Action]:
    return [rogue.TRANSFER, [[TO, 5]]], Transfer((Output(TO, 5),))


def a_mint() -> tuple[list[Any], Action]:
    mark = a_commitment("till 7")
    fields = ["north", "bonus", 3, 30_000, mark, TO]
    return [rogue.MINT, *fields], Mint("north", "bonus", 3, 30_000, mark, TO)


def a_redeem() -> tuple[list[Any], Action]:
    invoice = an_invoice("north", 5)
    plain = msgspec.msgpack.decode(encode(invoice))
    forged = [rogue.REDEEM, plain, thief().endorse("sign/invoice", a_chain(), plain)]
    return forged, Redeem(invoice, endorse(owner(), invoice_message(a_chain(), invoice)))


@pytest.mark.parametrize("made", [a_transfer(), a_mint(), a_redeem(), a_dispute()])
def test_its_transactions_are_the_products_to_the_last_byte(
    made: tuple[list[Any], Action],
) -> None:
    fields, action = made
    raw = thief().sign(a_chain(), fields)
    until = decode_signed(raw, a_chain()).transaction.valid_until
    slot = Slot(a_chain(), rogue.UNUSED_CHANNEL, 0, until)
    assert raw == encode(build(owner(), slot, action).signed)


def test_its_account_and_policy_are_those_of_the_key() -> None:
    assert thief().account == account_of(owner())


def test_an_attestation_is_signed_as_a_validator_signs_it() -> None:
    said = an_attestation(9)
    assert thief().signature("sign/attest", encode(said)) == owner().sign(attest_message(said))


def test_a_transaction_in_anothers_name_is_well_formed_and_wrongly_signed() -> None:
    victim = rogue.Key(bytes(32))
    slot = rogue.Slot(victim.account, 0, 4)
    raw = thief().sign_for(slot, victim.policy, a_chain(), a_transfer()[0])
    decoded = decode_signed(raw, a_chain())
    assert decoded.transaction.sender == victim.account
    [theirs] = decoded.signed.signatures
    assert theirs.signature == thief().signature("sign/transaction", decoded.id)


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    """A home as ``liqbon-wallet restore`` makes it, and the file with its passphrase."""
    genesis = encode(a_genesis())
    create(tmp_path / "home", genesis, ["http://127.0.0.1:1"], WORDS, PASSPHRASE)
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\n")
    return tmp_path


def test_a_stolen_keystore_opens_to_the_keys_that_the_wallet_uses(keystore: Path) -> None:
    vault = open_home(keystore / "home").unlock(PASSPHRASE)
    for account in (0, 2):
        stolen = rogue.stolen(keystore / "home", keystore / "passphrase", account)
        assert stolen.account == account_of(vault.key(account))


def test_a_validators_key_opens_to_the_key_that_the_node_uses(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_bytes(PASSPHRASE)
    key = Keyring(tmp_path).create(PASSPHRASE)
    found = rogue.validator(tmp_path, tmp_path / "passphrase")
    assert found.policy == [1, [key.public_key]]


def test_keystores_are_opened_by_several_threads_at_once(keystore: Path) -> None:
    """Two derivations at once would wait for each other for ever."""
    found: list[bytes] = []

    def steal() -> None:
        found.append(rogue.stolen(keystore / "home", keystore / "passphrase", 0).account)

    threads = [threading.Thread(target=steal, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 3
    assert len(set(found)) == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_what_was_handed_in_is_read_alone_or_in_a_list(wrapped: bool) -> None:
    raw = thief().sign(a_chain(), a_mint()[0])
    body = msgspec.msgpack.encode([raw]) if wrapped else raw
    assert rogue.handed_in(body) == raw
    assert rogue.action_of(body) == a_mint()[0]


class Node(BaseHTTPRequestHandler):
    """Refuses one transaction, and calls every other final."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        refused = body["transaction"] == "YmFk"
        answer = {"code": "limit_exceeded"} if refused else {"code": None, "status": "final"}
        data = json.dumps(answer).encode()
        self.send_response(422 if refused else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None: ...


def test_a_nodes_answer_is_its_code_or_the_status() -> None:
    with HTTPServer(("127.0.0.1", 0), Node) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        replies = [rogue.submit(url, raw) for raw in (b"bad", b"good")]
        server.shutdown()
        thread.join()
    assert replies == [(422, "limit_exceeded"), (200, "final")]
