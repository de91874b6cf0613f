"""What the scenes share: the stage, the network, who is who. Knows names and folders."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from demo import api, proof, rogue
from demo.commands import Answer, expect, run
from demo.network import Network, Node
from demo.stage import Stage

STEPS: Final = frozenset(("buy", "ship", "release", "dispute", "resolve"))
"""What is done to an order."""
SENDING: Final = STEPS | {"send", "pay", "redeem", "claim", "like", "create", "register"}
"""Commands of a wallet that ask before they sign what they send."""
SIGNING: Final = SENDING | {"voucher", "offer"}
"""With those that sign a paper for somebody else, and send nothing."""
GROUPS: Final = frozenset(("campaign", "content", "order"))
"""Words before the command's own."""
LAG_S: Final = 20.0
"""How far a node may be behind a quorum on a busy machine."""


@dataclass(frozen=True)
class Retailer:
    """A founder as the network's own documents tell of it."""

    code: str
    name: str
    programme: str
    programme_name: str
    point: str
    numerator: int
    denominator: int

    def units(self, points: int) -> int:
        """Units of 10^-6 LiqBon for points, rounded down ([LEDGER-7])."""
        return points * self.numerator // self.denominator

    def worth(self, points: int) -> Decimal:
        """LiqBon for points."""
        return Decimal(self.units(points)).scaleb(-6)


@dataclass
class World:
    """The stage, the network and the people on it. Filled as the story goes."""

    stage: Stage
    network: Network
    directory: Path
    parameters: Mapping[str, int] = field(default_factory=dict)
    """Those of the genesis that differ from the usual ones."""
    retailers: dict[str, Retailer] = field(default_factory=dict)
    pinned: proof.Pinned = field(default_factory=lambda: proof.Pinned(b"", ()))
    crowds: dict[str, Path] = field(default_factory=dict)
    """By retailer: the wallet that stands for a hundred of its customers."""
    expected: dict[str, Decimal] = field(default_factory=dict)
    """By retailer: what its deposits have to come to."""
    shops: dict[str, str] = field(default_factory=dict)
    """By programme: whose it is."""
    finals: list[int] = field(default_factory=list)
    """Heights at which a command said that something was final."""
    newcomers: list[dict[str, Any]] = field(default_factory=list)
    """Customers whose wallets are made on the way, as the network's document has others."""
    sponsor: dict[str, Any] = field(default_factory=dict)
    """A shop's account that gives LiqBon away: the same, and its number in the shop's keystore."""
    deposits: dict[str, str] = field(default_factory=dict)
    """By customer: the transaction that minted what was handed in at a till."""
    shopping_cycle: int = 0
    """The settlement cycle in which what was spent at the shops will be netted."""
    unpaid_cycle: int = 0
    """The settlement cycle in which a retailer does not pay."""
    denied: dict[str, Any] = field(default_factory=dict)
    """The obligation whose payment its creditor denied."""
    payment: str = ""
    """The transaction by which Alice paid Boris."""
    content: str = ""
    """What people like."""
    orders: list[str] = field(default_factory=list)
    """What Boris bought of Alice."""

    def url(self, partner: str) -> str:
        """A retailer's node."""
        return self.network.nodes[partner].url

    def nodes(self, first: str) -> list[Node]:
        """All nodes, the one that is asked first in front."""
        nodes = self.network.nodes
        return [nodes[first], *(node for code, node in nodes.items() if code != first)]

    def asking(self, first: str) -> list[str]:
        """``--node`` options: this retailer's node first, then the others."""
        return [word for node in self.nodes(first) for word in ("--node", node.url)]

    @property
    def customers(self) -> list[dict[str, Any]]:
        """Who has a wallet of its own: name, address, home, passphrase_file."""
        return [*self.network.document["accounts"], *self.newcomers]

    def person(self, name: str) -> dict[str, Any]:
        """A customer, or the sponsor, by name."""
        return next(each for each in [*self.customers, self.sponsor] if each.get("name") == name)

    def wallet(self, name: str, *words: str | Path, expect: Sequence[int] = (0,)) -> Answer:
        """``liqbon-wallet`` with somebody's keys, opened for a command that signs."""
        person = self.person(name)
        return self._heard(run("liqbon-wallet", *words, *_opened(person, words), expect=expect))

    def keys(self, code: str) -> dict[str, Any]:
        """A retailer as the network's document has it: home, passphrase_file, roles."""
        partners: list[dict[str, Any]] = self.network.document["partners"]
        return next(partner for partner in partners if partner["code"] == code)

    def partner(self, code: str, *words: str | Path, expect: Sequence[int] = (0,)) -> Answer:
        """``liqbon-partner`` with a retailer's keys, at its own node unless nodes are told."""
        asking = [] if "--node" in words else self.asking(code)
        opened = keystore(self.keys(code))
        return self._heard(run("liqbon-partner", *words, *opened, *asking, expect=expect))

    @property
    def judge(self) -> dict[str, Any]:
        """The settlement custodian as the network's document has it."""
        return self._custodian(settlement=True)

    @property
    def reserve_holder(self) -> dict[str, Any]:
        """Who holds the retailers' reserves: the same."""
        return self._custodian(settlement=False)

    def _custodian(self, settlement: bool) -> dict[str, Any]:
        custodians: list[dict[str, Any]] = self.network.document["custodians"]
        return next(each for each in custodians if each["settlement"] == settlement)

    def custodian(self, *words: str | Path) -> Answer:
        """``liqbon-partner`` with the keys of the settlement custodian."""
        url = next(iter(self.network.nodes.values())).url
        return self._heard(run("liqbon-partner", *words, *keystore(self.judge), "--node", url))

    def _heard(self, answer: Answer) -> Answer:
        """Remember when it was final, if it was: whoever is asked next has to have come so far."""
        document = answer.document
        if isinstance(document, dict) and document.get("proof"):
            self.finals.append(document["proof"]["height"])
        return answer

    def held_by(self, name: str, *urls: str) -> Decimal:
        """What a customer's wallet proves that it holds, asking these nodes alone if any."""
        asking = [word for url in urls for word in ("--node", url)]
        return Decimal(self.wallet(name, "balance", *asking).document["total"])

    def supply(self, partner: str) -> Decimal:
        """What exists, as one node proves it."""
        minted, redeemed, refunded = self.prove(partner, proof.SUPPLY_KEY).value
        return Decimal(minted - redeemed + refunded).scaleb(-6)

    def name(self, code: str) -> str:
        """A retailer's name."""
        return self.retailers[code].name

    def key_of(self, code: str, role: str) -> rogue.Key:
        """A retailer's key, in the hands of a thief."""
        keys = self.keys(code)
        account = next(each["account"] for each in keys["roles"] if each["role"] == role)
        return rogue.stolen(Path(keys["home"]), Path(keys["passphrase_file"]), account)

    def validator_of(self, code: str) -> rogue.Key:
        """The key by which a retailer's node votes."""
        return rogue.validator(
            self.network.nodes[code].home, Path(self.keys(code)["passphrase_file"])
        )

    def answers_to(self, raw: bytes) -> list[str]:
        """What every node says to a transaction that a thief hands to it: stable codes."""
        return [rogue.submit(node.url, raw).code for node in self.network.nodes.values()]

    def pin(self) -> None:
        """Believe the genesis document, and from here on only what follows from it."""
        document = json.loads(Path(self.network.document["genesis"]).read_text(encoding="utf-8"))
        self.pinned = proof.pin(b64decode(document["raw"]))

    def follow(self, partner: str) -> None:
        """Believe the members of each epoch to which a node shows handovers, from the newest one
        that was believed before."""
        known = 0
        while known < len(self.pinned.epochs):
            known = len(self.pinned.epochs)
            steps = api.raw(self.url(partner), f"/epochs?cursor={known - 1}&limit=100")
            self.pinned = proof.follow(self.pinned, steps)

    def prove(self, partner: str, key: bytes) -> proof.Proven:
        """A state entry that one node shows, checked by ``demo.proof``; no older than what was
        final when it is asked, which a quorum has and this node may not have heard of yet."""
        newest = max(self.finals, default=0)

        def look() -> proof.Proven | None:
            view = api.get(self.url(partner), f"/state/{key.hex()}?proof=1")
            expect(view["proof"] is not None, f"{partner} shows no proof")
            self.follow(partner)
            proven = proof.check(self.pinned, key, view["proof"])
            return proven if proven.height >= newest else None

        proven: proof.Proven = api.until(f"{partner} proves height {newest}", look, LAG_S)
        return proven


def _opened(person: dict[str, Any], words: Sequence[str | Path]) -> list[str | Path]:
    """Whose keys a command of the wallet takes, and that nobody sits there to be asked."""
    command = words[1] if words[0] in GROUPS else words[0]
    options = ["--home", person["home"]]
    if command in SIGNING:
        options += ["--account", str(person.get("account", 0))]
        options += ["--passphrase-file", person["passphrase_file"]]
    return [*options, "--yes"] if command in SENDING else options


def keystore(holder: Mapping[str, Any]) -> list[str]:
    """The options that open the keys of a retailer or a custodian, as the document has it."""
    return ["--home", holder["home"], "--passphrase-file", holder["passphrase_file"]]


def number(count: int) -> str:
    """A small number in words."""
    return ("no", "one", "two", "three", "four", "five", "six")[count]


def liqbon(units: int) -> str:
    """Units of 10^-6 LiqBon as people read them."""
    return decimal_text(Decimal(units).scaleb(-6))


def decimal_text(amount: Decimal) -> str:
    """An amount with separators of thousands, and no trailing zeros."""
    text = f"{amount:,.6f}"
    return text.rstrip("0").rstrip(".")
