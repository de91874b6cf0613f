"""Which proposals there are, by a node's word. Knows pages of ids; what each says is not asked."""

from __future__ import annotations

from client.http import NodeApi
from client.light import LightClient


async def listed(
    light: LightClient, cursor: str | None, limit: int
) -> tuple[list[bytes], str | None]:
    """Up to ``limit`` ids, newest first, by the word of the first node that answers; the cursor of
    what follows. Raises ``NotProven`` or ``Unavailable`` if none does."""

    async def ask(node: NodeApi) -> tuple[list[bytes], str | None]:
        page = await node.proposals(cursor, limit)
        ids = dict.fromkeys(bytes.fromhex(item.proposal) for item in page.items)
        return list(ids)[:limit], page.next

    return await light.first(ask, "proposals")
