"""What each node's chain holds, as the node lists it. Knows /v1/blocks; judges nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import aiohttp
import msgspec

PAGE: Final = 100


class Block(msgspec.Struct, frozen=True):
    """The part of ``client.views.BlockView`` that is counted here."""

    height: int
    view: int
    receipts: int
    state_root: str
    certified: bool


class _Page(msgspec.Struct, frozen=True):
    items: list[Block]
    next: str | None


_DECODER: Final = msgspec.json.Decoder(_Page)


class Chain:
    """One node's certified blocks by height, fetched as far as they are asked for."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.blocks: list[Block] = []
        self._url = url
        self._session = session

    @property
    def final(self) -> int:
        """Receipts in all certified blocks known so far."""
        return sum(block.receipts for block in self.blocks)

    async def refresh(self) -> None:
        """Fetch what was certified since."""
        found: dict[int, Block] = {}
        cursor = None
        while True:
            page = await self._page(cursor)
            found.update((block.height, block) for block in page.items)
            cursor = page.next
            if cursor is None or min(found) <= len(self.blocks):
                break
        # A certificate covers the blocks below it: they are its ancestors. Nobody attests genesis.
        top = max((height for height, block in found.items() if block.certified), default=0)
        self.blocks += [found[height] for height in range(len(self.blocks), top + 1)]

    async def _page(self, cursor: str | None) -> _Page:
        params = {"limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
        async with self._session.get(f"{self._url}/v1/blocks", params=params) as response:
            response.raise_for_status()
            return _DECODER.decode(await response.read())


async def refresh(chains: Sequence[Chain]) -> None:
    """All of them at once."""
    await asyncio.gather(*(chain.refresh() for chain in chains))
