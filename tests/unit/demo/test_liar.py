"""The demonstration's dishonest node changes what it is told to change, and passes on the rest."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from demo.liar import MSGPACK, Liar, lying


class Honest(BaseHTTPRequestHandler):
    """Answers every question with its path, and every submission with its own words."""

    def do_GET(self) -> None:
        self._answer(self.path.encode())

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", self.headers.get("Accept", "application/json"))
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
            liar.on_account = liar.on_block = bytes.upper
            yield liar
        behind.shutdown()
        thread.join()


def asked(liar: Liar, path: str, body: bytes | None = None, form: str = "application/json") -> str:
    request = urllib.request.Request(liar.url + path, body, {"Accept": form})
    with urllib.request.urlopen(request, timeout=5) as answer:
        text: bytes = answer.read()
        return text.decode()


def test_what_is_said_of_accounts_is_changed_and_counted(liar: Liar) -> None:
    assert asked(liar, "/v1/accounts/alice?proof=1") == "/V1/ACCOUNTS/ALICE?PROOF=1"
    assert liar.told == 1


@pytest.mark.parametrize(("form", "said"), [(MSGPACK, "/V1/BLOCKS/7"), ("a/b", "/v1/blocks/7")])
def test_of_blocks_only_their_bytes_are_changed(liar: Liar, form: str, said: str) -> None:
    assert asked(liar, "/v1/blocks/7", form=form) == said


@pytest.mark.parametrize("path", ["/v1/status", "/v1/certificates/7", "/v1/transactions/ab"])
def test_everything_else_is_passed_on(liar: Liar, path: str) -> None:
    assert asked(liar, path, form=MSGPACK) == path
    assert liar.told == 0


def test_an_answer_that_stays_as_it_was_is_no_lie(liar: Liar) -> None:
    liar.on_account = bytes.lower
    assert asked(liar, "/v1/accounts/alice") == "/v1/accounts/alice"
    assert liar.told == 0


def test_a_refusal_is_passed_on(liar: Liar) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        asked(liar, "/v1/accounts/missing")
    assert caught.value.code == 404
    assert caught.value.read() == b"/v1/accounts/missing"
    caught.value.close()


def test_what_is_handed_in_is_overheard_before_it_is_passed_on(liar: Liar) -> None:
    events = []
    liar.on_submission = lambda body: events.append(body)
    events.append(asked(liar, "/v1/transactions", b"a payment").encode() + b" was passed on")
    assert events == [b"a payment", b"a payment was passed on"]


def test_a_node_that_is_gone_is_one_that_cannot_serve() -> None:
    with lying("http://127.0.0.1:1") as liar, pytest.raises(urllib.error.HTTPError) as caught:
        asked(liar, "/v1/status")
    assert caught.value.code == 503
    caught.value.close()
