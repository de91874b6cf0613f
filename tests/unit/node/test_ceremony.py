"""Founders agree on one genesis, whoever collects it, and read what they agree on."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from node import ceremony
from node.documents import genesis_text, parse, present, read_genesis, read_table
from node.founders import FOUNDERS, KEEPERS, SETTLEMENT, custodian_of, founder, partner_of
from node.founding import CUSTOMERS, ROLE_ACCOUNTS, Site, found
from primitives.address import address
from primitives.encoding import Malformed
from primitives.genesis import Genesis, GenesisPartner, Parameters, Roles, chain_id, check_genesis
from primitives.keys import ED25519, Ed25519Key
from primitives.membership import PartnerKind
from shell.errors import CommandError, KeyFault, UsageError
from tests import builders

GENESIS = builders.a_genesis()
CUSTODY = ceremony.Custody(
    tuple(custodian_of(k, builders.a_role(k.code, "custodian").account) for k in KEEPERS),
    SETTLEMENT.code,
)
PLAN = ceremony.plan("a pilot", "tlqb", builders.GENESIS_TIME, CUSTODY)


def terms_of(index: int) -> dict[str, Any]:
    """A founder's terms as its people write them."""
    shop = founder(index)
    roles = Roles(*(builders.a_role(shop.code, role).account for role in builders.ROLES))
    shown = present(partner_of(shop, roles, bytes(32), PLAN.time), PLAN.network)
    del shown["consensus_key"], shown["possession"]
    return shown


def key_of(index: int) -> Ed25519Key:
    return builders.a_key(f"consensus of {founder(index).code}")


def part(index: int) -> GenesisPartner:
    return ceremony.join(PLAN, terms_of(index), key_of(index))


def test_the_document_round_trips_to_the_same_chain(tmp_path: Path) -> None:
    """[GEN-1]"""
    path = tmp_path / "genesis.json"
    path.write_bytes(genesis_text(GENESIS))
    assert read_genesis(path) == GENESIS
    shown = json.loads(path.read_bytes())
    assert shown["chain"] == chain_id(GENESIS).hex()
    assert shown["genesis"]["partners"][0]["roles"]["issuer"].startswith("tlqb1")
    assert shown["genesis"]["parameters"]["opening"] == "0.01"
    assert shown["genesis"]["time"] == "2026-11-01T00:00:00.000Z"


def test_what_people_read_is_what_the_bytes_say(tmp_path: Path) -> None:
    """Somebody changes the readable part, and hopes that nobody compares."""
    path = tmp_path / "genesis.json"
    shown = json.loads(genesis_text(GENESIS))
    shown["genesis"]["partners"][1]["limits"]["credit"] = "1"
    path.write_text(json.dumps(shown))
    with pytest.raises(UsageError) as caught:
        read_genesis(path)
    assert caught.value.code == "genesis_mismatch"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain": "00" * 32}, "genesis_mismatch"),
        ({"raw": "AAAA"}, "malformed"),
        ({"raw": "!"}, "base64_malformed"),
        ({"note": "hello"}, "document_malformed"),
    ],
)
def test_a_bad_genesis_is_refused_with_its_code(
    tmp_path: Path, change: dict[str, str], code: str
) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps({**json.loads(genesis_text(GENESIS)), **change}))
    with pytest.raises(UsageError, match=r"genesis\.json") as caught:
        read_genesis(path)
    assert caught.value.code == code


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff", b"[]", b"[" * 100_000])
def test_garbage_is_no_genesis(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "genesis.json"
    path.write_bytes(garbage)
    with pytest.raises(UsageError):
        read_genesis(path)


def test_the_genesis_does_not_depend_on_who_collects() -> None:
    parts = [part(index) for index in range(4)]
    genesis = ceremony.collect(PLAN, parts)
    assert ceremony.collect(PLAN, parts[::-1]) == genesis
    assert [p.code for p in genesis.partners] == ["bramble", "foxglove", "lindenwell", "skerry"]
    check_genesis(genesis, ED25519)


def test_a_part_is_read_as_it_was_written() -> None:
    joined = part(2)
    assert ceremony.read_part(PLAN, present(joined, PLAN.network)) == joined
    assert ceremony.read_plan(ceremony.show_plan(PLAN)) == PLAN


def test_a_part_for_another_network_is_refused() -> None:
    """[GEN-3] The proof names the network: it cannot be used for another one."""
    shown = present(part(0), PLAN.network)
    with pytest.raises(Malformed) as caught:
        ceremony.read_part(replace(PLAN, name="another pilot"), shown)
    assert caught.value.code == "possession_invalid"


def test_a_part_with_anothers_key_is_refused() -> None:
    """[GEN-3]"""
    shown = present(part(0), PLAN.network)
    shown["consensus_key"] = key_of(1).public_key.hex()
    with pytest.raises(Malformed) as caught:
        ceremony.read_part(PLAN, shown)
    assert caught.value.code == "possession_invalid"


def written_custody() -> dict[str, Any]:
    """Custodians as people write them: who belongs to nobody says nothing of it."""
    names = ((keeper.code, builders.a_role(keeper.code, "custodian").account) for keeper in KEEPERS)
    entries = [{"code": c, "name": c, "account": address(a, "tlqb")} for c, a in names]
    return {"custodians": entries, "settlement_custodian": SETTLEMENT.code}


def test_custodians_are_read_as_people_write_them() -> None:
    """[GEN-11]"""
    written = written_custody()
    written["custodians"][0]["partner"] = "bramble"
    read = ceremony.read_custody(written, "tlqb")
    assert read.settlement_custodian == "tollhouse"
    assert [keeper.partner for keeper in read.custodians] == ["bramble", None]
    assert [keeper.account for keeper in read.custodians] == [c.account for c in CUSTODY.custodians]


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"settlement_custodian": "nobody"}, "custodian_invalid", "settlement custodian"),
        ({"settlement_custodian": "bank"}, "custodian_invalid", "belongs to nobody"),
        ({"twice": True}, "custodian_invalid", "two custodians of one code"),
        ({"custodians": []}, "custodian_invalid", "settlement custodian"),
        ({"custodians": "quayside"}, "document_malformed", "custodians is to be a list"),
        ({"custodians": ["quayside"]}, "document_malformed", r"custodians\[0\] is to be a table"),
        ({"judge": "tollhouse"}, "document_malformed", "judge is no field"),
    ],
)
def test_custody_that_could_not_be_trusted_is_refused_before_anyone_joins(
    change: dict[str, Any], code: str, words: str
) -> None:
    """[GEN-11]"""
    written = written_custody()
    bank = {**written["custodians"][0], "code": "bank", "partner": "bramble"}
    written["custodians"].append(bank)
    if change.pop("twice", False):
        written["custodians"].append(bank)
    with pytest.raises(Malformed, match=words) as caught:
        ceremony.read_custody(written | change, "tlqb")
    assert caught.value.code == code


def test_a_mistyped_address_of_a_custodian_is_named() -> None:
    written = written_custody()
    written["custodians"][1]["account"] += "q"
    with pytest.raises(Malformed, match=r"custodians\[1\]\.account"):
        ceremony.read_custody(written, "tlqb")


def test_a_plan_that_was_changed_by_hand_is_checked_again() -> None:
    """[GEN-11]"""
    shown = ceremony.show_plan(PLAN)
    shown["settlement_custodian"] = "nobody"
    with pytest.raises(Malformed) as caught:
        ceremony.read_plan(shown)
    assert caught.value.code == "custodian_invalid"


def an_own_custodian() -> ceremony.Plan:
    """Who holds reserves belongs to bramble."""
    holder, judge = PLAN.custodians
    return replace(PLAN, custodians=(replace(holder, partner="bramble"), judge))


def test_nobody_joins_with_its_own_custodian_but_its_rivals_may_use_it() -> None:
    """[GEN-11] Not as it joins, not as its part is collected."""
    own = an_own_custodian()
    with pytest.raises(Malformed, match="bramble: quayside") as caught:
        ceremony.join(own, terms_of(0), key_of(0))
    assert caught.value.code == "custodian_invalid"
    with pytest.raises(Malformed, match="bramble: quayside"):
        ceremony.read_part(own, present(part(0), PLAN.network))
    assert ceremony.join(own, terms_of(1), key_of(1)).custodian == "quayside"


@pytest.mark.parametrize("role", ["admin", "issuer", "cashier"])
def test_nobody_joins_whose_own_account_attests_its_reserve(role: str) -> None:
    """[GEN-11] A custodian's account in any role of the founder is its own word."""
    terms = terms_of(0)
    terms["roles"][role] = address(PLAN.custodians[0].account, PLAN.network)
    with pytest.raises(Malformed, match="own account attests"):
        ceremony.join(PLAN, terms, key_of(0))


def test_a_custodian_of_somebody_who_did_not_join_makes_no_genesis() -> None:
    """[GEN-11]"""
    with pytest.raises(Malformed, match="no partner of its code") as caught:
        ceremony.collect(an_own_custodian(), [ceremony.join(PLAN, terms_of(1), key_of(1))])
    assert caught.value.code == "custodian_invalid"


def test_a_founder_that_names_no_custodian_of_the_plan_does_not_join() -> None:
    """[GEN-11]"""
    terms = terms_of(0) | {"custodian": "a-friend"}
    with pytest.raises(Malformed, match="bramble: a-friend"):
        ceremony.join(PLAN, terms, key_of(0))


def test_a_reserve_above_its_ceiling_makes_no_genesis() -> None:
    """[GEN-5]"""
    terms = terms_of(0)
    terms["limits"]["reserve"] = "1000000.000001"
    with pytest.raises(Malformed) as caught:
        ceremony.collect(PLAN, [ceremony.join(PLAN, terms, key_of(0))])
    assert caught.value.code == "reserve_invalid"


def test_nobody_and_twins_make_no_genesis() -> None:
    """[GEN-2]"""
    for parts in ([], [part(0), part(0)]):
        with pytest.raises(Malformed) as caught:
            ceremony.collect(PLAN, parts)
        assert caught.value.code == "validators_invalid"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("limits", "credit"), "1e6", "limits.credit"),
        (("limits", "credit"), 5, "limits.credit"),
        (("limits", "credit"), None, "limits.credit"),
        (("roles", "admin"), "lqb1qqq", "roles.admin"),
        (("limits", "reserve_attested"), "yesterday", "limits.reserve_attested"),
        (("programmes",), {}, "programmes"),
        (("currency",), "euro", "Expected `str` matching regex"),
        (("colour",), "red", "colour is no field"),
        (("name",), "", "length >= 1"),
    ],
)
def test_a_bad_field_is_named(path: tuple[str, ...], value: object, words: str) -> None:
    terms = terms_of(0)
    inner = terms
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(Malformed, match=words):
        ceremony.join(PLAN, terms, key_of(0))


def test_a_missing_field_is_named() -> None:
    terms = terms_of(0)
    del terms["limits"]["credit"]
    with pytest.raises(Malformed, match=r"limits\.credit is missing"):
        ceremony.join(PLAN, terms, key_of(0))


def test_upper_case_hex_is_a_second_spelling() -> None:
    shown = present(GENESIS.partners[0], "tlqb")
    shown["consensus_key"] = shown["consensus_key"].upper()
    with pytest.raises(Malformed, match="lower-case hex"):
        parse(GenesisPartner, shown, "tlqb")


def test_tables_are_read_from_toml_and_json(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('code = "x"\n[limits]\ncredit = "5"\n')
    (tmp_path / "a.json").write_text('{"code": "x", "limits": {"credit": "5"}}')
    assert read_table(tmp_path / "a.toml") == read_table(tmp_path / "a.json")
    (tmp_path / "b.toml").write_text("code = ")
    with pytest.raises(UsageError, match=r"b\.toml"):
        read_table(tmp_path / "b.toml")
    with pytest.raises(CommandError, match=r"absent\.json"):
        read_table(tmp_path / "absent.json")


def test_the_proposed_parameters_make_a_sound_genesis() -> None:
    """[GEN-5]"""
    parts = tuple(part(index) for index in range(16))
    assert len({p.code for p in parts}) == 16
    assert len(ceremony.collect(PLAN, parts).partners) == 16
    assert isinstance(ceremony.PARAMETERS, Parameters)


def test_each_founder_values_its_points_as_the_table_says() -> None:
    """[LEDGER-7] ``points`` points of each programme are one LiqBon."""
    for shop in FOUNDERS:
        rate = partner_of(shop, GENESIS.partners[0].roles, bytes(32), 0).programmes[0].rates[0]
        assert shop.points * rate.numerator // rate.denominator == 1_000_000


def test_a_development_network_is_made_once_and_found_again(tmp_path: Path) -> None:
    from client.home import open_home
    from node import config
    from node.keyring import Keyring

    site = Site(tmp_path / "net", 1, 20_000)
    genesis = found(site, builders.GENESIS_TIME)
    check_genesis(genesis, ED25519)
    moved = site._replace(base_port=21_000)
    assert found(moved, builders.GENESIS_TIME + 5) == genesis
    home = config.open_home(moved.node_home("bramble"))
    assert home.settings.api.port == 21_000
    passphrase = site.passphrase_file.read_bytes().strip()
    [key] = Keyring(home.path).open(passphrase)
    assert key.public_key == genesis.partners[0].consensus_key
    keystore = open_home(site.partner_home("bramble"))
    roles = genesis.partners[0].roles
    for number, role in enumerate(ROLE_ACCOUNTS):
        assert keystore.account_id(number) == getattr(roles, role)
    assert ROLE_ACCOUNTS == ("issuer", "cashier", "admin"), "documented numbers"
    for keeper, custodian in zip(KEEPERS, genesis.custodians, strict=True):
        assert open_home(site.custodian_home(keeper.code)).account_id(0) == custodian.account
        assert (custodian.code, custodian.partner) == (keeper.code, None)
    assert genesis.settlement_custodian == SETTLEMENT.code
    assert keystore.nodes == ("http://127.0.0.1:21000",)
    assert open_home(site.wallet_home(CUSTOMERS[0])).genesis == genesis
    with pytest.raises(UsageError) as caught:
        found(site._replace(validators=2), 0)
    assert caught.value.code == "devnet_differs"
    site.genesis.unlink()
    with pytest.raises(UsageError) as caught:
        found(site, 0)
    assert caught.value.code == "devnet_unfinished"
    with pytest.raises(KeyFault):
        config.create_home(home.path, "", passphrase)


def test_a_development_network_has_the_parameters_that_it_was_founded_with(tmp_path: Path) -> None:
    site = Site(tmp_path / "net", 1, 20_000)
    wishes = {"settlement_cycle_ms": "8000", "opening": "0.5"}
    genesis = found(site, builders.GENESIS_TIME, wishes)
    assert genesis.parameters == replace(
        ceremony.PARAMETERS, settlement_cycle_ms=8_000, opening=500_000
    )
    for again in ({}, wishes, {"opening": "0.5"}):
        assert found(site, 0, again) == genesis
    with pytest.raises(UsageError, match="settlement_cycle_ms is 8000") as caught:
        found(site, 0, {"settlement_cycle_ms": "9000"})
    assert caught.value.code == "devnet_differs"


def test_a_network_on_one_machine_may_vote_and_decide_in_seconds(tmp_path: Path) -> None:
    """[GEN-5]: what is decided waits as long as what a partner raises by itself, or longer."""
    wishes = {"voting_ms": "60000", "timelock_ms": "5000", "increase_delay_ms": "5000"}
    genesis = found(Site(tmp_path / "net", 1, 20_000), builders.GENESIS_TIME, wishes)
    assert genesis.parameters == replace(
        ceremony.PARAMETERS, voting_ms=60_000, timelock_ms=5_000, increase_delay_ms=5_000
    )


@pytest.mark.parametrize("kind", ["restaurant", 1, None])
def test_a_founder_says_of_which_kind_it_is(kind: object) -> None:
    joined = part(2)
    assert joined.kind == PartnerKind.AIRLINE
    with pytest.raises(Malformed, match="kind is to be one of shop, chain, airline"):
        ceremony.join(PLAN, terms_of(2) | {"kind": kind}, key_of(2))
    terms = terms_of(2)
    del terms["kind"]
    with pytest.raises(Malformed, match="kind is missing"):
        ceremony.join(PLAN, terms, key_of(2))


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "1", "network_parameter_unknown"),
        ("settlement_cycle_ms", "soon", "network_parameter_invalid"),
        ("settlement_cycle_ms", "", "network_parameter_invalid"),
        ("settlement_cycle_ms", "-1", "network_parameter_invalid"),
        ("settlement_cycle_ms", "0", "network_parameter_invalid"),
        ("settlement_cycle_ms", "\u00b2", "network_parameter_invalid"),
        ("settlement_cycle_ms", str(401 * ceremony.DAY_MS), "network_parameter_invalid"),
        ("settlement_cycle_ms", "9" * 9_999, "network_parameter_invalid"),
        ("lag_bound", "1.5", "network_parameter_invalid"),
        ("opening", "1e3", "network_parameter_invalid"),
        ("lane_weight", "303", "lane_weight_low"),
        ("total_credit", "1", "credit_exceeded"),
        ("timelock_ms", "5000", "timelock_short"),
        ("guarantee_share", "10001", "network_parameter_invalid"),
    ],
)
def test_a_parameter_with_which_no_network_works_is_refused_before_anything_is_made(
    tmp_path: Path, name: str, value: str, code: str
) -> None:
    """[GEN-5]"""
    with pytest.raises(UsageError) as caught:
        found(Site(tmp_path / "net", 1, 20_000), builders.GENESIS_TIME, {name: value})
    assert caught.value.code == code
    assert not (tmp_path / "net" / "genesis.json").exists()
    assert not (tmp_path / "net").exists()


def test_a_genesis_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(Malformed):
        parse(Genesis, ["not", "a", "table"], "tlqb")


def test_parameters_that_were_changed_for_the_worse_are_refused_before_anyone_joins() -> None:
    """[GEN-5]"""
    shown = ceremony.show_plan(PLAN)
    shown["parameters"]["lane_weight"] = 303
    with pytest.raises(Malformed) as caught:
        ceremony.read_plan(shown)
    assert caught.value.code == "lane_weight_low"
