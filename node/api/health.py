"""Whether the process lives, and whether clients should ask it."""

from __future__ import annotations

from client.views import HealthView
from node.api.asking import Answer, Ask


async def live(ask: Ask) -> Answer:  # noqa: ARG001  every handler is asked the same way
    """It answers, so it lives."""
    return Answer(HealthView(ok=True, reason=None))


async def ready(ask: Ask) -> Answer:
    """200 if the node is of use to clients now, 503 and the reason if not."""
    reason = ask.api.status.not_ready()
    return Answer(HealthView(ok=reason is None, reason=reason), 200 if reason is None else 503)
