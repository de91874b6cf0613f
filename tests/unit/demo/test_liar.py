"""The demonstration's liar lies as well as anyone could, and is caught for the right reason."""

import json
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from client.answers import judge_entry, read
from client.trust import Believed
from demo.liar import Liar, Lie, lying, raise_figure, raise_proof
from primitives import entries
from primitives.encoding import Malformed, decode, encode
from primitives.proof import EntryProof
from primitives.statetree import StateTree
from tests.builders import a_genesis, a_person, a_state_certificate, an_attestation

KEY = entries.account_key(a_person("alice").account)
ACCOUNT = entries.Account(balance=12_500_000, channels=1, sequence=0, last=bytes(32))


def an_answer(account: entries.Account = ACCOUNT) -> bytes:
    """The part of an account's document that a liar touches, with a genuine proof."""
    tree = StateTree()
    others = [(f"entry {i}".encode(), b"value") for i in range(50)]
    tree.commit(1, [(KEY, encode(account)), *others])
    certificate = a_state_certificate(an_attestation(9, state_root=tree.root))
    proof = EntryProof(certificate, KEY, encode(account), tree.prove(KEY))
    document = {"balance": "12.5", "height": "9", "proof": b64encode(encode(proof)).decode()}
    return json.dumps(document).encode()


def judged(body: bytes) -> int:
    """The balance that a wallet derives from an answer. Raises ``Malformed`` for a lie."""
    proof = read(EntryProof, json.loads(body)["proof"])
    entry = judge_entry(Believed(a_genesis()), 0, KEY, proof)
    assert entry.value is not None
    return decode(entries.Account, entry.value).balance


def test_the_honest_answer_is_believed() -> None:
    assert judged(an_answer()) == ACCOUNT.balance


@pytest.mark.parametrize(("said", "raised"), [("12.5", "1012.5"), ("0", "1000"), ("7", "1007")])
def test_the_first_lie_changes_the_figure_alone(said: str, raised: str) -> None:
    body = json.dumps({"balance": said, "proof": "x"}).encode()
    assert json.loads(raise_figure(body)) == {"balance": raised, "proof": "x"}


def test_the_second_lie_fits_in_itself_and_fails_at_the_root_alone() -> None:
    body = raise_proof(raise_figure(an_answer()))
    proof = decode(EntryProof, b64decode(json.loads(body)["proof"]), 1 << 20)
    assert proof.value is not None
    assert decode(entries.Account, proof.value).balance == ACCOUNT.balance + 1_000_000_000
    with pytest.raises(Malformed) as caught:
        judged(body)
    assert caught.value.code == "proof_invalid"
    assert "root" in str(caught.value.detail)


class Honest(BaseHTTPRequestHandler):
    """Answers every question with a document, and every submission with its own words."""

    def do_GET(self) -> None:
        self._answer(an_answer())

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def liar() -> Iterator[Liar]:
    with HTTPServer(("127.0.0.1", 0), Honest) as behind:
        thread = Thread(target=behind.serve_forever)
        thread.start()
        with lying(f"http://127.0.0.1:{behind.server_address[1]}") as liar:
            yield liar
        behind.shutdown()
        thread.join()


def asked(liar: Liar, path: str, body: bytes | None = None) -> bytes:
    with urllib.request.urlopen(liar.url + path, body, timeout=5) as answer:
        text: bytes = answer.read()
        return text


def test_only_what_is_said_of_accounts_is_twisted(liar: Liar) -> None:
    assert asked(liar, "/v1/status") == an_answer()
    assert asked(liar, "/v1/transactions", b"bytes") == b"bytes"
    assert liar.told == 0
    assert asked(liar, "/v1/accounts/tlqb1alice?proof=1") == raise_figure(an_answer())
    liar.lie = Lie.PROOF
    assert asked(liar, "/v1/accounts/tlqb1alice?proof=1") == raise_proof(raise_figure(an_answer()))
    assert liar.told == 2


def test_the_third_lie_was_true_once(liar: Liar) -> None:
    liar.remember("/v1/accounts/tlqb1alice?proof=1&channel=0")
    liar.remembered["/v1/accounts/tlqb1alice"] += b" "
    liar.lie = Lie.YESTERDAY
    assert asked(liar, "/v1/accounts/tlqb1alice?channel=0&proof=1") == an_answer() + b" "
    assert asked(liar, "/v1/accounts/tlqb1boris?proof=1") == an_answer()


def test_a_refusal_is_passed_on(liar: Liar) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        asked(liar, "/v1/accounts/missing")
    assert caught.value.code == 404
    caught.value.close()
