"""What a process says of itself, on stderr. Knows JSON and text; refuses to write a secret.

Standard output belongs to results. Records of other libraries (asyncio, aiohttp) come out in the
same form, so that one stream can be parsed by one reader.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Literal, TextIO

import structlog

Form = Literal["json", "text"]
Level = Literal["debug", "info", "warning", "error"]

MAX_BYTES_SHOWN: Final = 64
HIDDEN: Final = "[hidden]"
SECRET_WORDS: Final = ("secret", "passphrase", "password", "mnemonic", "seed", "private", "salt")
"""A field whose name holds one of these is never written, whatever its value."""


def hide_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank fields that are secret by their name, at any depth of dictionaries and lists."""
    for name in list(event):
        event[name] = HIDDEN if _is_secret(name) else _without_secrets(event[name])
    return event


def _is_secret(name: object) -> bool:
    lowered = str(name).lower()
    return any(word in lowered for word in SECRET_WORDS)


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {k: HIDDEN if _is_secret(k) else _without_secrets(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value


def show_bytes(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Digests and keys as lower-case hex; longer byte strings by their beginning and size."""
    for name, value in event.items():
        if isinstance(value, bytes):
            event[name] = _hex(value)
    return event


def _hex(value: bytes) -> str:
    if len(value) <= MAX_BYTES_SHOWN:
        return value.hex()
    return f"{value[:MAX_BYTES_SHOWN].hex()}... ({len(value)} bytes)"


def configure(form: Form = "text", level: Level = "info", stream: TextIO | None = None) -> None:
    """Send every record of this process to ``stream`` (stderr), in one form, from ``level`` up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
        show_bytes,
    ]
    renderer: structlog.typing.Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=False,
    )
