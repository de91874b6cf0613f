"""A node that lies. Stands before an honest one and changes what is said of one account.

Three lies, from the clumsy to the clever. The first changes the figure. The second changes the
figure inside the proof as well, as somebody would who rewrote his database. The third changes
nothing: it repeats an answer that was true, with its genuine proof, after the account has changed.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, unique
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import msgspec

MICRO: Final = 1_000_000
TIMEOUT_S: Final = 5.0
MAX_BODY: Final = 1024 * 1024
MSGPACK: Final = "application/msgpack"
TRANSFER: Final = 0x10
HEIGHT: Final = 3
"""Where a block's header names its height."""
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@unique
class Lie(Enum):
    """What a liar does to answers about accounts."""

    FIGURE = "another figure"
    PROOF = "another figure, its proof to match"
    YESTERDAY = "an old answer, its proof genuine"
    HISTORY = "a block in which a payment is ten times as large"


class Liar(ThreadingHTTPServer):
    """Listens on a free port of loopback and asks the honest node at ``behind``."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.lie = Lie.FIGURE
        self.told = 0
        self.doctored = 0
        self.remembered: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """Whoever has seen enough of a lie hangs up; that is no news."""

    def remember(self, path: str) -> None:
        """Keep today's answer, to repeat it another day."""
        with _OPENER.open(self.behind + path, timeout=TIMEOUT_S) as answer:
            self.remembered[path.partition("?")[0]] = answer.read()

    def twisted(self, path: str, body: bytes) -> bytes:
        """What is said instead of an honest answer about an account."""
        self.told += 1
        match self.lie:
            case Lie.FIGURE:
                return raise_figure(body)
            case Lie.PROOF:
                return raise_proof(raise_figure(body))
            case Lie.YESTERDAY:
                return self.remembered.get(path.partition("?")[0], body)
            case Lie.HISTORY:
                return body

    def rewritten(self, body: bytes) -> bytes:
        """What is handed out instead of a raw block: the first payment in it made larger."""
        block = msgspec.msgpack.decode(body)
        doctored = raise_payment(block)
        if doctored is None:
            return body
        self.told += 1
        self.doctored = self.doctored or int(block[0][HEIGHT])
        return doctored


def raise_figure(body: bytes) -> bytes:
    """The same document, a thousand LiqBon richer."""
    document = json.loads(body)
    whole, _, fraction = document["balance"].partition(".")
    document["balance"] = f"{int(whole) + 1000}" + (f".{fraction}" if fraction else "")
    return json.dumps(document).encode()


def raise_proof(body: bytes) -> bytes:
    """The same document, its proof made for an account that is a thousand LiqBon richer.

    The value and its hash at the end of the path are made to fit. What cannot be made is the path
    up to the root, and the signatures over another one.
    """
    document: dict[str, Any] = json.loads(body)
    proof = msgspec.msgpack.decode(b64decode(document["proof"]))
    account = msgspec.msgpack.decode(proof[2])
    account[0] += 1000 * MICRO
    proof[2] = msgspec.msgpack.encode(account)
    proof[3][1][1] = sha256(b"LiqBon/tree/value\0" + proof[2]).digest()
    document["proof"] = b64encode(msgspec.msgpack.encode(proof)).decode()
    return json.dumps(document).encode()


def raise_payment(block: list[Any]) -> bytes | None:
    """The same raw block, its first transfer ten times as large; None if there is none."""
    for place, raw in enumerate(block[2]):
        batch = msgspec.msgpack.decode(raw)
        for number, signed in enumerate(batch[1]):
            transaction = msgspec.msgpack.decode(signed)
            action = transaction[0][6]
            if action[0] == TRANSFER:
                action[1][0][1] *= 10
                batch[1][number] = msgspec.msgpack.encode(transaction)
                block[2][place] = msgspec.msgpack.encode(batch)
                return msgspec.msgpack.encode(block)
    return None


class _Handler(BaseHTTPRequestHandler):
    """Passes everything on, and answers about accounts twisted."""

    server: Liar
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a question."""
        self._pass_on(None)

    def do_POST(self) -> None:
        """Answer a submission."""
        length = min(int(self.headers.get("Content-Length", "0")), MAX_BODY)
        self._pass_on(self.rfile.read(length))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _pass_on(self, body: bytes | None) -> None:
        headers = {"Accept": self.headers.get("Accept", "application/json")}
        if body is not None:
            headers["Content-Type"] = self.headers.get("Content-Type", "application/json")
        form = "application/json"
        request = urllib.request.Request(self.server.behind + self.path, body, headers)
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                status, data = answer.status, answer.read()
                form = answer.headers.get("Content-Type", form)
        except urllib.error.HTTPError as error:
            status, data = error.code, error.read()
        except OSError:
            status, data = 503, b"{}"
        if status == 200 and self.path.startswith("/v1/accounts/"):
            data = self.server.twisted(self.path, data)
        if status == 200 and self.server.lie is Lie.HISTORY and form == MSGPACK:
            data = self.server.rewritten(data)
        self.send_response(status)
        self.send_header("Content-Type", form)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def lying(behind: str) -> Iterator[Liar]:
    """A liar that listens until the block ends."""
    liar = Liar(behind)
    thread = threading.Thread(target=liar.serve_forever, daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        liar.shutdown()
        liar.server_close()
        thread.join()
