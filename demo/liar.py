"""A dishonest node. Stands before an honest one, changes its answers, and reads what it is handed.

Knows HTTP; what a lie is made of is ``demo.forgery``'s, what is done with what was overheard is the
thief's.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

TIMEOUT_S: Final = 10.0
MAX_BODY: Final = 1024 * 1024
JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Liar(ThreadingHTTPServer):
    """Listens on a free port of loopback and asks the honest node at ``behind``.

    ``on_account`` and ``on_block`` make something else of a document about an account, and of a raw
    block; ``on_submission`` is shown what a client hands in before the honest node is.
    """

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.told = 0
        """How many answers were changed."""
        self.on_account: Callable[[bytes], bytes] | None = None
        self.on_block: Callable[[bytes], bytes] | None = None
        self.on_submission: Callable[[bytes], None] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """Whoever has seen enough of a lie hangs up; that is no news."""

    def twisted(self, path: str, form: str, body: bytes) -> bytes:
        """What is said instead of an honest answer."""
        twist = None
        if path.startswith("/v1/accounts/"):
            twist = self.on_account
        elif path.startswith("/v1/blocks/") and form == MSGPACK:
            twist = self.on_block
        said = body if twist is None else twist(body)
        self.told += said != body
        return said


class _Handler(BaseHTTPRequestHandler):
    """Passes everything on, and the answers twisted."""

    server: Liar
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a question."""
        self._pass_on(None)

    def do_POST(self) -> None:
        """Answer a submission."""
        length = min(int(self.headers.get("Content-Length", "0")), MAX_BODY)
        body = self.rfile.read(length)
        if self.server.on_submission is not None:
            self.server.on_submission(body)
        self._pass_on(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _pass_on(self, body: bytes | None) -> None:
        headers = {"Accept": self.headers.get("Accept", JSON)}
        if body is not None:
            headers["Content-Type"] = self.headers.get("Content-Type", JSON)
        form = JSON
        request = urllib.request.Request(self.server.behind + self.path, body, headers)
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                status, data = answer.status, answer.read()
                form = answer.headers.get("Content-Type", form)
        except urllib.error.HTTPError as error:
            status, data = error.code, error.read()
        except OSError:
            status, data = 503, b"{}"
        if status == 200:
            data = self.server.twisted(self.path, form, data)
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
