"""Scene: a shop gives LiqBon of its own to who is new, and to who brings somebody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from demo.commands import expect, run
from demo.minting import OWN
from demo.proof import campaign_key
from demo.world import World

GRANT: Final = "4"
"""What whoever is new gets."""
REWARD: Final = "3"
BONUS: Final = "1"
"""What whoever is brought gets, and whoever brought it."""
DAYS: Final = 30
"""How long the shop lets a campaign run."""
LEFT, CLAIMS = 4, 7
"""Where a campaign says what is left of its budget, and how often it was claimed ([STATE-5])."""


def give(world: World) -> None:
    """A grant for Cleo, whom the ledger does not know; and a referral, for Dora and Cleo."""
    stage, shop = world.stage, world.shops["pages"]
    both = Decimal(REWARD) + Decimal(BONUS)
    with stage.scene("A newcomer begins with nothing"):
        before = world.supply(shop)
        with ThreadPoolExecutor(max_workers=1) as beside:
            opened = beside.submit(_open_both, world)
            world.newcomers += [_new_wallet(world, name) for name in ("cleo", "dora")]
            grant, referral = opened.result()
        _claim_both(world, grant, referral)
        for campaign in (grant, referral):
            _expect_paid_out(world, campaign)
        with ThreadPoolExecutor(max_workers=2) as threads:
            cleo, dora = threads.map(world.held_by, ("cleo", "dora"))
        expect(
            (cleo, dora) == (Decimal(GRANT) + Decimal(BONUS), Decimal(REWARD)), f"{cleo}, {dora}"
        )
        expect(world.supply(shop) == before, "LiqBon came from nowhere, or went there")
        stage.say(
            f"""A grant: {world.name(shop)} locks {GRANT} LiqBon of its own. Cleo's wallet is empty
            and unknown to the ledger; its first transaction claims them, by a voucher for her
            alone."""
        )
        stage.say(
            f"""A referral: {both} more are locked. Cleo brings Dora; one claim pays Dora {REWARD}
            and Cleo {BONUS}. There is no second level."""
        )
        stage.proven(
            f"""Cleo holds {cleo}, Dora {dora}; the budgets are paid out, and no LiqBon came into
            being"""
        )


def _new_wallet(world: World, name: str) -> dict[str, Any]:
    """A customer's new wallet, beside those that came with the network."""
    alice = world.person("alice")
    home = Path(alice["home"]).with_name(name)
    words = world.directory / f"{name}.words"
    keys = ["--genesis", world.network.document["genesis"], *world.asking(world.shops["pages"])]
    keys += ["--passphrase-file", alice["passphrase_file"], "--mnemonic-file", str(words)]
    made = run("liqbon-wallet", "new", "--home", home, *keys).document
    return {**alice, "name": name, "address": made["address"], "home": str(home)}


def _open_both(world: World) -> tuple[str, str]:
    """The ids of the shop's campaigns, a grant and a referral, each with enough for one claim."""
    both = str(Decimal(REWARD) + Decimal(BONUS))
    grant = _open(world, "--budget", GRANT, "--reward", GRANT)
    return grant, _open(world, "--budget", both, "--reward", REWARD, "--bonus", BONUS)


def _open(world: World, *terms: str) -> str:
    ends = f"{datetime.now(UTC) + timedelta(days=DAYS):%Y-%m-%dT%H:%M:%SZ}"
    answer = world.wallet(OWN.name, "campaign", "create", *terms, "--ends", ends)
    campaign: str = answer.document["about"]
    return campaign


def _claim_both(world: World, grant: str, referral: str) -> None:
    """Cleo first, who then brings Dora. While one claims, the shop signs for the other."""
    cleo = world.person("cleo")["address"]
    with ThreadPoolExecutor(max_workers=1) as beside:
        signed = beside.submit(_voucher, world, grant, "cleo")
        _expect_unknown(world, "cleo")
        own = signed.result()
        brought = beside.submit(_voucher, world, referral, "dora", "--referrer", cleo)
        _claim(world, "cleo", own, GRANT)
        _claim(world, "dora", brought.result(), REWARD)


def _expect_paid_out(world: World, campaign: str) -> None:
    """One claim took the whole budget."""
    value = world.prove(world.shops["miles"], campaign_key(campaign)).value
    expect((value[LEFT], value[CLAIMS]) == (0, 1), f"not paid out once: {value}")


def _voucher(world: World, campaign: str, claimant: str, *words: str) -> str:
    """The shop's word for one claimant, as a link."""
    to = world.person(claimant)["address"]
    answer = world.wallet(OWN.name, "campaign", "voucher", campaign, "--claimant", to, *words)
    uri: str = answer.document["uri"]
    return uri


def _expect_unknown(world: World, name: str) -> None:
    [account] = world.wallet(name, "balance").document["accounts"]
    unknown = (account["exists"], account["balance"]) == (False, "0")
    expect(unknown, f"{name} is known already: {account}")


def _claim(world: World, name: str, voucher: str, reward: str) -> None:
    done = world.wallet(name, "claim", voucher).document
    expect(done["amount"] == reward, f"{name} was promised {reward}: {done}")
