"""Partners together: who comes, whose keys act, what is voted, and who leaves; told and proven."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from client.tokens import make_seat
from partner.cli import cli
from primitives.actions import CastVote
from primitives.address import address
from primitives.amount import MICRO
from primitives.entries import Limits, Partner, Programme, limits_key, partner_key, programme_key
from primitives.genesis import validators_of
from primitives.governance import Proposal, proposal_key
from primitives.membership import MEMBERSHIP_KEY, Membership, PartnerStatus
from tests.builders import DAY_MS, a_key, a_person, a_role
from tests.fakes.network import PASSPHRASE
from tests.unit.partner.conftest import Market, Office

NEWCOMER_WORDS = (
    "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing "
    "screen patrol group space point ten exist slush involve unfold"
)
OTHERS = ("south", "west")


def partner(market: Market, code: str) -> Partner:
    found = market.entry(partner_key(code), Partner)
    assert found is not None
    return found


def proposal(market: Market, id_: str) -> Proposal:
    found = market.entry(proposal_key(bytes.fromhex(id_)), Proposal)
    assert found is not None
    return found


def approve(market: Market, id_: str, *codes: str) -> None:
    """Votes of partners that have no home here."""
    for code in codes:
        market.act(a_role(code, "admin"), CastVote(code, bytes.fromhex(id_), True))


def proposed(office: Office, *words: str) -> str:
    document = office.done("propose", *words)
    assert document["proposal"]["status"] == "open"
    return str(document["proposal"]["proposal"])


def wait_for_it(market: Market) -> None:
    market.pass_time(market.genesis.parameters.timelock_ms + 1_000)


def told(market: Market, command: str, *arguments: str) -> str:
    """What a command that needs no network prints in one line."""
    result = CliRunner().invoke(cli, [command, *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


class TestVotes:
    def test_limits_are_raised_by_the_others(self, market: Market) -> None:
        """[LEDGER-61, LEDGER-62, LEDGER-63, LEDGER-67]"""
        id_ = proposed(market.north, "limits", "north", "--credit", "12000")
        shown = market.north.read("proposals", "show", id_)["proposal"]
        assert [one["partner"] for one in shown["electors"]] == ["east", "south", "west"]
        assert shown["measure"]["limits"]["credit"] == "12000"
        document = market.east.done("vote", id_, "--for")
        assert document["proposal"]["approved"] == 1
        approve(market, id_, *OTHERS)
        assert proposal(market, id_).status.text == "passed"
        wait_for_it(market)
        assert proposal(market, id_).status.text == "executed"
        limits = market.entry(limits_key("north"), Limits)
        assert limits is not None
        assert limits.terms.credit == 12_000 * MICRO
        market.check()

    def test_whom_it_is_about_is_told_that_it_has_no_vote(self, market: Market) -> None:
        """[LEDGER-61]"""
        id_ = proposed(market.north, "limits", "north", "--credit", "12000")
        error = market.north.refused(5, "vote", id_, "--for")
        assert error["code"] == "not_elector"

    def test_a_vote_may_be_changed_and_is_not_cast_twice(self, market: Market) -> None:
        """[LEDGER-62]"""
        id_ = proposed(market.north, "remove", "west")
        market.east.done("vote", id_, "--for")
        assert market.east.refused(5, "vote", id_, "--for")["code"] == "vote_unchanged"
        document = market.east.done("vote", id_, "--against")
        assert document["proposal"]["status"] == "rejected"
        assert market.east.refused(5, "vote", id_, "--for")["code"] == "proposal_closed"

    def test_proposals_are_listed_newest_first_and_proven(self, market: Market) -> None:
        first = proposed(market.north, "remove", "west")
        second = proposed(market.north, "declare", "--hash", "ab" * 32, "--url", "https://e.com")
        market.east.done("vote", first, "--against")
        document = market.north.read("proposals", "list")
        assert [one["proposal"] for one in document["proposals"]] == [second, first]
        assert document["proven"]["attested"] == 3
        document = market.north.read("proposals", "list", "--open")
        assert [one["proposal"] for one in document["proposals"]] == [second]

    def test_a_node_that_lists_too_many_twice_or_what_never_was_changes_nothing(
        self, market: Market
    ) -> None:
        """The list is a node's word, and only the ids of it are used."""
        id_ = proposed(market.north, "remove", "west")

        def longer(path: str, document: Any) -> Any:
            if path == "/v1/proposals":
                item = document["items"][0]
                document["items"] = [item, item, {**item, "proposal": "ab" * 32}] * 2
            return document

        asked = ("proposals", "list", "--node", market.network.liar(longer))
        for limit in ("1", "2", "9"):
            shown = market.north.read(*asked, "--limit", limit)["proposals"]
            assert [each["proposal"] for each in shown] == [id_]

    @pytest.mark.parametrize(
        ("words", "status", "code"),
        [
            (("remove", "nobody"), 5, "partner_unknown"),
            (("limits", "nobody", "--credit", "1"), 3, "partner_unknown"),
            (("limits", "north", "--credit", "99000000"), 5, "credit_exceeded"),
            (("judge", "nobody"), 5, "custodian_unknown"),
            (("decide", "1", "0", "--paid"), 5, "obligation_unknown"),
            (("decide", "1", "0"), 2, "usage"),
            (("protocol", "1", "--height", "1000000"), 5, "version_not_newer"),
            (("share-position", "west", "1"), 5, "partner_stays"),
            (("declare",), 2, "usage"),
            (("custodian", "x", "--name", "", "--address", "tlqb1"), 2, "address_malformed"),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
    )
    def test_what_the_ledger_would_refuse_is_refused_with_its_code(
        self, market: Market, words: tuple[str, ...], status: int, code: str
    ) -> None:
        assert market.north.refused(status, "propose", *words)["code"] == code

    def test_a_proposal_that_never_was_is_not_found(self, market: Market) -> None:
        words = ["proposals", "show", "00" * 32, "--home", str(market.north.path)]
        result = CliRunner().invoke(cli, [*words, "--output", "json"])
        assert result.exit_code == 3
        assert json.loads(result.stdout)["error"]["code"] == "proposal_unknown"


def told_members(market: Market) -> str:
    """The table for people."""
    result = CliRunner().invoke(cli, ["members", "--home", str(market.north.path)])
    assert result.exit_code == 0, result.output
    return result.stdout


class TestNewcomers:
    def test_it_applies_is_voted_on_in_its_own_words_and_mints(self, market: Market) -> None:
        """[LEDGER-50, LEDGER-64]"""
        harbour = market.office("harbour", NEWCOMER_WORDS, 3)
        admin = harbour.home.account_id(2)
        market.give(market.north, a_person("giver"), 10)
        to = address(admin, "tlqb")
        market.north.done(
            "deposit", "--programme", "bonus", "--points", "100", "--to", to,
            "--reference", "a welcome",
        )  # fmt: skip
        key = a_key("consensus of harbour")
        applying = [
            "apply", make_seat(key, market.chain, "harbour"), "--name", "Harbour Cafe",
            "--currency", "EUR", "--kind", "shop", "--custodian", "vault",
        ]  # fmt: skip
        document = harbour.done(*applying)
        assert (document["applicant"], document["code"]) == (to, "harbour")
        id_ = proposed(market.north, "admit", to, "--credit", "100", "--claim-bound", "50")
        shown = market.east.run("vote", id_, "--for")
        assert "Harbour Cafe: harbour, shop, EUR" in shown.stdout, "what is voted on is told"
        approve(market, id_, *OTHERS)
        wait_for_it(market)
        assert partner(market, "harbour").active
        membership = market.entry(MEMBERSHIP_KEY, Membership)
        assert membership is not None
        assert membership.members[-1].key == key.public_key
        listed = market.north.read("members")["members"]
        assert [one["code"] for one in listed][-1] == "harbour"
        assert (listed[-1]["seat"], listed[-1]["validates"]) == (key.public_key.hex(), None)
        assert "from the next epoch on" in told_members(market)
        harbour.done(
            "programme", "open", "cups", "--name", "Cups", "--point", "cup", "--points", "10",
            "--worth", "1", "--terms-url", "https://example.com", "--terms-hash", "00" * 32,
        )  # fmt: skip
        harbour.done(
            "deposit", "--programme", "cups", "--points", "10", "--to", to, "--reference", "r-1"
        )
        market.check()

    def test_nobody_is_admitted_who_never_applied(self, market: Market) -> None:
        to = address(a_person("stranger").account, "tlqb")
        error = market.north.refused(3, "propose", "admit", to)
        assert error["code"] == "application_unknown"

    def test_a_seat_of_another_network_or_key_is_refused(self, market: Market) -> None:
        """[TX-11]"""
        seat = make_seat(a_key("k"), bytes(32), "harbour")
        words = ["--name", "x", "--currency", "EUR", "--kind", "shop", "--custodian", "vault"]
        assert market.north.refused(2, "apply", seat, *words)["code"] == "wrong_chain"
        good = make_seat(a_key("k"), market.chain, "harbour")
        assert market.north.refused(2, "apply", good[:-6], *words)["code"] in (
            "malformed",
            "token_malformed",
        )


class TestKeys:
    def test_a_role_is_taken_without_a_network_and_given_at_once(self, market: Market) -> None:
        """[LEDGER-51]"""
        office = market.north
        vault = office.home.unlock(PASSPHRASE)
        office.home.derive(vault, 3)
        result = CliRunner().invoke(
            cli, ["keys", "take", "cashier", "north", "--account", "3", *office.options()]
        )
        assert result.exit_code == 0, result.output
        document = office.done("keys", "give", result.stdout.strip())
        assert document["member"]["cashier"] == office.home.accounts[3].address
        again = office.refused(5, "keys", "give", result.stdout.strip())
        assert again["code"] == "role_invalid"
        other = market.east.refused(2, "keys", "give", result.stdout.strip())
        assert other["code"] == "token_of_another"

    def test_a_seat_changes_from_the_next_epoch_on(self, market: Market) -> None:
        """[LEDGER-52]"""
        key = a_key("a new consensus key of north")
        token = make_seat(key, market.chain, "north")
        document = market.north.done("keys", "seat", token, "--lost")
        assert document["member"]["seat"] == key.public_key.hex()
        founders = validators_of(market.genesis).members
        [before] = [one.key for one in founders if one.partner == "north"]
        assert document["member"]["validates"] == before.hex()
        assert "yes, another key next" in told_members(market)
        assert market.north.refused(5, "keys", "seat", token)["code"] == "seat_taken"


class TestLeaving:
    def test_who_owes_more_than_its_reserve_covers_is_told_before_it_signs(
        self, market: Market
    ) -> None:
        """[LEDGER-53]"""
        market.give(market.north, a_person("customer"), 2_500)
        market.pass_time(36 * DAY_MS)  # nobody attested the reserve anew
        error = market.north.refused(5, "leave")
        assert error["code"] == "reserve_needed"
        assert "25 LiqBon, and its reserve covers 0" in error["message"]

    def test_who_owes_nothing_has_left_at_once(self, market: Market) -> None:
        """[LEDGER-53, LEDGER-54]"""
        document = market.north.done("leave")
        assert document["member"]["status"] == "left"
        assert document["member"]["seat"] is None
        assert partner(market, "north").status == PartnerStatus.LEFT
        assert "north" not in [one["code"] for one in market.east.read("members")["members"]]
        market.check()


class TestTerms:
    def test_new_terms_are_published_with_notice_and_kept(
        self, market: Market, tmp_path: Path
    ) -> None:
        """[LEDGER-57]"""
        file = tmp_path / "terms.txt"
        file.write_text("the terms of next year")
        words = ["programme", "set-terms", "bonus", "--terms-url", "https://e.com/2"]
        late = ["--after", "60d"]
        document: Any = market.north.done(*words, "--terms-file", str(file), *late)
        assert [one["state"] for one in document["terms"]] == ["coming", "in_force"]
        error = market.north.refused(5, *words, "--terms-hash", "00" * 32)
        assert error["code"] == "terms_unordered"
        error = market.north.refused(5, *words, "--terms-hash", "00" * 32, "--after", "400d")
        assert error["code"] == "terms_too_far"
        market.pass_time(61 * DAY_MS)
        shown = market.east.read("programme", "terms", "bonus", "--partner", "north")
        assert [one["state"] for one in shown["terms"]] == ["in_force", "past"]
        found = market.entry(programme_key("north", "bonus"), Programme)
        assert found is not None
        assert found.terms_hash.hex() == shown["terms"][0]["terms_hash"]


def test_a_document_is_one_json_on_standard_output(market: Market) -> None:
    result = market.north.run("propose", "remove", "west", "--output", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["proposal"]["measure"]["type"] == "remove_partner"
