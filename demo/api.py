"""Asks a node over HTTP. Knows URLs; believes nothing it reads."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any, Final

from demo.commands import Unexpected

TIMEOUT_S: Final = 5.0
MAX_ANSWER: Final = 4 * 1024 * 1024
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str, path: str) -> Any:
    """``GET url/v1path``. Raises ``Unexpected``."""
    try:
        return json.loads(_read(url, path, "application/json"))
    except ValueError as error:
        raise Unexpected(f"{url}/v1{path}: {error}") from None


def raw(url: str, path: str) -> bytes:
    """``GET url/v1path`` in its canonical bytes. Raises ``Unexpected``."""
    return _read(url, path, "application/msgpack")


def _read(url: str, path: str, form: str) -> bytes:
    asked = urllib.request.Request(f"{url}/v1{path}", headers={"Accept": form})
    try:
        with _OPENER.open(asked, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read(MAX_ANSWER)
    except OSError as error:  # urllib.error.URLError is one
        raise Unexpected(f"{asked.full_url}: {error}") from None
    return body


def until(what: str, question: Callable[[], Any], timeout_s: float) -> Any:
    """The first true answer. ``Unexpected`` counts as not yet, until the time is up."""
    deadline = time.monotonic() + timeout_s
    last = ""
    while time.monotonic() < deadline:
        try:
            answer = question()
        except Unexpected as error:
            last = f" ({error})"
        else:
            if answer:
                return answer
        time.sleep(0.1)
    raise Unexpected(f"not in {timeout_s:.0f} s: {what}{last}")
